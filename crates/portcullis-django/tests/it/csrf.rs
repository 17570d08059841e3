//! CSRF: the same tokens, the same verdicts, the same words.

use portcullis_django::csrf::{
    Request, TrustedOrigins, check, mask, matches, new_secret, new_token, secret_of, well_formed,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::vectors;

fn text<'a>(input: &'a Value, name: &str) -> &'a str {
    input[name].as_str().unwrap_or_default()
}

fn verdict_on(input: &Value) -> Value {
    let settings = &input["settings"];
    let trusted: Vec<&str> = settings["CSRF_TRUSTED_ORIGINS"]
        .as_array()
        .map(|entries| entries.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let header_name = match settings["CSRF_HEADER_NAME"].as_str() {
        Some("HTTP_X_XSRF_TOKEN") => "X-Xsrf-Token",
        _ => "X-Csrftoken",
    };
    // What the caller decides: which views are exempt, which hosts are ours, where the secret lives.
    if input["view_exempt"] == true {
        return json!({ "accepted": true, "reason": null });
    }
    let is_ours = |host: &&str| {
        let mut allowed = settings["ALLOWED_HOSTS"].as_array().into_iter().flatten();
        allowed.any(|entry| entry == host || entry.as_str() == host.split(':').next())
    };
    let secret = match settings["CSRF_USE_SESSIONS"] == true {
        true => &input["session_csrftoken"],
        false => &input["cookie"],
    };
    let verdict = check(&Request {
        method: text(input, "method"),
        is_secure: input["https"] == true,
        host: input["host"].as_str().filter(is_ours),
        origin: input["origin"].as_str(),
        referer: input["referer"].as_str(),
        secret: secret.as_str(),
        form_token: input["form_token"].as_str(),
        header_token: input["header"].as_str(),
        header_name,
        trusted: TrustedOrigins(&trusted),
        cookie_domain: settings["CSRF_COOKIE_DOMAIN"].as_str(),
    });
    json!({ "accepted": verdict.is_ok(), "reason": verdict.err() })
}

#[test]
fn vectors_of_csrf() {
    // Which cookie a server sends (op `cookie`) has no pure function here.
    vectors::run_but("csrf", &["cookie"], |op, input, expect| {
        let got = match op {
            "mask" => json!({ "token": mask(text(input, "secret"), text(input, "mask")) }),
            "unmask" => json!({ "secret": secret_of(text(input, "token")) }),
            "format" => match well_formed(text(input, "value")) {
                Ok(()) => json!({ "ok": true }),
                Err(fault) => json!({ "ok": false, "reason": fault.to_string() }),
            },
            "match" => json!({ "ok": matches(text(input, "token"), text(input, "secret")) }),
            "request" => verdict_on(input),
            _ => return Err(format!("unknown op {op}")),
        };
        if got == *expect {
            Ok(())
        } else {
            Err(format!("{input}: got {got} instead of {expect}"))
        }
    });
}

#[test]
fn every_token_is_different_and_of_its_secret() {
    let secret = new_secret();
    let (a, b) = (new_token(&secret), new_token(&secret));
    assert!(a != b && matches(&a, &secret) && matches(&b, &secret) && matches(&a, &b));
    assert!(!matches(&a, &new_secret()));
}

proptest! {
    #[test]
    fn no_header_makes_the_check_panic(origin in ".{0,40}", referer in ".{0,40}", token in ".{0,70}") {
        let request = Request {
            method: "POST",
            is_secure: true,
            host: Some("example.com"),
            origin: Some(&origin),
            referer: Some(&referer),
            secret: Some(&token),
            form_token: None,
            header_token: Some(&token),
            header_name: "X-Csrftoken",
            trusted: TrustedOrigins(&["https://*.trusted.test", "*"]),
            cookie_domain: Some("."),
        };
        prop_assert!(check(&request).is_err());
        let without_origin = Request { origin: None, ..request };
        prop_assert!(check(&without_origin).is_err());
    }
}
