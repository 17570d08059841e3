//! What must never pass for a token, whatever it looks like.

use std::time::Duration;

use portcullis_django::jwt::{
    AccessError, Algorithm, Backend, BackendError, Claims, Key, KeyError, RefreshError, Settings,
    Standing, Subject, TokenError, TokenType, admit, authenticate, bearer_of, blacklist, refresh,
    refresh_sliding, verify, verify_untyped,
};
use portcullis_django::session::Candidate;
use portcullis_django::signing::base64url_encode;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const NOW: i64 = 1_767_497_145;
const SECRET: &str = "a secret of the tests, with more than 256 bits";

const ADA: Candidate<'_> = Candidate {
    password_column: "ada's hash",
    is_active: true,
};

const STANDING: Standing<'_> = Standing {
    is_blacklisted: false,
    user: Some(ADA),
};

fn key() -> Key {
    Key::secret(Algorithm::Hs256, SECRET).unwrap()
}

fn backend() -> Backend {
    Backend::new(key())
}

fn claims(token_type: TokenType) -> Claims {
    let ada = Subject {
        user_id: "1",
        password_column: ADA.password_column,
    };
    Claims::for_user(token_type, ada, &Settings::default(), NOW)
}

/// A token of good claims, but for one.
fn with(name: &str, value: Value) -> String {
    let mut claims = claims(TokenType::Access);
    claims.insert(name, value);
    backend().encode(&claims).unwrap()
}

/// A token with any header, well signed.
fn with_header(header: &Value) -> String {
    let claims = Value::Object(claims(TokenType::Access).as_map().clone());
    let message = [header.to_string(), claims.to_string()]
        .map(|part| base64url_encode(part.as_bytes()))
        .join(".");
    let mac = {
        use hmac::{Hmac, Mac};
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(message.as_bytes());
        mac.finalize().into_bytes()
    };
    format!("{message}.{}", base64url_encode(&mac))
}

fn verdict(token: &str) -> Result<(), TokenError> {
    verify(&backend(), token, TokenType::Access, NOW).map(drop)
}

#[test]
fn times_of_another_json_type_are_refused() {
    let values = [
        json!("1767497445"),
        json!(null),
        json!(true),
        json!([NOW + 300]),
        json!({ "at": NOW + 300 }),
    ];
    for name in ["exp", "nbf", "iat"] {
        for value in &values {
            let token = with(name, value.clone());
            assert_eq!(verdict(&token), Err(TokenError::Invalid), "{name} {value}");
        }
    }
    for far in [json!(1e300), json!(u64::MAX), json!(253_402_300_800_i64)] {
        assert_eq!(verdict(&with("exp", far)), Err(TokenError::Invalid));
    }
    for past in [
        json!(-1e300),
        json!(i64::MIN),
        json!(NOW),
        json!(NOW as f64 + 0.9),
    ] {
        assert_eq!(verdict(&with("exp", past)), Err(TokenError::Expired));
    }
}

#[test]
fn headers_that_demand_or_bring_something() {
    assert_eq!(verdict(&with_header(&json!({ "alg": "HS256" }))), Ok(()));
    let ignored = json!({
        "alg": "HS256", "typ": 5, "jku": "https://evil.example/", "x5u": "https://evil.example/",
        "jwk": { "kty": "oct", "k": "AAAA" }, "x5c": ["AAAA"], "kid": "../../dev/null", "b64": true,
    });
    assert_eq!(verdict(&with_header(&ignored)), Ok(()));
    let refused = [
        json!({ "alg": "HS256", "crit": ["exp"] }),
        json!({ "alg": "HS256", "crit": [] }),
        json!({ "alg": "HS256", "crit": null }),
        json!({ "alg": "HS256", "crit": ["b64"], "b64": false }),
        json!({ "alg": "HS256", "b64": false }),
        json!({ "alg": "HS256", "kid": 5 }),
        json!({ "alg": "none" }),
        json!({ "alg": "None" }),
        json!({ "alg": "hs256" }),
        json!({ "alg": "HS512" }),
        json!({ "alg": "RS256" }),
        json!({ "alg": ["HS256"] }),
        json!({ "alg": null }),
        json!({}),
        json!([]),
        json!("HS256"),
    ];
    for header in refused {
        let token = with_header(&header);
        assert_eq!(verdict(&token), Err(TokenError::Invalid), "{header}");
    }
    let none = with_header(&json!({ "alg": "none" }));
    assert_eq!(backend().decode(&none, NOW), Err(BackendError::Algorithm));
}

#[test]
fn a_signature_is_written_in_one_way() {
    let token = backend().encode(&claims(TokenType::Access)).unwrap();
    assert_eq!(verdict(&token), Ok(()));
    let (message, signature) = token.rsplit_once('.').unwrap();
    let others = [
        format!("{token}="),
        format!("{token} "),
        format!(" {token}"),
        format!("{token}."),
        format!(".{token}"),
        format!("{message}.!{signature}"),
        format!("{message}\n.{signature}"),
        message.to_owned(),
        format!("{message}."),
        String::new(),
        "..".to_owned(),
    ];
    for other in others {
        assert_eq!(verdict(&other), Err(TokenError::Invalid), "{other}");
    }
}

#[test]
fn audience_and_issuer_are_written_and_required() {
    let shop = backend().with_audience("shop").with_issuer("me");
    let token = shop.encode(&claims(TokenType::Access)).unwrap();
    let read = shop.decode(&token, NOW).unwrap();
    assert_eq!(
        (read.get("aud"), read.get("iss")),
        (Some(&json!("shop")), Some(&json!("me")))
    );
    let both = backend().with_audience("bank").with_audience("shop");
    assert!(both.decode(&token, NOW).is_ok());
    let written = both.encode(&claims(TokenType::Access)).unwrap();
    let list = json!(["bank", "shop"]);
    assert_eq!(both.decode(&written, NOW).unwrap().get("aud"), Some(&list));
    for value in [
        json!(["shop", 5]),
        json!([]),
        json!(""),
        json!(null),
        json!({ "shop": 1 }),
    ] {
        let token = with("aud", value.clone());
        let audience = backend().with_audience("shop");
        assert_eq!(
            audience.decode(&token, NOW),
            Err(BackendError::Invalid),
            "{value}"
        );
    }
    for value in [json!(["me"]), json!(null)] {
        let issuer = backend().with_issuer("me");
        assert_eq!(
            issuer.decode(&with("iss", value), NOW),
            Err(BackendError::Invalid)
        );
    }
}

#[test]
fn leeway_has_an_end() {
    let token = backend().encode(&claims(TokenType::Access)).unwrap();
    let lenient = backend().with_leeway(Duration::from_secs(86_400));
    assert!(lenient.decode(&token, NOW + 329).is_ok());
    assert_eq!(
        lenient.decode(&token, NOW + 330),
        Err(BackendError::Expired)
    );
    assert_eq!(lenient.decode(&token, NOW - 31), Err(BackendError::Invalid));
    assert_eq!(lenient.decode(&token, i64::MIN), Err(BackendError::Invalid));
    assert_eq!(lenient.decode(&token, i64::MAX), Err(BackendError::Expired));
}

#[test]
fn an_older_key_reads_until_its_date() {
    let token = backend().encode(&claims(TokenType::Access)).unwrap();
    let newer = Key::secret(
        Algorithm::Hs512,
        "another secret of the tests, as long as it",
    )
    .unwrap();
    assert!(Backend::new(newer.clone()).decode(&token, NOW).is_err());
    let rotated = Backend::new(newer).with_older_key(key(), NOW + 60);
    assert!(rotated.decode(&token, NOW + 59).is_ok());
    assert_eq!(
        rotated.decode(&token, NOW + 60),
        Err(BackendError::Algorithm)
    );
    let signed = rotated.encode(&claims(TokenType::Access)).unwrap();
    assert!(backend().decode(&signed, NOW).is_err());
    assert!(rotated.decode(&signed, NOW + 299).is_ok());
}

#[test]
fn secrets_are_long_and_not_shown() {
    assert_eq!(
        Key::secret(Algorithm::Hs256, [0; 31]).unwrap_err(),
        KeyError::TooShort
    );
    assert!(Key::secret(Algorithm::Hs512, [0; 32]).is_ok());
    let rsa = Key::secret(Algorithm::Rs256, SECRET);
    assert_eq!(rsa.unwrap_err(), KeyError::OtherFamily);
    let pem = "\n-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A";
    let confused = Key::secret(Algorithm::Hs256, pem);
    assert_eq!(confused.unwrap_err(), KeyError::OtherFamily);

    let (settings, backend) = (Settings::default(), backend());
    let token = backend.encode(&claims(TokenType::Refresh)).unwrap();
    let verified = verify(&backend, &token, TokenType::Refresh, NOW).unwrap();
    let row = blacklist(&verified, &token, &settings, STANDING, NOW).unwrap();
    let shown = format!("{backend:?} {verified:?} {row:?} {STANDING:?}");
    for hidden in [SECRET, ADA.password_column, token.as_str()] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[test]
fn user_claims_of_odd_types_name_nobody() {
    let settings = Settings::default();
    let odd = [
        json!(null),
        json!(true),
        json!(1.5),
        json!([1]),
        json!({ "id": 1 }),
        json!(""),
    ];
    for value in odd {
        let token = with("user_id", value.clone());
        let verified = authenticate(&backend(), &settings, &token, NOW).unwrap();
        let refused = admit(&verified, &settings, STANDING);
        assert_eq!(refused, Err(AccessError::NoUser), "{value}");

        let mut claims = claims(TokenType::Refresh);
        claims.insert("user_id", value.clone());
        let token = backend().encode(&claims).unwrap();
        let verified = verify(&backend(), &token, TokenType::Refresh, NOW).unwrap();
        let refused = refresh(&verified, &settings, STANDING, NOW);
        assert_eq!(refused, Err(RefreshError::NoActiveAccount), "{value}");
    }
}

#[test]
fn decisions_look_at_the_type_and_the_blacklist() {
    let (backend, mut settings) = (backend(), Settings::default());
    settings.auth_token_types = vec![TokenType::Access, TokenType::Sliding];
    let verified = |token_type: TokenType| {
        let token = backend.encode(&claims(token_type)).unwrap();
        (verify(&backend, &token, token_type, NOW).unwrap(), token)
    };
    let (access, access_text) = verified(TokenType::Access);
    let (renewing, _) = verified(TokenType::Refresh);
    let (sliding, sliding_text) = verified(TokenType::Sliding);
    let untyped = verify_untyped(&backend, &access_text, NOW).unwrap();

    let wrong = Err(RefreshError::Token(TokenError::WrongType));
    for other in [&access, &sliding, &untyped] {
        assert_eq!(refresh(other, &settings, STANDING, NOW), wrong);
    }
    for other in [&access, &renewing, &untyped] {
        let refused = refresh_sliding(&backend, other, &settings, STANDING, NOW);
        assert_eq!(
            refused.unwrap_err(),
            RefreshError::Token(TokenError::WrongType)
        );
    }
    for other in [&renewing, &untyped] {
        let refused = admit(other, &settings, STANDING).unwrap_err();
        assert_eq!(refused.body()["messages"][1]["token_class"], "SlidingToken");
    }
    for other in [&access, &untyped] {
        let refused = blacklist(other, &access_text, &settings, STANDING, NOW);
        assert_eq!(refused, Err(TokenError::WrongType));
    }
    let listed = Standing {
        is_blacklisted: true,
        ..STANDING
    };
    let dead = RefreshError::Token(TokenError::Blacklisted);
    assert_eq!(
        refresh(&renewing, &settings, listed, NOW).unwrap_err(),
        dead
    );
    let slid = refresh_sliding(&backend, &sliding, &settings, listed, NOW);
    assert_eq!(slid.unwrap_err(), dead);
    let again = blacklist(&sliding, &sliding_text, &settings, listed, NOW);
    assert_eq!(again, Err(TokenError::Blacklisted));
    let refused = admit(&sliding, &settings, listed).unwrap_err();
    assert_eq!(
        refused.body()["messages"][0]["message"],
        "Token is blacklisted"
    );
    assert_eq!(admit(&sliding, &settings, STANDING), Ok(()));
    let nobody = Standing {
        user: None,
        ..STANDING
    };
    let slid = refresh_sliding(&backend, &sliding, &settings, nobody, NOW);
    assert_eq!(slid.unwrap_err(), RefreshError::NoActiveAccount);
}

/// One small change of a text: a byte replaced, put in, taken out, or the rest cut off.
fn change(text: &str, at: usize, byte: u8, how: u8) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = at % bytes.len();
    match how % 4 {
        0 => bytes[at] = byte,
        1 => bytes.insert(at, byte),
        2 => drop(bytes.remove(at)),
        _ => bytes.truncate(at),
    }
    String::from_utf8(bytes).unwrap()
}

proptest! {
    #[test]
    fn mutated_tokens_never_verify(at in any::<usize>(), byte in 0_u8..128, how in any::<u8>()) {
        let token = backend().encode(&claims(TokenType::Access)).unwrap();
        let mutated = change(&token, at, byte, how);
        prop_assert_eq!(backend().decode(&mutated, NOW).is_ok(), mutated == token);
    }

    #[test]
    fn no_text_verifies(text in "\\PC{0,200}", parts in "[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,60}") {
        for token in [text, parts] {
            prop_assert!(verify_untyped(&backend(), &token, NOW).is_err());
        }
    }

    #[test]
    fn any_header_is_read(header in any::<Vec<u8>>()) {
        let settings = Settings::default();
        for header in [header.clone(), [b"Bearer ", header.as_slice()].concat()] {
            if let Ok(Some(token)) = bearer_of(&header, &settings) {
                prop_assert!(authenticate(&backend(), &settings, token, NOW).is_err());
            }
        }
    }

    #[test]
    fn signed_nonsense_never_panics(name in "(exp|nbf|iat|jti|sub|aud|iss|token_type|user_id|refresh_exp)", value in json_value(), now in any::<i64>()) {
        let mut map = Map::new();
        map.insert("exp".to_owned(), json!(now.saturating_add(9)));
        map.insert("jti".to_owned(), json!(""));
        map.insert("token_type".to_owned(), json!("sliding"));
        map.insert(name, value);
        let backend = backend().with_leeway(Duration::from_secs(5));
        let settings = Settings { auth_token_types: vec![TokenType::Sliding], ..Settings::default() };
        let token = backend.encode(&Claims::from_map(map)).unwrap();
        if let Ok(verified) = authenticate(&backend, &settings, &token, now) {
            let _ = admit(&verified, &settings, STANDING);
            let _ = refresh_sliding(&backend, &verified, &settings, STANDING, now);
            prop_assert!(blacklist(&verified, &token, &settings, STANDING, now).is_ok());
        }
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        proptest::collection::vec(".{0,4}", 0..3).prop_map(Value::from),
    ]
}
