//! Section 5: what other sites' pages cannot do with a browser's cookies.

use http::{Method, Request};
use portcullis_server::Surroundings;
use serde_json::json;

use super::{CSRF, LogIn, PASSWORD, from, user};
use crate::client::{Answer, Client};
use crate::sessions::Browser;

/// Origins that are not `https://app.example.com`, nor `https://*.friend.example` with it.
const FOREIGN: [&str; 26] = [
    "null",
    "",
    "http://app.example.com",
    "https://app.example.com.evil.example",
    "https://app.example.comevil.example",
    "https://evilapp.example.com",
    "https://evil.app.example.com",
    "https://example.com",
    "https://app.example.com:8443",
    "https://app.example.com:443",
    "https://app.example.com/",
    "https://app.example.com/path",
    "https://app.example.com@evil.example",
    "https://evil.example@app.example.com",
    "https://evil.example#https://app.example.com",
    "https://evil.example https://app.example.com",
    "https://app.example.com https://evil.example",
    "https://app.example.com,https://evil.example",
    "https://APP.example.com",
    "HTTPS://app.example.com",
    "https:app.example.com",
    "//app.example.com",
    "app.example.com",
    "https://app.example.com.",
    "https://evilfriend.example",
    "http://a.friend.example",
];

/// Served by https behind a proxy, to pages of its own and those below `friend.example`.
async fn client() -> Client {
    let surroundings = Surroundings {
        is_https: true,
        csrf_trusted_origins: vec!["https://*.friend.example".to_owned()],
        trusted_proxies: portcullis::web::TrustedProxies::Addresses(
            ["10.0.0.1".parse().unwrap()].into(),
        ),
        ..super::surroundings()
    };
    Client::with(&surroundings).await
}

/// A browser's `POST` through the proxy, with cookies, a good token and these headers more.
async fn post(client: &Client, path: &str, session: &str, more: &[(&str, &str)]) -> Answer {
    let body = json!({ "email": "ada@example.com", "password": PASSWORD }).to_string();
    let mut request = Request::post(path)
        .header("Host", "app.example.com")
        .header("X-Forwarded-Proto", "https")
        .header("Content-Type", "application/json")
        .header("X-CSRFToken", CSRF)
        .header(
            "Cookie",
            format!("__Host-csrftoken={CSRF}; __Host-sessionid={session}"),
        );
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    let request = request.body(axum::body::Body::from(body)).unwrap();
    client.send(from("10.0.0.1", request)).await
}

const OWN: (&str, &str) = ("Origin", "https://app.example.com");

/// Logs in; the session's key.
async fn session(client: &Client) -> String {
    let answer = post(client, "/api/login/", "", &[OWN]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut cookies = answer.headers.get_all("set-cookie").iter();
    let line = cookies.find_map(|line| line.to_str().unwrap().strip_prefix("__Host-sessionid="));
    line.unwrap().split(';').next().unwrap().to_owned()
}

// 5.1, 5.3, 5.6: at a door that a cookie opens, and at the log-in that sets it.
#[tokio::test]
async fn origins_that_look_like_ones_own_are_refused() {
    let client = client().await;
    user(&client, "ada").await;
    let key = session(&client).await;
    for (path, key) in [("/api/logout/", key.as_str()), ("/api/login/", "")] {
        for origin in FOREIGN {
            let answer = post(&client, path, key, &[("Origin", origin)]).await;
            assert_eq!(answer.status, 403, "{path} {origin}");
            let detail = answer.body["detail"].as_str().unwrap();
            assert!(detail.starts_with("CSRF Failed: Origin"), "{detail}");
        }
        // Two lines of it are a list.
        let twice = [OWN, ("Origin", "https://evil.example")];
        assert_eq!(post(&client, path, key, &twice).await.status, 403);
        assert_eq!(post(&client, path, key, &[OWN, OWN]).await.status, 403);
    }
    let friend = ("Origin", "https://a.friend.example");
    assert_eq!(
        post(&client, "/api/login/", "", &[friend]).await.status,
        200
    );
    assert_eq!(
        post(&client, "/api/logout/", &key, &[OWN]).await.status,
        204
    );
}

// 5.1: without an Origin, on https, the Referer speaks; and the browser says where it comes from.
#[tokio::test]
async fn without_an_origin_the_referer_or_the_browser_decides() {
    let client = client().await;
    user(&client, "ada").await;
    let own = ("Referer", "https://app.example.com/page");
    for path in ["/api/logout/", "/api/login/"] {
        let key = session(&client).await;
        for more in [
            vec![],
            vec![("Referer", "")],
            vec![("Referer", "https://evil.example/?https://app.example.com/")],
            vec![("Referer", "https://app.example.com.evil.example/")],
            vec![("Referer", "https://app.example.com@evil.example/")],
            vec![("Referer", "http://app.example.com/")],
            vec![("Referer", "https://app.example.com:8443/")],
            vec![own, ("Sec-Fetch-Site", "cross-site")],
        ] {
            let answer = post(&client, path, &key, &more).await;
            assert_eq!(answer.status, 403, "{path} {more:?}");
        }
        let answer = post(&client, path, &key, &[own]).await;
        assert!(answer.status.is_success(), "{answer:?}");
    }
}

// 5.1, 5.4, 5.7: the token is wanted of every unsafe method and every type of body, in its place.
#[tokio::test]
async fn type_of_the_body_method_and_query_win_nothing() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    let mut browser = Browser::new(&client);
    browser.log_in().await;
    let token = browser.cookie("csrftoken").unwrap().to_owned();
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        for kind in [
            "application/json",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/octet-stream",
            "",
        ] {
            let headers = [("Content-Type", kind), ("X-HTTP-Method-Override", "GET")];
            let path = format!("/api/logout/?csrfmiddlewaretoken={token}&_method=GET");
            let answer = browser.send(method.as_str(), &path, &headers, "{}").await;
            assert_eq!(answer.status, 403, "{method} {kind}");
        }
    }
    // A safe method changes nothing, whatever it says to be.
    let headers = [
        ("X-HTTP-Method-Override", "POST"),
        ("X-Method-Override", "POST"),
    ];
    for path in ["/api/logout/", "/api/login/"] {
        let answer = browser.send("GET", path, &headers, "").await;
        assert_eq!(answer.status, 405, "{path}");
    }
    assert_eq!(browser.send("GET", "/api/user/", &[], "").await.status, 200);
}

// 5.2: the token of before a log-in, or of another browser, is none.
#[tokio::test]
async fn token_of_before_the_log_in_is_refused() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    let mut browser = Browser::new(&client);
    browser.log_in().await;
    let own = browser.cookie("csrftoken").unwrap().to_owned();
    let mut again = Browser::new(&client);
    again.log_in().await;
    for token in [
        again.cookie("csrftoken").unwrap(),
        "",
        &own[..31],
        &format!("{own}a"),
        &own.to_lowercase(),
        &"a".repeat(64),
    ] {
        let headers = [("X-CSRFToken", token)];
        let answer = browser.send("POST", "/api/logout/", &headers, "").await;
        assert_eq!(answer.status, 403, "{token}");
    }
    let headers = [("X-CSRFToken", own.as_str()), ("X-CSRFToken", &own)];
    let twice = browser.send("POST", "/api/logout/", &headers, "").await;
    assert_eq!(twice.status, 403);
    assert_eq!(browser.post("/api/logout/", "").await.status, 204);
}

// 5.6: the setting gives Django REST Framework's way back: no token, while nobody is logged in.
#[tokio::test]
async fn log_in_asks_for_no_token_where_that_is_set() {
    let mut surroundings = super::surroundings();
    let bare = || {
        let mut request = LogIn::Session.request("ada", PASSWORD);
        request.headers_mut().remove("Cookie");
        request.headers_mut().remove("X-CSRFToken");
        let origin = "https://evil.example".parse().unwrap();
        request.headers_mut().insert("Origin", origin);
        request
    };
    for (is_set, status) in [(false, 403), (true, 200)] {
        surroundings.compat.login_without_origin_check = is_set;
        let client = Client::with(&surroundings).await;
        user(&client, "ada").await;
        let answer = client.send(bare()).await;
        assert_eq!(answer.status, status);
        if is_set {
            // Those who are logged in keep their protection.
            let mut browser = Browser::new(&client);
            let body = json!({ "username": "ada", "password": PASSWORD }).to_string();
            assert_eq!(
                browser.send("POST", "/api/login/", &[], &body).await.status,
                200
            );
            assert_eq!(
                browser.send("POST", "/api/login/", &[], &body).await.status,
                403
            );
        }
    }
}
