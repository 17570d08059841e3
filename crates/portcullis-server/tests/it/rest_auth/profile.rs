//! Log-in names, profile, address, log-out.

use super::*;

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
        let body = json!({ "username": "ada@example.com", "first_name": "Ada" });
        let authorization = format!("Token {token}");
        let answer = client.send_json("PUT", "/rest-auth/user/", &authorization, &body);
        assert_eq!(answer.await.status, status);
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
        client
            .send_json("POST", "/api/email/", &authorization, &body)
            .await
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
