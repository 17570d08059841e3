//! GitLab, by OpenID Connect: gitlab.com, or one of one's own.

use url::Url;

use super::known;
use crate::social::{OAuthClient, OpenIdProvider};

/// GitLab, at gitlab.com where no other address is said.
#[must_use]
pub fn gitlab(client: OAuthClient, own: Option<Url>) -> OpenIdProvider {
    let issuer = own.unwrap_or_else(|| known("https://gitlab.com"));
    OpenIdProvider::new("gitlab", "GitLab", issuer, client)
}
