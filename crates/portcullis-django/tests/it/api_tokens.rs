//! Opaque tokens: their shape, and what is stored of them.

use portcullis_django::api_token::{
    digests_match, is_checked_token, knox_digest, knox_key, new_authtoken, new_checked_token,
    new_knox_token,
};
use portcullis_django::authorization::{basic_of, token_of};
use serde_json::{Value, json};

use crate::vectors;

/// These look at a header, rows and a clock: the doors of the web crate answer them.
const OF_THE_DOORS: [&str; 1] = ["knox"];

/// Whether a text is `prefix` and then `length` lower-case hex digits, as `^prefix[0-9a-f]{length}$` says.
fn has_shape(text: &str, regex: &str) -> bool {
    let shape = regex.trim_matches(['^', '$']);
    let Some((prefix, rest)) = shape.split_once("[0-9a-f]{") else {
        return false;
    };
    let length: usize = rest.trim_end_matches('}').parse().unwrap();
    let digits = text.strip_prefix(prefix).unwrap_or_default();
    digits.len() == length
        && digits
            .bytes()
            .all(|byte| b"0123456789abcdef".contains(&byte))
}

/// A header of a vector as bytes on the wire: its characters are Latin-1.
fn header(input: &Value) -> Vec<u8> {
    let text = input["header"].as_str().unwrap_or_default();
    text.chars()
        .map(|character| u8::try_from(u32::from(character)).unwrap())
        .collect()
}

fn authtoken(input: &Value) -> Value {
    let header = header(input);
    let token = match token_of(&header, "Token") {
        Ok(None) => return json!({ "user": null }),
        Ok(Some(token)) => token,
        Err(text) => return json!({ "error": text }),
    };
    let rows = input["rows"].as_array().unwrap();
    match rows.iter().find(|row| row["key"] == token) {
        None => json!({ "error": "Invalid token." }),
        Some(row) if row["is_active"] == true => json!({ "user": row["user_id"] }),
        Some(_) => json!({ "error": "User inactive or deleted." }),
    }
}

fn basic(input: &Value) -> Value {
    let user = &input["user"];
    match basic_of(&header(input)) {
        Ok(None) => json!({ "user": null }),
        Ok(Some((name, password))) if user["username"] == name && user["password"] == password => {
            json!({ "user": user["id"] })
        }
        Ok(Some(_)) => json!({ "error": "Invalid username/password." }),
        Err(text) => json!({ "error": text }),
    }
}

#[test]
fn vectors_of_api_tokens() {
    vectors::run_but("api_tokens", &OF_THE_DOORS, |op, input, expect| {
        let made = match op {
            "authtoken_make" => new_authtoken(),
            "knox_make" => new_knox_token(input["TOKEN_PREFIX"].as_str().unwrap()),
            "authtoken" | "basic" => {
                let got = if op == "basic" {
                    basic(input)
                } else {
                    authtoken(input)
                };
                let same = got.get("user") == expect.get("user")
                    && got.get("error") == expect.get("error");
                return if same {
                    Ok(())
                } else {
                    Err(format!("got {got} instead of {expect}"))
                };
            }
            "knox_digest" => {
                let token = input["token"].as_str().unwrap();
                let got = json!({ "digest": knox_digest(token), "token_key": knox_key(token) });
                return if got == *expect {
                    Ok(())
                } else {
                    Err(format!("got {got}"))
                };
            }
            _ => return Err(format!("unknown op {op}")),
        };
        let regex = expect["regex"].as_str().unwrap();
        if has_shape(&made, regex) {
            Ok(())
        } else {
            Err(format!("{made} is not {regex}"))
        }
    });
}

#[test]
fn only_the_whole_digest_matches() {
    let digest = knox_digest("token");
    assert!(digests_match(&digest, &knox_digest("token")));
    assert!(!digests_match(&digest[..127], &digest));
    assert!(!digests_match("", &digest));
    assert_eq!(knox_key("ééééééééééééééééé"), "ééééééééééééééé");
}

#[test]
fn checked_tokens_show_each_changed_character() {
    let token = new_checked_token("shop_");
    assert_eq!(token.len(), 5 + 64 + 8);
    assert!(is_checked_token(&token, "shop_"));
    assert!(!is_checked_token(&token, "bank_"));
    for at in 0..token.len() {
        let mut changed = token.clone();
        changed.replace_range(at..=at, "~");
        assert!(!is_checked_token(&changed, "shop_"), "{changed}");
    }
    for odd in ["", "shop_", "é", "ééééééééé", &new_knox_token("shop_")] {
        assert!(!is_checked_token(odd, "shop_"), "{odd}");
    }
}
