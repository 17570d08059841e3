//! Staff with a second factor.

use portcullis::core::Clock;
use portcullis::web::totp_code;
use serde_json::json;
use time::Duration;

use super::tables::database;
use super::visitor::{PASSWORD, Visitor, account};
use crate::client::Client;
use crate::second_factors::unbase32;

/// Gives somebody an authenticator app; its secret.
async fn with_app(client: &Client, email: &str) -> Vec<u8> {
    let body = json!({ "email": email, "password": PASSWORD });
    let token = client.post("/api/token/", body).await.body["token"].clone();
    let authorization = format!("Token {}", token.as_str().unwrap());
    let path = "/api/second-factors/totp/";
    let setup = client
        .send_json("POST", &format!("{path}setup/"), &authorization, &json!({}))
        .await
        .body;
    let secret = unbase32(setup["secret"].as_str().unwrap());
    let code = totp_code(&secret, client.clock.now().unix_timestamp());
    let body = json!({ "setup": setup["setup"], "code": code });
    let added = client.send_json("POST", path, &authorization, &body).await;
    assert_eq!(added.status, 201, "{added:?}");
    secret
}

/// The hidden text of the form for the code.
fn pending(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"pending\" value=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn staff_with_a_second_factor_bring_its_code() {
    let client = Client::new().await;
    account(&client, "ada@example.com", "is_staff = 1").await;
    let secret = with_app(&client, "ada@example.com").await;
    let visitor = Visitor::new(&client);
    let asked = visitor
        .log_in("ada@example.com", PASSWORD, "/admin/users/")
        .await;
    assert_eq!(asked.status, 200);
    assert_eq!(visitor.get("/admin/").await.status, 302, "not in yet");
    let pending = pending(asked.body.as_str().unwrap());
    let bring = |pending: &str, code: &str| {
        let fields = [
            ("pending", pending),
            ("code", code),
            ("next", "/admin/users/"),
        ]
        .map(|(n, v)| (n, v.to_owned()));
        let visitor = &visitor;
        async move {
            let fields = fields
                .each_ref()
                .map(|(name, value)| (*name, value.as_str()));
            visitor.post("/admin/login/", &fields).await
        }
    };
    for code in ["", "000000", "nonsense"] {
        let answer = bring(&pending, code).await;
        assert!(
            answer.body.as_str().unwrap().contains("This code is wrong"),
            "{answer:?}"
        );
    }
    let answer = bring("x", "000000").await;
    assert!(
        answer.body.as_str().unwrap().contains("too long ago"),
        "{answer:?}"
    );
    assert_eq!(visitor.get("/admin/").await.status, 302);
    client.clock.advance(Duration::seconds(30));
    let code = totp_code(&secret, client.clock.now().unix_timestamp());
    let answer = bring(&pending, &code).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (302, "/admin/users/")
    );
    assert_eq!(visitor.get("/admin/").await.status, 200);
}

#[tokio::test]
async fn who_is_no_staff_is_not_asked_for_a_factor() {
    let client = Client::new().await;
    account(&client, "eve@example.com", "").await;
    let secret = with_app(&client, "eve@example.com").await;
    let visitor = Visitor::new(&client);
    let answer = visitor.log_in("eve@example.com", PASSWORD, "/admin/").await;
    assert!(
        answer
            .body
            .as_str()
            .unwrap()
            .contains("for a staff account"),
        "{answer:?}"
    );
    // Nor does one that was begun elsewhere let them in.
    let body = json!({ "email": "eve@example.com", "password": PASSWORD, "with_state": true });
    let begun = client.post("/api/token/", body).await;
    client.clock.advance(Duration::seconds(30));
    let code = totp_code(&secret, client.clock.now().unix_timestamp());
    let fields = [
        ("pending", begun.body["pending"].as_str().unwrap()),
        ("code", &code),
    ];
    let answer = visitor.post("/admin/login/", &fields).await;
    assert!(
        answer
            .body
            .as_str()
            .unwrap()
            .contains("for a staff account"),
        "{answer:?}"
    );
    let sessions = database(&client).query_row(
        "SELECT count(*) FROM portcullis_login WHERE scheme = 'session'",
        [],
        |row| row.get::<_, i64>(0),
    );
    assert_eq!(sessions.unwrap(), 0);
}
