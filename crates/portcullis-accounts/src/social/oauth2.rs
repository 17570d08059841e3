//! Providers that speak OAuth 2.0 alone: who somebody is must be asked with the access token.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use url::Url;

use super::{
    Authorization, Call, Code, Identity, Issuer, OAuthClient, Outgoing, Provider, ProviderError,
    TokenSet,
};

/// How a provider is asked who somebody is: the one thing that each does in its own way.
#[async_trait]
pub trait Profile: Send + Sync {
    /// Whose an access token is.
    ///
    /// # Errors
    /// [`ProviderError`], when the provider does not say so.
    async fn identity(&self, call: Call<'_>, access_token: &str)
    -> Result<Identity, ProviderError>;

    /// Whether the provider says that an access token was made for us, and for nobody else.
    ///
    /// An app on a phone may then bring one. Without this, it may not: any service that a person ever logged in
    /// to has one like it.
    ///
    /// # Errors
    /// [`ProviderError`], when the provider does not say so.
    async fn is_for(
        &self,
        call: Call<'_>,
        client: &OAuthClient,
        access_token: &str,
    ) -> Result<bool, ProviderError> {
        let _ = (call, client, access_token);
        Err(ProviderError::NotOffered(
            "no word about whom an access token is for",
        ))
    }
}

/// A provider of OAuth 2.0, as a value.
///
/// ```
/// use async_trait::async_trait;
/// use portcullis_accounts::social::{
///     Call, Identity, OAuth2Provider, OAuthClient, Outgoing, Profile, Provider, ProviderError,
/// };
/// use serde_json::Value;
///
/// /// Whose account it is at the club's own server.
/// struct Club;
///
/// #[async_trait]
/// impl Profile for Club {
///     async fn identity(&self, call: Call<'_>, token: &str) -> Result<Identity, ProviderError> {
///         let me = "https://club.example/api/me".parse();
///         let me = me.map_err(|_| ProviderError::NotOffered("no address"))?;
///         let member = call.http.json(Outgoing::get(me).bearer(token)).await?;
///         let email = member.get("mail").and_then(Value::as_str);
///         // The club gives its members their addresses.
///         Ok(Identity::of_number(&member["number"])?.with_email(email, Some(true)))
///     }
/// }
///
/// let club = OAuth2Provider::new(
///     "club",
///     "The club",
///     OAuthClient::new("our name there", "our secret there"),
///     "https://club.example/oauth/authorize".parse()?,
///     "https://club.example/oauth/token".parse()?,
///     Club,
/// );
/// assert_eq!(club.name(), "club");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct OAuth2Provider {
    /// Its name in paths and tables.
    pub name: String,
    /// What people are shown.
    pub label: String,
    /// Who we are there.
    pub client: OAuthClient,
    /// Where browsers are sent to.
    pub authorize_url: Url,
    /// Where codes are exchanged.
    pub token_url: Url,
    /// What we ask to know.
    pub scopes: Vec<String>,
    /// What it calls itself in `iss` at the callback, where it does.
    pub issuer: Option<String>,
    /// How it is asked who somebody is.
    pub profile: Arc<dyn Profile>,
}

impl OAuth2Provider {
    /// A provider of that name, with its two addresses and its way of telling who somebody is.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        label: impl Into<String>,
        client: OAuthClient,
        authorize_url: Url,
        token_url: Url,
        profile: impl Profile + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            client,
            authorize_url,
            token_url,
            scopes: Vec::new(),
            issuer: None,
            profile: Arc::new(profile),
        }
    }

    /// Asks to know this.
    #[must_use]
    pub fn with_scopes(mut self, scopes: &[&str]) -> Self {
        self.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self
    }

    /// With what it calls itself in `iss` at the callback.
    #[must_use]
    pub fn with_issuer(self, issuer: impl Into<String>) -> Self {
        Self {
            issuer: Some(issuer.into()),
            ..self
        }
    }
}

#[async_trait]
impl Provider for OAuth2Provider {
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
        _: Call<'_>,
        asked: &Authorization<'_>,
    ) -> Result<Url, ProviderError> {
        let url = self.authorize_url.clone();
        Ok(authorize(url, &self.client, &self.scopes, asked))
    }

    async fn issuer(&self, _: Call<'_>) -> Result<Issuer, ProviderError> {
        Ok(Issuer {
            name: self.issuer.clone(),
            is_always_sent: false,
        })
    }

    async fn exchange(&self, call: Call<'_>, code: &Code<'_>) -> Result<TokenSet, ProviderError> {
        let secret = self.client.secret_at(call.now)?;
        let request = redeem(
            self.token_url.clone(),
            &self.client,
            secret.as_deref(),
            code,
        );
        TokenSet::read(&call.http.json(request).await?)
    }

    async fn identity(
        &self,
        call: Call<'_>,
        tokens: &TokenSet,
        _: Option<&str>,
    ) -> Result<Identity, ProviderError> {
        self.profile.identity(call, tokens.access_token()?).await
    }

    async fn identity_of_access_token(
        &self,
        call: Call<'_>,
        token: &str,
    ) -> Result<Identity, ProviderError> {
        match self.profile.is_for(call, &self.client, token).await? {
            true => self.profile.identity(call, token).await,
            false => Err(ProviderError::Untrusted(
                "an access token for somebody else",
            )),
        }
    }
}

/// Where a browser is sent to (RFC 6749, 4.1.1; RFC 7636, 4.3).
pub(super) fn authorize(
    mut url: Url,
    client: &OAuthClient,
    scopes: &[String],
    asked: &Authorization<'_>,
) -> Url {
    {
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", asked.redirect_uri)
            .append_pair("state", asked.state)
            .append_pair("code_challenge", asked.code_challenge)
            .append_pair("code_challenge_method", "S256");
        if !scopes.is_empty() {
            query.append_pair("scope", &scopes.join(" "));
        }
    }
    url
}

/// The request that exchanges a code (RFC 6749, 4.1.3; RFC 7636, 4.5), with the secret in its form.
pub(super) fn redeem(
    url: Url,
    client: &OAuthClient,
    secret: Option<&str>,
    code: &Code<'_>,
) -> Outgoing {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code.code),
        ("redirect_uri", code.redirect_uri),
        ("client_id", &client.id),
    ];
    fields.extend(secret.map(|secret| ("client_secret", secret)));
    fields.extend(code.verifier.map(|verifier| ("code_verifier", verifier)));
    Outgoing::form(url, &fields)
}

impl fmt::Debug for OAuth2Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth2Provider")
            .field("name", &self.name)
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}
