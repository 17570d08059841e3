//! `createsuperuser` and `changepassword`.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::{Context, bail};
use portcullis::core::{
    AccountStore, AuditEntry, AuditEvent, Clock, CreateAccountError, NewAccount, NewPassword,
    SystemClock, no_mails,
};
use portcullis::django::permission::normalize_username;
use portcullis::django::validators::{
    MAX_USERNAME_LENGTH, UserAttributes, UsernameAlphabet, plain_email, validate_username,
};

use super::audit::operator;
use super::exit::Usage;
use super::mail::mailer_of_command;
use super::opening::{open, open_existing, user};
use super::password::new_password;
use super::table::{printable, say};
use crate::command_line::PasswordFrom;
use crate::settings::Settings;

/// Makes a user with every permission; the database is made and migrated when it is not.
pub(super) async fn create_superuser(
    settings: &Settings,
    email: Option<String>,
    username: Option<String>,
    from: PasswordFrom,
) -> anyhow::Result<()> {
    // All that can be wrong is looked at before anything is opened or made.
    let (email, username) = names(email, username, from)?;
    let owner = UserAttributes {
        username: &username,
        email: &email,
        ..UserAttributes::default()
    };
    let password = new_password(settings, from, &owner)?;
    let (database, _) = open(settings).await?;
    let account = NewAccount {
        username: username.clone(),
        email,
        password,
        is_email_verified: None,
        is_staff: true,
        is_superuser: true,
        device: operator(),
        now: SystemClock.now(),
    };
    match database.create_account(account, None, &no_mails).await {
        Ok(_) => say(&format!("superuser {} created\n", printable(&username))),
        Err(CreateAccountError::Taken) => bail!("somebody has that name or address already"),
        Err(error) => Err(error.into()),
    }
}

/// Sets a password, and ends every login that the old one opened.
pub(super) async fn change_password(
    settings: &Settings,
    name: &str,
    from: PasswordFrom,
) -> anyhow::Result<()> {
    let database = open_existing(settings).await?;
    let user = user(&database, name).await?;
    let owner = UserAttributes {
        username: &user.username,
        email: &user.email,
        ..UserAttributes::default()
    };
    let password = new_password(settings, from, &owner)?;
    // Sent by the server, when it runs.
    let mailer = mailer_of_command(settings)?;
    let mails = mailer.and_then(|mailer| mailer.password_changed(&user));
    let change = NewPassword {
        mails: mails.into_iter().collect(),
        audit: Some(AuditEntry::new(
            AuditEvent::PasswordChange,
            operator(),
            SystemClock.now(),
        )),
        ..NewPassword::new(password)
    };
    let ended = database.change_password(&user, change).await?;
    let ended = ended.context("the password was changed by somebody else meanwhile; try again")?;
    say(&format!(
        "password of {} changed; {} sessions and {} tokens ended\n",
        printable(&user.username),
        ended.sessions,
        ended.tokens
    ))
}

/// Address and name, looked at as a form would; without a name the address is it.
fn names(
    email: Option<String>,
    username: Option<String>,
    from: PasswordFrom,
) -> anyhow::Result<(String, String)> {
    let may_ask = std::io::stdin().is_terminal() && !from.password_stdin;
    let email = match (email, &username) {
        (None, None) if may_ask => Some(ask("E-mail address: ")?),
        (None, None) => {
            let why = "who is it? Give --email or --username";
            return Err(Usage(why.to_owned()).into());
        }
        (email, _) => email,
    };
    let email = match email.filter(|email| !email.is_empty()) {
        Some(email) => plain_email(&email)
            .ok_or_else(|| Usage("--email: Enter a valid email address.".to_owned()))?,
        None => String::new(),
    };
    let username = match username {
        Some(username) => normalize_username(&username),
        None => email.clone(),
    };
    validate_username(&username, UsernameAlphabet::Unicode)
        .map_err(|error| Usage(format!("--username: {error}")))?;
    if username.chars().count() > MAX_USERNAME_LENGTH {
        let why = format!("--username: it is longer than {MAX_USERNAME_LENGTH} characters");
        return Err(Usage(why).into());
    }
    Ok((email, username))
}

fn ask(question: &str) -> anyhow::Result<String> {
    let mut out = std::io::stderr().lock();
    out.write_all(question.as_bytes())?;
    out.flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}
