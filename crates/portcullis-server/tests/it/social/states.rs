//! States: of nobody, of another browser, of another provider, used, old.

use http::{Method, header};
use portcullis_server::Surroundings;
use portcullis_test::{CLIENT_ID, Person};
use serde_json::json;
use time::Duration;

use super::{Place, assert_nobody, callback, of_query, text, token, who};

/// 8.1
#[tokio::test]
async fn log_in_without_a_state_is_refused() {
    let place = Place::new().await;
    let browser = place.browser();
    let query = place.come_back(&browser, &Person::named("ada")).await;
    let code = of_query(&query, "code");
    for query in [
        format!("code={code}"),
        format!("code={code}&state="),
        format!("code={code}&state=x"),
        format!("code={code}&state={}", "x".repeat(5000)),
        format!("code={code}&state=%00"),
        String::new(),
    ] {
        let answer = callback(&browser, &query).await;
        assert_nobody(&browser, &answer, 400).await;
        let answer = browser.get(&format!("/api/social/club/?{query}")).await;
        assert_nobody(&browser, &answer, 400).await;
    }
    for body in [
        json!({ "code": code }),
        json!({ "code": code, "state": "" }),
        json!({ "code": code, "state": "x" }),
    ] {
        let answer = token(&browser, &body).await;
        assert_nobody(&browser, &answer, 400).await;
    }
    // Nothing of it was sent to the provider.
    assert!(!place.provider.asked().contains(&"token".to_owned()));
    assert!(!place.has_account("ada@example.com").await);
}

/// 8.1, login CSRF: whoever makes somebody's browser come back with the attacker's code gets nobody in.
#[tokio::test]
async fn state_of_another_browser_is_refused() {
    let place = Place::new().await;
    let (attacker, victim) = (place.browser(), place.browser());
    let query = place.come_back(&attacker, &Person::named("mallory")).await;
    let answer = callback(&victim, &query).await;
    assert_nobody(&victim, &answer, 400).await;
    // Also of one that is in the middle of a log-in of its own.
    place.come_back(&victim, &Person::named("ada")).await;
    let answer = callback(&victim, &query).await;
    assert_nobody(&victim, &answer, 400).await;
    // A cookie that somebody changed is none.
    let cookie = attacker.cookie("portcullis_social").unwrap();
    let forger = place.browser();
    forger.add_cookie("portcullis_social", &format!("x{cookie}"));
    let answer = callback(&forger, &query).await;
    assert_nobody(&forger, &answer, 400).await;
    // Its own browser could have ended it all the while.
    assert_eq!(callback(&attacker, &query).await.status, 303);
}

/// 8.1
#[tokio::test]
async fn state_is_good_once_also_with_an_old_cookie() {
    let place = Place::new().await;
    let browser = place.browser();
    let query = place.come_back(&browser, &Person::named("ada")).await;
    let cookie = browser.cookie("portcullis_social").unwrap();
    assert_eq!(callback(&browser, &query).await.status, 303);
    let thief = place.browser();
    thief.add_cookie("portcullis_social", &cookie);
    let answer = callback(&thief, &query).await;
    assert_nobody(&thief, &answer, 400).await;
    // Of many at once, one gets on.
    let query = place.come_back(&browser, &Person::named("eve")).await;
    let cookie = browser.cookie("portcullis_social").unwrap();
    let tries: Vec<_> = (0..10)
        .map(|_| {
            let one = place.browser();
            one.add_cookie("portcullis_social", &cookie);
            let query = query.clone();
            tokio::spawn(async move { callback(&one, &query).await.status.as_u16() })
        })
        .collect();
    let mut came = Vec::new();
    for one in tries {
        came.push(one.await.unwrap());
    }
    came.sort_unstable();
    assert_eq!(came[0], 303);
    assert!(came[1..].iter().all(|status| *status == 400), "{came:?}");
}

/// 8.1
#[tokio::test]
async fn state_is_over_after_ten_minutes() {
    let place = Place::new().await;
    let browser = place.browser();
    let query = place.come_back(&browser, &Person::named("ada")).await;
    place.wait(Duration::minutes(10));
    let answer = callback(&browser, &query).await;
    assert_nobody(&browser, &answer, 400).await;
    let query = place.come_back(&browser, &Person::named("ada")).await;
    place.wait(Duration::minutes(9));
    assert_eq!(callback(&browser, &query).await.status, 303);
}

/// 8.3: mix-up of two providers.
#[tokio::test]
async fn state_of_one_provider_is_nothing_at_another() {
    let place = Place::new().await;
    let browser = place.browser();
    let query = place.come_back(&browser, &Person::named("ada")).await;
    let answer = browser
        .get(&format!("/api/social/other/callback/?{query}"))
        .await;
    assert_nobody(&browser, &answer, 400).await;
    assert_eq!(place.other.asked(), Vec::<String>::new());
    // And it was used up by that.
    let answer = callback(&browser, &query).await;
    assert_nobody(&browser, &answer, 400).await;
}

/// 8.3: whoever sends the browser back must be who it was sent to (RFC 9207).
#[tokio::test]
async fn issuer_of_the_callback_must_be_the_providers() {
    let place = Place::new().await;
    let own = place.provider.issuer();
    let other = place.other.issuer();
    for (issuer, promises, status) in [
        (Some(own.clone()), false, 303),
        (Some(own.clone()), true, 303),
        (None, false, 303),
        (Some(other), false, 400),
        (Some(format!("{own}/")), false, 400),
        (Some("x".to_owned()), true, 400),
        (None, true, 400),
    ] {
        let place = Place::new().await;
        let issuer = issuer.map(|issuer| issuer.replace(&own, &place.provider.issuer()));
        place.provider.change(|manners| {
            manners.callback_issuer.clone_from(&issuer);
            manners.promises_issuer = promises;
        });
        let browser = place.browser();
        let answer = place.log_in(&browser, &Person::named("ada")).await;
        assert_eq!(answer.status, status, "{issuer:?} {promises} {answer:?}");
        let asked = place.provider.asked();
        assert_eq!(
            asked.contains(&"token".to_owned()),
            status == 303,
            "{asked:?}"
        );
    }
}

/// 8.1: what is there twice means nothing.
#[tokio::test]
async fn parameters_that_are_there_twice_are_refused() {
    let place = Place::new().await;
    for more in ["&code=code-1", "&state=x", "&iss=a&iss=b"] {
        let browser = place.browser();
        let query = place.come_back(&browser, &Person::named("ada")).await;
        let answer = callback(&browser, &format!("{query}{more}")).await;
        assert_nobody(&browser, &answer, 400).await;
    }
}

/// 8.1: the code is sent with the verifier of this log-in, and to where it began.
#[tokio::test]
async fn code_of_another_log_in_is_refused() {
    let place = Place::new().await;
    let (attacker, victim) = (place.browser(), place.browser());
    let stolen = place.come_back(&victim, &Person::named("ada")).await;
    let own = place.come_back(&attacker, &Person::named("mallory")).await;
    let (code, state) = (of_query(&stolen, "code"), of_query(&own, "state"));
    let answer = callback(&attacker, &format!("code={code}&state={state}")).await;
    assert_nobody(&attacker, &answer, 400).await;
    // Of the app's callback at the server's door, and the other way round.
    let browser = place.browser();
    let url = place.begin(&browser, json!({ "callback": "app" })).await;
    let query = place.provider.consent(&url, &Person::named("ada"));
    let answer = callback(&browser, &query).await;
    assert_nobody(&browser, &answer, 400).await;
    let query = place.come_back(&browser, &Person::named("ada")).await;
    let answer = browser.get(&format!("/api/social/club/?{query}")).await;
    assert_nobody(&browser, &answer, 400).await;
}

/// 8.10: nobody is sent to a provider by another site.
#[tokio::test]
async fn log_in_is_not_begun_by_another_site() {
    let place = Place::new().await;
    let browser = place.browser();
    for site in [None, Some("cross-site"), Some("same-site"), Some("x")] {
        let mut request = browser.request(Method::GET, "/api/social/club/start/");
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        let answer = request.send().await;
        assert_eq!(answer.status, 403, "{site:?} {answer:?}");
        assert_eq!(browser.cookie("portcullis_social"), None);
    }
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        for path in [
            "/api/social/club/start/",
            "/api/social/club/",
            "/rest-auth/club/",
        ] {
            let request = browser
                .request(Method::POST, path)
                .header(name, value)
                .json(&json!({ "code": "x", "state": "x" }));
            let answer = request.send().await;
            assert_eq!(answer.status, 403, "{name}: {value} {path} {answer:?}");
        }
    }
}

/// 8.10: what a provider says about its refusal is shown to nobody.
#[tokio::test]
async fn error_of_a_provider_is_not_reflected() {
    let place = Place::new().await;
    let browser = place.browser();
    let query = place.come_back(&browser, &Person::named("ada")).await;
    let state = of_query(&query, "state");
    let path = format!(
        "/api/social/club/callback/?error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E&state={state}"
    );
    let request = browser.request(Method::GET, &path);
    let answer = request.header("accept", "text/html").send().await;
    assert_nobody(&browser, &answer, 400).await;
    assert!(!answer.text.contains("script") && !answer.text.contains("access_denied"));
    assert!(answer.text.contains("did not succeed"), "{answer:?}");
    let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str();
    assert!(policy.unwrap().starts_with("default-src 'none'"));
}

/// 8.1: providers that send a form are believed no more than others.
#[tokio::test]
async fn form_of_a_provider_is_sent_on_as_a_link() {
    let place = Place::new().await;
    let browser = place.browser();
    let query = place.come_back(&browser, &Person::named("ada")).await;
    let stranger = place.browser();
    let posted = stranger
        .request(Method::POST, "/api/social/club/callback/")
        .header("origin", place.provider.issuer())
        .header("sec-fetch-site", "cross-site")
        .body(
            "application/x-www-form-urlencoded",
            format!("{query}&next=//evil.example"),
        );
    let posted = posted.send().await;
    assert_eq!(posted.status, 303, "{posted:?}");
    let location = posted.headers[header::LOCATION].to_str().unwrap();
    assert!(
        location.starts_with("/api/social/club/callback/?code="),
        "{location}"
    );
    assert!(!location.contains("evil"), "{location}");
    let back = browser.get(location).await;
    assert_eq!(back.status, 303, "{back:?}");
    assert_eq!(who(&browser).await.as_deref(), Some("ada@example.com"));
}

/// 8.7: what Django's packages take is taken by name alone.
#[tokio::test]
async fn bare_codes_and_access_tokens_are_for_compat_alone() {
    let place = Place::new().await;
    let browser = place.browser();
    let answer = token(&browser, &json!({ "access_token": "access-1" })).await;
    assert_nobody(&browser, &answer, 400).await;
    assert_eq!(place.provider.asked(), Vec::<String>::new());

    let mut surroundings = Surroundings::default();
    surroundings.accounts.compat.social_access_token = true;
    surroundings.accounts.compat.social_get_code = true;
    let place = Place::with(surroundings).await;
    let browser = place.browser();
    // An access token of this person, from a log-in elsewhere.
    place.log_in(&browser, &Person::named("ada")).await;
    let mut came = 0;
    for number in 1..10 {
        let body = json!({ "access_token": format!("access-{number}") });
        came += u32::from(token(&place.browser(), &body).await.status == 200);
    }
    assert_eq!(came, 1, "{CLIENT_ID}");
    // A code that was given for the app, without a verifier, which this provider wants.
    let answer = browser.get("/api/social/club/?code=code-1").await;
    assert_eq!(
        text(&answer, "detail"),
        "The log-in by this provider did not succeed."
    );
    let answer = browser.get("/api/social/club/").await;
    assert_eq!(text(&answer, "detail"), "The code parameter is missing.");
}
