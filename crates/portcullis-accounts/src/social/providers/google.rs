//! Google, by OpenID Connect.

use super::known;
use crate::social::{OAuthClient, OpenIdProvider};

/// Google.
#[must_use]
pub fn google(client: OAuthClient) -> OpenIdProvider {
    let issuer = known("https://accounts.google.com");
    OpenIdProvider::new("google", "Google", issuer, client)
}
