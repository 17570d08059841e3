//! What the store promises, on real databases of both engines.
#![expect(clippy::unwrap_used, reason = "a test stops where its facts end")]

mod abandonment;
mod accounts;
mod addresses_as_names;
mod administration;
mod audit;
mod devices;
mod jwt;
mod logins;
mod migrations;
mod notices;
mod outbox;
mod place;
mod postgres;
mod profiles;
mod resets;
mod second_factors;
mod sessions;
mod social;
mod sqlite_file;
mod standings;
mod suite;
mod throttle;
mod tickets;

use portcullis_core::{
    AccountStore, Device, NewAccount, NewDeviceLogin, NewLogin, PasswordHash, User, no_mails,
};
use portcullis_sql::Database;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05.000006 UTC);

fn account(email: &str) -> NewAccount {
    NewAccount {
        username: email.to_owned(),
        email: email.to_owned(),
        password: PasswordHash::new("md5$salt$hash"),
        is_email_verified: None,
        is_staff: false,
        is_superuser: false,
        device: Device::default(),
        now: NOW,
    }
}

fn device(digest: &str) -> NewLogin {
    NewLogin::Device(NewDeviceLogin {
        digest: digest.to_owned(),
        token_key: "key".to_owned(),
        device: Device::named("test"),
        now: NOW,
        expires: Some(NOW + Duration::hours(10)),
        limit: None,
    })
}

async fn ada(database: &Database) -> User {
    database
        .create_account(account("ada@example.com"), Some(device("d1")), &no_mails)
        .await
        .unwrap()
}
