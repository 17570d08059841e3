//! What a provider of social log-in is, for us.

use std::fmt;

use async_trait::async_trait;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use url::Url;

use super::{HttpClient, Identity, OAuthClient, ProviderError};

/// A provider: somebody who tells us who people are.
///
/// Most are a value of [`OAuth2Provider`](super::OAuth2Provider) or [`OpenIdProvider`](super::OpenIdProvider),
/// and this need not be implemented for them.
#[async_trait]
#[doc(alias = "OAuth2Adapter")]
pub trait Provider: Send + Sync {
    /// Its name in paths and tables, such as `github`: 1 to 32 of `a-z`, `0-9`, `-` and `_`.
    fn name(&self) -> &str;

    /// What people are shown, such as `GitHub`.
    fn label(&self) -> &str;

    /// Who we are there.
    fn client(&self) -> &OAuthClient;

    /// Where people's browsers are sent to.
    ///
    /// # Errors
    /// [`ProviderError`] when that has to be asked for first, and is not told.
    async fn authorization(
        &self,
        call: Call<'_>,
        asked: &Authorization<'_>,
    ) -> Result<Url, ProviderError>;

    /// Who calls itself what in `iss` at the callback (RFC 9207).
    ///
    /// # Errors
    /// As [`authorization`](Self::authorization).
    async fn issuer(&self, call: Call<'_>) -> Result<Issuer, ProviderError>;

    /// Exchanges a code for tokens.
    ///
    /// # Errors
    /// [`ProviderError::Refused`] when the provider does not take the code; others when it does not answer as it
    /// should.
    async fn exchange(&self, call: Call<'_>, code: &Code<'_>) -> Result<TokenSet, ProviderError>;

    /// Whose the tokens of an exchange are. Where there is an ID token, `nonce` must stand in it.
    ///
    /// # Errors
    /// [`ProviderError`], when the provider does not say so to our satisfaction.
    async fn identity(
        &self,
        call: Call<'_>,
        tokens: &TokenSet,
        nonce: Option<&str>,
    ) -> Result<Identity, ProviderError>;

    /// Whose an ID token is that an app brings, which must be made for us.
    ///
    /// # Errors
    /// [`ProviderError`]; of providers without ID tokens always.
    async fn identity_of_id_token(
        &self,
        call: Call<'_>,
        token: &str,
        nonce: Option<&str>,
    ) -> Result<Identity, ProviderError> {
        let _ = (call, token, nonce);
        Err(ProviderError::NotOffered("no ID tokens"))
    }

    /// Whose an access token is that an app brings, where the provider says that it was made for us.
    ///
    /// # Errors
    /// [`ProviderError`]; of providers that do not say so always.
    async fn identity_of_access_token(
        &self,
        call: Call<'_>,
        token: &str,
    ) -> Result<Identity, ProviderError> {
        let _ = (call, token);
        Err(ProviderError::NotOffered(
            "no word about whom an access token is for",
        ))
    }
}

/// By what a provider is asked, and when.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The client.
    pub http: &'a HttpClient,
    /// The time.
    pub now: OffsetDateTime,
}

/// What a browser is sent to a provider with.
#[derive(Clone, Copy)]
pub struct Authorization<'a> {
    /// Where it is to come back.
    pub redirect_uri: &'a str,
    /// What it brings back.
    pub state: &'a str,
    /// The hash of what only we know (RFC 7636, `S256`).
    pub code_challenge: &'a str,
    /// What the ID token must hold.
    pub nonce: &'a str,
}

/// A code to be exchanged.
#[derive(Clone, Copy)]
pub struct Code<'a> {
    /// The code.
    pub code: &'a str,
    /// Where the browser came back, as it was said at the beginning.
    pub redirect_uri: &'a str,
    /// What only we know; `None` where the log-in was begun elsewhere.
    pub verifier: Option<&'a str>,
}

/// Who a provider says that it is at the callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// Its `iss`; `None`: it has none, and whoever sends one is somebody else.
    pub name: Option<String>,
    /// Whether it always sends it.
    pub is_always_sent: bool,
}

impl Issuer {
    /// Whether whoever calls itself that is this one. Where a provider speaks for many tenants, its name has a
    /// place for them, `{tenantid}`.
    #[must_use]
    pub fn is(&self, said: &str) -> bool {
        let Some(name) = &self.name else {
            return false;
        };
        let Some((before, after)) = name.split_once(TENANT) else {
            return name == said;
        };
        let tenant = said.strip_prefix(before);
        let tenant = tenant.and_then(|rest| rest.strip_suffix(after));
        tenant.is_some_and(is_tenant)
    }
}

/// The place for a tenant in an issuer's name.
pub(super) const TENANT: &str = "{tenantid}";

/// Whether a text is a tenant's id: a UUID.
pub(super) fn is_tenant(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// What a provider gives for a code.
#[derive(Clone, Default)]
pub struct TokenSet {
    /// By which it tells who somebody is.
    pub access_token: Option<String>,
    /// By which it has told already.
    pub id_token: Option<String>,
}

impl TokenSet {
    /// Reads the answer of a token endpoint (RFC 6749, 5).
    ///
    /// # Errors
    /// [`ProviderError::Refused`] where it holds an `error`, [`ProviderError::Answer`] where it holds no token.
    pub fn read(answer: &Map<String, Value>) -> Result<Self, ProviderError> {
        if answer.contains_key("error") {
            return Err(ProviderError::Refused("by an error in its answer"));
        }
        let text = |name: &str| {
            let text = answer.get(name).and_then(Value::as_str);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let tokens = Self {
            access_token: text("access_token"),
            id_token: text("id_token"),
        };
        if tokens.access_token.is_none() && tokens.id_token.is_none() {
            return Err(ProviderError::Answer("no token"));
        }
        Ok(tokens)
    }

    /// The access token.
    ///
    /// # Errors
    /// [`ProviderError::Answer`] when there is none.
    pub fn access_token(&self) -> Result<&str, ProviderError> {
        let token = self.access_token.as_deref();
        token.ok_or(ProviderError::Answer("no access token"))
    }
}

macro_rules! hides {
    ($($name:ident $(<$life:lifetime>)?),+) => {$(
        impl fmt::Debug for $name$(<$life>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Who reads it could log in.
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

hides!(Authorization<'_>, Code<'_>, TokenSet);

impl fmt::Debug for dyn Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Provider").field(&self.name()).finish()
    }
}

/// Whether a provider may be called that.
pub(super) fn is_name(name: &str) -> bool {
    let is_character =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    (1..=32).contains(&name.len()) && name.bytes().all(is_character)
}
