//! A new password, by somebody who is logged in.

use http::request::Parts;
use portcullis_core::{AuditEvent, Ends, NewPassword, User};
use portcullis_django::session::HASH;
use portcullis_django::validators::{PasswordPolicy, UserAttributes};
use portcullis_web::{Checked, ClientInfo, FieldErrors, Refusal};
use serde_json::{Map, Value};

use crate::Accounts;

impl Accounts {
    /// Whether it is the user's password. A wrong one counts as a log-in that failed.
    ///
    /// # Errors
    /// The refusal when the password was not looked at: 429, 503.
    pub async fn is_password_of(
        &self,
        request: &Parts,
        user: &User,
        password: &str,
    ) -> Result<bool, Refusal> {
        let checked = self.passwords.check(request, &user.username, password);
        match checked.await? {
            Checked::Right {
                user: owner,
                counted,
                ..
            }
            | Checked::SecondFactor {
                user: owner,
                counted,
                ..
            } if owner.id == user.id => {
                self.passwords.forget_failures(&counted).await?;
                Ok(true)
            }
            Checked::Unverified => Ok(true),
            Checked::Right { .. } | Checked::SecondFactor { .. } | Checked::Wrong => Ok(false),
        }
    }

    /// What is wrong with a password that somebody wants; nothing when it can be theirs.
    #[doc(alias = "validate_password")]
    #[must_use]
    pub fn complaints(&self, password: &str, owner: &User) -> Vec<String> {
        // A username that is the address says nothing of its own.
        let has_username = owner.username != owner.email;
        let owner = UserAttributes {
            username: if has_username { &owner.username } else { "" },
            first_name: &owner.first_name,
            last_name: &owner.last_name,
            email: &owner.email,
        };
        let complaints = PasswordPolicy::default().validate(password, Some(&owner));
        complaints.into_iter().map(|error| error.message).collect()
    }

    /// Sets a new password, ends every other credential of the user and tells them by mail.
    ///
    /// The session of the request goes on under a new key where `keeps_session` says so; a token that
    /// came with the request ends with the others.
    ///
    /// # Errors
    /// 400 when the password was changed by somebody else meanwhile, 503 when the database fails.
    #[doc(alias = "PasswordChangeView")]
    pub async fn change_password(
        &self,
        request: &Parts,
        user: &User,
        password: &str,
        keeps_session: bool,
    ) -> Result<(), Refusal> {
        let hash = self.passwords.hash(password).await?;
        let compat = self.settings.compat;
        let renewal = match keeps_session {
            true => self.sessions.renewal(request, user, &hash).await?,
            false => None,
        };
        let session_hash = self.sessions.hash_of(&hash);
        let change = NewPassword {
            password: hash,
            ends: match compat.keep_credentials_on_change {
                true => Ends::Sessions,
                false => Ends::Everything,
            },
            session: renewal.as_ref().map(|renewal| renewal.session.clone()),
            mails: self.password_changed(user),
            audit: Some(self.entry(AuditEvent::PasswordChange, request)),
        };
        let changed = self.passwords.store().change_password(user, change).await?;
        if changed.is_none() {
            let text = "The password was changed meanwhile. Please try again.";
            return Err(FieldErrors::form(text).into());
        }
        self.send_now();
        tracing::info!(user = %user.id, event = "password_change", "password changed");
        match renewal {
            Some(renewal) => self.sessions.send_renewed(request, &renewal),
            None if keeps_session && compat.keep_credentials_on_change => {
                // As Django's `update_session_auth_hash`, which asks nobody whether there is a session.
                let entry = (HASH.to_owned(), Value::String(session_hash));
                let entries = Map::from_iter([entry]);
                self.sessions.open_anonymous(request, entries).await?;
            }
            None => {}
        }
        Ok(())
    }

    /// Counts what came with a request against its address; for links that were not good.
    pub(crate) fn client(request: &Parts) -> ClientInfo {
        ClientInfo::of(&request.extensions)
    }
}
