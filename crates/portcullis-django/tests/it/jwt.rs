//! simplejwt's tokens: the same bytes, the same verdicts, the same words.

use std::collections::BTreeSet;
use std::time::Duration;

use portcullis_django::jwt::{
    Algorithm, Backend, Claims, Key, OutstandingToken, Settings, Standing, Subject, TokenType,
    VerifyError, admit, authenticate, bearer_of, blacklist, check_blacklist, password_claim,
    refresh, refresh_sliding, verify, verify_untyped,
};
use portcullis_django::session::Candidate;
use serde_json::{Value, json};

use crate::vectors;

fn text<'a>(input: &'a Value, name: &str) -> &'a str {
    input[name].as_str().unwrap_or_default()
}

fn now(input: &Value) -> i64 {
    input["now"].as_i64().unwrap()
}

fn backend(secret: &str) -> Backend {
    Backend::new(Key::secret(Algorithm::Hs256, secret).unwrap())
}

/// The `SIMPLE_JWT` of a vector, and its leeway. A setting that is not known here fails the test.
fn settings(input: &Value) -> (Settings, Duration) {
    let (mut settings, mut leeway) = (Settings::default(), Duration::ZERO);
    for (name, value) in input["settings"].as_object().into_iter().flatten() {
        let is_on = || value.as_bool().unwrap();
        match name.as_str() {
            "LEEWAY" => leeway = Duration::from_secs(value.as_u64().unwrap()),
            "AUTH_HEADER_TYPES" => {
                settings.auth_header_types = serde_json::from_value(value.clone()).unwrap();
            }
            "CHECK_USER_IS_ACTIVE" => settings.check_user_is_active = is_on(),
            "CHECK_REVOKE_TOKEN" => settings.check_revoke_token = is_on(),
            "USER_ID_CLAIM" => value
                .as_str()
                .unwrap()
                .clone_into(&mut settings.user_id_claim),
            "ROTATE_REFRESH_TOKENS" => settings.rotate_refresh_tokens = is_on(),
            "BLACKLIST_AFTER_ROTATION" => settings.blacklist_after_rotation = is_on(),
            _ => panic!("unknown setting {name}"),
        }
    }
    (settings, leeway)
}

/// The row of a user in a vector, found by the text of an id.
fn row(input: &Value, id: Option<&str>) -> Option<Value> {
    let users = input["users"].as_array()?;
    let found = users
        .iter()
        .find(|user| Some(user["id"].to_string().as_str()) == id);
    found.cloned()
}

fn candidate(user: &Value) -> Candidate<'_> {
    Candidate {
        password_column: text(user, "password"),
        is_active: user["is_active"].as_bool().unwrap(),
    }
}

/// A 401 as the vectors of endpoints tell it.
fn refused(body: &Value) -> Value {
    let mut told = json!({ "ok": false, "error": body["detail"], "status": 401 });
    if let Some(code) = body.get("code") {
        told["code"] = code.clone();
    }
    told
}

/// Claims with their order, the `jti` replaced, as text.
fn shown(claims: &Claims, id: &str) -> Value {
    let mut claims = claims.clone();
    let is_uuid = claims.id().len() == 32 && claims.id().as_bytes()[12] == b'4';
    assert!(is_uuid, "{} is no uuid4", claims.id());
    claims.insert("jti", id);
    json!(Value::Object(claims.as_map().clone()).to_string())
}

fn access(input: &Value, secret: &str) -> Value {
    let (settings, leeway) = settings(input);
    let backend = backend(secret).with_leeway(leeway);
    let answer = || {
        let Some(token) = bearer_of(text(input, "header").as_bytes(), &settings)? else {
            return Ok(Value::Null);
        };
        let verified = authenticate(&backend, &settings, token, now(input))?;
        let user = row(input, verified.user_id(&settings).as_deref());
        let standing = Standing {
            is_blacklisted: false,
            user: user.as_ref().map(candidate),
        };
        admit(&verified, &settings, standing)?;
        Ok(user.unwrap()["id"].clone())
    };
    match answer() {
        Ok(user) => json!({ "user": user }),
        Err(error) => {
            let error: portcullis_django::jwt::AccessError = error;
            let body = error.body();
            json!({
                "status": 401,
                "code": body["code"],
                "detail": body["detail"],
                "message": body["messages"][0]["message"],
            })
        }
    }
}

/// The two tables of the blacklist app, as lists of ids.
struct Tables {
    outstanding: BTreeSet<String>,
    blacklisted: BTreeSet<String>,
}

impl Tables {
    fn of(before: &Value) -> Self {
        let ids = |name: &str| serde_json::from_value(before[name].clone()).unwrap_or_default();
        Self {
            outstanding: ids("outstanding"),
            blacklisted: ids("blacklisted"),
        }
    }

    fn end(&mut self, row: OutstandingToken) {
        self.outstanding.insert(row.jti.clone());
        self.blacklisted.insert(row.jti);
    }
}

fn refreshed(input: &Value, secret: &str) -> Value {
    let (settings, _) = settings(input);
    let (backend, token) = (backend(secret), text(input, "refresh"));
    let mut tables = Tables::of(&input["before"]);
    let verified = match verify(&backend, token, TokenType::Refresh, now(input)) {
        Ok(verified) => verified,
        Err(error) => return refused(&error.body()),
    };
    let old = verified.claims().id().to_owned();
    let user = row(input, verified.user_id(&settings).as_deref());
    let standing = Standing {
        is_blacklisted: tables.blacklisted.contains(&old),
        user: user.as_ref().map(candidate),
    };
    let made = match refresh(&verified, &settings, standing, now(input)) {
        Ok(made) => made,
        Err(error) => return refused(&error.body()),
    };
    let mut told = json!({
        "ok": true,
        "access_claims": shown(&made.access, "<JTI>"),
        "jti_is_new": made.access.id() != old,
    });
    if made.blacklists_old {
        tables.end(blacklist(&verified, token, &settings, standing, now(input)).unwrap());
    }
    if let Some(next) = made.rotated {
        let text = backend.encode(&next).unwrap();
        let row = OutstandingToken::new(&next, &text, verified.user_id(&settings), now(input));
        assert_eq!(Some(row.expires_at), next.expires_at());
        tables.outstanding.insert(row.jti);
        told["refresh_claims"] = shown(&next, "<NEW JTI>");
        told["old_blacklisted"] = json!(tables.blacklisted.contains(&old));
        told["old_outstanding"] = json!(tables.outstanding.contains(&old));
        told["new_outstanding"] = json!(tables.outstanding.contains(next.id()));
    }
    told
}

/// Somebody who is there, for vectors that name no users.
const ACTIVE: Candidate<'_> = Candidate {
    password_column: "",
    is_active: true,
};

fn slid(input: &Value, secret: &str) -> Value {
    let (settings, backend) = (Settings::default(), backend(secret));
    let standing = Standing {
        is_blacklisted: false,
        user: Some(ACTIVE),
    };
    let verified = verify(
        &backend,
        text(input, "token"),
        TokenType::Sliding,
        now(input),
    );
    let made = verified
        .map_err(Into::into)
        .and_then(|verified| refresh_sliding(&backend, &verified, &settings, standing, now(input)));
    match made {
        Ok(claims) => json!({ "ok": true, "claims": claims.as_map() }),
        Err(error) => refused(&error.body()),
    }
}

fn ended(input: &Value, secret: &str) -> Value {
    let (backend, token) = (backend(secret), text(input, "refresh"));
    let mut tables = Tables::of(&Value::Null);
    let standing = Standing {
        is_blacklisted: false,
        user: Some(ACTIVE),
    };
    let row = verify(&backend, token, TokenType::Refresh, now(input)).and_then(|verified| {
        if input["was_outstanding"] == true {
            tables.outstanding.insert(verified.claims().id().to_owned());
        }
        blacklist(&verified, token, &Settings::default(), standing, now(input))
    });
    let mut told = match row {
        Ok(row) => {
            tables.end(row);
            json!({ "ok": true })
        }
        Err(error) => refused(&error.body()),
    };
    told["after"] = json!({ "outstanding": tables.outstanding, "blacklisted": tables.blacklisted });
    told
}

fn verified(input: &Value, secret: &str) -> Value {
    let (settings, _) = settings(input);
    let answer = verify_untyped(&backend(secret), text(input, "token"), now(input))
        .map_err(VerifyError::from)
        .and_then(|_| check_blacklist(&settings, input["blacklisted"] == true));
    match answer {
        Ok(()) => json!({ "ok": true }),
        Err(error) if error.status() == 400 => {
            json!({ "ok": false, "error": error.body(), "status": 400 })
        }
        Err(error) => refused(&error.body()),
    }
}

fn decoded(input: &Value, keys: &Value) -> Value {
    let algorithm = Algorithm::from_name(text(input, "algorithm")).unwrap();
    let name = text(input, "key");
    let key = match keys[name].as_str() {
        Some(pem) => Key::public(algorithm, pem),
        None => Key::secret(algorithm, name),
    };
    let leeway = input["leeway"].as_u64().unwrap_or(0);
    let mut backend = Backend::new(key.unwrap()).with_leeway(Duration::from_secs(leeway));
    let audience = &input["audience"];
    let list = audience
        .as_array()
        .map_or(std::slice::from_ref(audience), Vec::as_slice);
    for audience in list.iter().filter_map(Value::as_str) {
        backend = backend.with_audience(audience);
    }
    if let Some(issuer) = input["issuer"].as_str() {
        backend = backend.with_issuer(issuer);
    }
    match backend.decode(text(input, "token"), now(input)) {
        Ok(claims) => json!({ "claims": claims.as_map() }),
        Err(error) => json!({ "error": "TokenBackendError", "message": error.to_string() }),
    }
}

fn made(input: &Value) -> Value {
    let (token_type, id) = match text(input, "kind") {
        "access" => (TokenType::Access, input["user_id"].to_string()),
        "refresh" => (TokenType::Refresh, input["user_id"].to_string()),
        "sliding" => (TokenType::Sliding, input["user_id"].to_string()),
        kind => panic!("unknown kind {kind}"),
    };
    let subject = Subject {
        user_id: &id,
        password_column: "",
    };
    let claims = Claims::for_user(token_type, subject, &Settings::default(), now(input));
    json!({
        "claims": shown(&claims, "<JTI>"),
        "order": claims.as_map().keys().collect::<Vec<_>>(),
        "jti_regex": "^[0-9a-f]{32}$",
        "outstanding_row": token_type.is_recorded(),
    })
}

#[test]
fn vectors_of_jwt() {
    let file = vectors::load("jwt");
    let secret = text(&file, "secret_key");
    vectors::run("jwt", |op, input, expect| {
        // Order is part of what is expected of new claims.
        let mut expect = expect.clone();
        let is_new = ["for_user", "refresh", "rotate"].contains(&op);
        for name in ["claims", "access_claims", "refresh_claims"] {
            if is_new && expect[name].is_object() {
                expect[name] = json!(expect[name].to_string());
            }
        }
        let got = match op {
            "encode" => {
                let claims = Claims::from_map(input["claims"].as_object().unwrap().clone());
                json!({ "token": backend(text(input, "key")).encode(&claims).unwrap() })
            }
            "for_user" => made(input),
            "access" => access(input, secret),
            "refresh" | "rotate" => refreshed(input, secret),
            "sliding" => slid(input, secret),
            "verify" => verified(input, secret),
            "blacklist" => ended(input, secret),
            "revoke_claim" => {
                json!({ "hash_password": password_claim(text(input, "password_column")) })
            }
            "backend" => decoded(input, &file["keys"]),
            _ => return Err(format!("unknown op {op}")),
        };
        // Where simplejwt throws, a clean refusal.
        if expect["raises"].is_string() && got["status"] == 401 || got == expect {
            Ok(())
        } else {
            Err(format!("got {got} instead of {expect}"))
        }
    });
}
