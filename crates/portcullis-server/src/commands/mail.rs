//! Mail of the commands: what writes it, and `mail test`.

use std::sync::Arc;

use anyhow::{Context, bail};
use portcullis::accounts::Mailer;
use portcullis::core::{Clock, SystemClock};

use super::exit::Usage;
use super::table::{printable, say};
use crate::settings::Settings;

/// What writes and sends mail, where there is mail; templates that cannot be used are told.
pub(super) fn mailer(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Option<Mailer>> {
    let mailer = settings.mailer(clock)?;
    let faults = mailer.iter().flat_map(Mailer::template_faults);
    for fault in faults {
        tracing::error!(
            file = fault.file,
            why = fault.why,
            "the built-in template is used"
        );
    }
    Ok(mailer)
}

/// The same, for a command that has no clock yet.
pub(super) fn mailer_of_command(settings: &Settings) -> anyhow::Result<Option<Mailer>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    mailer(settings, &clock)
}

/// Sends a mail now, past the outbox.
pub(super) async fn test(settings: &Settings, address: &str) -> anyhow::Result<()> {
    let Some(mailer) = mailer_of_command(settings)? else {
        let why = "mail is not set up: set mail.transport and what belongs to it";
        return Err(Usage(why.to_owned()).into());
    };
    let mail = mailer.test(address);
    let mail = mail.with_context(|| format!("{:?} is no address", printable(address)))?;
    if let Err(error) = mailer.send_now(&mail).await {
        bail!("{error}: {}", printable(&error.detail));
    }
    let how = settings.mail_in_words();
    say(&format!("mail sent to {}: {how}\n", printable(address)))
}
