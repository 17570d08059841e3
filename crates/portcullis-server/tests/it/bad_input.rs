//! Whatever is sent, the answer is a clear refusal and nothing has changed.

use axum::body::Body;
use http::Request;
use serde_json::json;

use crate::client::Client;

#[tokio::test]
async fn malformed_bodies_are_400() {
    let client = Client::new().await;
    let deep = "[".repeat(65) + &"]".repeat(65);
    for body in ["{", "nul", "{\"a\":1}x", "\u{feff}{}", "NaN", deep.as_str()] {
        let answer = client
            .post_as("/api/token/", "application/json", body.to_owned())
            .await;
        assert_eq!(answer.status, 400, "{body}");
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.starts_with("JSON parse error - "), "{detail}");
    }
    let not_utf8 = client
        .post_as("/api/token/", "application/json", vec![0xff, 0xfe])
        .await;
    assert_eq!(not_utf8.status, 400);
}

#[tokio::test]
async fn bodies_that_are_no_object_say_what_they_are() {
    let client = Client::new().await;
    for (body, kind) in [
        ("[1]", "list"),
        ("\"a\"", "str"),
        ("1", "int"),
        ("true", "bool"),
    ] {
        let answer = client
            .post_as("/api/token/", "application/json", body)
            .await;
        let text = format!("Invalid data. Expected a dictionary, but got {kind}.");
        assert_eq!(answer.body, json!({ "non_field_errors": [text] }));
    }
}

#[tokio::test]
async fn field_errors_use_drf_words() {
    let client = Client::new().await;
    let required = "This field is required.";
    let answer = client.post_as("/api/signup/", "application/json", "").await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.body,
        json!({ "email": [required], "password": [required] })
    );
    let answer = client
        .post("/api/signup/", json!({ "email": null, "password": "" }))
        .await;
    let (nothing, blank) = (
        "This field may not be null.",
        "This field may not be blank.",
    );
    assert_eq!(
        answer.body,
        json!({ "email": [nothing], "password": [blank] })
    );
    let answer = client
        .post(
            "/api/signup/",
            json!({ "email": true, "password": "a\u{0}b" }),
        )
        .await;
    let (kind, zero) = (
        "Enter a valid email address.",
        "Null characters are not allowed.",
    );
    assert_eq!(answer.body, json!({ "email": [kind], "password": [zero] }));
}

#[tokio::test]
async fn weak_passwords_are_refused_with_every_reason() {
    let client = Client::new().await;
    let answer = client
        .post(
            "/api/signup/",
            json!({ "email": "ada@example.com", "password": "123" }),
        )
        .await;
    let texts = json!([
        "This password is too short. It must contain at least 8 characters.",
        "This password is too common.",
        "This password is entirely numeric."
    ]);
    assert_eq!(
        (answer.status.as_u16(), &answer.body["password"]),
        (400, &texts)
    );
}

#[tokio::test]
async fn other_media_types_are_415() {
    let client = Client::new().await;
    let answer = client.post_as("/api/token/", "text/plain", "x").await;
    assert_eq!(answer.status, 415);
    let text = "Unsupported media type \"text/plain\" in request.";
    assert_eq!(answer.body, json!({ "detail": text }));
}

#[tokio::test]
async fn bodies_over_the_cap_are_413() {
    let client = Client::new().await;
    let answer = client
        .post_as(
            "/api/token/",
            "application/json",
            vec![b' '; 1024 * 1024 + 1],
        )
        .await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_in_order() {
    let client = Client::new().await;
    assert_eq!(client.get("/nowhere/", "").await.status, 404);
    assert_eq!(client.call("PUT", "/api/user/", "").await.status, 401);
    let token = client.signup("ada@example.com", "correct horse 9").await;
    let answer = client
        .call("PUT", "/api/user/", &format!("Token {token}"))
        .await;
    let text = "Method \"PUT\" not allowed.";
    assert_eq!(
        (answer.status.as_u16(), &answer.body),
        (405, &json!({ "detail": text }))
    );
    assert_eq!(answer.header("allow"), "GET, HEAD");
    let answer = client.get("/api/user?a=1", "").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (301, "/api/user/?a=1")
    );
}

#[tokio::test]
async fn malformed_authorization_headers_are_401() {
    let client = Client::new().await;
    let token = client.signup("ada@example.com", "correct horse 9").await;
    let changed = format!(
        "{}{}",
        &token[..63],
        if token.ends_with('0') { "1" } else { "0" }
    );
    let long = "a".repeat(20_000);
    let wrong: [&[u8]; 12] = [
        b"Token",
        b"Token ",
        b"Token a b",
        b"Token \xff\xfe",
        b"Token \"\"",
        b"Bearer x",
        b"Token:x",
        token.as_bytes(),
        &token.as_bytes()[..15],
        changed.as_bytes(),
        long.as_bytes(),
        b"",
    ];
    for value in wrong {
        for prefix in [&b""[..], b"Token "] {
            let header = [prefix, value].concat();
            let request = Request::get("/api/user/")
                .header(
                    "Authorization",
                    http::HeaderValue::from_bytes(&header).unwrap(),
                )
                .body(Body::empty())
                .unwrap();
            let answer = client.send(request).await;
            let shown = String::from_utf8_lossy(&header).into_owned();
            let lone_token = header == [b"Token ", token.as_bytes()].concat();
            assert_eq!(answer.status, if lone_token { 200 } else { 401 }, "{shown}");
        }
    }
}

#[tokio::test]
async fn two_authorization_headers_are_refused() {
    let client = Client::new().await;
    let token = client.signup("ada@example.com", "correct horse 9").await;
    let request = Request::get("/api/user/")
        .header("Authorization", format!("Token {token}"))
        .header("Authorization", format!("Token {token}"))
        .body(Body::empty())
        .unwrap();
    assert_eq!(client.send(request).await.status, 401);
}

#[tokio::test]
async fn compressed_bodies_are_415() {
    let client = Client::new().await;
    for (coding, status) in [
        ("gzip", 415),
        ("identity, br", 415),
        ("", 415),
        ("Identity", 400),
    ] {
        let request = Request::post("/api/token/")
            .header("Content-Type", "application/json")
            .header("Content-Encoding", coding)
            .body(Body::from("{}"))
            .unwrap();
        let answer = client.send(request).await;
        assert_eq!(answer.status, status, "{coding:?}");
        if status == 415 {
            let text = format!("Unsupported content encoding \"{coding}\" in request.");
            assert_eq!(answer.body, json!({ "detail": text }));
            assert_eq!(answer.header("accept-encoding"), "identity");
        }
    }
}
