//! The session flow of a single-page application, and its CSRF protection.

use axum::body::Body;
use http::Request;
use serde_json::json;
use time::Duration;

use crate::client::{Answer, Client};

const PASSWORD: &str = "correct horse 9";

/// A browser: it keeps cookies, and copies the CSRF cookie into the header.
pub(crate) struct Browser<'c> {
    client: &'c Client,
    pub(crate) cookies: Vec<(String, String)>,
}

impl<'c> Browser<'c> {
    pub(crate) fn new(client: &'c Client) -> Self {
        Self {
            client,
            cookies: Vec::new(),
        }
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        let has_type = headers.iter().any(|(name, _)| *name == "Content-Type");
        if !body.is_empty() && !has_type {
            request = request.header("Content-Type", "application/json");
        }
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !pairs.is_empty() {
            request = request.header("Cookie", pairs.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self
            .client
            .send(request.body(Body::from(body.to_owned())).unwrap())
            .await;
        for line in answer.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap().trim_matches('"');
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        answer
    }

    /// With the CSRF token, as a page of one's own sends it.
    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Answer {
        let token = self.cookie("csrftoken").unwrap_or_default().to_owned();
        self.send("POST", path, &[("X-CSRFToken", &token)], body)
            .await
    }

    pub(crate) async fn log_in(&mut self) -> Answer {
        self.send("GET", "/api/login-set-cookie/", &[], "").await;
        let body = json!({ "email": "ada@example.com", "password": PASSWORD });
        self.post("/api/login/", &body.to_string()).await
    }
}

#[tokio::test]
async fn browser_logs_in_and_out_by_session() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    let mut browser = Browser::new(&client);
    let set = browser.send("GET", "/api/login-set-cookie/", &[], "").await;
    assert_eq!(
        (set.status.as_u16(), &set.body),
        (200, &json!({ "detail": "CSRF cookie set" }))
    );
    let before = browser.cookie("csrftoken").unwrap().to_owned();

    let login = browser.log_in().await;
    assert_eq!(
        (login.status.as_u16(), &login.body),
        (200, &json!({ "detail": "Success" }))
    );
    let session = login.headers.get_all("set-cookie").iter();
    let session = session
        .map(|line| line.to_str().unwrap())
        .find(|l| l.starts_with("sessionid="));
    assert!(
        session
            .unwrap()
            .contains("; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax")
    );
    assert_ne!(browser.cookie("csrftoken").unwrap(), before);

    let user = browser.send("GET", "/api/user/", &[], "").await;
    assert_eq!(
        (user.status.as_u16(), &user.body),
        (200, &json!({ "email": "ada@example.com" }))
    );
    let key = browser.cookie("sessionid").unwrap().to_owned();
    assert_eq!(browser.post("/api/logout/", "").await.status, 204);
    assert_eq!(browser.cookie("sessionid"), None);
    // Also for somebody who kept the cookie.
    browser.cookies.push(("sessionid".to_owned(), key));
    assert_eq!(browser.send("GET", "/api/user/", &[], "").await.status, 401);
    assert_eq!(browser.cookie("sessionid"), None);
}

#[tokio::test]
async fn cookie_without_csrf_token_is_403() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    let mut browser = Browser::new(&client);
    assert_eq!(browser.log_in().await.status, 200);
    let refused = browser.send("POST", "/api/logout/", &[], "").await;
    let text = "CSRF Failed: CSRF token missing.";
    assert_eq!(
        (refused.status.as_u16(), &refused.body),
        (403, &json!({ "detail": text }))
    );
    let token = browser.cookie("csrftoken").unwrap().to_owned();
    for origin in [
        "null",
        "http://evil.example",
        "https://localhost",
        "http://localhost.evil.example",
    ] {
        let headers = [("X-CSRFToken", token.as_str()), ("Origin", origin)];
        assert_eq!(
            browser
                .send("POST", "/api/logout/", &headers, "")
                .await
                .status,
            403,
            "{origin}"
        );
    }
    let headers = [
        ("X-CSRFToken", token.as_str()),
        ("Sec-Fetch-Site", "cross-site"),
    ];
    assert_eq!(
        browser
            .send("POST", "/api/logout/", &headers, "")
            .await
            .status,
        403
    );
    let headers = [
        ("X-CSRFToken", token.as_str()),
        ("Origin", "http://localhost"),
    ];
    assert_eq!(
        browser
            .send("POST", "/api/logout/", &headers, "")
            .await
            .status,
        204
    );
}

#[tokio::test]
async fn log_in_itself_wants_the_csrf_token() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let answer = client.post("/api/login/", body).await;
    let text = "CSRF Failed: CSRF cookie not set.";
    assert_eq!(
        (answer.status.as_u16(), &answer.body),
        (403, &json!({ "detail": text }))
    );
}

#[tokio::test]
async fn planted_session_key_is_not_adopted() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    let planted = "plantedplantedplantedplanted0000";
    let mut browser = Browser::new(&client);
    browser
        .cookies
        .push(("sessionid".to_owned(), planted.to_owned()));
    assert_eq!(browser.log_in().await.status, 200);
    let first = browser.cookie("sessionid").unwrap().to_owned();
    assert_ne!(first, planted);
    // Logging in once more changes it again, and the earlier one is over.
    assert_eq!(browser.log_in().await.status, 200);
    assert_ne!(browser.cookie("sessionid").unwrap(), first);
    for key in [planted, &first] {
        let mut other = Browser::new(&client);
        other.cookies.push(("sessionid".to_owned(), key.to_owned()));
        assert_eq!(other.send("GET", "/api/user/", &[], "").await.status, 401);
    }
}

#[tokio::test]
async fn session_is_over_after_its_time() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    let mut browser = Browser::new(&client);
    browser.log_in().await;
    client.clock.advance(Duration::weeks(2) - Duration::SECOND);
    assert_eq!(browser.send("GET", "/api/user/", &[], "").await.status, 200);
    client.clock.advance(Duration::SECOND);
    assert_eq!(browser.send("GET", "/api/user/", &[], "").await.status, 401);
}

#[tokio::test]
async fn two_session_cookies_are_nobodys() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    let mut browser = Browser::new(&client);
    browser.log_in().await;
    browser
        .cookies
        .push(("sessionid".to_owned(), "a".repeat(32)));
    assert_eq!(browser.send("GET", "/api/user/", &[], "").await.status, 401);
}

#[tokio::test]
async fn bad_header_never_falls_back_to_the_cookie() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    let mut browser = Browser::new(&client);
    browser.log_in().await;
    let headers = [("Authorization", "Token nonsense")];
    assert_eq!(
        browser.send("GET", "/api/user/", &headers, "").await.status,
        401
    );
}
