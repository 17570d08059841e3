//! What is told to people by mail.

use std::fmt;
use std::sync::Arc;

use portcullis_core::{Clock, OutgoingMail, User};
use portcullis_django::validators::validate_email;
use portcullis_web::{FactorEvent, FactorLetters};
use time::Duration;
use tokio::sync::Notify;

use super::message::Sender;
use super::settings::{MailSettings, MailSettingsError};
use super::templates::{Kind, TemplateFault, Templates, one_line};
use super::transport::MailTransport;

/// Writes the mails of the account flows, and knows what they are sent through. Cheap to clone.
///
/// Each method gives a mail to be put into the outbox, by the command whose change it tells about;
/// `None` when the address is none that mail can be sent to. After the command,
/// [`wake`](Self::wake) has it sent at once.
#[derive(Clone)]
pub struct Mailer(pub(super) Arc<Inner>);

pub(super) struct Inner {
    settings: MailSettings,
    templates: Templates,
    pub(super) sender: Sender,
    pub(super) timeout: std::time::Duration,
    pub(super) transport: Arc<dyn MailTransport>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) woken: Notify,
}

impl Mailer {
    /// A mailer with these settings, which sends through `transport`.
    ///
    /// Templates that cannot be used are no error: see [`template_faults`](Self::template_faults).
    ///
    /// # Errors
    /// When the sender is no address, or the folder with templates is not there.
    pub fn new(
        settings: MailSettings,
        transport: Arc<dyn MailTransport>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, MailSettingsError> {
        let lease: std::time::Duration = OutgoingMail::LEASE.unsigned_abs();
        Ok(Self(Arc::new(Inner {
            sender: Sender::parse(&settings.from)?,
            templates: Templates::load(settings.templates.as_deref())?,
            timeout: settings.timeout.min(lease * 5 / 6),
            settings,
            transport,
            clock,
            woken: Notify::new(),
        })))
    }

    /// Whether a text is a sender that [`MailSettings::from`] takes.
    #[must_use]
    pub fn is_sender(from: &str) -> bool {
        Sender::parse(from).is_ok()
    }

    /// Templates of the folder that cannot be used; the built-in ones are used instead of them.
    #[must_use]
    pub fn template_faults(&self) -> &[TemplateFault] {
        &self.0.templates.faults
    }

    /// Has the outbox looked at now, and not at the worker's next turn. Call it when the command
    /// that took the mail is done.
    pub fn wake(&self) {
        self.0.woken.notify_one();
    }

    /// Asks whoever gets it to confirm that `address` is theirs, by a key of
    /// `portcullis_django::account_token::confirmation_key`.
    #[doc(alias = "send_confirmation_mail")]
    #[must_use]
    pub fn confirm_email(
        &self,
        user: &User,
        address: &str,
        key: &str,
        good_for: Duration,
    ) -> Option<OutgoingMail> {
        let settings = &self.0.settings;
        let link = settings
            .confirm_email
            .fill(&settings.base_url, &[("key", key)]);
        let values = [
            ("link", link.as_str()),
            ("good_for", &in_words(good_for)),
            ("username", &user.username),
        ];
        self.write(Kind::ConfirmEmail, address, &values)
    }

    /// Sends a link for a new password to the user's stored address; `uid` and `token` are those of
    /// `portcullis_django::account_token`.
    #[doc(alias = "PasswordResetForm")]
    #[must_use]
    pub fn reset_password(
        &self,
        user: &User,
        uid: &str,
        token: &str,
        good_for: Duration,
    ) -> Option<OutgoingMail> {
        let settings = &self.0.settings;
        let places = [("uid", uid), ("token", token)];
        let link = settings.reset_password.fill(&settings.base_url, &places);
        let values = [
            ("link", link.as_str()),
            ("good_for", &in_words(good_for)),
            ("username", &user.username),
        ];
        self.write(Kind::ResetPassword, &user.email, &values)
    }

    /// Tells an owner that somebody wanted to sign up with their address.
    #[must_use]
    pub fn account_exists(&self, user: &User) -> Option<OutgoingMail> {
        let values = [("username", user.username.as_str())];
        self.write(Kind::AccountExists, &user.email, &values)
    }

    /// Tells a user that their password was changed.
    #[must_use]
    pub fn password_changed(&self, user: &User) -> Option<OutgoingMail> {
        let values = [("username", user.username.as_str())];
        self.write(Kind::PasswordChanged, &user.email, &values)
    }

    /// Tells a user that an account at a provider, called so, became a way to log in.
    #[must_use]
    pub fn social_linked(&self, user: &User, provider: &str) -> Option<OutgoingMail> {
        let values = [("username", user.username.as_str()), ("what", provider)];
        self.write(Kind::SocialLinked, &user.email, &values)
    }

    /// Tells a user what became of their second factors.
    #[must_use]
    pub fn factors_changed(&self, event: FactorEvent, user: &User) -> Option<OutgoingMail> {
        let what = match event {
            FactorEvent::TotpAdded => "codes of an authenticator app are asked for from now on",
            FactorEvent::TotpRemoved => "codes of an authenticator app are asked for no longer",
            FactorEvent::RecoveryCodesMade => {
                "new recovery codes were made, and the old ones are over"
            }
            FactorEvent::RecoveryCodeUsed => "a recovery code was used",
            _ => "second factors were changed",
        };
        let values = [("username", user.username.as_str()), ("what", what)];
        self.write(Kind::FactorsChanged, &user.email, &values)
    }

    /// The same for [`SecondFactors::with_letters`](portcullis_web::SecondFactors::with_letters).
    #[must_use]
    pub fn factor_letters(&self) -> FactorLetters {
        let mailer = self.clone();
        Arc::new(move |event, user| mailer.factors_changed(event, user).into_iter().collect())
    }

    /// Tells a user's old address that it is theirs no longer; the new one is not named.
    #[must_use]
    pub fn email_changed(&self, user: &User, old_address: &str) -> Option<OutgoingMail> {
        let values = [("username", user.username.as_str())];
        self.write(Kind::EmailChanged, old_address, &values)
    }

    /// Tells an address that nobody is registered with it, where a reset was asked for.
    #[must_use]
    pub fn unknown_account(&self, address: &str) -> Option<OutgoingMail> {
        self.write(Kind::UnknownAccount, address, &[])
    }

    /// Sends an [`invitation`](crate::invitation()) to its address.
    #[must_use]
    pub fn invitation(
        &self,
        address: &str,
        invitation: &str,
        good_for: Duration,
    ) -> Option<OutgoingMail> {
        let settings = &self.0.settings;
        let places = [("invitation", invitation)];
        let link = settings.invitation.fill(&settings.base_url, &places);
        let values = [("link", link.as_str()), ("good_for", &in_words(good_for))];
        self.write(Kind::Invitation, address, &values)
    }

    /// Shows that mail arrives.
    #[must_use]
    pub fn test(&self, address: &str) -> Option<OutgoingMail> {
        self.write(Kind::Test, address, &[])
    }

    fn write(
        &self,
        kind: Kind,
        address: &str,
        values: &[(&'static str, &str)],
    ) -> Option<OutgoingMail> {
        // What is in the table was not always typed into a form of ours.
        if validate_email(address).is_err() {
            tracing::warn!(kind = kind.name(), "no mail: the address is none");
            return None;
        }
        let settings = &self.0.settings;
        let base_url = settings.base_url.trim_end_matches('/');
        let site = base_url
            .split_once("://")
            .map_or(base_url, |(_, site)| site);
        let common = [("base_url", base_url), ("site", site), ("email", address)];
        let values = [&common, values].concat();
        let rendered = self.0.templates.render(kind, &values);
        let now = self.0.clock.now();
        Some(OutgoingMail {
            kind: kind.name().to_owned(),
            recipient: address.to_owned(),
            subject: one_line(&format!("{}{}", settings.subject_prefix, rendered.subject)),
            text: rendered.text,
            html: Some(rendered.html),
            created: now,
            not_before: now,
        })
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer")
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}

/// A time as people say it, in its largest whole unit: `1 hour`, `3 days`.
fn in_words(time: Duration) -> String {
    let (number, unit) = if time.whole_days() >= 1 && time.whole_hours() % 24 == 0 {
        (time.whole_days(), "day")
    } else if time.whole_hours() >= 1 && time.whole_minutes() % 60 == 0 {
        (time.whole_hours(), "hour")
    } else {
        (time.whole_minutes().max(1), "minute")
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

#[cfg(test)]
mod tests;
