//! The doors as such: what is said about them, and what they answer to nonsense.

use http::{HeaderValue, Request};
use serde_json::Value;

use super::Place;

/// 0.1: whatever is sent to the doors of social log-in, nothing gets a 5xx.
#[tokio::test]
async fn nonsense_at_the_doors_of_providers_is_never_a_server_error() {
    let place = Place::new().await;
    let token = place
        .service
        .signup("ada@example.com", "correct horse 9")
        .await;
    let paths = [
        "/api/social/",
        "/api/social/club/start/",
        "/api/social/club/callback/",
        "/api/social/club/",
        "/api/social/nobody/",
        "/api/social/%00/",
        "/api/social/accounts/",
        "/api/social/accounts/1/",
        "/rest-auth/club/",
        "/rest-auth/club/connect/",
        "/rest-auth/socialaccounts/",
        "/rest-auth/socialaccounts/x/disconnect/",
    ];
    let queries = [
        "",
        "?code=x&state=y",
        "?code=%ff&state=%00&iss=%0d%0a",
        "?state=&code=",
        "?next=%00&code[]=1",
        "?error=%3Cscript%3E&state=x",
        "?%",
    ];
    let bodies = [
        "",
        "{",
        "null",
        "[1]",
        r#"{"code": {"a": 1}, "state": [], "id_token": 7}"#,
        r#"{"code": "x", "state": "y", "code_verifier": "\u0000"}"#,
        r#"{"id_token": "a.b.c"}"#,
        r#"{"id_token": "eyJhbGciOiJub25lIn0.e30."}"#,
        r#"{"access_token": "x", "connect": true, "next": "//x", "callback": "x"}"#,
        r#"{"code_challenge": "short", "invitation": 1e999}"#,
    ];
    let cookies = [
        "",
        "portcullis_social=x",
        "portcullis_social=\"a:b:c\"; portcullis_social=z",
    ];
    let (mut sent, mut refused) = (0, 0);
    for path in paths {
        for method in ["GET", "POST", "DELETE", "OPTIONS", "HEAD", "PUT"] {
            for (place_of, query) in queries.iter().enumerate() {
                for (number, body) in bodies.iter().enumerate() {
                    let request = Request::builder()
                        .method(method)
                        .uri(format!("{path}{query}"))
                        .header("content-type", "application/json")
                        .header("sec-fetch-site", "same-origin");
                    let mut request = request.body(axum::body::Body::from(*body)).unwrap();
                    let headers = request.headers_mut();
                    let cookie = cookies[(number + place_of) % cookies.len()];
                    headers.insert("cookie", HeaderValue::from_static(cookie));
                    if number % 2 == 0 {
                        let value = format!("Token {token}");
                        headers.insert("authorization", value.parse().unwrap());
                    }
                    let shown = format!("{request:?} {body}");
                    let answer = place.service.send(request).await;
                    assert!(answer.status.as_u16() < 500, "{shown}: {answer:?}");
                    sent += 1;
                    refused += u32::from(answer.status.is_client_error());
                }
            }
            // What limits stop is not looked at.
            place.wait(time::Duration::minutes(11));
        }
    }
    assert!(sent > 4000 && refused > 2000, "{refused} of {sent}");
}

/// Every door is in the documentation, with what it does and what it answers.
#[tokio::test]
async fn doors_of_providers_are_documented() {
    let place = Place::new().await;
    let document = place.service.get("/docs/openapi.json", "").await.body;
    let mut found = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let is_social = [
            "/api/social/",
            "/rest-auth/club/",
            "/rest-auth/socialaccounts/",
        ]
        .iter()
        .any(|prefix| path.starts_with(prefix));
        if !is_social {
            continue;
        }
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path}");
            let answers: &Value = &operation["responses"];
            assert!(!answers.as_object().unwrap().is_empty(), "{method} {path}");
            found += 1;
        }
    }
    // Seven paths at /api/social/, and dj-rest-auth's.
    assert_eq!(found, 13);
}
