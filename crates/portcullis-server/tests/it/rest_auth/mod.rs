//! dj-rest-auth's doors, as a fresh install has them, and each key of `[compat]`.

mod passwords;
mod profile;
mod registration;

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
