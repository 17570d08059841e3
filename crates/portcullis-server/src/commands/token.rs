//! `token create`, `list`, `revoke`, and `clearsessions`.

use anyhow::{Context, bail};
use portcullis::accounts::Tokens;
use portcullis::core::{
    AuditEntry, AuditEvent, AuditStore, Clock, Device, Issued, LoginId, LoginListStore, LoginStore,
    NewLogin, Scheme, SystemClock,
};
use portcullis::django::api_token;

use super::audit::operator;
use super::opening::{open_existing, user};
use super::table::{moment, printable, say, table};
use crate::command_line::TokenCommand;
use crate::settings::Settings;

/// Does what is to be done with tokens.
pub(super) async fn run(settings: &Settings, what: TokenCommand) -> anyhow::Result<()> {
    match what {
        TokenCommand::Create { name, device } => create(settings, &name, &device).await,
        TokenCommand::List { name } => list(settings, &name).await,
        TokenCommand::Revoke { id } => revoke(settings, id).await,
    }
}

/// Prints the token alone on standard output, so that it can be piped; what it is goes to standard error.
async fn create(settings: &Settings, name: &str, device: &str) -> anyhow::Result<()> {
    let database = open_existing(settings).await?;
    let user = user(&database, name).await?;
    let now = SystemClock.now();
    let accounts = settings.accounts();
    let device = Device::named(device);
    let (token, login, expires) = match accounts.tokens {
        Tokens::Authtoken => {
            let key = api_token::new_authtoken();
            (key.clone(), NewLogin::Token { key, device, now }, None)
        }
        Tokens::Device => {
            let (token, login) = accounts.device.new_token(device, now);
            let expires = login.expires;
            (token, NewLogin::Device(login), expires)
        }
    };
    let issued = database.log_in(&user, login, None).await?;
    let issued = issued.with_context(|| {
        format!(
            "{} is not active: no token was made",
            printable(&user.username)
        )
    })?;
    let entry = AuditEntry::new(AuditEvent::TokenIssued, operator(), now);
    database.record(entry.about(Some(&user.id))).await?;
    let token = match issued {
        Issued::AsAsked => token,
        Issued::Token(key) => key,
        Issued::TooMany => bail!(
            "{} has as many tokens as they may have: `portcullis token revoke ID` ends one",
            printable(&user.username)
        ),
    };
    let until = expires.map_or("for ever".to_owned(), |at| format!("until {}", moment(at)));
    eprintln!(
        "token of {}, good {until}; it is not shown again",
        printable(&user.username)
    );
    say(&format!("{token}\n"))
}

async fn list(settings: &Settings, name: &str) -> anyhow::Result<()> {
    let database = open_existing(settings).await?;
    let user = user(&database, name).await?;
    let logins = database.list_logins(&user.id).await?;
    let heading = ["ID", "DEVICE", "CREATED", "EXPIRES"].map(str::to_owned);
    let devices = logins
        .into_iter()
        .filter(|login| login.scheme == Scheme::Device);
    let rows = devices.map(|login| {
        let device = match login.device.as_str() {
            "" => "-".to_owned(),
            device => printable(device),
        };
        let expires = login.expires.map_or("never".to_owned(), moment);
        [
            login.id.0.to_string(),
            device,
            moment(login.created),
            expires,
        ]
    });
    say(&table(std::iter::once(heading).chain(rows).collect()))
}

async fn revoke(settings: &Settings, id: i64) -> anyhow::Result<()> {
    let database = open_existing(settings).await?;
    let now = SystemClock.now();
    let entry = AuditEntry::new(AuditEvent::TokenRevoked, operator(), now);
    if !database.end_login(LoginId(id), None, Some(entry)).await? {
        bail!("there is no token {id}: `portcullis token list NAME` shows the numbers");
    }
    say(&format!("token {id} ended\n"))
}

/// Removes sessions and tokens that are over, and says how many.
pub(super) async fn clear_sessions(settings: &Settings) -> anyhow::Result<()> {
    let database = open_existing(settings).await?;
    let now = SystemClock.now();
    let cleared = database.clear_expired(now).await?;
    let lines = database.clear_audit(settings.audit_begins(now)).await?;
    say(&format!(
        "{} sessions, {} device tokens, {} refresh tokens and {lines} lines of the audit log removed\n",
        cleared.sessions, cleared.tokens, cleared.refresh_tokens
    ))
}
