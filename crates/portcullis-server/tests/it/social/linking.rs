//! More than one way to log in: linked by whoever is logged in, and never the last one unlinked.

use http::Method;
use portcullis_test::{Answer, Client as Browser, Person};
use serde_json::{Value, json};

use super::{Place, callback, of_query, post_csrf, text, who};

async fn begin(place: &Place, browser: &Browser) -> String {
    let body = json!({ "connect": true, "callback": "server" });
    let answer = post_csrf(browser, "/api/social/club/start/", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let _ = place;
    text(&answer, "authorization_url")
}

async fn links(browser: &Browser) -> Vec<Value> {
    let answer = browser.get("/api/social/accounts/").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.text).unwrap()
}

async fn unlink(browser: &Browser, id: &Value) -> Answer {
    let path = format!("/api/social/accounts/{id}/");
    let request = browser.request(Method::DELETE, &path).csrf();
    request.send().await
}

/// A browser with the session of somebody who has a password.
async fn with_password(place: &Place, email: &str) -> Browser {
    place.service.signup(email, "correct horse 9").await;
    let browser = place.browser();
    browser.get("/api/login-set-cookie/").await;
    let body = json!({ "email": email, "password": "correct horse 9" });
    let answer = post_csrf(&browser, "/api/login/", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    browser
}

/// 8.5
#[tokio::test]
async fn whoever_is_logged_in_links_another_way_to_log_in() {
    let place = Place::new().await;
    let browser = with_password(&place, "ada@example.com").await;
    let url = begin(&place, &browser).await;
    let elsewhere = Person::named("ada").with_email("ada@elsewhere.example");
    let back = callback(&browser, &place.provider.consent(&url, &elsewhere)).await;
    assert_eq!(back.status, 303, "{back:?}");
    let listed = links(&browser).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["provider"], "club");
    assert_eq!(listed[0]["uid"], "subject-of-ada");
    // From now on it logs in, in any browser.
    let other = place.browser();
    place.log_in(&other, &elsewhere).await;
    assert_eq!(who(&other).await.as_deref(), Some("ada@example.com"));
    // It is nobody else's.
    let eve = with_password(&place, "eve@example.com").await;
    let url = begin(&place, &eve).await;
    let answer = callback(&eve, &place.provider.consent(&url, &elsewhere)).await;
    assert_eq!(
        text(&answer, "detail"),
        "This account is linked to somebody else."
    );
    assert_eq!(links(&eve).await, Vec::<Value>::new());
    assert_eq!(who(&eve).await.as_deref(), Some("eve@example.com"));
    // With a password, it may go.
    assert_eq!(unlink(&eve, &listed[0]["id"]).await.status, 404);
    assert_eq!(unlink(&browser, &listed[0]["id"]).await.status, 204);
    assert_eq!(unlink(&browser, &listed[0]["id"]).await.status, 404);
}

/// 8.5: nobody is made to link somebody else's account.
#[tokio::test]
async fn link_that_another_began_links_nothing() {
    let place = Place::new().await;
    let anonymous = place.browser();
    let body = json!({ "connect": true });
    let answer = anonymous.post("/api/social/club/start/", &body).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    // Without the token of the form, a session begins nothing.
    let ada = with_password(&place, "ada@example.com").await;
    let answer = ada.post("/api/social/club/start/", &body).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    // Begun by one user, and ended by another in the same browser.
    let url = begin(&place, &ada).await;
    let query = place.provider.consent(&url, &Person::named("mallory"));
    let eve = with_password(&place, "eve@example.com").await;
    ada.add_cookie("other", "x");
    let cookie = ada.cookie("portcullis_social").unwrap();
    eve.add_cookie("portcullis_social", &cookie);
    let answer = callback(&eve, &query).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(links(&eve).await, Vec::<Value>::new());
    // A log-in that was begun as one links nothing, and a link logs nobody in.
    let query = place.come_back(&eve, &Person::named("mallory")).await;
    let body = json!({ "code": of_query(&query, "code"), "state": of_query(&query, "state") });
    let answer = post_csrf(&eve, "/rest-auth/club/connect/", &body).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    let body = json!({ "connect": true, "callback": "app" });
    let answer = post_csrf(&eve, "/api/social/club/start/", &body).await;
    let query = place.provider.consent(
        &text(&answer, "authorization_url"),
        &Person::named("mallory"),
    );
    let body = json!({ "code": of_query(&query, "code"), "state": of_query(&query, "state") });
    let answer = post_csrf(&eve, "/rest-auth/club/", &body).await;
    assert_eq!(answer.status, 400, "{answer:?}");
}

/// dj-rest-auth's doors for it.
#[tokio::test]
async fn link_by_the_doors_of_dj_rest_auth() {
    let place = Place::new().await;
    let eve = with_password(&place, "eve@example.com").await;
    let body = json!({ "connect": true, "callback": "app" });
    let answer = post_csrf(&eve, "/api/social/club/start/", &body).await;
    let query = place
        .provider
        .consent(&text(&answer, "authorization_url"), &Person::named("eve"));
    let body = json!({ "code": of_query(&query, "code"), "state": of_query(&query, "state") });
    let answer = post_csrf(&eve, "/rest-auth/club/connect/", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let listed = eve.get("/rest-auth/socialaccounts/").await;
    let listed: Value = serde_json::from_str(&listed.text).unwrap();
    assert_eq!(listed[0]["uid"], "subject-of-eve");
    let path = format!("/rest-auth/socialaccounts/{}/disconnect/", listed[0]["id"]);
    assert_eq!(post_csrf(&eve, &path, &json!({})).await.status, 200);
    assert_eq!(post_csrf(&eve, &path, &json!({})).await.status, 404);
    assert_eq!(links(&eve).await, Vec::<Value>::new());
}

/// The last way to log in stays.
#[tokio::test]
async fn last_way_to_log_in_stays() {
    let place = Place::new().await;
    let browser = place.browser();
    place.log_in(&browser, &Person::named("ada")).await;
    let listed = links(&browser).await;
    let answer = unlink(&browser, &listed[0]["id"]).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.text.contains("only way to log in"), "{answer:?}");
    assert_eq!(links(&browser).await.len(), 1);
    for odd in ["0", "-1", "x", "99999999999999999999"] {
        let path = format!("/api/social/accounts/{odd}/");
        let request = browser.request(Method::DELETE, &path).csrf();
        assert_eq!(request.send().await.status, 404, "{odd}");
    }
}
