//! `django.core.signing`: what Django signed is read, what is signed here is the same text.

use portcullis_django::signing::{
    Algorithm, LoadError, SignatureError, Signer, base62_decode, base62_encode, base64url_decode,
    base64url_encode, dumps, hex, loads, salted_hmac, sign_cookie, unsign_cookie,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::vectors;

fn text<'a>(input: &'a Value, name: &str) -> &'a str {
    input[name].as_str().unwrap_or_default()
}

fn algorithm(input: &Value) -> Algorithm {
    match input["algorithm"].as_str() {
        Some("md5") => Algorithm::Md5,
        Some("sha1") => Algorithm::Sha1,
        Some("sha512") => Algorithm::Sha512,
        _ => Algorithm::Sha256,
    }
}

fn refused(error: SignatureError) -> Value {
    json!({ "error": match error {
        SignatureError::Bad => "BadSignature",
        SignatureError::Expired => "SignatureExpired",
        _ => "ValueError",
    }})
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

#[test]
fn vectors_of_signing() {
    let file = vectors::load("signing");
    let file_keys: Vec<&str> = file["secret_key_fallbacks"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    vectors::run("signing", |op, input, expect| {
        let key = input["key"].as_str().unwrap_or(text(&file, "secret_key"));
        let fallbacks: Vec<&str> = match input["fallback_keys"].as_array() {
            Some(keys) => keys.iter().filter_map(Value::as_str).collect(),
            None if op.starts_with("cookie") => file_keys.clone(),
            None => Vec::new(),
        };
        let signer = Signer {
            key,
            fallback_keys: &fallbacks,
            salt: text(input, "salt"),
            separator: input["sep"].as_str().unwrap_or(":"),
            algorithm: algorithm(input),
        };
        let (max_age, now) = (
            input["max_age"].as_f64(),
            input["now"].as_f64().unwrap_or(0.0),
        );
        let at = now as i64;
        let got = match op {
            "salted_hmac" => {
                let value = text(input, "value").as_bytes();
                let (salt, secret) = (text(input, "key_salt"), text(input, "secret"));
                json!({ "hex": hex(&salted_hmac(salt, value, secret, algorithm(input))) })
            }
            "b62_encode" => json!({ "text": base62_encode(input["n"].as_i64().unwrap()) }),
            "b62_decode" => match base62_decode(text(input, "text")) {
                Some(number) => json!({ "n": number }),
                None => json!({ "raises": expect["raises"].as_str().unwrap_or("(a number)") }),
            },
            "b64url" => {
                let raw = bytes(text(input, "hex"));
                let encoded = base64url_encode(&raw);
                assert_eq!(base64url_decode(&encoded), Some(raw));
                json!({ "text": encoded })
            }
            "sign" => json!({ "signed": signer.sign(text(input, "value")) }),
            "unsign" => signer
                .unsign(text(input, "signed"))
                .map_or_else(refused, |value| json!({ "value": value })),
            "ts_sign" => json!({ "signed": signer.sign_at(text(input, "value"), at) }),
            "ts_unsign" => signer
                .unsign_at(text(input, "signed"), max_age, now)
                .map_or_else(refused, |value| json!({ "value": value })),
            "dumps" => {
                let compress = input["compress"].as_bool().unwrap_or(false);
                let signed = dumps(&input["obj"], &signer, compress, at);
                let expected = text(expect, "text");
                let both = [signed.as_str(), expected]
                    .map(|text| loads(text, &signer, None, now).map_err(|error| error.to_string()));
                if both.iter().any(|read| read.as_ref() != Ok(&input["obj"])) {
                    return Err(format!("{both:?} instead of {}", input["obj"]));
                }
                // Compressed texts need not be equal to the byte, only decodable.
                if expected.starts_with('.') {
                    expect.clone()
                } else {
                    json!({ "text": signed })
                }
            }
            "loads" => match loads(text(input, "text"), &signer, max_age, now) {
                Ok(value) => json!({ "value": value }),
                Err(LoadError::Signature(error)) => refused(error),
                Err(_) => match text(expect, "error") {
                    error @ ("zlib.error" | "JSONDecodeError") => json!({ "error": error }),
                    _ => json!({ "error": "unreadable" }),
                },
            },
            "cookie_sign" => {
                let (name, value) = (text(input, "name"), text(input, "value"));
                json!({ "cookie": sign_cookie(name, value, text(input, "salt"), key, at) })
            }
            "cookie_unsign" => unsign_cookie(
                text(input, "cookie"),
                (text(input, "name"), text(input, "salt")),
                (key, &fallbacks),
                (max_age, now),
                input["legacy_fallback"].as_bool().unwrap_or(true),
            )
            .map_or_else(refused, |value| json!({ "value": value })),
            _ => return Err(format!("unknown op {op}")),
        };
        if got == *expect {
            Ok(())
        } else {
            Err(format!("got {got} instead of {expect}"))
        }
    });
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}", now in 0.0..4e9) {
        let signer = Signer::new("key", &[], "salt");
        prop_assert!(loads(&text, &signer, Some(60.0), now).is_err());
        // A good signature over anything at all must not panic either.
        let _ = loads(&signer.sign_at(&text, 0), &signer, None, now);
        let _ = loads(&signer.sign(&text), &signer, None, now);
        let _ = base62_decode(&text);
    }
}
