//! The doors as an OpenAPI 3.1 document, made from the table that the routes are made from.
//!
//! `operation` is one method of a door, `answers` what it answers, `security` who may ask, `schema` how
//! fields are written. A door without a description has all of it but its own fields and answers.
//!
//! It is written as plain JSON: crates with types for it bring macros, which nothing here needs.

mod answers;
mod operation;
mod schema;
mod security;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use http::header;
use serde_json::{Map, Value, json};

use crate::description::Description;
use crate::doors::Doors;
use crate::face::Face;
use crate::gate::Gate;
use crate::methods::get;

/// What a document says about the whole service.
#[derive(Clone, Debug)]
pub struct About {
    /// Its name.
    pub title: String,
    /// Its version, such as `1.4.0`.
    pub version: String,
    /// What it is for, in a sentence or two.
    pub description: String,
}

impl Doors {
    /// The doors as an OpenAPI 3.1 document, paths in the order they were declared.
    ///
    /// ```
    /// # use portcullis_web::{About, Gate, get};
    /// let doors = Gate::new(vec![]).doors().route("/health/", get(|| async { "ok" })).open();
    /// let about = About { title: "Health".into(), version: "1.0".into(), description: String::new() };
    /// let document = doors.openapi(&about);
    /// assert_eq!(document["paths"]["/health/"]["get"]["operationId"], "get_health");
    /// ```
    #[doc(alias = "SchemaGenerator")]
    #[must_use]
    pub fn openapi(&self, about: &About) -> Value {
        let (mut paths, mut schemes) = (Map::new(), Map::new());
        let mut groups: Vec<&str> = Vec::new();
        // OpenAPI has no words for sockets, and the pages of a site are not for programs.
        let doors = self.doors.iter().map(|(door, _)| door);
        for door in doors.filter(|door| !matches!(door.face, Face::Socket | Face::Site(_))) {
            schemes.extend(security::schemes(door));
            groups.extend(door.group.filter(|group| !groups.contains(group)));
            let path = paths.entry(operation::path(door)).or_insert(json!({}));
            for method in &door.methods {
                let name = method.as_str().to_ascii_lowercase();
                path[name] = operation::operation(door, method);
            }
        }
        let tags = groups.into_iter().map(|name| json!({ "name": name }));
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": about.title, "version": about.version, "description": about.description,
            },
            "tags": tags.collect::<Value>(),
            "paths": paths,
            "components": { "schemas": schema::shared(), "securitySchemes": schemes },
        })
    }

    /// Adds an open door that answers with the document of all doors so far, and of itself.
    #[doc(alias = "SpectacularAPIView")]
    #[must_use]
    pub fn with_openapi(self, gate: &Gate, path: &str, about: &About) -> Self {
        let document = Arc::new(OnceLock::<String>::new());
        let told = Arc::clone(&document);
        let answer = move || async move {
            let text = told.get().cloned().unwrap_or_default();
            ([(header::CONTENT_TYPE, "application/json")], text)
        };
        let description = Description::new("This document").answer(
            200,
            "Every door, in OpenAPI 3.1.",
            Vec::new(),
        );
        let itself = gate
            .doors()
            .route(path, get(answer).described(description))
            .authenticated_by(Vec::new())
            .open()
            .grouped("Documentation");
        let doors = self.merge(itself);
        document.get_or_init(|| doors.openapi(about).to_string());
        doors
    }
}
