//! dj-rest-auth's doors, as a fresh install has them, and each key of `[compat]`.

use portcullis::accounts::{AccountCompat, EmailVerification, LoginNames};
use portcullis::core::{AccountStore, EmailStore, OutgoingMail, UserStore};
use portcullis_server::Surroundings;
use serde_json::{Value, json};
use time::Duration;

use crate::client::{Answer, Client};
use crate::sessions::Browser;

const PASSWORD: &str = "correct horse 9";
const OTHER: &str = "battery staple 7";

fn mandatory(compat: AccountCompat) -> Surroundings {
    let mut surroundings = Surroundings::default();
    surroundings.accounts.email_verification = EmailVerification::Mandatory;
    surroundings.accounts.compat = compat;
    surroundings
}

fn compat(change: impl FnOnce(&mut AccountCompat)) -> Surroundings {
    let mut surroundings = Surroundings::default();
    change(&mut surroundings.accounts.compat);
    surroundings
}

async fn register(client: &Client, email: &str) -> Answer {
    let body = json!({ "email": email, "password1": PASSWORD, "password2": PASSWORD });
    client.post("/rest-auth/registration/", body).await
}

async fn log_in(client: &Client, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    client.post("/rest-auth/login/", body).await
}

/// What stands after `before` in a mail, up to the next slash.
fn part(mail: &OutgoingMail, before: &str) -> String {
    let (_, rest) = mail.text.split_once(before).unwrap();
    rest.split('/').next().unwrap().to_owned()
}

/// The user and the token of the link in a mail.
fn link(mail: &OutgoingMail) -> (String, String) {
    let uid = part(mail, "/password/reset/key/");
    let token = part(mail, &format!("/password/reset/key/{uid}/"));
    (uid, token)
}

async fn confirm_reset(client: &Client, uid: &str, token: &str, password: &str) -> Answer {
    let body = json!({
        "uid": uid, "token": token, "new_password1": password, "new_password2": password,
    });
    client
        .post("/rest-auth/password/reset/confirm/", body)
        .await
}

async fn reset_mail(client: &Client, email: &str) -> OutgoingMail {
    let asked = client.post("/rest-auth/password/reset/", json!({ "email": email }));
    assert_eq!(asked.await.status, 200);
    let mails = client.mails().await;
    let found = mails.into_iter().find(|mail| mail.kind == "reset_password");
    found.unwrap()
}

fn no_such_login() -> Value {
    json!({ "non_field_errors": ["Unable to log in with provided credentials."] })
}

#[tokio::test]
async fn registration_gives_a_token_a_session_and_a_mail_to_confirm() {
    let client = Client::new().await;
    let made = register(&client, "Ada@Example.com").await;
    assert_eq!(made.status, 201, "{made:?}");
    let authorization = format!("Token {}", made.body["key"].as_str().unwrap());
    let shown = client.get("/rest-auth/user/", &authorization).await;
    assert_eq!(shown.body["email"], "ada@example.com");
    assert_eq!(made.headers.get_all("set-cookie").iter().count(), 2);
    let mails = client.mails().await;
    let [mail] = mails.as_slice() else {
        panic!("{mails:?}")
    };
    assert_eq!(
        (mail.kind.as_str(), mail.recipient.as_str()),
        ("confirm_email", "ada@example.com")
    );
    // A link that a mail scanner follows changes nothing.
    let key = part(mail, "https://example.com/confirm-email/");
    let page = client.get(&format!("/confirm-email/{key}/"), "").await;
    assert_eq!(
        (page.status.as_u16(), page.header("cache-control")),
        (200, "no-store")
    );
    let path = "/rest-auth/registration/verify-email/";
    let verify = || client.post(path, json!({ "key": key }));
    assert_eq!(verify().await.body, json!({ "detail": "ok" }));
    assert_eq!(verify().await.status, 404);
    let user = client.store.user_by_login_name("ada@example.com").await;
    let user = user.unwrap().unwrap();
    assert!(client.store.has_verified_email(Some(&user)).await.unwrap());
}

#[tokio::test]
async fn key_is_good_for_three_days() {
    let client = Client::new().await;
    register(&client, "ada@example.com").await;
    let key = part(&client.mails().await[0], "/confirm-email/");
    client
        .clock
        .advance(Duration::days(3) + Duration::seconds(1));
    let path = "/rest-auth/registration/verify-email/";
    assert_eq!(client.post(path, json!({ "key": key })).await.status, 404);
}

// Security: no way in before the address is confirmed, and no way tells why.
#[tokio::test]
async fn unconfirmed_users_get_in_nowhere_where_they_must_confirm() {
    let client = Client::with(&mandatory(AccountCompat::default())).await;
    let made = register(&client, "ada@example.com").await;
    assert_eq!(
        (made.status.as_u16(), &made.body),
        (201, &json!({ "detail": "Verification e-mail sent." }))
    );
    assert!(made.headers.get("set-cookie").is_none());
    let signed_up = json!({ "email": "eve@example.com", "password": PASSWORD });
    let signed_up = client.post("/api/signup/", signed_up).await;
    assert_eq!(
        signed_up.body,
        json!({ "detail": "Verification e-mail sent." })
    );

    assert_eq!(
        log_in(&client, "ada@example.com", PASSWORD).await.body,
        no_such_login()
    );
    let body = json!({ "username": "ada@example.com", "password": PASSWORD });
    for path in ["/api/token/", "/api/login/", "/knox/login-json/"] {
        assert!(
            client
                .post(path, body.clone())
                .await
                .status
                .is_client_error(),
            "{path}"
        );
    }
    assert_eq!(client.post("/jwt/token/", body).await.status, 401);
    let basic = client.call(
        "POST",
        "/knox/login/",
        "Basic YWRhQGV4YW1wbGUuY29tOmNvcnJlY3QgaG9yc2UgOQ==",
    );
    assert_eq!(basic.await.status, 401);

    let mails = client.mails().await;
    let key = part(&mails[0], "/confirm-email/");
    let path = "/rest-auth/registration/verify-email/";
    assert_eq!(client.post(path, json!({ "key": key })).await.status, 200);
    assert_eq!(
        log_in(&client, "ada@example.com", PASSWORD).await.status,
        200
    );
}

// Security: nobody learns at sign-up who has an account; the owner does.
#[tokio::test]
async fn registration_of_a_taken_address_looks_like_that_of_a_new_one() {
    let client = Client::with(&mandatory(AccountCompat::default())).await;
    let first = register(&client, "ada@example.com").await;
    client.mails().await;
    let jobs = client.hashing.jobs();
    let again = register(&client, "ADA@example.com").await;
    assert_eq!((first.status, &first.bytes), (again.status, &again.bytes));
    assert_eq!(client.hashing.jobs(), jobs + 1, "a new one costs a hash");
    let mails = client.mails().await;
    let told: Vec<_> = mails
        .iter()
        .map(|mail| (mail.kind.as_str(), mail.recipient.as_str()))
        .collect();
    assert_eq!(told, [("account_exists", "ada@example.com")]);

    let revealing = AccountCompat {
        reveal_addresses: true,
        ..AccountCompat::default()
    };
    let client = Client::with(&mandatory(revealing)).await;
    register(&client, "ada@example.com").await;
    let again = register(&client, "ada@example.com").await;
    let text = "User is already registered with this e-mail address.";
    assert_eq!(
        (again.status.as_u16(), &again.body),
        (400, &json!({ "email": [text] }))
    );
}

#[tokio::test]
async fn log_in_says_that_an_address_is_not_confirmed_where_it_is_asked_to() {
    let distinct = AccountCompat {
        distinct_login_errors: true,
        ..AccountCompat::default()
    };
    let client = Client::with(&mandatory(distinct)).await;
    register(&client, "ada@example.com").await;
    let refused = log_in(&client, "ada@example.com", PASSWORD).await;
    assert_eq!(
        refused.body,
        json!({ "non_field_errors": ["E-mail is not verified."] })
    );
    // Who does not know the password learns nothing.
    assert_eq!(
        log_in(&client, "ada@example.com", OTHER).await.body,
        no_such_login()
    );
}

#[tokio::test]
async fn sign_up_opens_an_empty_session_where_it_is_asked_to() {
    let with_session = AccountCompat {
        session_on_registration: true,
        ..AccountCompat::default()
    };
    let client = Client::with(&mandatory(with_session)).await;
    let made = register(&client, "ada@example.com").await;
    assert!(
        made.header("set-cookie").starts_with("sessionid="),
        "{made:?}"
    );
    assert_eq!(made.body, json!({ "detail": "Verification e-mail sent." }));
}

#[tokio::test]
async fn reset_link_works_once_and_ends_everything() {
    let client = Client::new().await;
    let token = client.signup("ada@example.com", PASSWORD).await;
    client.mails().await;
    let mail = reset_mail(&client, "ADA@example.com").await;
    assert_eq!(mail.recipient, "ada@example.com");
    let (uid, key) = link(&mail);
    // A try that fails leaves the link good.
    assert_eq!(
        confirm_reset(&client, &uid, &key, "12345678").await.status,
        400
    );
    let app = client.app.clone();
    let tries: Vec<_> = (0..8)
        .map(|number| {
            let password = format!("battery staple {number}");
            let body = json!({
                "uid": uid, "token": key, "new_password1": password, "new_password2": password,
            });
            let request = http::Request::builder()
                .method("POST")
                .uri("/rest-auth/password/reset/confirm/")
                .header("Host", "localhost")
                .header("Content-Type", "application/json")
                .body(axum::body::Body::from(body.to_string()))
                .unwrap();
            tokio::spawn(tower::ServiceExt::oneshot(app.clone(), request))
        })
        .collect();
    let mut done = 0;
    for answer in tries {
        done += u32::from(answer.await.unwrap().unwrap().status() == 200);
    }
    assert_eq!(done, 1);
    let bad = confirm_reset(&client, &uid, &key, OTHER).await;
    assert_eq!(bad.body, json!({ "token": ["Invalid value"] }));
    assert_eq!(
        log_in(&client, "ada@example.com", PASSWORD).await.status,
        400
    );
    assert_eq!(
        client
            .get("/api/user/", &format!("Token {token}"))
            .await
            .status,
        401
    );
    let kinds: Vec<_> = client
        .mails()
        .await
        .into_iter()
        .map(|mail| mail.kind)
        .collect();
    assert_eq!(kinds, ["password_changed"]);
}

#[tokio::test]
async fn reset_link_dies_with_a_log_in_a_change_and_an_hour() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    for is_by_log_in in [true, false] {
        client.clock.advance(Duration::hours(2));
        client.mails().await;
        let (uid, key) = link(&reset_mail(&client, "ada@example.com").await);
        if is_by_log_in {
            let opened = log_in(&client, "ada@example.com", PASSWORD).await;
            assert_eq!(opened.status, 200);
        } else {
            client
                .clock
                .advance(Duration::hours(1) + Duration::seconds(1));
        }
        let bad = confirm_reset(&client, &uid, &key, OTHER).await;
        assert_eq!(bad.body, json!({ "token": ["Invalid value"] }));
    }
}

// Security: a bad user and a bad token are told apart only on request.
#[tokio::test]
async fn bad_links_look_the_same() {
    for (surroundings, field) in [
        (Surroundings::default(), "token"),
        (compat(|compat| compat.distinct_reset_errors = true), "uid"),
    ] {
        let client = Client::with(&surroundings).await;
        client.signup("ada@example.com", PASSWORD).await;
        for uid in ["zzz", "0", "-1", "!!", "zzzzzzzzzzzzzzzzzzzzzzzzzzz"] {
            let bad = confirm_reset(&client, uid, "x-y", OTHER).await;
            assert_eq!(bad.status, 400);
            assert_eq!(bad.body, json!({ field: ["Invalid value"] }), "{uid}");
        }
        let bad = confirm_reset(&client, "1", "x-y", OTHER).await;
        assert_eq!(bad.body, json!({ "token": ["Invalid value"] }));
    }
}

// Security: the same answer and the same work for every address, and no more mail than is allowed.
#[tokio::test]
async fn reset_and_resend_tell_nothing_and_send_five_an_hour() {
    let client = Client::new().await;
    register(&client, "ada@example.com").await;
    let eve = register(&client, "eve@example.com").await;
    assert_eq!(eve.status, 201);
    let user = client.store.user_by_login_name("eve@example.com").await;
    client
        .store
        .set_active(&user.unwrap().unwrap().id, false)
        .await
        .unwrap();
    client.mails().await;
    for path in [
        "/rest-auth/password/reset/",
        "/rest-auth/registration/resend-email/",
    ] {
        let mut answers = Vec::new();
        for email in ["ada@example.com", "nobody@example.com", "eve@example.com"] {
            let answer = client.post(path, json!({ "email": email })).await;
            answers.push((answer.status, answer.bytes));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{path}");
        assert_eq!(client.mails().await.len(), 1, "{path}");
    }
    for _ in 0..8 {
        let body = json!({ "email": "ada@example.com" });
        assert_eq!(
            client.post("/rest-auth/password/reset/", body).await.status,
            200
        );
    }
    assert_eq!(client.mails().await.len(), 3, "two were sent before");
}

#[tokio::test]
async fn change_of_password_wants_the_old_one_and_keeps_only_its_session() {
    let client = Client::new().await;
    let token = client.signup("ada@example.com", PASSWORD).await;
    let (mut here, mut there) = (Browser::new(&client), Browser::new(&client));
    let body = json!({ "email": "ada@example.com", "password": PASSWORD }).to_string();
    for browser in [&mut here, &mut there] {
        let opened = browser.send("POST", "/rest-auth/login/", &[], &body).await;
        assert_eq!(opened.status, 200, "{opened:?}");
    }
    let csrf = here.cookie("csrftoken").unwrap().to_owned();
    let headers = [("X-CSRFToken", csrf.as_str())];
    let path = "/rest-auth/password/change/";
    let change = |old: &str| {
        json!({ "old_password": old, "new_password1": OTHER, "new_password2": OTHER }).to_string()
    };
    let key = here.cookie("sessionid").unwrap().to_owned();
    let refused = here.send("POST", path, &headers, &change("nope")).await;
    let text = "Your old password was entered incorrectly. Please enter it again.";
    assert_eq!(refused.body, json!({ "old_password": [text] }));
    let changed = here.send("POST", path, &headers, &change(PASSWORD)).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_ne!(here.cookie("sessionid").unwrap(), key);
    assert_eq!(
        here.send("GET", "/rest-auth/user/", &[], "").await.status,
        200
    );
    assert_eq!(
        there.send("GET", "/rest-auth/user/", &[], "").await.status,
        401
    );
    assert_eq!(
        client
            .get("/api/user/", &format!("Token {token}"))
            .await
            .status,
        401
    );
}

// Security: the form for a new password is no place to guess the old one at.
#[tokio::test]
async fn wrong_old_passwords_count_as_log_ins_that_failed() {
    let client = Client::new().await;
    let token = client.signup("ada@example.com", PASSWORD).await;
    let authorization = format!("Token {token}");
    let mut statuses = Vec::new();
    for _ in 0..11 {
        let body =
            json!({ "old_password": "nope", "new_password1": OTHER, "new_password2": OTHER });
        let request = http::Request::builder()
            .method("POST")
            .uri("/rest-auth/password/change/")
            .header("Authorization", &authorization)
            .header("Content-Type", "application/json")
            .body(axum::body::Body::from(body.to_string()))
            .unwrap();
        statuses.push(client.send(request).await.status.as_u16());
    }
    assert_eq!(statuses[..10], [400; 10]);
    assert_eq!(statuses[10], 429);
    assert_eq!(
        log_in(&client, "ada@example.com", PASSWORD).await.status,
        429
    );
}

#[tokio::test]
async fn tokens_stay_after_a_change_where_it_is_asked_for() {
    let client = Client::with(&compat(|compat| compat.keep_credentials_on_change = true)).await;
    let token = client.signup("ada@example.com", PASSWORD).await;
    let (uid, key) = link(&reset_mail(&client, "ada@example.com").await);
    assert_eq!(confirm_reset(&client, &uid, &key, OTHER).await.status, 200);
    assert_eq!(
        client
            .get("/api/user/", &format!("Token {token}"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn blanks_around_a_password_count_unless_they_are_cut_off() {
    for (surroundings, status) in [
        (Surroundings::default(), 200),
        (compat(|compat| compat.trim_passwords = true), 400),
    ] {
        let client = Client::with(&surroundings).await;
        let spaced = format!("  {PASSWORD} ");
        client.signup("ada@example.com", &spaced).await;
        assert_eq!(
            log_in(&client, "ada@example.com", &spaced).await.status,
            status
        );
    }
}

#[tokio::test]
async fn own_username_may_be_sent_as_it_is_unless_it_counts_as_taken() {
    for (surroundings, status) in [
        (Surroundings::default(), 200),
        (compat(|compat| compat.refuse_own_username = true), 400),
    ] {
        let client = Client::with(&surroundings).await;
        let token = client.signup("ada@example.com", PASSWORD).await;
        let request = http::Request::builder()
            .method("PUT")
            .uri("/rest-auth/user/")
            .header("Authorization", format!("Token {token}"))
            .header("Content-Type", "application/json")
            .body(axum::body::Body::from(
                r#"{"username":"ada@example.com","first_name":"Ada"}"#,
            ))
            .unwrap();
        assert_eq!(client.send(request).await.status, status);
    }
}

#[tokio::test]
async fn usernames_are_neither_asked_for_nor_shown_where_people_log_in_by_email() {
    let mut surroundings = Surroundings::default();
    surroundings.accounts.login_names = LoginNames::Email;
    let client = Client::with(&surroundings).await;
    let made = register(&client, "ada@example.com").await;
    let authorization = format!("Token {}", made.body["key"].as_str().unwrap());
    let shown = client.get("/rest-auth/user/", &authorization).await;
    assert!(shown.body.get("username").is_none(), "{shown:?}");
    let by_name = json!({ "username": "ada@example.com", "password": PASSWORD });
    let refused = client.post("/rest-auth/login/", by_name).await;
    let text = r#"Must include "email" and "password"."#;
    assert_eq!(refused.body, json!({ "non_field_errors": [text] }));
}

#[tokio::test]
async fn address_in_capital_letters_logs_in_in_any_case_unless_it_is_compared_exactly() {
    for (is_exact, status) in [(false, 200), (true, 400)] {
        let surroundings = Surroundings {
            compares_email_case: is_exact,
            ..Surroundings::default()
        };
        let client = Client::with(&surroundings).await;
        client.signup("Ada@example.com", PASSWORD).await;
        assert_eq!(
            log_in(&client, "ada@example.com", PASSWORD).await.status,
            status
        );
        assert_eq!(
            log_in(&client, "Ada@example.com", PASSWORD).await.status,
            200
        );
    }
}

#[tokio::test]
async fn log_out_ends_token_and_session_and_never_by_a_link() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    let mut browser = Browser::new(&client);
    let body = json!({ "email": "ada@example.com", "password": PASSWORD }).to_string();
    let opened = browser.send("POST", "/rest-auth/login/", &[], &body).await;
    let authorization = format!("Token {}", opened.body["key"].as_str().unwrap());
    let headers = [("Authorization", authorization.as_str())];
    let linked = browser
        .send("GET", "/rest-auth/logout/", &headers, "")
        .await;
    assert_eq!(linked.status, 405);
    assert_eq!(
        browser
            .send("GET", "/rest-auth/user/", &headers, "")
            .await
            .status,
        200
    );
    let out = browser
        .send("POST", "/rest-auth/logout/", &headers, "")
        .await;
    assert_eq!(out.body, json!({ "detail": "Successfully logged out." }));
    assert_eq!(
        client.get("/rest-auth/user/", &authorization).await.status,
        401
    );
    assert_eq!(
        browser
            .send("GET", "/rest-auth/user/", &[], "")
            .await
            .status,
        401
    );
}

// Security: the password again, the new address first, and the old one is told.
#[tokio::test]
async fn address_changes_when_the_new_one_is_confirmed_and_the_old_one_is_told() {
    let client = Client::new().await;
    let token = client.signup("ada@example.com", PASSWORD).await;
    client.signup("eve@example.com", PASSWORD).await;
    client.mails().await;
    let authorization = format!("Token {token}");
    let change = async |email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        let request = http::Request::builder()
            .method("POST")
            .uri("/api/email/")
            .header("Authorization", &authorization)
            .header("Content-Type", "application/json")
            .body(axum::body::Body::from(body.to_string()))
            .unwrap();
        client.send(request).await
    };
    let refused = change("new@example.com", "nope").await;
    assert_eq!(
        refused.body,
        json!({ "password": ["This is not your password."] })
    );
    let taken = change("EVE@example.com", PASSWORD).await;
    let mails = client.mails().await;
    let told: Vec<_> = mails
        .iter()
        .map(|m| (m.kind.as_str(), m.recipient.as_str()))
        .collect();
    assert_eq!(told, [("account_exists", "eve@example.com")]);
    let asked = change("new@example.com", PASSWORD).await;
    assert_eq!((taken.status, &taken.bytes), (asked.status, &asked.bytes));
    let mails = client.mails().await;
    assert_eq!(
        (mails.len(), mails[0].recipient.as_str()),
        (1, "new@example.com")
    );
    let shown = client.get("/api/user/", &authorization).await;
    assert_eq!(shown.body, json!({ "email": "ada@example.com" }));
    let key = part(&mails[0], "/confirm-email/");
    let path = "/rest-auth/registration/verify-email/";
    assert_eq!(client.post(path, json!({ "key": key })).await.status, 200);
    let mails = client.mails().await;
    let told: Vec<_> = mails
        .iter()
        .map(|m| (m.kind.as_str(), m.recipient.as_str()))
        .collect();
    assert_eq!(told, [("email_changed", "ada@example.com")]);
    let shown = client.get("/api/user/", &authorization).await;
    assert_eq!(shown.body, json!({ "email": "new@example.com" }));
    assert_eq!(
        log_in(&client, "ada@example.com", PASSWORD).await.status,
        400
    );
    assert_eq!(
        log_in(&client, "new@example.com", PASSWORD).await.status,
        200
    );
}
