//! From somebody at a provider to somebody here: step by step, and every step can be another.

use std::fmt;

use async_trait::async_trait;
use http::request::Parts;
use portcullis_core::{AuditEvent, AuditOutcome, User};
use portcullis_web::{NextFactor, Refusal};

use super::{Identity, Provider, Social, SocialError};
use crate::EmailVerification;

/// One step from somebody at a provider to somebody here.
///
/// The steps are taken in their order, each once. Whoever finds or makes the account puts it into
/// [`SocialLogin::user`]; a step that finds one there leaves it. An error ends the log-in, and what earlier steps have
/// written stays.
///
/// ```
/// use async_trait::async_trait;
/// use portcullis_accounts::social::{Social, SocialError, SocialLogin, Step};
/// use portcullis_web::Refusal;
///
/// /// Lets only the club's own people in.
/// struct ClubOnly;
///
/// #[async_trait]
/// impl Step for ClubOnly {
///     async fn run(&self, _: &Social, login: &mut SocialLogin<'_>) -> Result<(), SocialError> {
///         let email = login.identity.email.as_deref().unwrap_or_default();
///         let is_ours = login.identity.is_email_verified == Some(true) && email.ends_with("@club.example");
///         match is_ours {
///             true => Ok(()),
///             false => Err(Refusal::PermissionDenied(None).into()),
///         }
///     }
/// }
/// ```
#[async_trait]
#[doc(alias = "SOCIAL_AUTH_PIPELINE")]
pub trait Step: Send + Sync {
    /// Takes the step.
    ///
    /// # Errors
    /// [`SocialError`], which ends the log-in.
    async fn run(&self, social: &Social, login: &mut SocialLogin<'_>) -> Result<(), SocialError>;
}

/// A log-in on its way through the steps.
#[non_exhaustive]
pub struct SocialLogin<'a> {
    /// The request that it came with.
    pub request: &'a Parts,
    /// The provider's name.
    pub provider: &'a str,
    /// Who the provider says it is.
    pub identity: Identity,
    /// Who it is here, once that is known.
    pub user: Option<User>,
    /// Whether the account was made by this log-in.
    pub is_new: bool,
    /// What lets somebody sign up where not everybody may.
    pub invitation: Option<String>,
    /// Whether an address links to the account that has it.
    pub link_by_email: LinkByEmail,
}

impl fmt::Debug for SocialLogin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The request has cookies, and the invitation lets anybody in.
        f.debug_struct("SocialLogin")
            .field("provider", &self.provider)
            .field("identity", &self.identity)
            .field("is_new", &self.is_new)
            .finish_non_exhaustive()
    }
}

/// Whether an address links an account at a provider to the account here that has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkByEmail {
    /// Never: its owner links it while they are logged in.
    #[default]
    Never,
    /// Where the provider vouches for it; a password that nobody confirmed ends then.
    Vouched,
    /// Always, as many a Django view does: whoever can write an address into a provider's form is its owner.
    DangerAlways,
}

/// Somebody who logs in by a provider.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SocialUser {
    /// Who it is here.
    pub user: User,
    /// Whether the account was made by this log-in.
    pub is_new: bool,
}

impl Social {
    /// Whose account here somebody's at a provider is; made, where there is none and people may sign up.
    ///
    /// Nothing is opened yet: that is [`open_session`](Self::open_session) or [`open_token`](Self::open_token).
    ///
    /// # Errors
    /// [`SocialError`]: [`SecondFactor`](SocialError::SecondFactor) for whoever has one, which the doors of log-ins
    /// take; [`Closed`](SocialError::Closed) for whoever may not log in, [`ToConfirm`](SocialError::ToConfirm)
    /// where an address has to be confirmed first, and what the steps say.
    pub async fn resolve(
        &self,
        request: &Parts,
        provider: &dyn Provider,
        identity: Identity,
        invitation: Option<String>,
        link_by_email: LinkByEmail,
    ) -> Result<SocialUser, SocialError> {
        let mut login = SocialLogin {
            request,
            provider: provider.name(),
            identity,
            user: None,
            is_new: false,
            invitation,
            link_by_email,
        };
        for step in self.steps.iter() {
            step.run(self, &mut login).await?;
        }
        let (identity, is_new) = (login.identity, login.is_new);
        let user = login.user.ok_or(SocialError::Closed)?;
        let outcome = self.may_log_in(&user, is_new).await;
        if let Err(error) = outcome {
            if !is_new {
                let entry = self.accounts.entry(AuditEvent::Login, request);
                let entry = entry.with_outcome(AuditOutcome::Failed);
                self.store().record(entry.about(Some(&user.id))).await?;
            }
            return Err(error);
        }
        self.ask_for_factor(&user).await?;
        if !is_new {
            let profile = identity.profile(provider.name());
            let now = self.accounts.clock.now();
            self.store().touch_social(&profile, now).await?;
        }
        tracing::info!(user = %user.id, provider = provider.name(), event = "social_login", is_new,
            "a provider said who it is");
        Ok(SocialUser { user, is_new })
    }

    /// Whoever has a second factor is asked for it, whoever says who they are.
    async fn ask_for_factor(&self, user: &User) -> Result<(), SocialError> {
        let factors = self.store().factors(&user.id).await?;
        if !factors.is_wanted() {
            return Ok(());
        }
        let next = match self.accounts.passwords.second_factors() {
            Some(service) => service.next(user).await.map_err(Refusal::from)?,
            None => NextFactor {
                pending: None,
                factors,
            },
        };
        Err(SocialError::SecondFactor(next))
    }

    /// What addresses link at doors that say nothing else.
    pub(crate) fn usual_linking(&self) -> LinkByEmail {
        match self.settings.link_verified_email {
            true => LinkByEmail::Vouched,
            false => LinkByEmail::Never,
        }
    }

    async fn may_log_in(&self, user: &User, is_new: bool) -> Result<(), SocialError> {
        if !user.is_active {
            return Err(SocialError::Closed);
        }
        let must_confirm =
            self.accounts.settings.email_verification == EmailVerification::Mandatory;
        if must_confirm && !self.store().has_verified_email(Some(user)).await? {
            return Err(match is_new {
                true => SocialError::ToConfirm,
                false => SocialError::Closed,
            });
        }
        Ok(())
    }
}
