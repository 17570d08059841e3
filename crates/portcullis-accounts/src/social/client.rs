//! Who we are at a provider.

use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;

/// Who we are at a provider: what it gave us when we registered there.
#[derive(Clone)]
#[doc(alias = "SocialApp")]
pub struct OAuthClient {
    /// Our name there, which everybody may know.
    #[doc(alias = "client_id")]
    pub id: String,
    /// What proves that it is us.
    pub secret: ClientSecret,
    /// Where the app that starts log-ins by itself wants people to come back; registered at the provider,
    /// and sent letter by letter. `None`: there is no such app.
    pub callback_url: Option<String>,
    /// Our names in ID tokens besides [`id`](Self::id): of apps on phones, which have one of their own.
    pub other_ids: Vec<String>,
}

/// What proves to a provider that it is us.
#[derive(Clone)]
#[non_exhaustive]
pub enum ClientSecret {
    /// A text that it gave us.
    Text(String),
    /// A text that we make anew each time, as Apple wants it.
    Made(Arc<dyn MakeSecret>),
    /// Nothing: PKCE alone.
    None,
}

/// Makes what proves that it is us.
pub trait MakeSecret: Send + Sync {
    /// The secret at that time; `None` when it cannot be made.
    fn secret(&self, now: OffsetDateTime) -> Option<String>;
}

impl OAuthClient {
    /// A client with a name and a secret.
    #[must_use]
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: ClientSecret::Text(secret.into()),
            callback_url: None,
            other_ids: Vec::new(),
        }
    }

    /// With where an app wants people to come back that starts log-ins by itself.
    #[must_use]
    pub fn with_callback(self, url: impl Into<String>) -> Self {
        Self {
            callback_url: Some(url.into()),
            ..self
        }
    }

    /// Whether an ID token is for us.
    pub(super) fn is_named(&self, id: &str) -> bool {
        !id.is_empty() && (self.id == id || self.other_ids.iter().any(|own| own == id))
    }

    /// The secret as it is at that time; `Ok(None)` without one.
    pub(super) fn secret_at(
        &self,
        now: OffsetDateTime,
    ) -> Result<Option<String>, super::ProviderError> {
        match &self.secret {
            ClientSecret::Text(text) => Ok(Some(text.clone())),
            ClientSecret::None => Ok(None),
            ClientSecret::Made(maker) => {
                let made = maker.secret(now);
                let fault = super::ProviderError::NotOffered("the client's secret cannot be made");
                made.map(Some).ok_or(fault)
            }
        }
    }
}

impl fmt::Debug for OAuthClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthClient")
            .field("id", &self.id)
            .field("callback_url", &self.callback_url)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(..)",
            Self::Made(_) => "Made(..)",
            Self::None => "None",
        })
    }
}
