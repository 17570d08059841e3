//! `invite`: an invitation for an address.

use portcullis::accounts::{INVITATION_AGE, SignUpMode, invitation};
use portcullis::core::{AuditEntry, AuditEvent, AuditStore, Clock, OutboxStore, SystemClock};
use portcullis::django::validators::plain_email;

use super::audit::operator;
use super::exit::Usage;
use super::mail::mailer_of_command;
use super::opening::open_existing;
use super::table::{moment, say};
use crate::settings::Settings;

/// Prints the invitation alone on standard output, so that it can be piped; what it is goes to standard
/// error. It is kept nowhere; where mail is set up, a link is put into the outbox.
pub(super) async fn invite(settings: &Settings, email: &str) -> anyhow::Result<()> {
    let email = plain_email(email);
    let email = email.ok_or_else(|| Usage("EMAIL: Enter a valid email address.".to_owned()))?;
    let keys = settings.secret_keys()?;
    let now = SystemClock.now();
    let until = moment(now + INVITATION_AGE);
    let code = invitation(&keys, &email, now);
    eprintln!(
        "invitation of {email}, good once until {until}: the field `invitation` of a sign-up"
    );
    if let Some(mailer) = mailer_of_command(settings)?
        && let Some(mail) = mailer.invitation(&email, &code, INVITATION_AGE)
    {
        let database = open_existing(settings).await?;
        database.enqueue_mails(&[mail]).await?;
        let entry = AuditEntry::new(AuditEvent::Invited, operator(), now);
        database.record(entry).await?;
        eprintln!("a mail with a link goes to {email} while the server runs");
    }
    if settings.accounts().signup != SignUpMode::Invitation {
        eprintln!("note: nobody is asked for it while accounts.signup is not \"invitation\"");
    }
    say(&format!("{code}\n"))
}
