//! What is replaced in answers before they are compared, and what is left alone.

use conformance::cookie::SetCookie;
use conformance::normalise::{Normaliser, Patterns, rounded};
use conformance::variables::Variables;
use serde_json::{Value, json};

/// 2026-01-02T03:04:05Z.
const NOW: f64 = 1_767_323_045.0;

fn with<T>(look: impl FnOnce(&Normaliser<'_>) -> T) -> T {
    let table = json!({
        "base": "http://127.0.0.1:9", "host": "127.0.0.1:9", "uid": "0123456789ab",
        "seen_key": "abcdefghijklmnopqrst", "seen_short": "abc",
    });
    let variables = Variables::new(table.as_object().cloned().unwrap_or_default());
    let patterns = Patterns::new().expect("the patterns compile");
    look(&Normaliser::new(&patterns, &variables, NOW))
}

fn text(text: &str) -> Value {
    with(|normaliser| normaliser.text(text))
}

fn cookie(line: &str) -> Value {
    let cookie = SetCookie::parse(line, NOW).expect("a cookie");
    with(|normaliser| normaliser.cookie(&cookie))
}

#[test]
fn names_of_this_run_are_replaced_wherever_they_stand() {
    assert_eq!(text("http://127.0.0.1:9/x/"), "<base>/x/");
    assert_eq!(text("//127.0.0.1:9/"), "//<host>/");
    assert_eq!(text("u0123456789ab@example.com"), "u<uid>@example.com");
    assert_eq!(text("key abcdefghijklmnopqrst abc"), "key <seen_key> abc");
}

#[test]
fn tokens_are_told_by_their_length_and_alphabet() {
    assert_eq!(text(&"0a".repeat(20)), "<hex40>");
    assert_eq!(text(&"0a".repeat(32)), "<hex64>");
    for other in ["0A".repeat(20), "0a".repeat(19), "0g".repeat(20)] {
        assert_eq!(text(&other), other.as_str());
    }
}

#[test]
fn dates_keep_their_form_and_their_distance() {
    assert_eq!(
        text("2026-01-02T13:04:07.123456Z"),
        "<datetime frac=6 zone=Z now+36000>"
    );
    assert_eq!(
        text("2026-01-02T04:04:05+01:00"),
        "<datetime frac=0 zone=+01:00 now+0>"
    );
    assert_eq!(
        text("2026-01-02T03:03:45"),
        "<datetime frac=0 zone=None now-20>"
    );
    assert_eq!(text("2026-13-02T03:03:45Z"), "2026-13-02T03:03:45Z");
}

#[test]
fn a_parsers_words_and_a_throttles_seconds_are_not_compared() {
    assert_eq!(
        text("JSON parse error - Expecting value"),
        "JSON parse error - <why>"
    );
    let told = "Request was throttled. Expected available in 1 second.";
    assert_eq!(
        text(told),
        "Request was throttled. Expected available in <n> seconds."
    );
}

#[test]
fn a_jwt_is_compared_by_its_claims() {
    let spec = json!({"key": "k", "claims": {
        "iat": NOW as i64 + 3, "exp": NOW as i64 + 303, "jti": "0a".repeat(16), "user_id": "7",
        "hash_password": "0A".repeat(16), "token_type": "access",
    }});
    let token = conformance::forge::token(spec, NOW).expect("a token");
    let expected = json!({"<jwt>": {
        "header": {"alg": "HS256", "typ": "JWT"},
        "claims": {
            "iat": "<now>", "exp": "<iat+300>", "jti": "<hex32>", "user_id": "<str>",
            "hash_password": "<HEX32>", "token_type": "access",
        },
    }});
    assert_eq!(text(&token), expected);
    assert_eq!(text("eyJunk-junk.junk-junk.x"), "<unreadable jwt>");
}

#[test]
fn claims_of_another_form_show() {
    let spec = json!({"claims": {"iat": "+600", "jti": "short", "user_id": 7}, "sign": "empty"});
    let token = conformance::forge::token(spec, NOW).expect("a token");
    let claims = text(&token)["<jwt>"]["claims"].clone();
    assert_eq!(
        claims,
        json!({"iat": "<now+600>", "jti": "<other>", "user_id": "<int>"})
    );
}

#[test]
fn ids_in_bodies_are_replaced_only_under_their_keys() {
    let body = json!({"pk": 5, "user": {"id": "5"}, "count": 5, "uid": "55", "ids": [{"id": 1}], "on": true});
    let expected = json!({"pk": "<int>", "user": {"id": "5"}, "count": 5, "uid": "<digits>", "ids": [{"id": "<int>"}], "on": true});
    assert_eq!(with(|normaliser| normaliser.body(&body)), expected);
}

#[test]
fn cookies_are_compared_by_attributes_and_form() {
    let line = format!(
        "sessionid={}; HttpOnly; Path=/; SameSite=Lax",
        "0a".repeat(16)
    );
    let expected = json!({
        "name": "sessionid", "value": "<lower-alnum32>", "path": "/", "domain": null, "max-age": null,
        "expires": null, "secure": false, "httponly": true, "samesite": "Lax",
    });
    assert_eq!(cookie(&line), expected);
    assert_eq!(
        cookie(&format!("csrftoken={}", "0a".repeat(16)))["value"],
        "<alnum32>"
    );
    assert_eq!(
        cookie(&format!("x={}", "0A".repeat(32)))["value"],
        "<alnum64>"
    );
    assert_eq!(cookie("x=plain")["value"], "plain");
}

#[test]
fn halves_are_rounded_to_the_even_side() {
    let all = [4.9, 5.0, 15.0, -5.0, -14.0].map(|value| rounded(value, 10));
    assert_eq!(all, [0, 0, 20, 0, -10]);
}
