//! The rows that each case relies on.

use anyhow::Context;
use portcullis::User;
use portcullis::core::{
    Clock, Device, NewAccount, NewDeviceLogin, NewLogin, NewSession, PasswordHash, ProfileChange,
    SystemClock, no_mails,
};
use portcullis::django::session::{self, BACKEND, HASH, MODEL_BACKEND, Secrets, USER_ID};
use portcullis::django::{api_token, password};
use serde_json::{Map, Value};
use time::Duration;

use crate::app::App;
use crate::profile::Profile;

const FIXTURE: &str = include_str!("../../rest/fixtures/rest.json");

/// Writes the fixture's users, tokens and sessions into an empty database.
pub(crate) async fn seed(app: &App) -> anyhow::Result<()> {
    let fixture: Value = serde_json::from_str(FIXTURE)?;
    let common = text(&fixture, "password")?;
    let mut users = Vec::new();
    for row in rows(&fixture, "users")? {
        let user = make_user(app, row, common).await?;
        users.push((text(row, "key")?.to_owned(), user));
    }
    let user_of = |row: &Value| -> anyhow::Result<&User> {
        let key = text(row, "user")?;
        let found = users.iter().find(|(known, _)| known == key);
        found
            .map(|(_, user)| user)
            .with_context(|| format!("no user {key}"))
    };
    for row in rows(&fixture, "authtokens")? {
        let (key, now) = (text(row, "key")?.to_owned(), SystemClock.now());
        open(
            app,
            user_of(row)?,
            NewLogin::Token {
                key,
                device: Device::default(),
                now,
            },
        )
        .await?;
    }
    for row in rows(&fixture, "knox_tokens")? {
        open(app, user_of(row)?, device(row)?).await?;
    }
    for row in rows(&fixture, "sessions")? {
        let user = user_of(row)?;
        open(app, user, NewLogin::Session(session(app, row, user)?)).await?;
    }
    // Inactive users are refused logins, so they are closed last.
    for row in rows(&fixture, "users")?
        .iter()
        .filter(|row| row["is_active"] == false)
    {
        let key = text(row, "key")?;
        let user = users
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, user)| user);
        app.store
            .set_active(&user.context("no such user")?.id, false)
            .await?;
    }
    Ok(())
}

fn rows<'a>(fixture: &'a Value, name: &str) -> anyhow::Result<&'a Vec<Value>> {
    fixture[name]
        .as_array()
        .with_context(|| format!("no list {name}"))
}

fn text<'a>(row: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    row[name]
        .as_str()
        .with_context(|| format!("no text {name}"))
}

async fn make_user(app: &App, row: &Value, common: &str) -> anyhow::Result<User> {
    let email = text(row, "email")?;
    let username = match app.profile {
        Profile::Stock => text(row, "username")?,
        Profile::Email | Profile::Jwt => email,
    };
    let password = if row["unusable_password"] == true {
        PasswordHash::new(password::unusable())
    } else {
        let typed = row["password"].as_str().unwrap_or(common);
        let hashed = app.passwords.hash(typed).await;
        hashed.map_err(|error| anyhow::anyhow!("hashing: {error:?}"))?
    };
    let account = NewAccount {
        username: username.to_owned(),
        email: email.to_owned(),
        password,
        is_email_verified: Some(true),
        is_staff: row["is_staff"] == true,
        is_superuser: row["is_superuser"] == true,
        device: Device::default(),
        now: SystemClock.now(),
    };
    let user = app.store.create_account(account, None, &no_mails).await?;
    let name = |field: &str| row[field].as_str().map(str::to_owned);
    let names = ProfileChange {
        username: None,
        first_name: name("first_name"),
        last_name: name("last_name"),
    };
    let named = app.store.change_profile(&user.id, names).await?;
    named.context("the user is gone")
}

async fn open(app: &App, user: &User, login: NewLogin) -> anyhow::Result<()> {
    app.store
        .log_in(user, login, None)
        .await?
        .context("the login was refused")?;
    Ok(())
}

fn device(row: &Value) -> anyhow::Result<NewLogin> {
    let (token, now) = (text(row, "token")?, SystemClock.now());
    Ok(NewLogin::Device(NewDeviceLogin {
        digest: api_token::knox_digest(token),
        token_key: api_token::knox_key(token).to_owned(),
        device: Device::default(),
        now,
        expires: row["expires_in"]
            .as_i64()
            .map(|seconds| now + Duration::seconds(seconds)),
        limit: None,
    }))
}

fn session(app: &App, row: &Value, user: &User) -> anyhow::Result<NewSession> {
    let now = SystemClock.now();
    let key = app.secret_keys.expose_current();
    let hash = match row["wrong_hash"] == true {
        true => "0".repeat(64),
        false => session::auth_hash(user.password.expose_secret(), key),
    };
    let entries = [
        (USER_ID, user.id.to_string()),
        (BACKEND, MODEL_BACKEND.to_owned()),
        (HASH, hash),
    ];
    let data: Map<String, Value> = entries
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let expires_in = row["expires_in"].as_i64().context("no expires_in")?;
    Ok(NewSession {
        key: text(row, "key")?.to_owned(),
        data: session::encode(
            &data,
            Secrets {
                key,
                fallbacks: &[],
            },
            now.unix_timestamp(),
        ),
        replaces: None,
        device: Device::default(),
        now,
        expires: now + Duration::seconds(expires_in),
    })
}
