//! `invite`: an invitation for an address.

use portcullis::accounts::{INVITATION_AGE, SignUpMode, invitation};
use portcullis::core::{Clock, SystemClock};
use portcullis::django::validators::plain_email;

use super::exit::Usage;
use super::table::{moment, say};
use crate::settings::Settings;

/// Prints the invitation alone on standard output, so that it can be piped; what it is goes to standard
/// error. It is kept nowhere.
pub(super) fn invite(settings: &Settings, email: &str) -> anyhow::Result<()> {
    let email = plain_email(email);
    let email = email.ok_or_else(|| Usage("EMAIL: Enter a valid email address.".to_owned()))?;
    let keys = settings.secret_keys()?;
    let now = SystemClock.now();
    let until = moment(now + INVITATION_AGE);
    eprintln!(
        "invitation of {email}, good once until {until}: the field `invitation` of a sign-up"
    );
    if settings.accounts().signup != SignUpMode::Invitation {
        eprintln!("note: nobody is asked for it while accounts.signup is not \"invitation\"");
    }
    say(&format!("{}\n", invitation(&keys, &email, now)))
}
