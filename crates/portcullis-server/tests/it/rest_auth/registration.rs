//! Sign-up, and the confirmation of the address.

use super::*;

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
