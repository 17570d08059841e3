use std::sync::Arc;

use async_trait::async_trait;
use http::request::Parts;
use portcullis_core::{
    AuthError, Authenticated, Authenticator, Challenge, CredentialPlace, IsAuthenticatedOrReadOnly,
};
use serde_json::{Value, json};

use super::About;
use crate::{Content, Description, Doors, Field, Gate, get, post};

struct Named(&'static str, Option<&'static str>, Vec<CredentialPlace>);

#[async_trait]
impl Authenticator for Named {
    async fn authenticate(&self, _: &Parts) -> Result<Option<Authenticated>, AuthError> {
        Ok(None)
    }

    fn challenge(&self) -> Option<Challenge> {
        self.1.map(|challenge| Challenge(challenge.into()))
    }

    fn credential_places(&self) -> Vec<CredentialPlace> {
        self.2.clone()
    }

    fn name(&self) -> &'static str {
        self.0
    }
}

fn gate() -> Gate {
    let bearer = CredentialPlace::Authorization("Bearer".into());
    let cookie = CredentialPlace::Cookie("sid".to_owned());
    Gate::new(vec![
        Arc::new(Named("Jwt", Some("Bearer realm=\"api\""), vec![bearer])),
        Arc::new(Named("Session", None, vec![cookie])),
    ])
}

fn document(doors: &Doors) -> Value {
    doors.openapi(&About {
        title: "Test".to_owned(),
        version: "1".to_owned(),
        description: String::new(),
    })
}

#[test]
fn a_door_that_says_nothing_is_there_with_its_guards() {
    let doors = gate()
        .doors()
        .route("/reports/{id}/", get(|| async {}).post(|| async {}));
    let document = document(&doors);
    let path = &document["paths"]["/reports/{id}/"];
    assert_eq!(
        path["get"]["security"],
        json!([{ "bearer": [] }, { "sid": [] }])
    );
    assert_eq!(path["get"]["parameters"][0]["name"], "id");
    let responses = path["post"]["responses"].as_object();
    let statuses: Vec<&String> = responses.into_iter().flat_map(|all| all.keys()).collect();
    assert_eq!(statuses, ["200", "401", "403", "503"]);
    let refusal = json!({ "$ref": "#/components/schemas/Refusal" });
    let schema = &path["post"]["responses"]["401"]["content"]["application/json"]["schema"];
    assert_eq!(*schema, refusal);
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!(schemes["bearer"]["scheme"], "bearer");
    assert_eq!(schemes["sid"]["in"], "cookie");
}

#[test]
fn who_may_read_without_a_name_is_asked_only_to_write() {
    let doors = gate()
        .doors()
        .route("/a/", get(|| async {}).post(|| async {}))
        .require(IsAuthenticatedOrReadOnly)
        .route("/b/", get(|| async {}))
        .authenticated_by(Vec::new())
        .open();
    let document = document(&doors);
    let security = |path: &str, method: &str| document["paths"][path][method]["security"].clone();
    assert_eq!(security("/a/", "get")[0], json!({}));
    assert_eq!(security("/a/", "post")[0], json!({ "bearer": [] }));
    assert_eq!(security("/b/", "get"), json!([]));
}

#[test]
fn an_authenticator_that_tells_nothing_is_seen_all_the_same() {
    let gate = Gate::new(vec![Arc::new(Named("Secret", None, Vec::new()))]);
    let document = document(&gate.doors().route("/a/", get(|| async {})));
    assert_eq!(
        document["paths"]["/a/"]["get"]["security"],
        json!([{ "secret": [] }])
    );
    assert!(document["paths"]["/a/"]["get"]["responses"]["401"].is_null());
}

#[test]
fn answers_of_one_status_are_alternatives() {
    let said = Description::new("Sign up")
        .fields([
            Field::email("email").max(9),
            Field::text("name").optional().or_null(),
        ])
        .answer(201, "Logged in.", [Field::text("token")])
        .answer(201, "To confirm.", Content::Detail);
    let doors = gate()
        .doors()
        .route("/a/", post(|| async {}).described(said));
    let document = document(&doors.grouped("People"));
    let operation = &document["paths"]["/a/"]["post"];
    assert_eq!(operation["tags"], json!(["People"]));
    assert_eq!(document["tags"], json!([{ "name": "People" }]));
    let body = &operation["requestBody"]["content"]["multipart/form-data"]["schema"];
    let email = json!({ "type": "string", "format": "email", "maxLength": 9 });
    assert_eq!(body["properties"]["email"], email);
    assert_eq!(
        body["properties"]["name"]["type"],
        json!(["string", "null"])
    );
    assert_eq!(body["required"], json!(["email"]));
    let created = &operation["responses"]["201"];
    assert_eq!(created["description"], "Logged in. To confirm.");
    let any = &created["content"]["application/json"]["schema"]["anyOf"];
    assert_eq!(any.as_array().map(Vec::len), Some(2));
    let bad = &operation["responses"]["400"]["content"]["application/json"]["schema"]["anyOf"];
    assert_eq!(
        bad[1],
        json!({ "$ref": "#/components/schemas/FieldErrors" })
    );
}
