//! Apple, by OpenID Connect: its secret is a token that we sign anew each time.

use std::fmt;
use std::sync::Arc;

use portcullis_django::jwt::{Algorithm, Backend, Claims, Key};
use serde_json::{Map, json};
use time::OffsetDateTime;

use super::known;
use crate::social::{ClientSecret, MakeSecret, OAuthClient, OpenIdProvider};

/// How long a secret is good, in seconds.
const SECRET_SECONDS: i64 = 300;

/// Apple. The secret of `client` does not matter; its id is that of the service.
///
/// Names and addresses are asked for, so Apple sends the browser back by a form: the door of the callback
/// takes it.
#[must_use]
pub fn apple(client: OAuthClient, key: AppleKey) -> OpenIdProvider {
    let made = MadeSecret {
        key,
        client: client.id.clone(),
    };
    let client = OAuthClient {
        secret: ClientSecret::Made(Arc::new(made)),
        ..client
    };
    let issuer = known("https://appleid.apple.com");
    let mut provider = OpenIdProvider::new("apple", "Apple", issuer, client);
    provider.scopes = ["openid", "email", "name"].map(str::to_owned).to_vec();
    provider.authorize_params = vec![("response_mode".to_owned(), "form_post".to_owned())];
    provider
}

/// The private key that Apple gave us.
#[derive(Clone)]
pub struct AppleKey {
    team: String,
    backend: Backend,
}

/// Why there is no such key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Apple's key is no private key of P-256 in PEM")]
pub struct AppleKeyError;

impl AppleKey {
    /// The key of that id, of that team: the text of the file `AuthKey_….p8`.
    ///
    /// # Errors
    /// When it is none.
    pub fn new(team: &str, id: &str, pem: &str) -> Result<Self, AppleKeyError> {
        let key = Key::ecdsa(Algorithm::Es256, pem).map_err(|_| AppleKeyError)?;
        Ok(Self {
            team: team.to_owned(),
            backend: Backend::new(key.with_id(id)),
        })
    }
}

/// Makes the secret of a service.
struct MadeSecret {
    key: AppleKey,
    client: String,
}

impl MakeSecret for MadeSecret {
    fn secret(&self, now: OffsetDateTime) -> Option<String> {
        let now = now.unix_timestamp();
        let claims = Map::from_iter([
            ("iss".to_owned(), json!(self.key.team)),
            ("iat".to_owned(), json!(now)),
            ("exp".to_owned(), json!(now.saturating_add(SECRET_SECONDS))),
            ("aud".to_owned(), json!("https://appleid.apple.com")),
            ("sub".to_owned(), json!(self.client)),
        ]);
        self.key.backend.encode(&Claims::from_map(claims)).ok()
    }
}

impl fmt::Debug for AppleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppleKey")
            .field("team", &self.team)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of nobody: made for this test.
    const PEM: &str = include_str!("test_key.pem");

    #[test]
    fn secret_is_a_token_of_our_team_for_apple() {
        let key = AppleKey::new("TEAM", "KEY", PEM).unwrap();
        let public = Key::ecdsa(Algorithm::Es256, PEM).unwrap().with_id("KEY");
        let provider = apple(OAuthClient::new("service.example", ""), key);
        let now = OffsetDateTime::UNIX_EPOCH;
        let secret = provider.client.secret_at(now).unwrap().unwrap();
        let claims = Backend::new(public).decode(&secret, 0).unwrap();
        assert_eq!(claims.get("iss"), Some(&json!("TEAM")));
        assert_eq!(claims.get("sub"), Some(&json!("service.example")));
        assert_eq!(claims.expires_at(), Some(SECRET_SECONDS));
        assert_eq!(
            AppleKey::new("TEAM", "KEY", "no key").unwrap_err(),
            AppleKeyError
        );
    }
}
