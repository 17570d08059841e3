//! Providers of OpenID Connect: found by their issuer, believed by their signature.

mod discovery;
mod id_token;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use portcullis_django::jwt::{Claims, Jwks, JwksError};
use serde_json::{Map, Value};
use url::Url;

use super::oauth2::{authorize, redeem};
use super::{
    Authorization, Call, Code, Identity, Issuer, OAuthClient, Outgoing, Provider, ProviderError,
    TokenSet,
};
use discovery::{Memory, Metadata};
use id_token::Wanted;

/// What is kept of the claims with the account.
const KEPT: [&str; 8] = [
    "sub",
    "email",
    "email_verified",
    "name",
    "given_name",
    "family_name",
    "preferred_username",
    "picture",
];

/// A provider of OpenID Connect, as a value. Its addresses and keys are asked for at its issuer when they are
/// needed, kept for an hour, and for a day while nobody answers there.
///
/// ```
/// use portcullis_accounts::social::{OAuthClient, OpenIdProvider, Provider};
/// let client = OAuthClient::new("our name there", "our secret there");
/// let club = OpenIdProvider::new("club", "The club", "https://id.club.example".parse()?, client);
/// assert_eq!(club.label(), "The club");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[doc(alias = "openid_connect")]
#[non_exhaustive]
pub struct OpenIdProvider {
    /// Its name in paths and tables.
    pub name: String,
    /// What people are shown.
    pub label: String,
    /// Who we are there.
    pub client: OAuthClient,
    /// What it calls itself; its discovery document is below.
    pub issuer: Url,
    /// What we ask to know. Default: `openid email profile`.
    pub scopes: Vec<String>,
    /// What else it wants to be told with the browser, such as `("prompt", "login")`.
    pub authorize_params: Vec<(String, String)>,
    /// Whether its word counts about addresses. Default: yes, as far as it says so.
    pub vouches_for_email: bool,
    memory: Arc<Memory>,
}

impl OpenIdProvider {
    /// A provider of that name, at its issuer.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        label: impl Into<String>,
        issuer: Url,
        client: OAuthClient,
    ) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            client,
            issuer,
            scopes: ["openid", "email", "profile"].map(str::to_owned).to_vec(),
            authorize_params: Vec::new(),
            vouches_for_email: true,
            memory: Arc::default(),
        }
    }

    async fn metadata(&self, call: Call<'_>) -> Result<Metadata, ProviderError> {
        self.memory.metadata(call, &self.issuer).await
    }

    /// The claims of an ID token, all of them checked.
    async fn claims(
        &self,
        call: Call<'_>,
        metadata: &Metadata,
        token: &str,
        nonce: Option<&str>,
    ) -> Result<Claims, ProviderError> {
        if token.len() > id_token::MAX_BYTES {
            return Err(ProviderError::Untrusted("an ID token that is too long"));
        }
        let claims_of = |keys: &Jwks| keys.claims(token, &id_token::ALGORITHMS);
        let keys = self.memory.keys(call, &metadata.keys, false).await?;
        let mut claims = claims_of(&keys);
        if matches!(claims, Err(JwksError::UnknownKey | JwksError::Signature)) {
            // They were changed since; or somebody makes tokens up, and then this is not done again soon.
            claims = claims_of(&self.memory.keys(call, &metadata.keys, true).await?);
        }
        let claims = claims.map_err(|error| match error {
            JwksError::Algorithm => ProviderError::Untrusted("an ID token of another algorithm"),
            JwksError::UnknownKey => ProviderError::Untrusted("an ID token of an unknown key"),
            _ => ProviderError::Untrusted("an ID token that is not signed"),
        })?;
        let wanted = Wanted {
            issuer: &metadata.issuer,
            client: &self.client,
            nonce,
            now: call.now,
        };
        id_token::check(&claims, &wanted)?;
        Ok(claims)
    }

    /// What claims say about somebody.
    fn of_claims(&self, claims: &Map<String, Value>) -> Result<Identity, ProviderError> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let subject = claims.get("sub").unwrap_or(&Value::Null);
        let is_verified = match claims.get("email_verified") {
            Some(Value::Bool(is_verified)) => Some(*is_verified),
            // Apple writes it as a text.
            Some(Value::String(text)) => Some(text == "true"),
            _ => None,
        };
        let is_verified = is_verified.filter(|_| self.vouches_for_email);
        let kept = KEPT.iter().filter_map(|name| {
            let value = claims.get(*name)?;
            Some(((*name).to_owned(), value.clone()))
        });
        Ok(Identity::of_text(subject)?
            .with_email(text("email"), is_verified)
            .with_names(text("given_name"), text("family_name"))
            .with_extra(kept.collect()))
    }

    /// What the provider says about the holder of an access token.
    async fn user_info(
        &self,
        call: Call<'_>,
        metadata: &Metadata,
        token: &str,
    ) -> Result<Map<String, Value>, ProviderError> {
        let url = metadata.userinfo.clone();
        let url = url.ok_or(ProviderError::NotOffered("no user endpoint"))?;
        call.http.json(Outgoing::get(url).bearer(token)).await
    }
}

#[async_trait]
impl Provider for OpenIdProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn label(&self) -> &str {
        &self.label
    }

    fn client(&self) -> &OAuthClient {
        &self.client
    }

    async fn authorization(
        &self,
        call: Call<'_>,
        asked: &Authorization<'_>,
    ) -> Result<Url, ProviderError> {
        let url = self.metadata(call).await?.authorization;
        let mut url = authorize(url, &self.client, &self.scopes, asked);
        url.query_pairs_mut()
            .append_pair("nonce", asked.nonce)
            .extend_pairs(&self.authorize_params);
        Ok(url)
    }

    async fn issuer(&self, call: Call<'_>) -> Result<Issuer, ProviderError> {
        let metadata = self.metadata(call).await?;
        Ok(Issuer {
            name: Some(metadata.issuer),
            is_always_sent: metadata.sends_issuer,
        })
    }

    async fn exchange(&self, call: Call<'_>, code: &Code<'_>) -> Result<TokenSet, ProviderError> {
        let metadata = self.metadata(call).await?;
        let secret = self.client.secret_at(call.now)?;
        let request = match &secret {
            Some(secret) if !metadata.takes_secret_in_form => {
                redeem(metadata.token, &self.client, None, code).basic(&self.client.id, secret)
            }
            secret => redeem(metadata.token, &self.client, secret.as_deref(), code),
        };
        TokenSet::read(&call.http.json(request).await?)
    }

    async fn identity(
        &self,
        call: Call<'_>,
        tokens: &TokenSet,
        nonce: Option<&str>,
    ) -> Result<Identity, ProviderError> {
        let metadata = self.metadata(call).await?;
        let Some(token) = &tokens.id_token else {
            // Only an access token that an app brought comes without one.
            if nonce.is_some() {
                return Err(ProviderError::Answer("no ID token"));
            }
            let info = self.user_info(call, &metadata, tokens.access_token()?);
            return self.of_claims(&info.await?);
        };
        let claims = self.claims(call, &metadata, token, nonce).await?;
        let mut identity = self.of_claims(claims.as_map())?;
        if let (None, Some(access)) = (&identity.email, &tokens.access_token)
            && metadata.userinfo.is_some()
        {
            let info = self.user_info(call, &metadata, access).await?;
            let told = self.of_claims(&info)?;
            // Otherwise somebody else's access token would say who it is.
            if told.subject() != identity.subject() {
                return Err(ProviderError::Untrusted(
                    "another subject at the user endpoint",
                ));
            }
            identity = told;
        }
        Ok(identity)
    }

    async fn identity_of_id_token(
        &self,
        call: Call<'_>,
        token: &str,
        nonce: Option<&str>,
    ) -> Result<Identity, ProviderError> {
        let metadata = self.metadata(call).await?;
        let claims = self.claims(call, &metadata, token, nonce).await?;
        self.of_claims(claims.as_map())
    }
}

impl fmt::Debug for OpenIdProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenIdProvider")
            .field("name", &self.name)
            .field("issuer", &self.issuer.as_str())
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}
