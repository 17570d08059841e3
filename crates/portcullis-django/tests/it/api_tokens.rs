//! Opaque tokens: their shape, and what is stored of them.

use portcullis_django::api_token::{
    digests_match, knox_digest, knox_key, new_authtoken, new_knox_token,
};
use serde_json::json;

use crate::vectors;

/// These look at a header, rows and a clock: the doors of the web crate answer them.
const OF_THE_DOORS: [&str; 3] = ["authtoken", "knox", "basic"];

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

#[test]
fn vectors_of_api_tokens() {
    vectors::run_but("api_tokens", &OF_THE_DOORS, |op, input, expect| {
        let made = match op {
            "authtoken_make" => new_authtoken(),
            "knox_make" => new_knox_token(input["TOKEN_PREFIX"].as_str().unwrap()),
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
