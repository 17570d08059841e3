//! Settings of social log-in: who we are at each provider.

use std::sync::Arc;

use anyhow::{Context, bail};
use portcullis::accounts::social::{
    AppleKey, HttpClient, OAuthClient, OpenIdProvider, Provider, SocialSettings, apple, facebook,
    github, gitlab, google, microsoft,
};
use portcullis::core::Limit;
use time::Duration;
use url::Url;

use super::given::Given;
use super::kind::{Kind, Wrong, quoted};
use super::{Line, Password, Settings};
use crate::app::SocialProviders;

/// An address at which a provider, or the app, is: https, or http on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeUrl {
    /// The address, letter by letter: providers compare it so.
    pub text: String,
    url: Url,
}

impl Kind for SafeUrl {
    fn wanted() -> String {
        "an address by https, such as \"https://app.example.com/auth\"".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let text = given.text().ok_or(Wrong::Kind)?.trim();
        let url: Url = text.parse().map_err(|_| Wrong::Kind)?;
        let has_user = !url.username().is_empty() || url.password().is_some();
        if !HttpClient::may_ask(&url) || has_user || url.fragment().is_some() {
            return Err(Wrong::Kind);
        }
        Ok(Self {
            text: text.to_owned(),
            url,
        })
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(&self.text))
    }
}

/// A provider's name in paths and tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderName(pub String);

impl Kind for ProviderName {
    fn wanted() -> String {
        "1 to 32 of a-z, 0-9, - and _, such as \"club\"".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let text = given.text().ok_or(Wrong::Kind)?;
        let is_character =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        let is_name = (1..=32).contains(&text.len()) && text.bytes().all(is_character);
        is_name.then(|| Self(text.to_owned())).ok_or(Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(&self.0))
    }
}

/// Names that a provider of one's own cannot have: those of others, and of doors.
const TAKEN: [&str; 14] = [
    "github",
    "google",
    "facebook",
    "microsoft",
    "gitlab",
    "apple",
    "accounts",
    "login",
    "logout",
    "user",
    "password",
    "registration",
    "token",
    "socialaccounts",
];

impl Settings {
    /// What is set about social log-in.
    #[must_use]
    pub fn social(&self) -> SocialSettings {
        let next_origins = self.social_next_origins.iter();
        SocialSettings {
            next: self.social_next.0.clone(),
            next_origins: next_origins.map(|origin| origin.0.clone()).collect(),
            link_verified_email: self.social_link_verified_email,
            limit: Some(Limit {
                tries: self.social_limit_tries.get(),
                window: Duration::seconds(self.social_limit_window_seconds.get().into()),
            }),
            ..SocialSettings::new(self.base_url())
        }
    }

    /// The providers that are set up, and what asks them; `None` where there are none.
    ///
    /// # Errors
    /// When a file of keys or certificates cannot be used.
    pub fn social_providers(&self) -> anyhow::Result<Option<SocialProviders>> {
        let mut providers: Vec<Arc<dyn Provider>> = Vec::new();
        if let Some(client) = self.github_client() {
            let own = self.social_github_url.as_ref().map(|url| &url.url);
            providers.push(Arc::new(github(client, own)));
        }
        if let Some(client) = self.google_client() {
            providers.push(Arc::new(google(client)));
        }
        if let Some(client) = self.facebook_client() {
            providers.push(Arc::new(facebook(client, None)));
        }
        if let Some(client) = self.microsoft_client() {
            let tenant = &self.social_microsoft_tenant.0;
            let provider = microsoft(client, tenant);
            let provider = provider.context("social.microsoft_tenant is no tenant")?;
            providers.push(Arc::new(provider));
        }
        if let Some(client) = self.gitlab_client() {
            let own = self.social_gitlab_url.as_ref().map(|url| url.url.clone());
            providers.push(Arc::new(gitlab(client, own)));
        }
        if let Some((client, key)) = self.apple_client()? {
            providers.push(Arc::new(apple(client, key)));
        }
        if let Some(provider) = self.own_provider() {
            providers.push(Arc::new(provider));
        }
        if providers.is_empty() {
            return Ok(None);
        }
        let client = HttpClient::new(self.social_ca_file.as_deref())?;
        Ok(Some(SocialProviders { client, providers }))
    }

    /// The names of settings that are secrets.
    pub(crate) fn social_secrets() -> impl Iterator<Item = &'static str> {
        super::keys()
            .into_iter()
            .filter(|key| key.starts_with("social.") && key.ends_with("_client_secret"))
    }

    /// Apple's client, and the key that makes its secret.
    fn apple_client(&self) -> anyhow::Result<Option<(OAuthClient, AppleKey)>> {
        let (Some(id), Some(team), Some(key), Some(file)) = (
            &self.social_apple_client_id,
            &self.social_apple_team_id,
            &self.social_apple_key_id,
            &self.social_apple_key_file,
        ) else {
            return Ok(None);
        };
        let pem = std::fs::read_to_string(file);
        let pem = pem.with_context(|| format!("{} cannot be read", file.display()))?;
        let Ok(key) = AppleKey::new(&team.0, &key.0, &pem) else {
            bail!("{} is not the file that Apple gave", file.display());
        };
        let mut client = OAuthClient::new(&id.0, "");
        client.callback_url = text(self.social_apple_callback_url.as_ref());
        client.other_ids = lines(&self.social_apple_other_client_ids);
        Ok(Some((client, key)))
    }

    /// The provider that is found by its issuer.
    fn own_provider(&self) -> Option<OpenIdProvider> {
        let issuer = self.social_openid_issuer.as_ref()?.url.clone();
        let client = client(
            self.social_openid_client_id.as_ref(),
            self.social_openid_client_secret.as_ref(),
            self.social_openid_callback_url.as_ref(),
        )?;
        let (name, label) = (&self.social_openid_name.0, &self.social_openid_label.0);
        Some(OpenIdProvider::new(name, label, issuer, client))
    }

    /// What must be said together about providers, as faults.
    pub(super) fn providers_are_whole(&self, faults: &mut Vec<String>) {
        let is = |key: &str| self.is_said(&format!("social.{key}"));
        for name in [
            "github",
            "google",
            "facebook",
            "microsoft",
            "gitlab",
            "openid",
        ] {
            let (id, secret) = (format!("{name}_client_id"), format!("{name}_client_secret"));
            if is(&id) != is(&secret) {
                faults.push(format!(
                    "social.{id} and social.{secret} belong together: set both or neither"
                ));
            }
        }
        let apple = ["client_id", "team_id", "key_id", "key_file"];
        let said = apple.iter().filter(|key| is(&format!("apple_{key}")));
        if !matches!(said.count(), 0 | 4) {
            faults.push(
                "social.apple_client_id, apple_team_id, apple_key_id and apple_key_file belong \
                 together: set all or none"
                    .to_owned(),
            );
        }
        if is("openid_client_id") != is("openid_issuer") {
            faults.push(
                "social.openid_client_id and social.openid_issuer belong together: set both or \
                 neither"
                    .to_owned(),
            );
        }
        let name = self.social_openid_name.0.as_str();
        if TAKEN.contains(&name) {
            let at = self.source("social.openid_name");
            faults.push(format!(
                "{at}: {name:?} is the name of something else: choose another"
            ));
        }
        let next = &self.social_next.0;
        if !next.starts_with('/') || next.starts_with("//") || next.contains('\\') {
            let at = self.source("social.next");
            faults.push(format!(
                "{at}: social.next is a path of this server, such as \"/\""
            ));
        }
    }
}

macro_rules! clients {
    ($($method:ident $id:ident $secret:ident $callback:ident $(other $other:ident)?;)+) => {
        impl Settings {
            $(
                fn $method(&self) -> Option<OAuthClient> {
                    let (id, secret) = (self.$id.as_ref(), self.$secret.as_ref());
                    let client = client(id, secret, self.$callback.as_ref())?;
                    $(let client = OAuthClient { other_ids: lines(&self.$other), ..client };)?
                    Some(client)
                }
            )+
        }
    };
}

clients! {
    github_client social_github_client_id social_github_client_secret social_github_callback_url;
    google_client social_google_client_id social_google_client_secret social_google_callback_url
        other social_google_other_client_ids;
    facebook_client social_facebook_client_id social_facebook_client_secret
        social_facebook_callback_url;
    microsoft_client social_microsoft_client_id social_microsoft_client_secret
        social_microsoft_callback_url;
    gitlab_client social_gitlab_client_id social_gitlab_client_secret social_gitlab_callback_url;
}

fn client(
    id: Option<&Line>,
    secret: Option<&Password>,
    callback: Option<&SafeUrl>,
) -> Option<OAuthClient> {
    let mut client = OAuthClient::new(&id?.0, secret?.expose_secret());
    client.callback_url = text(callback);
    Some(client)
}

fn text(url: Option<&SafeUrl>) -> Option<String> {
    url.map(|url| url.text.clone())
}

fn lines(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| line.0.clone()).collect()
}
