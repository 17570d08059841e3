//! Providers that fail, answer slowly, or answer what is no answer.

use portcullis_test::{Manner, Manners, Person};
use serde_json::json;

use super::{Place, assert_nobody, callback, text};

fn bad() -> Vec<Manner> {
    vec![
        Manner::Status(500),
        Manner::Status(503),
        Manner::Status(404),
        Manner::Status(204),
        Manner::Html,
        Manner::Huge,
        Manner::Silent,
        Manner::Slow,
        Manner::Redirect("http://127.0.0.1:1/".to_owned()),
        Manner::Json(json!([])),
        Manner::Json(json!("text")),
        Manner::Json(json!({})),
        Manner::Json(json!({ "access_token": 7, "id_token": ["a"] })),
        Manner::Json(json!({ "access_token": "a", "id_token": "not.a.token" })),
        Manner::Json(json!({ "error": { "nested": true } })),
        Manner::Deep(100_000),
    ]
}

async fn assert_refused(set: fn(&mut Manners, Manner)) {
    for manner in bad() {
        let place = Place::new().await;
        let browser = place.browser();
        let query = place.come_back(&browser, &Person::named("ada")).await;
        let why = format!("{manner:?}");
        place.provider.change(|manners| {
            manners.hides_email = true;
            set(manners, manner);
        });
        let answer = callback(&browser, &query).await;
        assert_eq!(answer.status, 400, "{why}: {answer:?}");
        assert_nobody(&browser, &answer, 400).await;
        assert!(!place.has_account("ada@example.com").await, "{why}");
    }
}

/// 8.8
#[tokio::test]
async fn bad_answers_of_the_token_endpoint_are_400() {
    assert_refused(|manners, manner| manners.token = manner).await;
}

/// 8.8
#[tokio::test]
async fn bad_answers_of_the_user_endpoint_are_400() {
    assert_refused(|manners, manner| manners.user = manner).await;
}

/// 8.8
#[tokio::test]
async fn bad_keys_are_400() {
    assert_refused(|manners, manner| manners.keys = manner).await;
}

/// 8.8
#[tokio::test]
async fn bad_discovery_documents_are_400() {
    let mut odd = bad();
    odd.push(Manner::Json(json!({ "issuer": "https://other.example" })));
    for manner in odd {
        let place = Place::new().await;
        let why = format!("{manner:?}");
        place.provider.change(|manners| manners.discovery = manner);
        let browser = place.browser();
        let answer = browser.post("/api/social/club/start/", &json!({})).await;
        assert_eq!(answer.status, 400, "{why}: {answer:?}");
        assert_eq!(browser.cookie("portcullis_social"), None, "{why}");
    }
}

/// 8.8: redirects of a provider are not followed, wherever they lead.
#[tokio::test]
async fn redirects_of_a_provider_are_not_followed() {
    let place = Place::new().await;
    let browser = place.browser();
    let query = place.come_back(&browser, &Person::named("ada")).await;
    let elsewhere = format!("{}/secrets", place.other.issuer());
    place
        .provider
        .change(|manners| manners.token = Manner::Redirect(elsewhere));
    let answer = callback(&browser, &query).await;
    assert_nobody(&browser, &answer, 400).await;
    assert_eq!(place.other.asked(), Vec::<String>::new());
}

/// An outage is told as one, and not as a wrong code.
#[tokio::test]
async fn outage_of_a_provider_is_told_as_one() {
    let place = Place::new().await;
    let browser = place.browser();
    let query = place.come_back(&browser, &Person::named("ada")).await;
    place
        .provider
        .change(|manners| manners.token = Manner::Status(502));
    let answer = callback(&browser, &query).await;
    let told = "The provider does not answer. Please try again later.";
    assert_eq!(text(&answer, "detail"), told);
}
