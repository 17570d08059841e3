//! Sending a browser to a provider.

use http::request::Parts;
use portcullis_core::User;
use portcullis_web::{Effects, Refusal};
use tokio::time::timeout;
use url::Url;

use super::exchange::{TIME, tell};
use super::pending::{Callback, Jar, Wish};
use super::{Authorization, OAuthClient, Provider, ProviderError, Social, SocialError, next};

/// The longest invitation that is remembered, in bytes.
const MAX_INVITATION: usize = 512;

/// How a log-in is to begin.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Start {
    /// Where the browser is to come back; `None`: to the app, where the provider knows of one.
    pub callback: Option<Callback>,
    /// Where to go then: a path of ours, or an address of an origin that is listed.
    pub next: Option<String>,
    /// Whose way to log in it is to become, instead of a log-in.
    pub linking: Option<User>,
    /// What lets somebody sign up where not everybody may.
    pub invitation: Option<String>,
    /// The hash of a verifier that the app keeps to itself (RFC 7636, `S256`).
    pub code_challenge: Option<String>,
}

/// Where a browser is to be sent, and what it will bring back.
#[derive(Clone)]
#[non_exhaustive]
pub struct Started {
    /// At the provider.
    pub authorization_url: Url,
    /// The state.
    pub state: String,
}

impl Social {
    /// Begins a log-in at a provider. The answer gets a cookie, without which nobody can end it.
    ///
    /// # Errors
    /// [`SocialError::Refused`] with 400 for a `next` that leads away, with 429 when too many are begun from one place;
    /// [`SocialError::Provider`] when the provider has to be asked where to go, and does not say.
    pub async fn start(
        &self,
        request: &Parts,
        provider: &dyn Provider,
        start: Start,
    ) -> Result<Started, SocialError> {
        self.count(request).await?;
        let client = provider.client();
        let callback = start.callback.unwrap_or(match client.callback_url {
            Some(_) => Callback::App,
            None => Callback::Own,
        });
        let redirect_uri = self.redirect_uri(provider.name(), client, callback)?;
        let wish = Wish {
            next: self.checked_next(start.next)?,
            linking: start.linking.map(|user| user.id.to_string()),
            invitation: start.invitation.filter(|text| text.len() <= MAX_INVITATION),
            challenge: checked_challenge(start.code_challenge)?,
        };
        let jar = self.jar();
        let (begun, cookie) = jar.begin(&request.headers, provider.name(), callback, wish);
        let asked = Authorization {
            redirect_uri: &redirect_uri,
            state: &begun.state,
            code_challenge: &begun.challenge,
            nonce: &begun.nonce,
        };
        let _place = self.place()?;
        let authorization = timeout(TIME, provider.authorization(self.call(), &asked)).await;
        let away = Err(ProviderError::Away("not in time"));
        let authorization_url = authorization.unwrap_or(away).map_err(SocialError::from);
        let authorization_url = authorization_url.inspect_err(|error| tell(provider, error))?;
        if let Some(cookie) = cookie {
            let effects = Effects::of(request);
            effects.replace_cookie(&self.settings.cookie.name, cookie);
            effects.vary_by_cookie();
        }
        Ok(Started {
            authorization_url,
            state: begun.state,
        })
    }

    /// The cookie of log-ins under way, now.
    pub(super) fn jar(&self) -> Jar<'_> {
        Jar {
            cookie: &self.settings.cookie,
            keys: self.accounts.sessions.secret_keys(),
            now: self.accounts.clock.now(),
        }
    }

    /// Where a provider sends browsers back, letter by letter as it is registered there.
    pub(super) fn redirect_uri(
        &self,
        provider: &str,
        client: &OAuthClient,
        callback: Callback,
    ) -> Result<String, SocialError> {
        match callback {
            Callback::Own => {
                let base = &self.settings.base_url;
                Ok(format!("{base}/api/social/{provider}/callback/"))
            }
            Callback::App => client.callback_url.clone().ok_or_else(|| {
                let text = "No app is known that could be come back to.";
                SocialError::Refused(Refusal::Malformed(text.to_owned()))
            }),
        }
    }

    fn checked_next(&self, next: Option<String>) -> Result<Option<String>, SocialError> {
        match next {
            Some(next) if !next::is_allowed(&next, &self.settings.next_origins) => {
                let text = "The address to go to afterwards is not one of ours.";
                Err(Refusal::Malformed(text.to_owned()).into())
            }
            next => Ok(next),
        }
    }

    /// Counts a log-in against the place that it comes from.
    pub(super) async fn count(&self, request: &Parts) -> Result<(), SocialError> {
        let client = crate::Accounts::client(request);
        let counted = self
            .accounts
            .count_client("social", &client, self.settings.limit);
        Ok(counted.await?)
    }

    /// A place among those who wait for providers.
    pub(super) fn place(&self) -> Result<tokio::sync::SemaphorePermit<'_>, SocialError> {
        self.places.try_acquire().map_err(|_| {
            tracing::warn!("too many log-ins wait for providers");
            SocialError::Refused(Refusal::Unavailable)
        })
    }
}

fn checked_challenge(challenge: Option<String>) -> Result<Option<String>, SocialError> {
    let is_hash = |text: &String| {
        let is_character = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        text.len() == 43 && text.bytes().all(is_character)
    };
    match challenge {
        Some(text) if !is_hash(&text) => {
            let text = "code_challenge is not the S256 of a verifier.";
            Err(Refusal::Malformed(text.to_owned()).into())
        }
        challenge => Ok(challenge),
    }
}

impl std::fmt::Debug for Start {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The invitation lets anybody in.
        f.debug_struct("Start")
            .field("callback", &self.callback)
            .field("next", &self.next)
            .field("is_linking", &self.linking.is_some())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Started {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Started(..)")
    }
}
