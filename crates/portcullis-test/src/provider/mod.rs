//! A provider of OpenID Connect on the loopback, that can misbehave in every way that one must not be believed.
//!
//! ```
//! use portcullis_test::{FakeProvider, Person};
//! use time::macros::datetime;
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let provider = FakeProvider::start(datetime!(2026-01-02 03:04:05 UTC)).await;
//! provider.change(|manners| manners.token = portcullis_test::Manner::Status(500));
//! assert!(provider.issuer().starts_with("http://127.0.0.1:"));
//! # let _ = Person::named("ada");
//! # });
//! ```

mod answers;
mod manners;
mod signing;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use portcullis::accounts::social::{OAuthClient, OpenIdProvider};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use tokio::net::TcpListener;

pub use manners::{Manner, Manners, Signing};

/// Our name at the provider, and its proof.
pub const CLIENT_ID: &str = "our name there";
/// What proves that it is us.
pub const CLIENT_SECRET: &str = "our secret there";

/// Somebody with an account at the provider.
#[derive(Clone, Debug)]
pub struct Person {
    /// What the provider calls them for ever.
    pub subject: Value,
    /// Their address there.
    pub email: Option<String>,
    /// Whether the provider vouches for it.
    pub is_verified: bool,
}

impl Person {
    /// Somebody of that name, with a verified address at `example.com`.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            subject: json!(format!("subject-of-{name}")),
            email: Some(format!("{name}@example.com")),
            is_verified: true,
        }
    }

    /// The same, with an address that nobody has verified.
    #[must_use]
    pub fn unverified(self) -> Self {
        Self {
            is_verified: false,
            ..self
        }
    }

    /// The same, with another address.
    #[must_use]
    pub fn with_email(self, email: &str) -> Self {
        Self {
            email: Some(email.to_owned()),
            ..self
        }
    }
}

/// A provider, until the runtime of the test ends.
#[derive(Clone)]
pub struct FakeProvider {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

/// What the provider knows, and how it behaves.
pub(crate) struct State {
    pub(crate) manners: Manners,
    pub(crate) now: OffsetDateTime,
    pub(crate) codes: BTreeMap<String, Granted>,
    pub(crate) tokens: BTreeMap<String, Person>,
    pub(crate) asked: Vec<String>,
    count: u32,
}

/// What a code was given for.
#[derive(Clone)]
pub(crate) struct Granted {
    pub(crate) person: Person,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: String,
    pub(crate) nonce: String,
    pub(crate) is_used: bool,
}

impl FakeProvider {
    /// Begins to answer on a free port of the loopback; its clock stands at `now`.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start(now: OffsetDateTime) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State {
            manners: Manners::default(),
            now,
            codes: BTreeMap::new(),
            tokens: BTreeMap::new(),
            asked: Vec::new(),
            count: 0,
        }));
        let provider = Self { address, state };
        let router = answers::router(provider.clone());
        tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        provider
    }

    /// What it calls itself.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The provider as a service of ours knows it, under that name, with an app at `callback_url`.
    ///
    /// # Panics
    /// Never: its issuer is a URL.
    #[must_use]
    pub fn client(&self, name: &str, callback_url: &str) -> OpenIdProvider {
        let issuer = self.issuer().parse().expect("an issuer is a URL");
        let client = OAuthClient::new(CLIENT_ID, CLIENT_SECRET).with_callback(callback_url);
        OpenIdProvider::new(name, "The fake", issuer, client)
    }

    /// Changes how it behaves from now on.
    pub fn change(&self, change: impl FnOnce(&mut Manners)) {
        change(&mut self.locked().manners);
    }

    /// Sets its clock.
    pub fn set_time(&self, now: OffsetDateTime) {
        self.locked().now = now;
    }

    /// The paths that it was asked for, in order, since the last time.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.locked().asked)
    }

    /// Lets somebody say yes at its page, as their browser was sent there: gives the query that it comes back with.
    ///
    /// # Panics
    /// When the browser was not sent as RFC 6749, RFC 7636 and OpenID Connect want it.
    #[must_use]
    pub fn consent(&self, authorization_url: &str, person: &Person) -> String {
        let (_, query) = authorization_url
            .split_once('?')
            .expect("the address has a query");
        let said = answers::pairs(query);
        let text = |name: &str| {
            let value = said.get(name).cloned();
            value.unwrap_or_else(|| panic!("{name} is missing in {query}"))
        };
        assert_eq!(text("response_type"), "code");
        assert_eq!(text("client_id"), CLIENT_ID);
        assert_eq!(text("code_challenge_method"), "S256");
        assert_eq!(text("code_challenge").len(), 43);
        assert!(text("scope").split(' ').any(|scope| scope == "openid"));
        let mut state = self.locked();
        state.count += 1;
        let code = format!("code-{}", state.count);
        let granted = Granted {
            person: person.clone(),
            redirect_uri: text("redirect_uri"),
            challenge: text("code_challenge"),
            nonce: text("nonce"),
            is_used: false,
        };
        state.codes.insert(code.clone(), granted);
        let mut query = format!("code={code}&state={}", text("state"));
        if let Some(issuer) = &state.manners.callback_issuer {
            query += &format!("&iss={}", answers::encoded(issuer));
        }
        query
    }

    /// An ID token for us about somebody, as an app on a phone gets it.
    #[must_use]
    pub fn id_token(&self, person: &Person) -> String {
        let issuer = self.issuer();
        signing::id_token(&mut self.locked(), &issuer, person, None)
    }

    pub(crate) fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A number that was not given yet.
    pub(crate) fn next(&mut self) -> u32 {
        self.count += 1;
        self.count
    }
}

/// What is said about somebody, besides the claims of the token itself.
pub(crate) fn claims_of(person: &Person) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), person.subject.clone());
    if let Some(email) = &person.email {
        claims.insert("email".to_owned(), json!(email));
        claims.insert("email_verified".to_owned(), json!(person.is_verified));
    }
    claims
}

impl fmt::Debug for FakeProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FakeProvider").field(&self.address).finish()
    }
}
