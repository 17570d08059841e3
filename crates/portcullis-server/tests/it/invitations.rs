//! Sign-up that is closed, or by invitation.

use portcullis::AccountSettings;
use portcullis::accounts::{SignUpMode, invitation};
use portcullis::core::{AuditEvent, AuditFilter, AuditStore, Clock, SecretKeys};
use portcullis_server::Surroundings;
use serde_json::{Value, json};
use time::Duration;

use crate::client::{Answer, Client};
use crate::command::{ADA, Folder, database};

const PASSWORD: &str = "correct horse 9";

async fn client(signup: SignUpMode) -> Client {
    let surroundings = Surroundings {
        accounts: AccountSettings {
            signup,
            ..AccountSettings::default()
        },
        ..Surroundings::default()
    };
    Client::with(&surroundings).await
}

fn code(client: &Client, email: &str) -> String {
    let keys = SecretKeys::new("a secret of the tests", Vec::new());
    invitation(&keys, email, client.clock.now())
}

/// A sign-up by each of the doors.
async fn sign_up(client: &Client, path: &str, email: &str, invitation: &Value) -> Answer {
    let mut body = json!({
        "email": email,
        "password": PASSWORD,
        "password1": PASSWORD,
        "password2": PASSWORD,
    });
    if !invitation.is_null() {
        body["invitation"] = invitation.clone();
    }
    client.post(path, body).await
}

const DOORS: [&str; 2] = ["/api/signup/", "/rest-auth/registration/"];

#[tokio::test]
async fn closed_sign_up_is_403_at_every_door_and_administrators_make_others() {
    let client = client(SignUpMode::Closed).await;
    for path in DOORS {
        let code = json!(code(&client, ADA));
        for answer in [
            sign_up(&client, path, ADA, &Value::Null).await,
            sign_up(&client, path, ADA, &code).await,
            client.post(path, json!({})).await,
        ] {
            let told = (answer.status.as_u16(), &answer.body["detail"]);
            assert_eq!(told, (403, &json!("Signing up is closed.")), "{path}");
        }
    }
    let body = json!({ "email": ADA, "password": PASSWORD, "setup_key": client.setup_key });
    let answer = client.post("/api/administrators/", body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

#[tokio::test]
async fn invitation_lets_its_address_in_once() {
    for path in DOORS {
        let client = client(SignUpMode::Invitation).await;
        let code = json!(code(&client, "Ada@example.com"));
        let without = sign_up(&client, path, ADA, &Value::Null).await;
        assert_eq!(without.status, 400, "{path}");
        let required = json!({ "invitation": ["This field is required."] });
        assert_eq!(without.body, required, "{path}");
        let other = sign_up(&client, path, "eve@example.com", &code).await;
        assert_eq!(other.status, 400, "{path}");
        assert!(other.body["invitation"].is_array(), "{other:?}");
        let answer = sign_up(&client, path, ADA, &code).await;
        assert_eq!(answer.status, 201, "{path} {answer:?}");
        let again = sign_up(&client, path, ADA, &code).await;
        assert_eq!(again.status, 400, "{path}");
        // Not even when the account is gone.
        let database = rusqlite::Connection::open(client.database()).unwrap();
        let gone = "PRAGMA foreign_keys = OFF; DELETE FROM auth_user; DELETE FROM portcullis_email; \
                    DELETE FROM portcullis_username; DELETE FROM account_emailaddress";
        database.execute_batch(gone).unwrap();
        let again = sign_up(&client, path, ADA, &code).await;
        assert_eq!(again.status, 400, "{path}");
        assert!(again.body["invitation"].is_array(), "{again:?}");
    }
}

#[tokio::test]
async fn sign_up_that_fails_does_not_use_the_invitation_up() {
    let client = client(SignUpMode::Invitation).await;
    let code = json!(code(&client, ADA));
    let body = json!({ "email": ADA, "password": "1234", "invitation": code });
    assert_eq!(client.post("/api/signup/", body).await.status, 400);
    assert_eq!(sign_up(&client, DOORS[0], ADA, &code).await.status, 201);
}

#[tokio::test]
async fn old_damaged_and_foreign_invitations_are_not_good() {
    let client = client(SignUpMode::Invitation).await;
    let old = code(&client, ADA);
    client
        .clock
        .advance(Duration::days(7) + Duration::seconds(1));
    let foreign = SecretKeys::new("another secret", Vec::new());
    let foreign = invitation(&foreign, ADA, client.clock.now());
    let damaged = code(&client, ADA).replace("eyJ", "eyK");
    for code in [old, foreign, damaged, "x".repeat(5000), ":::".to_owned()] {
        let answer = sign_up(&client, DOORS[0], ADA, &json!(code)).await;
        assert_eq!(answer.status, 400, "{code}");
    }
}

#[tokio::test]
async fn many_sign_ups_with_one_invitation_at_once_make_one_account() {
    let client = client(SignUpMode::Invitation).await;
    let code = json!(code(&client, ADA));
    let one = || sign_up(&client, DOORS[0], ADA, &code);
    let (a, b, c, d) = tokio::join!(one(), one(), one(), one());
    let answers = [a, b, c, d];
    let made = answers.iter().filter(|answer| answer.status == 201);
    assert_eq!(made.count(), 1);
}

#[tokio::test]
async fn administrator_invites_by_a_mail_whose_link_leads_to_the_sign_up() {
    let client = client(SignUpMode::Invitation).await;
    let body = json!({ "email": ADA, "password": PASSWORD, "setup_key": client.setup_key });
    let made = client.post("/api/administrators/", body).await;
    let administrator = format!("Token {}", made.body["token"].as_str().unwrap());
    client.mails().await;
    let path = "/api/invitations/";
    let invite = async |authorization: &str, email: &str| {
        let body = json!({ "email": email });
        client.send_json("POST", path, authorization, &body).await
    };
    let invited = invite(&administrator, "eve@example.com").await;
    assert_eq!(invited.status, 201, "{invited:?}");
    assert_eq!(invited.body["sent"], json!(true));
    assert_eq!(invited.body["expires"], json!("2026-01-09T03:04:05Z"));
    let code = invited.body["invitation"].as_str().unwrap();
    let mail = client.mails().await.pop().unwrap();
    let told = (mail.recipient.as_str(), mail.kind.as_str());
    assert_eq!(told, ("eve@example.com", "invitation"));
    let link = format!("/invitation/{code}/");
    assert!(mail.text.contains(&format!("https://example.com{link}\n")));
    // The link alone uses nothing up.
    assert_eq!(client.get(&link, "").await.status, 200);
    let signed_up = sign_up(&client, DOORS[0], "eve@example.com", &json!(code)).await;
    assert_eq!(signed_up.status, 201, "{signed_up:?}");
    let eve = format!("Token {}", signed_up.body["token"].as_str().unwrap());
    client.mails().await;
    for (authorization, email, status) in [
        (eve.as_str(), "bob@example.com", 403),
        ("", "bob@example.com", 401),
        (&administrator, "EVE@example.com", 400),
        (&administrator, "bob", 400),
    ] {
        let answer = invite(authorization, email).await;
        assert_eq!(answer.status, status, "{email} {answer:?}");
    }
    assert!(client.mails().await.is_empty());
    let filter = AuditFilter {
        event: Some(AuditEvent::Invited),
        ..AuditFilter::default()
    };
    let lines = client.store.audit(&filter).await.unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].username.as_deref(), Some(ADA));
}

#[test]
fn command_puts_the_link_into_the_outbox_where_mail_is_set_up() {
    let folder = Folder::with_user(ADA);
    folder.write("portcullis.toml", "[mail]\ntransport = \"file\"\n");
    let said = folder.run(&["invite", "eve@example.com"]);
    assert_eq!((said.status, said.out.lines().count()), (0, 1), "{said:?}");
    assert!(
        said.err
            .contains("a mail with a link goes to eve@example.com"),
        "{said:?}"
    );
    let sql = "SELECT text FROM portcullis_outbox WHERE kind = 'invitation' \
               AND recipient = 'eve@example.com'";
    let row = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
    let text = database(&folder).query_row(sql, [], row).unwrap();
    let link = format!("/invitation/{}/\n", said.out.trim());
    assert!(text.contains(&link), "{text}");
}

#[test]
fn invitation_is_printed_alone() {
    let folder = Folder::with_user(ADA);
    let said = folder.run(&["invite", "eve@example.com"]);
    assert_eq!((said.status, said.out.lines().count()), (0, 1), "{said:?}");
    assert!(said.out.starts_with("eyJ"), "{said:?}");
    assert!(said.err.contains("eve@example.com") && said.err.contains("accounts.signup"));
    let odd = folder.run(&["invite", "eve"]);
    assert_eq!((odd.status, odd.out.as_str()), (2, ""), "{odd:?}");
}
