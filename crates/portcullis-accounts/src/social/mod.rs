//! Social log-in: GitHub, Google and others tell who somebody is.
//!
//! Reading order: [`Provider`] and its two kinds [`OAuth2Provider`] and [`OpenIdProvider`], `start` (a browser is sent
//! there), `exchange` (it comes back with a code), `pipeline` (whose account here that is), `links` (more than one
//! way to log in), `doors`.
//!
//! An account is known by provider and subject, never by its address: that is not a proof of who somebody is,
//! and links nothing by itself.

mod client;
mod doors;
mod error;
mod exchange;
mod http;
mod identity;
mod links;
mod next;
mod oauth2;
mod openid;
mod pending;
mod pipeline;
mod provider;
mod providers;
mod settings;
mod start;
mod steps;
mod tls;

use std::fmt;
use std::sync::Arc;

use portcullis_core::Store;
use tokio::sync::Semaphore;

pub use client::{ClientSecret, MakeSecret, OAuthClient};
pub use error::{ProviderError, SocialError};
pub use exchange::Proof;
pub use http::{HttpClient, Incoming, Outgoing, TlsError};
pub use identity::Identity;
pub use oauth2::{OAuth2Provider, Profile};
pub use openid::OpenIdProvider;
pub use pending::Callback;
pub use pipeline::{LinkByEmail, SocialLogin, SocialUser, Step};
pub use provider::{Authorization, Call, Code, Issuer, Provider, TokenSet};
pub use providers::{
    AppleKey, AppleKeyError, Facebook, GitHub, apple, facebook, github, gitlab, google, microsoft,
};
pub use settings::SocialSettings;
pub use start::Start;
pub use steps::{ByEmail, Known, SignUp};

use crate::Accounts;

pub(crate) use doors::account_row;
pub(crate) use exchange::{CODE as REFUSED_CODE, Finished, is_linking_of};

/// How many log-ins may wait for providers at once; one more is answered 503.
const AT_ONCE: usize = 256;

/// Social log-in over the account flows.
#[derive(Clone)]
#[doc(alias = "allauth.socialaccount")]
pub struct Social {
    accounts: Accounts,
    providers: Arc<[Arc<dyn Provider>]>,
    http: HttpClient,
    settings: Arc<SocialSettings>,
    steps: Arc<[Arc<dyn Step>]>,
    places: Arc<Semaphore>,
}

impl Social {
    /// Log-ins by these providers, which are asked by `http`.
    ///
    /// # Panics
    /// When two have one name, or one has a name that cannot stand in a path, or is that of a door.
    #[must_use]
    pub fn new(
        accounts: Accounts,
        settings: SocialSettings,
        http: HttpClient,
        providers: Vec<Arc<dyn Provider>>,
    ) -> Self {
        for (place, provider) in providers.iter().enumerate() {
            let name = provider.name();
            let is_name = provider::is_name(name) && name != "accounts";
            assert!(is_name, "{name:?} is no name of a provider");
            let is_new = providers[..place].iter().all(|other| other.name() != name);
            assert!(is_new, "two providers are called {name:?}");
        }
        Self {
            accounts,
            providers: providers.into(),
            http,
            settings: Arc::new(settings),
            steps: steps::usual().into(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// With these steps from somebody at a provider to somebody here, instead of the usual [`Known`], [`ByEmail`] and
    /// [`SignUp`].
    #[doc(alias = "SOCIAL_AUTH_PIPELINE")]
    #[must_use]
    pub fn with_steps(self, steps: Vec<Arc<dyn Step>>) -> Self {
        Self {
            steps: steps.into(),
            ..self
        }
    }

    /// The account flows.
    pub(crate) fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// The providers.
    #[must_use]
    pub fn providers(&self) -> &[Arc<dyn Provider>] {
        &self.providers
    }

    /// The provider of that name.
    #[must_use]
    pub fn provider(&self, name: &str) -> Option<&dyn Provider> {
        let mut providers = self.providers.iter();
        let found = providers.find(|provider| provider.name() == name);
        found.map(AsRef::as_ref)
    }

    fn call(&self) -> Call<'_> {
        Call {
            http: &self.http,
            now: self.accounts.clock.now(),
        }
    }

    fn store(&self) -> &dyn Store {
        self.accounts.passwords.store().as_ref()
    }
}

impl fmt::Debug for Social {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Social")
            .field("providers", &self.providers)
            .finish_non_exhaustive()
    }
}
