//! Sign up, log in, be recognised, log out: the main job.

use serde_json::json;
use time::Duration;

use crate::client::Client;

const PASSWORD: &str = "correct horse 9";

#[tokio::test]
async fn person_signs_up_logs_in_and_out() {
    let client = Client::new().await;
    let signup = client
        .post(
            "/api/signup/",
            json!({ "email": "ada@Example.com", "password": PASSWORD }),
        )
        .await;
    assert_eq!(
        (signup.status.as_u16(), signup.header("cache-control")),
        (201, "no-store")
    );
    assert_eq!(signup.body["email"], "ada@example.com");
    let first = signup.body["token"].as_str().unwrap().to_owned();

    let login = client
        .post(
            "/api/token/",
            json!({ "email": "ADA@example.com", "password": PASSWORD }),
        )
        .await;
    assert_eq!(
        (login.status.as_u16(), login.header("cache-control")),
        (200, "no-store")
    );
    let second = login.body["token"].as_str().unwrap().to_owned();
    assert_ne!(first, second);

    let user = client.get("/api/user/", &format!("Token {first}")).await;
    assert_eq!(
        (user.status.as_u16(), &user.body),
        (200, &json!({ "email": "ada@example.com" }))
    );
    assert_eq!(user.header("cache-control"), "no-store");

    let logout = client
        .call("POST", "/api/auth/logout/", &format!("token\t{first}"))
        .await;
    assert_eq!((logout.status.as_u16(), &logout.body), (204, &json!("")));

    let gone = client.get("/api/user/", &format!("Token {first}")).await;
    assert_eq!(
        (gone.status.as_u16(), &gone.body),
        (401, &json!({ "detail": "Invalid token." }))
    );
    assert_eq!(gone.header("www-authenticate"), "Token");
    let other_device = client.get("/api/user/", &format!("Token {second}")).await;
    assert_eq!(other_device.status, 200);
}

#[tokio::test]
async fn nobody_is_asked_for_a_token() {
    let client = Client::new().await;
    let answer = client.get("/api/user/", "").await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("www-authenticate"), "Token");
    let detail = json!({ "detail": "Authentication credentials were not provided." });
    assert_eq!(answer.body, detail);
}

#[tokio::test]
async fn expired_token_is_refused() {
    let client = Client::new().await;
    let token = client.signup("ada@example.com", PASSWORD).await;
    client.clock.advance(Duration::days(30));
    assert_eq!(
        client
            .get("/api/user/", &format!("Token {token}"))
            .await
            .status,
        200
    );
    client.clock.advance(Duration::seconds(1));
    let answer = client.get("/api/user/", &format!("Token {token}")).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body),
        (401, &json!({ "detail": "Invalid token." }))
    );
}

#[tokio::test]
async fn unknown_and_wrong_get_the_same_answer() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    let wrong = json!({ "email": "ada@example.com", "password": "wrong horse 9" });
    let unknown = json!({ "email": "eve@example.com", "password": PASSWORD });
    let (mut wrong, mut unknown) = (
        client.post("/api/token/", wrong).await,
        client.post("/api/token/", unknown).await,
    );
    for answer in [&mut wrong, &mut unknown] {
        // Random, for both.
        assert!(answer.headers.remove("x-request-id").is_some());
    }
    assert_eq!(wrong.status, 400);
    let text = "Unable to log in with provided credentials.";
    assert_eq!(wrong.body, json!({ "non_field_errors": [text] }));
    assert_eq!(
        (wrong.status, wrong.headers, wrong.body),
        (unknown.status, unknown.headers, unknown.body)
    );
}

#[tokio::test]
async fn eleventh_guess_is_throttled_however_the_name_is_written() {
    let client = Client::new().await;
    let token = client.signup("ada@example.com", PASSWORD).await;
    for guess in 0..10 {
        let name = if guess % 2 == 0 {
            "ada@example.com"
        } else {
            " ADA@Example.com"
        };
        let body = json!({ "email": name, "password": "wrong horse 9" });
        assert_eq!(client.post("/api/token/", body).await.status, 400);
    }
    for password in ["wrong horse 9", PASSWORD] {
        let body = json!({ "email": "ada@example.com", "password": password });
        let stopped = client.post("/api/token/", body).await;
        assert_eq!(
            (stopped.status.as_u16(), stopped.header("retry-after")),
            (429, "600")
        );
        let text = "Request was throttled. Expected available in 600 seconds.";
        assert_eq!(stopped.body, json!({ "detail": text }));
    }
    // Known devices keep working, other names too, and the window ends.
    assert_eq!(
        client
            .get("/api/user/", &format!("Token {token}"))
            .await
            .status,
        200
    );
    let other = json!({ "email": "eve@example.com", "password": PASSWORD });
    assert_eq!(client.post("/api/token/", other).await.status, 400);
    client.clock.advance(Duration::minutes(10));
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    assert_eq!(client.post("/api/token/", body).await.status, 200);
}

#[tokio::test]
async fn of_many_guesses_at_once_no_more_than_the_limit_are_looked_at() {
    let client = std::sync::Arc::new(Client::new().await);
    let guesses: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                let body = json!({ "email": "ada@example.com", "password": "wrong horse 9" });
                client.post("/api/token/", body).await.status.as_u16()
            })
        })
        .collect();
    let mut looked_at = 0;
    for guess in guesses {
        match guess.await.unwrap() {
            400 => looked_at += 1,
            status => assert_eq!(status, 429),
        }
    }
    assert_eq!(looked_at, 10);
}

#[tokio::test]
async fn second_account_with_the_same_address_is_refused() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    let again = json!({ "email": "Ada@EXAMPLE.com", "password": PASSWORD });
    let answer = client.post("/api/signup/", again).await;
    let text = "An account with this e-mail address already exists.";
    assert_eq!(
        (answer.status.as_u16(), answer.body),
        (400, json!({ "email": [text] }))
    );
}

#[tokio::test]
async fn tokens_and_passwords_are_stored_as_hashes_only() {
    let client = Client::new().await;
    let token = client.signup("ada@example.com", PASSWORD).await;
    for file in std::fs::read_dir(client.database().parent().unwrap()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for secret in [token.as_str(), PASSWORD] {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "a secret stands in clear in the database");
        }
    }
}

#[tokio::test]
async fn flags_in_the_body_make_no_administrator() {
    let client = Client::new().await;
    let body = json!({
        "email": "eve@example.com", "password": PASSWORD, "is_staff": true, "is_superuser": true
    });
    assert_eq!(client.post("/api/signup/", body).await.status, 201);
    let reader = portcullis::sql::Database::open_sqlite(&client.database())
        .unwrap()
        .0;
    let store: &dyn portcullis::core::UserStore = &reader;
    let eve = store
        .user_by_login_name("eve@example.com")
        .await
        .unwrap()
        .unwrap();
    assert!(!eve.is_staff && !eve.is_superuser && eve.is_active);
}
