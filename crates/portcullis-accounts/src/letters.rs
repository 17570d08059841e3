//! What the flows tell people by mail; nothing where there is no mail.

use portcullis_core::{MadeAccount, OutgoingMail, User, VerifiedEmail};

use crate::Accounts;
#[cfg(feature = "mail")]
use crate::EmailVerification;

#[cfg(feature = "mail")]
impl Accounts {
    /// Whether there is mail.
    #[must_use]
    pub fn has_mail(&self) -> bool {
        self.mailer.is_some()
    }

    /// Asks for a confirmation of the address of a new account.
    pub(crate) fn welcome(&self, made: &MadeAccount) -> Vec<OutgoingMail> {
        let asks = self.settings.email_verification != EmailVerification::None;
        let id = made.email_address.filter(|_| asks);
        id.map(|id| self.confirmation(&made.user, &made.user.email, id))
            .unwrap_or_default()
    }

    /// Asks for a confirmation of an address, the row with that id.
    pub(crate) fn confirmation(&self, user: &User, address: &str, id: i64) -> Vec<OutgoingMail> {
        let now = self.clock.now().unix_timestamp();
        let secret_keys = self.sessions.secret_keys();
        let key = portcullis_django::account_token::confirmation_key(
            id,
            secret_keys.expose_current(),
            now,
        );
        let age = self.settings.confirmation_age;
        self.letters(|mailer| mailer.confirm_email(user, address, &key, age))
    }

    /// Tells an owner that somebody wanted to sign up with their address.
    pub(crate) fn account_exists(&self, user: &User) -> Vec<OutgoingMail> {
        self.letters(|mailer| mailer.account_exists(user))
    }

    /// Tells that the password was changed.
    pub(crate) fn password_changed(&self, user: &User) -> Vec<OutgoingMail> {
        match self.settings.email_notifications {
            true => self.letters(|mailer| mailer.password_changed(user)),
            false => Vec::new(),
        }
    }

    /// Tells that an account at a provider became a way to log in.
    #[cfg(feature = "social")]
    pub(crate) fn social_linked(&self, user: &User, provider: &str) -> Vec<OutgoingMail> {
        match self.settings.email_notifications {
            true => self.letters(|mailer| mailer.social_linked(user, provider)),
            false => Vec::new(),
        }
    }

    /// Tells the old address that another one took its place.
    pub(crate) fn email_changed(&self, verified: &VerifiedEmail) -> Vec<OutgoingMail> {
        let old = verified.instead_of.as_deref().filter(|old| !old.is_empty());
        old.map(|old| self.letters(|mailer| mailer.email_changed(&verified.user, old)))
            .unwrap_or_default()
    }

    /// Sends a link for a new password.
    pub(crate) fn reset_link(&self, user: &User, uid: &str, token: &str) -> Vec<OutgoingMail> {
        let age = self.settings.reset_age;
        self.letters(|mailer| mailer.reset_password(user, uid, token, age))
    }

    /// Sends a link to sign up with.
    pub(crate) fn invitation_letter(&self, email: &str, invitation: &str) -> Vec<OutgoingMail> {
        self.letters(|mailer| mailer.invitation(email, invitation, crate::INVITATION_AGE))
    }

    /// Has what was written sent at once.
    pub(crate) fn send_now(&self) {
        if let Some(mailer) = &self.mailer {
            mailer.wake();
        }
    }

    fn letters(
        &self,
        write: impl FnOnce(&crate::Mailer) -> Option<OutgoingMail>,
    ) -> Vec<OutgoingMail> {
        self.mailer.as_ref().and_then(write).into_iter().collect()
    }
}

#[cfg(not(feature = "mail"))]
#[expect(clippy::unused_self, reason = "as with mail")]
impl Accounts {
    /// Whether there is mail: never without the feature `mail`.
    #[must_use]
    pub fn has_mail(&self) -> bool {
        false
    }

    pub(crate) fn welcome(&self, _: &MadeAccount) -> Vec<OutgoingMail> {
        Vec::new()
    }

    pub(crate) fn confirmation(&self, _: &User, _: &str, _: i64) -> Vec<OutgoingMail> {
        Vec::new()
    }

    pub(crate) fn account_exists(&self, _: &User) -> Vec<OutgoingMail> {
        Vec::new()
    }

    pub(crate) fn email_changed(&self, _: &VerifiedEmail) -> Vec<OutgoingMail> {
        Vec::new()
    }

    pub(crate) fn password_changed(&self, _: &User) -> Vec<OutgoingMail> {
        Vec::new()
    }

    #[cfg(feature = "social")]
    pub(crate) fn social_linked(&self, _: &User, _: &str) -> Vec<OutgoingMail> {
        Vec::new()
    }

    pub(crate) fn reset_link(&self, _: &User, _: &str, _: &str) -> Vec<OutgoingMail> {
        Vec::new()
    }

    pub(crate) fn invitation_letter(&self, _: &str, _: &str) -> Vec<OutgoingMail> {
        Vec::new()
    }

    pub(crate) fn send_now(&self) {}
}
