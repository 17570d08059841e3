//! What a browser or an app brings back from a provider, and who that is.

use std::fmt;
use std::time::Duration;

use http::request::Parts;
use portcullis_core::{Attempt, Limit, User};
use portcullis_django::api_token::knox_digest;
use portcullis_web::Effects;
use tokio::time::timeout;

use super::pending::{Callback, Returned, is_verifier};
use super::settings::FLOW_AGE;
use super::{Call, Code, Identity, Provider, ProviderError, Social, SocialError, TokenSet};

/// The longest code and token that are sent to a provider, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// An ID token is good for less than this.
const ID_TOKEN_AGE: time::Duration = time::Duration::hours(2);

/// How long all questions of one log-in to a provider may take together.
pub(super) const TIME: Duration = Duration::from_secs(25);

/// What somebody brings that a provider gave them.
#[derive(Clone)]
#[non_exhaustive]
pub enum Proof {
    /// A code, with the state of a log-in that was begun in this browser.
    Code {
        /// The code.
        code: String,
        /// The state.
        state: String,
        /// The verifier, where the app kept it to itself.
        verifier: Option<String>,
        /// Who says to be the provider (RFC 9207).
        issuer: Option<String>,
        /// At which door it comes back.
        callback: Callback,
    },
    /// A code alone, as a view of the single-page flow takes it: anybody can send somebody else's browser with their own code.
    /// Only where a compat key says so.
    DangerCode(String),
    /// An ID token that was made for us; the state is that of a log-in that was begun here, if it was.
    IdToken {
        /// The token.
        token: String,
        /// The state.
        state: Option<String>,
    },
    /// An access token of which the provider says that it was made for us.
    AccessToken(String),
    /// An access token, as dj-rest-auth takes it: any other service that the person uses has one like it.
    /// Only where a compat key says so.
    DangerAccessToken(String),
}

/// Somebody whom a provider named, and what was wished for at the beginning.
pub(crate) struct Finished {
    pub(crate) identity: Identity,
    pub(crate) next: Option<String>,
    pub(crate) invitation: Option<String>,
    /// The id of the user whose way to log in it becomes.
    pub(crate) linking: Option<String>,
}

impl Social {
    /// Who somebody is at a provider.
    ///
    /// # Errors
    /// [`SocialError::NotStarted`] when the state is not one of this browser and provider, [`SocialError::Provider`]
    /// when the provider does not say to our satisfaction who it is, [`SocialError::Refused`] with 429 or 503.
    pub async fn identify(
        &self,
        request: &Parts,
        provider: &dyn Provider,
        proof: Proof,
    ) -> Result<Identity, SocialError> {
        let finished = self.finish(request, provider, proof).await?;
        Ok(finished.identity)
    }

    pub(crate) async fn finish(
        &self,
        request: &Parts,
        provider: &dyn Provider,
        proof: Proof,
    ) -> Result<Finished, SocialError> {
        self.count(request).await?;
        let state = match &proof {
            Proof::Code { state, .. } => Some(state),
            Proof::IdToken { state, .. } => state.as_ref(),
            Proof::DangerCode(_) | Proof::AccessToken(_) | Proof::DangerAccessToken(_) => None,
        };
        let returned = match state {
            Some(state) => Some(self.take(request, provider, state).await?),
            None => None,
        };
        let _place = self.place()?;
        let asked = self.ask(provider, proof, returned.as_ref());
        let identity = timeout(TIME, asked).await;
        let identity = identity.unwrap_or(Err(ProviderError::Away("not in time").into()));
        let identity = identity.inspect_err(|error| tell(provider, error))?;
        let pending = returned.map(|returned| returned.pending);
        let (next, invitation, linking) = pending.map_or((None, None, None), |pending| {
            (pending.next, pending.invitation, pending.linking)
        });
        Ok(Finished {
            identity,
            next,
            invitation,
            linking,
        })
    }

    /// The log-in of a state, which is used up by this.
    async fn take(
        &self,
        request: &Parts,
        provider: &dyn Provider,
        state: &str,
    ) -> Result<Returned, SocialError> {
        let effects = Effects::of(request);
        effects.vary_by_cookie();
        let taken = self.jar().take(&request.headers, state);
        let (returned, cookie) = taken.ok_or(SocialError::NotStarted)?;
        if let Some(cookie) = cookie {
            effects.replace_cookie(&self.settings.cookie.name, cookie);
        }
        self.once(&returned.once, FLOW_AGE * 2).await?;
        // A state of one provider's browser flow is nothing at another.
        if returned.pending.provider != provider.name() {
            return Err(SocialError::NotStarted);
        }
        Ok(returned)
    }

    /// Of two who use something that is good once, one gets on.
    ///
    /// `window` is longer than it is good, with clocks that differ.
    async fn once(&self, key: &str, window: time::Duration) -> Result<(), SocialError> {
        let limit = Limit { tries: 1, window };
        let now = self.accounts.clock.now();
        match self.store().attempt(key, limit, now).await? {
            Attempt::Allowed => Ok(()),
            Attempt::Stopped { .. } => Err(SocialError::NotStarted),
        }
    }

    async fn ask(
        &self,
        provider: &dyn Provider,
        proof: Proof,
        returned: Option<&Returned>,
    ) -> Result<Identity, SocialError> {
        let call = self.call();
        let nonce = returned.map(|returned| returned.nonce.as_str());
        match proof {
            Proof::Code {
                code,
                verifier,
                issuer,
                callback,
                ..
            } => {
                let returned = returned.ok_or(SocialError::NotStarted)?;
                if returned.pending.callback != callback {
                    return Err(SocialError::NotStarted);
                }
                check_issuer(call, provider, issuer.as_deref()).await?;
                let verifier = verifier_of(returned, verifier)?;
                let tokens = self.tokens(call, provider, &code, callback, Some(&verifier));
                Ok(provider.identity(call, &tokens.await?, nonce).await?)
            }
            Proof::DangerCode(code) => {
                let tokens = self.tokens(call, provider, &code, Callback::App, None);
                Ok(provider.identity(call, &tokens.await?, None).await?)
            }
            Proof::IdToken { token, .. } => {
                bounded(&token)?;
                let identity = provider.identity_of_id_token(call, &token, nonce).await?;
                // Whoever finds it later finds nothing.
                let key = format!("social:id:{}", knox_digest(&token));
                self.once(&key, ID_TOKEN_AGE * 2).await?;
                Ok(identity)
            }
            Proof::AccessToken(token) => {
                bounded(&token)?;
                Ok(provider.identity_of_access_token(call, &token).await?)
            }
            Proof::DangerAccessToken(token) => {
                bounded(&token)?;
                let tokens = TokenSet {
                    access_token: Some(token),
                    id_token: None,
                };
                Ok(provider.identity(call, &tokens, None).await?)
            }
        }
    }

    async fn tokens(
        &self,
        call: Call<'_>,
        provider: &dyn Provider,
        code: &str,
        callback: Callback,
        verifier: Option<&str>,
    ) -> Result<TokenSet, SocialError> {
        bounded(code)?;
        let redirect_uri = self.redirect_uri(provider.name(), provider.client(), callback)?;
        let code = Code {
            code,
            redirect_uri: &redirect_uri,
            verifier,
        };
        let tokens = provider.exchange(call, &code).await;
        // Refused by what it answers to a code is not refused by its user endpoint: dj-rest-auth tells them apart.
        tokens.map_err(|error| match error {
            ProviderError::Refused(_) => SocialError::Provider(ProviderError::Refused(CODE)),
            other => other.into(),
        })
    }
}

/// Why a provider refuses that does not take a code.
pub(crate) const CODE: &str = "the code";

/// Whether whoever sent the browser back says to be the provider (RFC 9207): otherwise its code is somebody
/// else's, and would be told to this one.
async fn check_issuer(
    call: Call<'_>,
    provider: &dyn Provider,
    said: Option<&str>,
) -> Result<(), SocialError> {
    let issuer = provider.issuer(call).await?;
    let is_right = match said {
        None => !issuer.is_always_sent,
        Some(said) => issuer.is(said),
    };
    match is_right {
        true => Ok(()),
        false => Err(ProviderError::Untrusted("the callback of another issuer").into()),
    }
}

/// The verifier of a log-in: ours, or the app's, which then has to bring it.
fn verifier_of(returned: &Returned, brought: Option<String>) -> Result<String, SocialError> {
    match (&returned.pending.challenge, brought) {
        (None, None) => Ok(returned.verifier.clone()),
        (Some(challenge), Some(verifier)) if is_verifier(&verifier, challenge) => Ok(verifier),
        _ => Err(SocialError::NotStarted),
    }
}

fn bounded(text: &str) -> Result<(), SocialError> {
    match text.len() <= MAX_BYTES && !text.is_empty() {
        true => Ok(()),
        false => Err(ProviderError::Refused("by its length").into()),
    }
}

/// Tells the log why; nothing of it came from a request.
pub(super) fn tell(provider: &dyn Provider, error: &SocialError) {
    if let SocialError::Provider(cause) = error {
        tracing::warn!(provider = provider.name(), %cause, event = "social_login", outcome = "failed",
            "a provider did not say who it is");
    }
}

/// Whether somebody who was named is to be linked to whoever asks.
pub(crate) fn is_linking_of(linking: &str, user: &User) -> bool {
    user.id.to_string() == linking
}

impl fmt::Debug for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finished")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Code { .. } => "Code(..)",
            Self::DangerCode(_) => "DangerCode(..)",
            Self::IdToken { .. } => "IdToken(..)",
            Self::AccessToken(_) => "AccessToken(..)",
            Self::DangerAccessToken(_) => "DangerAccessToken(..)",
        })
    }
}
