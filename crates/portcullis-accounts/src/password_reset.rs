//! A new password for somebody who forgot theirs: a link by mail.

use http::request::Parts;
use portcullis_core::{AuditEvent, Ends, NewPassword, NewResetLink, User, UserId};
use portcullis_django::account_token::{
    ResetSubject, base36_decode, base36_encode, check_reset_token, reset_token,
    reset_token_made_at, uid_decode, uid_encode,
};
use portcullis_django::session::Secrets;
use portcullis_web::Refusal;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

use crate::{Accounts, ResetLinks};

/// A link that was good: whose password may be set by it.
#[derive(Clone, Debug)]
pub struct ResetRight(User);

impl ResetRight {
    /// Whose password may be set.
    #[must_use]
    pub fn user(&self) -> &User {
        &self.0
    }
}

/// What is wrong with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadLink {
    /// It names nobody.
    User,
    /// It was used, is too old, or was never made.
    Token,
}

impl Accounts {
    /// Sends a link to whoever has that address and is active; older ones are over then. Nobody learns
    /// whether there is such a one.
    ///
    /// The mail goes to the stored address, and waits in the outbox as long for nobody as for somebody.
    ///
    /// # Errors
    /// 429 when too many were asked for from one place, 503 when the database fails.
    #[doc(alias = "PasswordResetView")]
    pub async fn send_reset_link(&self, request: &Parts, email: &str) -> Result<(), Refusal> {
        let may_mail = self.may_mail(&Self::client(request), email).await?;
        let store = self.passwords.store();
        let users = store.users_by_email(email).await?;
        let now = self.clock.now();
        let mut links = Vec::new();
        for user in users.iter().filter(|user| user.is_active && may_mail) {
            let addresses = self.addresses_of(user).await?;
            let secret_keys = self.sessions.secret_keys();
            let last_login = moment(user.last_login);
            let id = user.id.to_string();
            let subject = subject(user, &id, &last_login, &addresses);
            let token = reset_token(&subject, secret_keys.expose_current(), self.local(now));
            let mails = self.reset_link(user, &self.uid_of(&user.id), &token);
            links.extend(mails.into_iter().map(|mail| NewResetLink {
                user: user.id.clone(),
                made: now,
                mail,
            }));
        }
        store.send_reset_links(&links, now).await?;
        let entry = self.entry(AuditEvent::ResetAsked, request);
        let user = users.first().map(|user| &user.id);
        store.record(entry.about(user)).await?;
        self.send_now();
        tracing::info!(event = "password_reset", "a reset was asked for");
        Ok(())
    }

    /// Whether a link is good, and for whom.
    ///
    /// # Errors
    /// 429 when too many bad ones came from one place, 503 when the database fails.
    #[doc(alias = "check_token")]
    pub async fn check_reset_link(
        &self,
        request: &Parts,
        uid: &str,
        token: &str,
    ) -> Result<Result<ResetRight, BadLink>, Refusal> {
        let checked = self.judge(uid, token).await?;
        if checked.is_err() {
            self.count_guess(&Self::client(request)).await?;
        }
        Ok(checked)
    }

    async fn judge(&self, uid: &str, token: &str) -> Result<Result<ResetRight, BadLink>, Refusal> {
        let id = match self.settings.reset_links {
            ResetLinks::Allauth => base36_decode(uid).map(|id| id.to_string()),
            ResetLinks::Django => uid_decode(uid),
        };
        let store = self.passwords.store();
        let user = match id {
            Some(id) => store.user_by_id(&id).await?,
            None => None,
        };
        let Some(user) = user else {
            return Ok(Err(BadLink::User));
        };
        let addresses = self.addresses_of(&user).await?;
        let secret_keys = self.sessions.secret_keys();
        let fallbacks = secret_keys.expose_fallbacks();
        let secrets = Secrets {
            key: secret_keys.expose_current(),
            fallbacks: &fallbacks,
        };
        let id = user.id.to_string();
        let last_login = moment(user.last_login);
        let is_good = check_reset_token(
            &subject(&user, &id, &last_login, &addresses),
            token,
            secrets,
            self.local(self.clock.now()),
            self.settings.reset_age.whole_seconds(),
        );
        if is_good && user.is_active && self.is_newest(&user, token).await? {
            return Ok(Ok(ResetRight(user)));
        }
        Ok(Err(BadLink::Token))
    }

    /// Whether no newer link than this good one was sent from here. One that Django made later is good.
    async fn is_newest(&self, user: &User, token: &str) -> Result<bool, Refusal> {
        let newest = self.passwords.store().newest_reset_link(&user.id).await?;
        let made_at = reset_token_made_at(token);
        // In whole seconds, as the token counts: two links of one second are the same link.
        Ok(newest.is_none_or(|newest| made_at >= Some(self.local(newest))))
    }

    /// Sets the password that a good link is for, and ends what the old one opened. Used twice at
    /// once, a link works once: `false` then.
    ///
    /// # Errors
    /// 503 when the database fails or the hashing queue is full.
    #[doc(alias = "PasswordResetConfirmView")]
    pub async fn reset_password(
        &self,
        request: &Parts,
        right: ResetRight,
        password: &str,
    ) -> Result<bool, Refusal> {
        let ResetRight(user) = right;
        let change = NewPassword {
            password: self.passwords.hash(password).await?,
            ends: match self.settings.compat.keep_credentials_on_change {
                true => Ends::Sessions,
                false => Ends::Everything,
            },
            session: None,
            mails: self.password_changed(&user),
            audit: Some(self.entry(AuditEvent::ResetDone, request)),
        };
        let store = self.passwords.store();
        let is_done = store.change_password(&user, change).await?.is_some();
        if is_done {
            self.send_now();
            tracing::info!(user = %user.id, event = "password_reset", "password reset");
        }
        Ok(is_done)
    }

    /// allauth's part of what a token is bound to: the user's addresses, joined.
    async fn addresses_of(&self, user: &User) -> Result<String, Refusal> {
        if self.settings.reset_links == ResetLinks::Django {
            return Ok(String::new());
        }
        let rows = self.passwords.store().email_addresses(user).await?;
        let mut addresses: Vec<String> = rows.into_iter().map(|row| row.email).collect();
        if !user.email.is_empty() {
            addresses.push(user.email.to_lowercase());
        }
        addresses.sort_unstable();
        addresses.dedup();
        Ok(addresses.join("|"))
    }

    fn uid_of(&self, id: &UserId) -> String {
        match (self.settings.reset_links, id) {
            (ResetLinks::Allauth, UserId::Integer(id)) => {
                base36_encode(u64::try_from(*id).unwrap_or_default())
            }
            (ResetLinks::Allauth, id) => id.to_string(),
            (ResetLinks::Django, id) => uid_encode(&id.to_string()),
        }
    }

    /// Seconds by the clock that Django counts by.
    fn local(&self, now: OffsetDateTime) -> i64 {
        now.unix_timestamp() + self.settings.time_zone.seconds_ahead(now)
    }
}

fn subject<'a>(
    user: &'a User,
    id: &'a str,
    last_login: &'a str,
    addresses: &'a str,
) -> ResetSubject<'a> {
    ResetSubject {
        primary_key: id,
        password_column: user.password.expose_secret(),
        last_login,
        email: &user.email,
        addresses,
    }
}

/// `YYYY-MM-DD HH:MM:SS`, or nothing.
fn moment(at: Option<OffsetDateTime>) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    at.and_then(|at| at.to_offset(UtcOffset::UTC).format(format).ok())
        .unwrap_or_default()
}
