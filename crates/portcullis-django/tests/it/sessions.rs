//! Session rows: what Django wrote is read, and means the same user.

use portcullis_django::session::{
    Candidate, Expiry, Fate, Secrets, auth_hash, decode, encode, expiry, is_key, owner, resolve,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::vectors;

/// These describe what a server does on login and which cookie it sends; they have no pure function here.
const OF_THE_SERVER: [&str; 2] = ["login", "cookie"];

fn text<'a>(input: &'a Value, name: &str) -> &'a str {
    input[name].as_str().unwrap_or_default()
}

/// Who a request is, from its cookie, the row and the user of a vector.
fn who(input: &Value, secrets: Secrets<'_>) -> Value {
    let cookie = input["cookie"].as_str().filter(|cookie| is_key(cookie));
    let row = &input["row"];
    let fate = if row.is_null() { "absent" } else { "kept" };
    let anonymous = json!({ "user": null, "session": fate });
    let is_live = cookie == row["session_key"].as_str()
        && row["expire_date"].as_f64() > input["now"].as_f64();
    if cookie.is_none() || row.is_null() || !is_live {
        return anonymous;
    }
    let session = decode(text(row, "session_data"), secrets);
    let backends: Vec<&str> = input["authentication_backends"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let user = &input["user"];
    let Some(id) = owner(&session, &backends) else {
        return anonymous;
    };
    let user_id = user["id"].to_string();
    if id != user_id {
        // Nobody has that id; Django fails where it is no number, and nobody is logged in here.
        return anonymous;
    }
    let candidate = Candidate {
        password_column: text(user, "password"),
        is_active: user["is_active"].as_bool().unwrap(),
    };
    let resolved = resolve(&session, candidate, secrets);
    let fate = match resolved.fate {
        Fate::Kept => "kept",
        Fate::Flushed => "flushed",
        Fate::Rekeyed => "rekeyed",
    };
    json!({ "user": if resolved.is_user { user["id"].clone() } else { Value::Null }, "session": fate })
}

#[test]
fn vectors_of_sessions() {
    let file = vectors::load("sessions");
    let default: Vec<&str> = file["secret_key_fallbacks"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    vectors::run_but("sessions", &OF_THE_SERVER, |op, input, expect| {
        let fallbacks: Vec<&str> = match input["secret_key_fallbacks"].as_array() {
            Some(keys) => keys.iter().filter_map(Value::as_str).collect(),
            None => default.clone(),
        };
        let key = input["secret_key"]
            .as_str()
            .unwrap_or(text(&file, "secret_key"));
        let secrets = Secrets {
            key,
            fallbacks: &fallbacks,
        };
        let now = input["now"].as_i64().unwrap_or(0);
        let (got, expect) = match op {
            "encode" => {
                let session = input["session"].as_object().unwrap();
                let data = encode(session, secrets, now);
                if decode(text(expect, "session_data"), secrets) != *session {
                    return Err("Django's data is not read".to_owned());
                }
                let got = json!([decode(&data, secrets), data.starts_with('.')]);
                (got, json!([session, expect["compressed"]]))
            }
            "decode" => {
                // What is no object is no session.
                let expected = expect["session"].as_object().cloned().unwrap_or_default();
                let session = decode(text(input, "session_data"), secrets);
                (Value::Object(session), Value::Object(expected))
            }
            "auth_hash" => (
                json!(auth_hash(text(input, "password_column"), key)),
                expect["hex"].clone(),
            ),
            "key_valid" => (
                json!(is_key(text(input, "cookie"))),
                expect["looked_up"].clone(),
            ),
            "expiry" => {
                let mut session = Map::new();
                if !expect["stored"].is_null() {
                    session.insert("_session_expiry".to_owned(), expect["stored"].clone());
                }
                let age = input["SESSION_COOKIE_AGE"].as_i64().unwrap();
                let close = input["SESSION_EXPIRE_AT_BROWSER_CLOSE"].as_bool().unwrap();
                let (expires, browser) = expiry(&session, age, close);
                let expires = match expires {
                    Expiry::Seconds(seconds) => json!(seconds),
                    Expiry::At(at) => json!(at),
                };
                let expected = if expect["stored"].is_string() {
                    &expect["stored"]
                } else {
                    &expect["age"]
                };
                (
                    json!([expires, browser]),
                    json!([expected, expect["browser_session_cookie"]]),
                )
            }
            "resolve" if expect["raises"].is_string() => {
                (who(input, secrets)["user"].clone(), Value::Null)
            }
            "resolve" => {
                let expected = json!({ "user": expect["user"], "session": expect["session"] });
                (who(input, secrets), expected)
            }
            _ => return Err(format!("unknown op {op}")),
        };
        if got == expect {
            Ok(())
        } else {
            Err(format!("got {got} instead of {expect}"))
        }
    });
}

proptest! {
    #[test]
    fn any_session_is_read_back(text in ".{0,60}", number in any::<i64>(), now in 0_i64..4_000_000_000) {
        let session = json!({ "text": text, "list": [number, null, { text.clone(): true }] });
        let session = session.as_object().unwrap();
        let secrets = Secrets { key: "key", fallbacks: &[] };
        prop_assert_eq!(&decode(&encode(session, secrets, now), secrets), session);
        let other = Secrets { key: "other", fallbacks: &[] };
        prop_assert!(decode(&encode(session, secrets, now), other).is_empty());
    }
}
