//! Microsoft, by OpenID Connect: people of one tenant, or of every one.

use url::Url;

use super::known;
use crate::social::{OAuthClient, OpenIdProvider};

/// Microsoft. `tenant` is a tenant's id, or `common` or `organizations` for those of every one; `None` when it
/// is nothing that can stand in an address.
///
/// # Security
/// Any tenant's administrators may write any address into their people's accounts: Microsoft's word about
/// addresses counts for nothing here.
#[must_use]
pub fn microsoft(client: OAuthClient, tenant: &str) -> Option<OpenIdProvider> {
    let is_character = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    if tenant.is_empty() || !tenant.bytes().all(is_character) {
        return None;
    }
    let mut issuer: Url = known("https://login.microsoftonline.com");
    issuer.set_path(&format!("/{tenant}/v2.0"));
    let mut provider = OpenIdProvider::new("microsoft", "Microsoft", issuer, client);
    provider.vouches_for_email = false;
    Some(provider)
}
