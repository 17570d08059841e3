//! A single-page application's further scenarios: another host of one's domain, no network, no password yet.

use axum::body::Body;
use http::Request;
use portcullis::core::{AccountStore, Clock, NewAccount, PasswordHash, no_mails};
use portcullis::django::password;
use portcullis::web::{CorsSettings, Origins};
use portcullis_server::Surroundings;
use serde_json::json;

use crate::client::{Answer, Client};
use crate::sessions::Browser;

const PASSWORD: &str = "correct horse 9";
const PAGE: &str = "https://app.example.com";

/// The API at `https://api.example.com`, for a page at `https://app.example.com`.
fn sub_domains() -> Surroundings {
    Surroundings {
        is_https: true,
        cookie_domain: Some("example.com".to_owned()),
        csrf_trusted_origins: vec![PAGE.to_owned()],
        cors: CorsSettings {
            origins: Origins::Listed {
                exact: vec![PAGE.to_owned()],
                patterns: Vec::new(),
            },
            allow_credentials: true,
            ..CorsSettings::default()
        },
        ..Surroundings::default()
    }
}

async fn from_page(
    client: &Client,
    origin: &str,
    (method, path): (&str, &str),
    cookies: &[(String, String)],
    body: &str,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("Host", "api.example.com")
        .header("Origin", origin)
        .header("Sec-Fetch-Site", "same-site")
        .header("Content-Type", "application/json");
    let csrf = cookies
        .iter()
        .find(|(name, _)| name == "__Secure-csrftoken");
    if let Some((_, token)) = csrf {
        request = request.header("X-CSRFToken", token);
    }
    let pairs: Vec<_> = cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
    if !pairs.is_empty() {
        request = request.header("Cookie", pairs.join("; "));
    }
    client
        .send(request.body(Body::from(body.to_owned())).unwrap())
        .await
}

/// Keeps the cookies of an answer.
fn keep(answer: &Answer, cookies: &mut Vec<(String, String)>) {
    for line in answer.headers.get_all("set-cookie") {
        let line = line.to_str().unwrap();
        assert!(line.contains("; Domain=example.com"), "{line}");
        assert!(line.ends_with("; Secure"), "{line}");
        let (name, rest) = line.split_once('=').unwrap();
        let value = rest.split(';').next().unwrap().trim_matches('"');
        cookies.retain(|(known, _)| known != name);
        if !value.is_empty() {
            cookies.push((name.to_owned(), value.to_owned()));
        }
    }
}

#[tokio::test]
async fn api_on_a_sub_domain_logs_a_page_of_another_one_in_and_out() {
    let client = Client::with(&sub_domains()).await;
    client.signup("ada@example.com", PASSWORD).await;
    let mut cookies = Vec::new();
    let set = from_page(&client, PAGE, ("GET", "/api/login-set-cookie/"), &[], "").await;
    keep(&set, &mut cookies);
    let credentials = json!({ "email": "ada@example.com", "password": PASSWORD }).to_string();
    let log_in = ("POST", "/api/login/");
    let opened = from_page(&client, PAGE, log_in, &cookies, &credentials).await;
    assert_eq!(opened.status, 200, "{opened:?}");
    assert_eq!(opened.header("access-control-allow-origin"), PAGE);
    assert_eq!(opened.header("access-control-allow-credentials"), "true");
    keep(&opened, &mut cookies);
    let user = from_page(&client, PAGE, ("GET", "/api/user/"), &cookies, "").await;
    assert_eq!(user.body, json!({ "email": "ada@example.com" }));

    // Another host of the domain has the cookies, too; it is not listed.
    let evil = "https://evil.example.com";
    let forged = from_page(&client, evil, ("POST", "/api/logout/"), &cookies, "").await;
    assert_eq!(forged.status, 403, "{forged:?}");
    assert_eq!(forged.header("access-control-allow-origin"), "");

    let out = from_page(&client, PAGE, ("POST", "/api/logout/"), &cookies, "").await;
    assert_eq!(out.status, 204, "{out:?}");
    keep(&out, &mut cookies);
    assert!(cookies.iter().all(|(name, _)| name != "__Secure-sessionid"));
}

#[tokio::test]
async fn cookies_of_https_have_djangos_names_where_it_is_asked_for() {
    for (is_plain, name) in [(false, "__Host-csrftoken="), (true, "csrftoken=")] {
        let client = Client::with(&Surroundings {
            is_https: true,
            keeps_cookie_names: is_plain,
            ..Surroundings::default()
        })
        .await;
        let set = client.get("/api/login-set-cookie/", "").await;
        assert!(set.header("set-cookie").starts_with(name), "{set:?}");
    }
}

// Who logs out while there is no network is still logged in at the server: the log-out can be made up for,
// and twice is as good as once.
#[tokio::test]
async fn log_out_while_offline_can_be_made_up_for() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    let mut browser = Browser::new(&client);
    let body = json!({ "email": "ada@example.com", "password": PASSWORD }).to_string();
    let opened = browser.send("POST", "/rest-auth/login/", &[], &body).await;
    assert_eq!(opened.status, 200);
    let csrf = browser.cookie("csrftoken").unwrap().to_owned();
    let headers = [("X-CSRFToken", csrf.as_str())];
    let kept = browser.cookies.clone();
    let out = browser
        .send("POST", "/rest-auth/logout/", &headers, "")
        .await;
    assert_eq!(out.status, 200, "{out:?}");
    // The answer was lost: the browser asks again with what it had.
    browser.cookies = kept;
    let again = browser
        .send("POST", "/rest-auth/logout/", &headers, "")
        .await;
    assert_eq!(again.status, 200, "{again:?}");
    assert!(browser.cookie("sessionid").is_none());
    assert_eq!(browser.send("GET", "/api/user/", &[], "").await.status, 401);
}

#[tokio::test]
async fn user_who_signed_up_elsewhere_sets_a_password_later() {
    let client = Client::new().await;
    // As social log-in makes them.
    let account = NewAccount {
        username: "ada".to_owned(),
        email: "ada@example.com".to_owned(),
        password: PasswordHash::new(password::unusable()),
        is_email_verified: Some(true),
        is_staff: false,
        is_superuser: false,
        device: portcullis::core::Device::default(),
        now: client.clock.now(),
    };
    let made = client.store.create_account(account, None, &no_mails).await;
    made.unwrap();
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    assert_eq!(
        client.post("/rest-auth/login/", body.clone()).await.status,
        400
    );
    let asked = json!({ "email": "ada@example.com" });
    client.post("/rest-auth/password/reset/", asked).await;
    let mails = client.mails().await;
    let (_, link) = mails[0].text.split_once("/password/reset/key/").unwrap();
    let mut parts = link.split('/');
    let (uid, token) = (parts.next().unwrap(), parts.next().unwrap());
    let set = json!({
        "uid": uid, "token": token, "new_password1": PASSWORD, "new_password2": PASSWORD,
    });
    let path = "/rest-auth/password/reset/confirm/";
    assert_eq!(client.post(path, set).await.status, 200);
    assert_eq!(client.post("/rest-auth/login/", body).await.status, 200);
}
