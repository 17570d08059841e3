//! The answer of a log-in as a state machine, as its schema has it.

use portcullis::AccountSettings;
use portcullis::accounts::{EmailVerification, LoginState};
use portcullis_server::Surroundings;
use serde_json::{Value, json};

use crate::client::Client;

const SCHEMA: &str = include_str!("../../../../docs/login-answer.schema.json");

fn body(with_state: Option<Value>) -> Value {
    let mut body = json!({ "email": "ada@example.com", "password": "correct horse 9" });
    if let Some(value) = with_state {
        body["with_state"] = value;
    }
    body
}

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

/// Whether all that an answer has is in the schema, and its token there when it is done.
pub(crate) fn assert_fits(answer: &Value) {
    let schema = schema();
    for (name, value) in answer.as_object().unwrap() {
        assert!(schema["properties"][name].is_object(), "{name}");
        assert!(value.is_string() || name == "factors", "{answer}");
    }
    let is_done = answer["state"] == "done";
    let credentials = ["token", "access", "key"];
    let has_one = credentials.iter().any(|name| answer[name].is_string());
    assert!(is_done || !has_one, "{answer}");
    let waits = answer["state"] == "second_factor";
    assert_eq!(answer["pending"].is_string(), waits, "{answer}");
}

#[test]
fn schema_names_the_states_that_there_are() {
    let schema = schema();
    let named = schema["properties"]["state"]["anyOf"].as_array().unwrap();
    let named = named.iter().filter_map(|state| state["const"].as_str());
    let known = LoginState::KNOWN;
    let known = known.iter().map(LoginState::name);
    assert_eq!(named.collect::<Vec<_>>(), known.collect::<Vec<_>>());
    for example in schema["examples"].as_array().unwrap() {
        assert_fits(example);
    }
}

#[tokio::test]
async fn state_is_told_to_who_asks_for_it_alone() {
    let client = Client::new().await;
    let made = client.post("/api/signup/", body(Some(json!(true)))).await;
    assert_eq!(made.body["state"], "done");
    assert_fits(&made.body);
    for path in ["/api/token/", "/api/auth/login/"] {
        for yes in [json!(true), json!("true"), json!(1)] {
            let answer = client.post(path, body(Some(yes))).await;
            assert_eq!(answer.body["state"], "done", "{path}");
            assert_fits(&answer.body);
        }
        for no in [None, Some(json!(false)), Some(json!([])), Some(json!("no"))] {
            let answer = client.post(path, body(no)).await;
            let fields: Vec<_> = answer.body.as_object().unwrap().keys().collect();
            assert_eq!(fields, ["token"], "{path}");
        }
    }
}

#[tokio::test]
async fn address_to_confirm_is_a_state_of_a_sign_up() {
    let surroundings = Surroundings {
        accounts: AccountSettings {
            email_verification: EmailVerification::Mandatory,
            ..AccountSettings::default()
        },
        ..Surroundings::default()
    };
    let client = Client::with(&surroundings).await;
    let made = client.post("/api/signup/", body(Some(json!(true)))).await;
    assert_eq!(made.body["state"], "email_to_confirm");
    assert_fits(&made.body);
    // A log-in does not tell: it would say that the password is right.
    let refused = client.post("/api/token/", body(Some(json!(true)))).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["state"]),
        (400, &Value::Null)
    );
}
