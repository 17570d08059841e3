//! Logging in by a provider, as it should go.

use http::{Method, header};
use portcullis_server::Surroundings;
use portcullis_test::Person;
use serde_json::{Value, json};

use super::{APP, Place, callback, of_query, text, token, who};

/// 8.1, 8.9: a browser is sent there and comes back.
#[tokio::test]
async fn browser_is_sent_to_the_provider_and_comes_back_logged_in() {
    let place = Place::new().await;
    let browser = place.browser();
    let listed = browser.get("/api/social/").await;
    let labels: Value = serde_json::from_str(&listed.text).unwrap();
    assert_eq!(
        labels[0],
        json!({ "provider": "club", "label": "The fake" })
    );
    let sent = browser
        .request(Method::GET, "/api/social/club/start/?next=/after/")
        .header("sec-fetch-site", "same-origin")
        .send()
        .await;
    assert_eq!(sent.status, 302, "{sent:?}");
    let location = sent.headers[header::LOCATION].to_str().unwrap();
    let query = place.provider.consent(location, &Person::named("ada"));
    let back = callback(&browser, &query).await;
    assert_eq!(back.status, 303, "{back:?}");
    assert_eq!(back.headers[header::LOCATION], "/after/");
    assert_eq!(back.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(who(&browser).await.as_deref(), Some("ada@example.com"));
    // The same person again, in another browser.
    let again = place.browser();
    place.log_in(&again, &Person::named("ada")).await;
    assert_eq!(who(&again).await.as_deref(), Some("ada@example.com"));
    assert_ne!(browser.cookie("sessionid"), again.cookie("sessionid"));
}

/// 4.1: a log-in by a provider has a session key of its own, also over another one.
#[tokio::test]
async fn session_key_changes_at_a_log_in_by_a_provider() {
    let place = Place::new().await;
    let browser = place.browser();
    browser.add_cookie("sessionid", "plantedplantedplantedplantedplan");
    place.log_in(&browser, &Person::named("ada")).await;
    let first = browser.cookie("sessionid").unwrap();
    assert_ne!(first, "plantedplantedplantedplantedplan");
    place.log_in(&browser, &Person::named("ada")).await;
    assert_ne!(browser.cookie("sessionid").unwrap(), first);
}

/// The flow of a single-page app: it begins, its own page is come back to, and it sends the code.
#[tokio::test]
async fn app_sends_the_code_of_its_own_callback() {
    let place = Place::new().await;
    let browser = place.browser();
    let answer = browser.post("/api/social/club/start/", &json!({})).await;
    let url = text(&answer, "authorization_url");
    assert!(
        url.contains("redirect_uri=https%3A%2F%2Fapp.example.com%2Fauth%2Fcallback&"),
        "{url}"
    );
    let query = place.provider.consent(&url, &Person::named("ada"));
    assert_eq!(of_query(&query, "state"), text(&answer, "state"));
    let answer = browser.get(&format!("/api/social/club/?{query}")).await;
    assert_eq!(
        (answer.status.as_u16(), text(&answer, "detail").as_str()),
        (200, "success")
    );
    assert_eq!(who(&browser).await.as_deref(), Some("ada@example.com"));
    // And by a form, for a token.
    let browser = place.browser();
    let url = place.begin(&browser, json!({ "callback": "app" })).await;
    let query = place.provider.consent(&url, &Person::named("ada"));
    let body = json!({ "code": of_query(&query, "code"), "state": of_query(&query, "state") });
    let answer = token(&browser, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let key = format!("Token {}", text(&answer, "key"));
    let user = place.service.get("/api/user/", &key).await;
    assert_eq!(user.body["email"], "ada@example.com");
}

/// 8.7: an app may keep its verifier to itself.
#[tokio::test]
async fn verifier_of_an_app_is_wanted_where_it_has_one() {
    let place = Place::new().await;
    let verifier = "a-verifier-of-the-app-with-43-characters-at-least";
    let challenge = {
        use sha2::{Digest, Sha256};
        portcullis::django::signing::base64url_encode(&Sha256::digest(verifier))
    };
    for (brought, status) in [
        (Some(verifier), 200),
        (
            Some("another-verifier-of-the-app-with-43-characters-x"),
            400,
        ),
        (None, 400),
    ] {
        let browser = place.browser();
        let body = json!({ "code_challenge": challenge });
        let url = place.begin(&browser, body).await;
        let query = place.provider.consent(&url, &Person::named("ada"));
        let mut body =
            json!({ "code": of_query(&query, "code"), "state": of_query(&query, "state") });
        if let Some(verifier) = brought {
            body["code_verifier"] = verifier.into();
        }
        let answer = token(&browser, &body).await;
        assert_eq!(answer.status, status, "{brought:?} {answer:?}");
    }
}

/// 8.7: an ID token that was made for us is as good as a code, once.
#[tokio::test]
async fn id_token_of_an_app_on_a_phone_logs_in_once() {
    let place = Place::new().await;
    let browser = place.browser();
    let id_token = place.provider.id_token(&Person::named("ada"));
    let body = json!({ "id_token": id_token });
    let answer = token(&browser, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(text(&answer, "key").len() > 30);
    let again = token(&place.browser(), &body).await;
    assert_eq!(again.status, 400, "{again:?}");
}

/// 8.2: what stands in `next` leads nowhere but to us, and to the origins that are listed.
#[tokio::test]
async fn next_of_a_stranger_is_refused() {
    let mut surroundings = Surroundings::default();
    surroundings.social.next_origins = vec!["https://app.example.com".to_owned()];
    let place = Place::with(surroundings).await;
    for (next, status) in [
        ("/home?x=1", 200),
        ("https://app.example.com/home", 200),
        ("https://evil.example/", 400),
        ("//evil.example/", 400),
        ("/\\evil.example/", 400),
        ("https://app.example.com.evil.example/", 400),
        ("https://app.example.com@evil.example/", 400),
        ("javascript:alert(1)", 400),
        ("http://app.example.com/", 400),
    ] {
        let browser = place.browser();
        let body = json!({ "next": next, "callback": "server" });
        let answer = browser.post("/api/social/club/start/", &body).await;
        assert_eq!(answer.status, status, "{next}: {answer:?}");
        if status == 200 {
            let url = text(&answer, "authorization_url");
            let query = place.provider.consent(&url, &Person::named("ada"));
            let back = callback(&browser, &query).await;
            assert_eq!(back.headers[header::LOCATION], next);
        }
    }
    let browser = place.browser();
    let sent = browser
        .request(
            Method::GET,
            "/api/social/club/start/?next=https://evil.example/",
        )
        .header("sec-fetch-site", "same-origin");
    assert_eq!(sent.send().await.status, 400);
}

/// 8.2: the address to come back to is that of the settings, whatever a request says.
#[tokio::test]
async fn redirect_uri_is_that_of_the_settings_whatever_the_host_says() {
    let place = Place::new().await;
    let host = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
    ];
    for (name, value) in host {
        let browser = place.browser();
        let request = browser
            .request(
                Method::POST,
                "/api/social/club/start/?redirect_uri=https://evil.example/",
            )
            .header(name, value)
            .json(&json!({ "callback": "server", "redirect_uri": "https://evil.example/" }));
        let answer = request.send().await;
        if answer.status != 200 {
            // Two hosts are none of ours.
            assert_eq!(answer.status, 400, "{answer:?}");
            continue;
        }
        let url = text(&answer, "authorization_url");
        let own = "redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2Fapi%2Fsocial%2Fclub%2Fcallback%2F&";
        assert!(url.contains(own) && !url.contains("evil"), "{url}");
    }
    let app = place
        .begin(&place.browser(), json!({ "callback": "app" }))
        .await;
    assert!(
        app.contains("redirect_uri=https%3A%2F%2Fapp.example.com%2F"),
        "{APP} {app}"
    );
}
