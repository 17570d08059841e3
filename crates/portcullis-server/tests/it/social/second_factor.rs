//! A provider's word is not enough where there is a second factor, nor does an old login link another.

use http::Method;
use portcullis::core::Clock;
use portcullis::web::totp_code;
use portcullis_test::{Client as Browser, Person};
use serde_json::{Value, json};
use time::Duration;
use url::form_urlencoded;

use super::{Place, callback, of_query, post_csrf, text, who};
use crate::second_factors::unbase32;

/// Gives whoever is logged in an authenticator app; its secret.
async fn add_app(place: &Place, browser: &Browser) -> Vec<u8> {
    let setup = post_csrf(browser, "/api/second-factors/totp/setup/", &json!({})).await;
    let setup: Value = serde_json::from_str(&setup.text).unwrap();
    let secret = unbase32(setup["secret"].as_str().unwrap());
    let code = totp_code(&secret, place.service.clock.now().unix_timestamp());
    let body = json!({ "setup": setup["setup"], "code": code });
    let added = post_csrf(browser, "/api/second-factors/totp/", &body).await;
    assert_eq!(added.status, 201, "{added:?}");
    secret
}

async fn begin(browser: &Browser, body: Value) -> String {
    let answer = post_csrf(browser, "/api/social/club/start/", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    text(&answer, "authorization_url")
}

#[tokio::test]
async fn provider_alone_does_not_let_in_who_has_a_second_factor() {
    let place = Place::new().await;
    let (browser, ada) = (place.browser(), Person::named("ada"));
    place.log_in(&browser, &ada).await;
    let secret = add_app(&place, &browser).await;
    place.service.clock.advance(Duration::seconds(30));
    let other = place.browser();
    let url = begin(&other, json!({ "callback": "server", "next": "/depot/" })).await;
    let back = callback(&other, &place.provider.consent(&url, &ada)).await;
    assert_eq!(back.status, 303, "{back:?}");
    let location = back.headers["location"].to_str().unwrap();
    let fragment = location.strip_prefix("/second-factor/#").unwrap();
    let waits: Vec<(String, String)> = form_urlencoded::parse(fragment.as_bytes())
        .into_owned()
        .collect();
    assert_eq!(waits[1], ("next".to_owned(), "/depot/".to_owned()));
    assert_eq!(who(&other).await, None, "not in yet");
    other.get("/api/login-set-cookie/").await;
    let bring = |code: String| json!({ "pending": waits[0].1, "code": code });
    let wrong = post_csrf(&other, "/api/login/", &bring("000000".to_owned())).await;
    assert_eq!(wrong.status, 400, "{wrong:?}");
    let code = totp_code(&secret, place.service.clock.now().unix_timestamp());
    let right = post_csrf(&other, "/api/login/", &bring(code)).await;
    assert_eq!(right.status, 200, "{right:?}");
    assert_eq!(who(&other).await.as_deref(), Some("ada@example.com"));
}

#[tokio::test]
async fn apps_are_told_that_a_second_factor_is_next() {
    let place = Place::new().await;
    let (browser, ada) = (place.browser(), Person::named("ada"));
    place.log_in(&browser, &ada).await;
    add_app(&place, &browser).await;
    for path in ["/api/social/club/", "/rest-auth/club/"] {
        let other = place.browser();
        let url = begin(&other, json!({ "callback": "app" })).await;
        let back = place.provider.consent(&url, &ada);
        let body = json!({ "code": of_query(&back, "code"), "state": of_query(&back, "state") });
        let answer = post_csrf(&other, path, &body).await;
        assert_eq!(answer.status, 403, "{path}: {answer:?}");
        let body: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(body["state"], "second_factor", "{path}");
        assert!(body["pending"].is_string(), "{path}");
        assert_eq!(who(&other).await, None);
    }
}

#[tokio::test]
async fn new_link_is_told_by_mail_and_wants_a_fresh_login() {
    let place = Place::new().await;
    let (browser, ada) = (place.browser(), Person::named("ada"));
    place.log_in(&browser, &ada).await;
    let link = json!({ "connect": true, "callback": "server" });
    let url = begin(&browser, link.clone()).await;
    let other = Person::named("countess").with_email("other@example.com");
    let back = callback(&browser, &place.provider.consent(&url, &other)).await;
    assert_eq!(back.status, 303, "{back:?}");
    let mails = place.service.mails().await;
    let mail = mails
        .iter()
        .find(|mail| mail.kind == "social_linked")
        .unwrap();
    assert_eq!(mail.recipient, "ada@example.com");
    assert!(
        mail.text.contains("is a way to log in to the account"),
        "{}",
        mail.text
    );
    // An old login neither links another nor unlinks one.
    place.service.clock.advance(Duration::minutes(11));
    let old = post_csrf(&browser, "/api/social/club/start/", &link).await;
    assert_eq!(old.status, 403, "{old:?}");
    let request = browser
        .request(Method::DELETE, "/api/social/accounts/1/")
        .csrf();
    assert_eq!(request.send().await.status, 403);
    for path in [
        "/rest-auth/club/connect/",
        "/rest-auth/socialaccounts/1/disconnect/",
    ] {
        let answer = post_csrf(&browser, path, &json!({ "access_token": "x" })).await;
        assert_eq!(answer.status, 403, "{path}: {answer:?}");
    }
}
