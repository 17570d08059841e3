//! Section 5: which pages may read answers.

use axum::body::Body;
use http::Request;
use portcullis::web::{CorsSettings, Origins};
use portcullis_server::Surroundings;

use super::PASSWORD;
use crate::client::{Answer, Client};

async fn client(origins: Origins) -> Client {
    let cors = CorsSettings {
        origins,
        allow_credentials: true,
        ..CorsSettings::default()
    };
    Client::with(&Surroundings {
        cors,
        ..Surroundings::default()
    })
    .await
}

async fn ask(client: &Client, method: &str, path: &str, origin: Option<&str>) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(origin) = origin {
        request = request.header("Origin", origin);
    }
    if method == "OPTIONS" {
        request = request.header("Access-Control-Request-Method", "POST");
    }
    client.send(request.body(Body::empty()).unwrap()).await
}

/// The allowed origin, whether cookies may come along, and whether caches keep origins apart.
fn granted(answer: &Answer) -> (String, bool, bool) {
    let mut vary = answer.headers.get_all("vary").iter();
    let varies = vary.any(|value| value.as_bytes().eq_ignore_ascii_case(b"origin"));
    let origin = answer.header("access-control-allow-origin").to_owned();
    let credentials = answer.header("access-control-allow-credentials");
    (origin, credentials == "true", varies)
}

// 5.8: an exact list, also for preflights and refusals; `Vary: Origin` whether granted or not.
#[tokio::test]
async fn only_listed_origins_may_read_answers() {
    let client = client(Origins::Listed {
        exact: vec!["https://app.example.com".to_owned(), "null".to_owned()],
        patterns: vec![
            regex::Regex::new(r"https://\w+\.friend\.example").unwrap(),
            regex::Regex::new("null|.{1,3}").unwrap(),
        ],
    })
    .await;
    client.signup("ada@example.com", PASSWORD).await;
    for (method, path) in [
        ("GET", "/healthz"),
        ("GET", "/api/user/"),
        ("GET", "/nowhere/"),
        ("POST", "/api/login/"),
        ("OPTIONS", "/api/user/"),
    ] {
        for origin in ["https://app.example.com", "https://a.friend.example"] {
            let answer = ask(&client, method, path, Some(origin)).await;
            assert_eq!(granted(&answer), (origin.to_owned(), true, true), "{path}");
        }
        for origin in [
            "null",
            "",
            "http://app.example.com",
            "https://app.example.com:8443",
            "https://app.example.com.evil.example",
            "https://evilapp.example.com",
            "https://app.example.com@evil.example",
            "https://evil@app.example.com",
            "https://app.example.com, https://evil.example",
            "https://a.friend.example.evil.example",
            "https://evil.example/https://a.friend.example",
            "https://evil.example",
        ] {
            let answer = ask(&client, method, path, Some(origin)).await;
            assert_eq!(
                granted(&answer),
                (String::new(), false, true),
                "{path} {origin}"
            );
        }
        let answer = ask(&client, method, path, None).await;
        assert_eq!(granted(&answer), (String::new(), false, true), "{path}");
    }
}

// 5.8: whoever lets every page read answers lets none of them bring cookies.
#[tokio::test]
async fn cookies_never_come_along_from_everywhere() {
    let client = client(Origins::Any).await;
    for origin in ["https://evil.example", "null"] {
        for method in ["GET", "OPTIONS"] {
            let answer = ask(&client, method, "/api/user/", Some(origin)).await;
            assert_eq!(granted(&answer), ("*".to_owned(), false, true));
        }
    }
}
