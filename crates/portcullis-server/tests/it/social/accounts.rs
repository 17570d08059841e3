//! Whose account somebody's at a provider is: never by an address alone.

use http::Method;
use portcullis::accounts::{EmailVerification, SignUpMode, invitation};
use portcullis::core::{AccountStore, Clock, SecretKeys, UserStore};
use portcullis_server::Surroundings;
use portcullis_test::Person;
use serde_json::json;

use super::{Place, assert_nobody, callback, of_query, text, token, who};

const PASSWORD: &str = "correct horse 9";

/// 8.5
#[tokio::test]
async fn address_of_somebody_takes_over_nobodys_account() {
    let place = Place::new().await;
    place.service.signup("ada@example.com", PASSWORD).await;
    for person in [
        Person::named("mallory").with_email("ada@example.com"),
        Person::named("mallory").with_email("ADA@example.com"),
        Person::named("mallory")
            .with_email("ada@example.com")
            .unverified(),
    ] {
        let browser = place.browser();
        let answer = place.log_in(&browser, &person).await;
        assert_nobody(&browser, &answer, 400).await;
        let told = "User is already registered with this e-mail address.";
        assert_eq!(text(&answer, "detail"), told);
    }
}

/// 8.5: where it is wished for, an address that the provider vouches for links; one that it does not links nothing.
#[tokio::test]
async fn vouched_address_links_where_that_is_set_and_an_unconfirmed_password_ends() {
    let mut surroundings = Surroundings::default();
    surroundings.social.link_verified_email = true;
    let place = Place::with(surroundings).await;
    // Somebody signed up with an address that is not theirs, and waits.
    let token = place.service.signup("ada@example.com", PASSWORD).await;
    let token = format!("Token {token}");
    assert_eq!(place.service.get("/api/user/", &token).await.status, 200);
    let browser = place.browser();
    let unverified = Person::named("ada").unverified();
    let answer = place.log_in(&browser, &unverified).await;
    assert_nobody(&browser, &answer, 400).await;
    assert_eq!(place.service.get("/api/user/", &token).await.status, 200);
    // Its owner comes, and whoever waited is out.
    place.log_in(&browser, &Person::named("ada")).await;
    assert_eq!(who(&browser).await.as_deref(), Some("ada@example.com"));
    assert_eq!(place.service.get("/api/user/", &token).await.status, 401);
    let body = json!({ "username": "ada@example.com", "password": PASSWORD });
    assert_eq!(place.service.post("/api/token/", body).await.status, 400);
    // An administrator is never linked by an address.
    let key = &place.service.setup_key;
    let body = json!({ "email": "root@example.com", "password": PASSWORD, "setup_key": key });
    let made = place.service.post("/api/administrators/", body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let browser = place.browser();
    let answer = place.log_in(&browser, &Person::named("root")).await;
    assert_nobody(&browser, &answer, 400).await;
}

/// 8.4: known by the subject, and not by what can change.
#[tokio::test]
async fn account_stays_the_same_when_the_address_at_the_provider_changes() {
    let place = Place::new().await;
    let browser = place.browser();
    place.log_in(&browser, &Person::named("ada")).await;
    let moved = Person::named("ada").with_email("new@example.com");
    let again = place.browser();
    place.log_in(&again, &moved).await;
    assert_eq!(who(&again).await.as_deref(), Some("ada@example.com"));
    // Whoever has the old address there now is somebody else.
    let heir = Person::named("heir").with_email("ada@example.com");
    let browser = place.browser();
    let answer = place.log_in(&browser, &heir).await;
    assert_nobody(&browser, &answer, 400).await;
}

/// 8.9, 2.1
#[tokio::test]
async fn closed_account_is_refused_as_a_bad_code_is() {
    let place = Place::new().await;
    let browser = place.browser();
    place.log_in(&browser, &Person::named("ada")).await;
    let ada = place.service.store.user_by_login_name("ada@example.com");
    let ada = ada.await.unwrap().unwrap();
    place
        .service
        .store
        .set_active(&ada.id, false)
        .await
        .unwrap();
    let browser = place.browser();
    let answer = place.log_in(&browser, &Person::named("ada")).await;
    assert_nobody(&browser, &answer, 400).await;
    let query = place.come_back(&browser, &Person::named("ada")).await;
    let query = query.replace("code=code-", "code=none-");
    let bad = callback(&browser, &query).await;
    assert_eq!((bad.status, &bad.text), (answer.status, &answer.text));
}

/// 8.9: ten first log-ins at once make one account.
#[tokio::test(flavor = "multi_thread")]
async fn first_log_ins_at_once_make_one_account() {
    let place = Place::new().await;
    let mut tries = Vec::new();
    for _ in 0..10 {
        let browser = place.browser();
        let query = place.come_back(&browser, &Person::named("ada")).await;
        tries.push(tokio::spawn(async move {
            let answer = callback(&browser, &query).await;
            (answer.status.as_u16(), who(&browser).await)
        }));
    }
    for one in tries {
        let (status, who) = one.await.unwrap();
        assert_eq!((status, who.as_deref()), (303, Some("ada@example.com")));
    }
}

/// 2.7: where addresses must be confirmed, one that the provider does not vouch for must be, too.
#[tokio::test]
async fn unverified_address_is_confirmed_before_a_log_in() {
    let mut surroundings = Surroundings::default();
    surroundings.accounts.email_verification = EmailVerification::Mandatory;
    let place = Place::with(surroundings).await;
    let browser = place.browser();
    let ada = Person::named("ada").unverified();
    let answer = place.log_in(&browser, &ada).await;
    assert_nobody(&browser, &answer, 400).await;
    assert_eq!(text(&answer, "detail"), "Verification e-mail sent.");
    let mails = place.service.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].recipient, "ada@example.com");
    // Again, and before it is confirmed: nobody.
    let answer = place.log_in(&browser, &ada).await;
    assert_nobody(&browser, &answer, 400).await;
    // One that it vouches for is.
    let browser = place.browser();
    place.log_in(&browser, &Person::named("eve")).await;
    assert_eq!(who(&browser).await.as_deref(), Some("eve@example.com"));
    // 2.3: that an address is taken is told to nobody who only typed it into a form.
    let browser = place.browser();
    let spy = Person::named("spy")
        .with_email("eve@example.com")
        .unverified();
    let answer = place.log_in(&browser, &spy).await;
    assert_eq!(text(&answer, "detail"), "Verification e-mail sent.");
}

/// The mode of sign-ups holds for those by providers.
#[tokio::test]
async fn sign_up_by_a_provider_obeys_the_mode() {
    let mut surroundings = Surroundings::default();
    surroundings.accounts.signup = SignUpMode::Closed;
    let place = Place::with(surroundings).await;
    let browser = place.browser();
    let answer = place.log_in(&browser, &Person::named("ada")).await;
    assert_nobody(&browser, &answer, 403).await;

    let mut surroundings = Surroundings::default();
    surroundings.accounts.signup = SignUpMode::Invitation;
    let place = Place::with(surroundings).await;
    let keys = SecretKeys::new("a secret of the tests", Vec::new());
    let code = invitation(&keys, "ada@example.com", place.service.clock.now());
    for (email, invited, status) in [
        ("eve@example.com", true, 400),
        ("ada@example.com", false, 400),
        ("ada@example.com", true, 303),
        ("ada@example.com", true, 303),
    ] {
        let browser = place.browser();
        let mut body = json!({ "callback": "server" });
        if invited {
            body["invitation"] = code.clone().into();
        }
        let url = place.begin(&browser, body).await;
        let person = Person::named("somebody").with_email(email);
        let answer = callback(&browser, &place.provider.consent(&url, &person)).await;
        assert_eq!(answer.status, status, "{email} {invited} {answer:?}");
    }
}

/// Somebody without an address has an account, and so has the next one.
#[tokio::test]
async fn people_without_an_address_have_accounts_of_their_own() {
    let place = Place::new().await;
    for name in ["ada", "eve"] {
        let person = Person {
            email: None,
            ..Person::named(name)
        };
        let browser = place.browser();
        let answer = place.log_in(&browser, &person).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        assert_eq!(who(&browser).await.as_deref(), Some(""));
    }
}

/// Nobody has the password of such an account, until its owner asks for one.
#[tokio::test]
async fn account_of_a_provider_has_no_password() {
    let place = Place::new().await;
    place.log_in(&place.browser(), &Person::named("ada")).await;
    let ada = place.service.store.user_by_login_name("ada@example.com");
    let stored = ada.await.unwrap().unwrap().password;
    assert!(stored.expose_secret().starts_with('!') && stored.expose_secret().len() == 41);
    for password in ["!", stored.expose_secret()] {
        let body = json!({ "username": "ada@example.com", "password": password });
        assert_eq!(place.service.post("/api/token/", body).await.status, 400);
    }
    let browser = place.browser();
    let asked = browser
        .request(Method::POST, "/rest-auth/password/reset/")
        .json(&json!({ "email": "ada@example.com" }));
    assert_eq!(asked.send().await.status, 200);
    assert_eq!(place.service.mails().await.len(), 1);
}

/// 3.8: log-ins by providers are limited by their place.
#[tokio::test]
async fn log_ins_by_providers_are_limited_by_their_place() {
    let mut surroundings = Surroundings::default();
    surroundings.social.limit = Some(portcullis::core::Limit {
        tries: 3,
        window: time::Duration::minutes(10),
    });
    let place = Place::with(surroundings).await;
    let browser = place.browser();
    let mut came = Vec::new();
    for _ in 0..5 {
        let mut request = http::Request::post("/api/social/club/start/")
            .header("content-type", "application/json")
            .body(axum::body::Body::from("{}"))
            .unwrap();
        let address = portcullis::web::PeerAddress([192, 0, 2, 1].into());
        request.extensions_mut().insert(address);
        came.push(place.service.send(request).await.status.as_u16());
    }
    assert_eq!(came, [200, 200, 200, 429, 429]);
    assert_eq!(who(&browser).await, None);
}

/// 2.1: dj-rest-auth's door tells a closed account no other thing than a bad code.
#[tokio::test]
async fn closed_account_looks_like_a_bad_code_at_every_door() {
    let place = Place::new().await;
    place.log_in(&place.browser(), &Person::named("ada")).await;
    let ada = place.service.store.user_by_login_name("ada@example.com");
    let ada = ada.await.unwrap().unwrap();
    place
        .service
        .store
        .set_active(&ada.id, false)
        .await
        .unwrap();
    let mut answers = Vec::new();
    for is_good in [true, false] {
        let browser = place.browser();
        let url = place.begin(&browser, json!({ "callback": "app" })).await;
        let query = place.provider.consent(&url, &Person::named("ada"));
        let code = match is_good {
            true => of_query(&query, "code"),
            false => "nonsense".to_owned(),
        };
        let body = json!({ "code": code, "state": of_query(&query, "state") });
        let answer = token(&browser, &body).await;
        answers.push((answer.status, answer.text));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0, 400);
}
