//! Sockets as an AsyncAPI 3 document, made from the types of their messages.

use std::sync::{Arc, OnceLock};

use http::header;
use portcullis_core::CredentialPlace;
use portcullis_web::{About, Content, Description, Doors, Gate, SocketRow, get};
use serde_json::{Map, Value, json};

use crate::description;

/// The document of all sockets among some doors.
pub trait AsyncApi {
    /// The sockets as an AsyncAPI 3 document, in the order they were declared: a channel for each, with the JSON
    /// Schema of every message that a client may send, or is sent.
    ///
    /// ```
    /// # use portcullis_channels::AsyncApi;
    /// # use portcullis_web::{About, Gate};
    /// let about = About { title: "Chat".into(), version: "1.0".into(), description: String::new() };
    /// let document = Gate::new(vec![]).doors().asyncapi(&about);
    /// assert_eq!(document["asyncapi"], "3.0.0");
    /// ```
    #[must_use]
    fn asyncapi(&self, about: &About) -> Value;

    /// Adds an open door that answers with the document of all sockets so far.
    #[must_use]
    fn with_asyncapi(self, gate: &Gate, path: &str, about: &About) -> Self;
}

impl AsyncApi for Doors {
    fn asyncapi(&self, about: &About) -> Value {
        let mut document = Document::default();
        for socket in self.sockets() {
            document.add(&socket);
        }
        json!({
            "asyncapi": "3.0.0",
            "info": {
                "title": about.title, "version": about.version, "description": about.description,
            },
            "defaultContentType": "application/json",
            "channels": document.channels,
            "operations": document.operations,
            "components": {
                "messages": document.messages,
                "schemas": document.schemas,
                "securitySchemes": document.schemes,
            },
        })
    }

    fn with_asyncapi(self, gate: &Gate, path: &str, about: &About) -> Self {
        let text = Arc::new(OnceLock::<String>::new());
        let told = Arc::clone(&text);
        let answer = move || async move {
            let text = told.get().cloned().unwrap_or_default();
            ([(header::CONTENT_TYPE, "application/json")], text)
        };
        let all = Content::Text("application/json");
        let describe =
            Description::new("The sockets").answer(200, "All of them, in AsyncAPI 3.", all);
        let itself = gate
            .doors()
            .route(path, get(answer).described(describe))
            .authenticated_by(Vec::new())
            .open()
            .grouped("Documentation");
        let doors = self.merge(itself);
        text.get_or_init(|| doors.asyncapi(about).to_string());
        doors
    }
}

/// The parts of a document.
#[derive(Default)]
struct Document {
    channels: Map<String, Value>,
    operations: Map<String, Value>,
    messages: Map<String, Value>,
    schemas: Map<String, Value>,
    schemes: Map<String, Value>,
}

impl Document {
    fn add(&mut self, socket: &SocketRow) {
        let id = identifier(&socket.path);
        let security = self.security(socket);
        let mut names = [Vec::new(), Vec::new()];
        for (names, way) in names
            .iter_mut()
            .zip([description::RECEIVED, description::SENT])
        {
            for message in socket.messages[way].as_array().into_iter().flatten() {
                names.push(self.message(&id, way, message));
            }
        }
        let [received, sent] = names;
        let all = received.iter().chain(&sent);
        let messages: Map<String, Value> = all
            .map(|name| (name.clone(), reference("messages", name)))
            .collect();
        let parts = socket.path.split('{').skip(1);
        let parameters: Map<String, Value> = parts
            .filter_map(|part| Some((part.split_once('}')?.0.to_owned(), json!({}))))
            .collect();
        let mut channel = json!({
            "address": socket.path,
            "description": format!("Who may open it: {}.", socket.permission),
            "messages": messages,
            "bindings": { "ws": { "method": "GET" } },
        });
        if !parameters.is_empty() {
            channel["parameters"] = Value::Object(parameters);
        }
        self.channels.insert(id.clone(), channel);
        for (action, names) in [("receive", received), ("send", sent)] {
            let messages: Vec<Value> = names
                .iter()
                .map(|name| json!({ "$ref": format!("#/channels/{id}/messages/{name}") }))
                .collect();
            let operation = json!({
                "action": action,
                "channel": { "$ref": format!("#/channels/{id}") },
                "security": security,
                "messages": messages,
            });
            self.operations.insert(format!("{id}_{action}"), operation);
        }
    }

    /// Adds a message and its schemas; its name in the document.
    fn message(&mut self, id: &str, way: &str, message: &Value) -> String {
        let action = message["action"].as_str().unwrap_or("any");
        let name = format!("{id}_{way}_{action}");
        let mut schema = message["schema"].clone();
        let definitions = message["definitions"].as_object();
        for (own, definition) in definitions.into_iter().flatten() {
            let mut definition = definition.clone();
            rename(&mut definition, id);
            self.schemas.insert(format!("{id}_{own}"), definition);
        }
        rename(&mut schema, id);
        let mut written = json!({ "name": action, "title": action, "payload": schema });
        if let Some(summary) = message["summary"].as_str() {
            written["summary"] = summary.into();
        }
        self.messages.insert(name.clone(), written);
        name
    }

    /// Adds the ways to be let in; any of them is enough.
    fn security(&mut self, socket: &SocketRow) -> Vec<Value> {
        let mut names = Vec::new();
        for place in &socket.places {
            let (name, scheme) = match place {
                CredentialPlace::Authorization(word) => (
                    word.to_ascii_lowercase(),
                    json!({
                        "type": "httpApiKey", "in": "header", "name": "Authorization",
                        "description": format!(
                            "`{word} …`; in browsers as the sub-protocol `bearer.…` beside `portcullis.v1`."
                        ),
                    }),
                ),
                CredentialPlace::Cookie(cookie) => (
                    format!("cookie_{}", identifier(cookie)),
                    json!({ "type": "httpApiKey", "in": "cookie", "name": cookie }),
                ),
                _ => continue,
            };
            if !names.contains(&name) {
                names.push(name.clone());
            }
            self.schemes.insert(name, scheme);
        }
        let names = names.iter();
        names
            .map(|name| reference("securitySchemes", name))
            .collect()
    }
}

fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

/// A path as a name: letters, digits and `_`.
fn identifier(path: &str) -> String {
    let parts = path.split(|letter: char| !letter.is_ascii_alphanumeric());
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    match parts.is_empty() {
        true => "root".to_owned(),
        false => parts.join("_"),
    }
}

/// Has references to definitions of a type lead to those of the document.
fn rename(schema: &mut Value, id: &str) {
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                if let (true, Value::String(to)) = (name == "$ref", &mut *value) {
                    *to = to.replacen("#/$defs/", &format!("#/components/schemas/{id}_"), 1);
                } else {
                    rename(value, id);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| rename(value, id)),
        _ => {}
    }
}
