//! `logins`: where a user is logged in, and ending all of it.

use portcullis::core::{
    AuditEntry, AuditEvent, Clock, ListedLogin, LoginListStore, Spared, SystemClock,
};

use super::audit::operator;
use super::opening::{open_existing, user};
use super::table::{moment, printable, say, table};
use crate::settings::Settings;

/// Lists the logins of a user that are not over, or ends all there are.
pub(super) async fn run(settings: &Settings, name: &str, ends: bool) -> anyhow::Result<()> {
    let database = open_existing(settings).await?;
    let user = user(&database, name).await?;
    let now = SystemClock.now();
    if ends {
        let entry = AuditEntry::new(AuditEvent::TokenRevoked, operator(), now);
        let ended = database.end_logins(&user.id, Spared::Nothing, Some(entry));
        let ended = ended.await?;
        let whose = printable(&user.username);
        return say(&format!("{ended} logins of {whose} ended\n"));
    }
    let mut logins = database.list_logins(&user.id).await?;
    logins.retain(|login| login.expires.is_none_or(|expires| expires > now));
    let heading = [
        "ID",
        "SCHEME",
        "DEVICE",
        "CREATED",
        "LAST SEEN",
        "EXPIRES",
        "ADDRESS",
    ];
    let rows = std::iter::once(heading.map(str::to_owned)).chain(logins.iter().map(row));
    say(&table(rows.collect()))
}

fn row(login: &ListedLogin) -> [String; 7] {
    let or_none = |text: &str| match text {
        "" => "-".to_owned(),
        text => printable(text),
    };
    [
        login.id.0.to_string(),
        printable(&login.scheme.to_string()),
        or_none(&login.device),
        moment(login.created),
        moment(login.last_seen),
        login.expires.map_or("never".to_owned(), moment),
        or_none(login.address.as_deref().unwrap_or_default()),
    ]
}
