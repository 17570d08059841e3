//! More than one way to log in to an account, and what a log-in by a provider opens.

use http::request::Parts;
use portcullis_core::{AuditEvent, Linked, SocialAccount, Unlinked, User};
use portcullis_web::{FieldErrors, Refusal, device_of};

use super::{Identity, Provider, Social, SocialError};
use crate::token_login::chosen;

/// What somebody is told who would have no way to log in left.
const LAST_WAY: &str = "This is the only way to log in to this account. Set a password first.";

impl Social {
    /// Makes somebody's account at a provider a way to log in to the account of whoever asks.
    ///
    /// # Errors
    /// [`SocialError::OfAnother`] when it is somebody else's, [`SocialError::Closed`] when the user changed meanwhile.
    #[doc(alias = "SocialConnectView")]
    pub async fn link(
        &self,
        request: &Parts,
        user: &User,
        provider: &dyn Provider,
        identity: &Identity,
    ) -> Result<(), SocialError> {
        let profile = identity.profile(provider.name());
        let entry = self.accounts.entry(AuditEvent::SocialLinked, request);
        let mails = self.accounts.social_linked(user, provider.label());
        let linking = self
            .store()
            .link_social(user, &profile, None, entry, &mails);
        match linking.await? {
            Linked::Done => {
                self.accounts.send_now();
                tracing::info!(user = %user.id, provider = provider.name(), event = "social_link", "linked");
                Ok(())
            }
            Linked::Already => Ok(()),
            Linked::OfAnother => Err(SocialError::OfAnother),
            Linked::Stale => Err(SocialError::Closed),
        }
    }

    /// The accounts at providers that somebody can log in by, the oldest first.
    ///
    /// # Errors
    /// 503 when the database fails.
    #[doc(alias = "SocialAccountListView")]
    pub async fn links(&self, user: &User) -> Result<Vec<SocialAccount>, Refusal> {
        Ok(self.store().social_accounts(&user.id).await?)
    }

    /// Takes one of them away.
    ///
    /// # Errors
    /// 404 when they have none of that number, 400 when it is their last way to log in, 503.
    #[doc(alias = "SocialAccountDisconnectView")]
    pub async fn unlink(&self, request: &Parts, user: &User, id: i64) -> Result<(), Refusal> {
        let entry = self.accounts.entry(AuditEvent::SocialUnlinked, request);
        match self.store().unlink_social(&user.id, id, entry).await? {
            Unlinked::Done => {
                tracing::info!(user = %user.id, event = "social_unlink", "unlinked");
                Ok(())
            }
            Unlinked::NotFound => Err(Refusal::NotFound),
            Unlinked::LastWay => Err(FieldErrors::form(LAST_WAY).into()),
        }
    }

    /// Opens a session for somebody whom a provider named: always under a new key.
    ///
    /// # Errors
    /// [`SocialError::Closed`] when they were closed meanwhile, [`SocialError::Refused`] with 503.
    pub async fn open_session(&self, request: &Parts, user: &User) -> Result<(), SocialError> {
        match self.accounts.sessions.log_in(request, user, None).await? {
            true => Ok(()),
            false => Err(SocialError::Closed),
        }
    }

    /// Issues a token to somebody whom a provider named.
    ///
    /// # Errors
    /// [`SocialError::Closed`] when they were closed meanwhile, [`SocialError::Refused`] with 403 for somebody who has as
    /// many tokens as they may, or with 503.
    pub async fn open_token(&self, request: &Parts, user: &User) -> Result<String, SocialError> {
        let (token, login) = self.accounts.new_token(device_of(request));
        let issued = self.store().log_in(user, login, None).await?;
        let issued = issued.ok_or(SocialError::Closed)?;
        Ok(chosen(issued, token)?)
    }
}
