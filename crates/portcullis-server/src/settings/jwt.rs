//! The settings of JWTs: their kinds of values, and the keys that they name.

use std::fmt;
use std::path::Path;

use anyhow::{Context, bail};
use portcullis::accounts::{Families, JwtSettings, RefreshLimits};
use portcullis::core::{Limit, SecretKeys};
use portcullis::django::jwt::{Algorithm, Backend, Family, Key, MIN_SECRET_BYTES};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::Settings;
use super::given::Given;
use super::kind::{Kind, Wrong, quoted};
use super::mail::Line;
use crate::secret_key::{SecretKey, others_may_read};

/// Who issues tokens, and for whom, where nothing is said and there is no public URL.
const OURSELVES: &str = "portcullis";

impl Kind for Algorithm {
    fn wanted() -> String {
        let names = Self::ALL.map(Self::name).join(", ");
        format!("one of {names}, such as \"{}\"", Self::default())
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let name = given.text().ok_or(Wrong::Kind)?.trim();
        Self::from_name(name).ok_or(Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(self.name()))
    }
}

/// A secret that JWTs are signed with.
///
/// # Security
/// Prints as `JwtSecret(..)`.
#[derive(Clone)]
pub struct JwtSecret(String);

impl fmt::Debug for JwtSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JwtSecret(..)")
    }
}

impl Kind for JwtSecret {
    const IS_SECRET: bool = true;

    fn wanted() -> String {
        format!("a secret of {MIN_SECRET_BYTES} bytes or more")
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let text = given.text().ok_or(Wrong::Kind)?;
        if text.len() < MIN_SECRET_BYTES {
            return Err(Wrong::Kind);
        }
        if !SecretKey::is_varied(text) {
            return Err(Wrong::Because(
                "a secret for JWTs is made of a few characters, or an example from a template"
                    .to_owned(),
            ));
        }
        Ok(Self(text.to_owned()))
    }

    fn shown(&self) -> Option<String> {
        Some("\"(hidden)\"".to_owned())
    }
}

/// A moment, such as `2027-01-31T00:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub OffsetDateTime);

impl Kind for Moment {
    fn wanted() -> String {
        "a moment, such as \"2027-01-31T00:00:00Z\"".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let text = given.text().ok_or(Wrong::Kind)?;
        let read = OffsetDateTime::parse(text.trim(), &Rfc3339);
        read.map(Self).map_err(|_| Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        self.0.format(&Rfc3339).ok().map(|text| quoted(&text))
    }
}

impl Settings {
    /// How JWTs are made and exchanged.
    #[must_use]
    pub fn jwt(&self) -> JwtSettings {
        let seconds = |number: u32| std::time::Duration::from_secs(number.into());
        let families = Families {
            lifetime: Duration::seconds(self.jwt_family_lifetime.get().into()),
            grace: Duration::seconds(self.jwt_refresh_grace.get().into()),
        };
        let limit = |tries: u32| Limit {
            tries,
            window: Duration::seconds(self.refresh_limit_window_seconds.get().into()),
        };
        let mut settings = JwtSettings {
            families: (!self.refreshes_without_families()).then_some(families),
            refresh_limits: Some(RefreshLimits {
                of_login: limit(self.refresh_limit_tries.get()),
                of_address: limit(self.refresh_limit_tries_per_address.get()),
            }),
            trims_password: self.has_compat("compat.trim_passwords", self.compat_trim_passwords),
            ..JwtSettings::default()
        };
        let tokens = &mut settings.tokens;
        tokens.access_token_lifetime = seconds(self.jwt_access_token_lifetime.get());
        tokens.refresh_token_lifetime = seconds(self.jwt_refresh_token_lifetime.get());
        tokens.rotate_refresh_tokens = self.jwt_rotate_refresh_tokens;
        tokens.blacklist_after_rotation = self.jwt_blacklist_after_rotation;
        tokens.check_revoke_token = self.jwt_check_revoke_token;
        settings
    }

    /// What signs JWTs and reads them; reads the files of keys.
    ///
    /// # Errors
    /// When a file cannot be read, or a key is none of the algorithm.
    pub fn jwt_backend(&self, secret_keys: &SecretKeys) -> anyhow::Result<Backend> {
        let mut backend = Backend::new(self.jwt_key(secret_keys)?)
            .with_leeway(std::time::Duration::from_secs(self.jwt_leeway.get().into()));
        let until = self
            .jwt_older_keys_until
            .map(|until| until.0.unix_timestamp());
        for key in self.jwt_older_keys()? {
            // Without a date the settings are refused before.
            backend = backend.with_older_key(key, until.unwrap_or(0));
        }
        if let Some(issuer) = self.said_or_ours(&self.jwt_issuer) {
            backend = backend.with_issuer(issuer);
        }
        if let Some(audience) = self.said_or_ours(&self.jwt_audience) {
            backend = backend.with_audience(audience);
        }
        Ok(backend)
    }

    /// What is said; else, unless the claims are to be simplejwt's, the public URL or our name.
    fn said_or_ours(&self, said: &Option<Line>) -> Option<String> {
        if let Some(said) = said.as_ref().filter(|said| !said.0.is_empty()) {
            return Some(said.0.clone());
        }
        if self.has_compat("compat.jwt_plain_claims", self.compat_jwt_plain_claims) {
            return None;
        }
        let url = self.public_url.as_ref();
        Some(url.map_or_else(|| OURSELVES.to_owned(), |url| url.to_string()))
    }

    pub(crate) fn refreshes_without_families(&self) -> bool {
        self.has_compat(
            "compat.refresh_without_families",
            self.compat_refresh_without_families,
        )
    }

    fn jwt_key(&self, secret_keys: &SecretKeys) -> anyhow::Result<Key> {
        let algorithm = self.jwt_algorithm;
        let key = if algorithm.family() == Family::Hmac {
            let secret = match &self.jwt_signing_key {
                Some(secret) => secret.0.as_str(),
                None => secret_keys.expose_current(),
            };
            Key::secret(algorithm, secret).context("the key of JWTs")?
        } else {
            let (Some(private), Some(public)) =
                (&self.jwt_private_key_file, &self.jwt_public_key_file)
            else {
                bail!(
                    "jwt.algorithm {algorithm} wants jwt.private_key_file and jwt.public_key_file"
                );
            };
            if others_may_read(private) {
                tracing::warn!(
                    file = %private.display(),
                    "others may read the private key of JWTs: chmod 600 it"
                );
            }
            let pair = Key::pair(algorithm, &read(private)?, &read(public)?);
            let files = || format!("{} and {}", private.display(), public.display());
            pair.with_context(files)?.with_thumbprint()
        };
        Ok(
            match self.jwt_key_id.as_ref().filter(|id| !id.0.is_empty()) {
                Some(id) => key.with_id(id.0.as_str()),
                None => key,
            },
        )
    }

    fn jwt_older_keys(&self) -> anyhow::Result<Vec<Key>> {
        let mut keys = Vec::new();
        for secret in &self.jwt_older_signing_keys {
            let hmac = match self.jwt_algorithm.family() {
                Family::Hmac => self.jwt_algorithm,
                _ => Algorithm::Hs256,
            };
            keys.push(Key::secret(hmac, &secret.0).context("jwt.older_signing_keys")?);
        }
        for path in &self.jwt_older_public_key_files {
            let pem = read(path)?;
            // A public key says by itself which algorithms it is of; of RSA's, ours or the first.
            let ours = std::iter::once(self.jwt_algorithm);
            let key = ours
                .chain(Algorithm::ALL)
                .find_map(|algorithm| Key::public(algorithm, &pem).ok());
            let key = key.with_context(|| format!("{} is no public key", path.display()))?;
            keys.push(key.with_thumbprint());
        }
        Ok(keys)
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Given {
        Given::Text(text.to_owned())
    }

    #[test]
    fn algorithms_and_moments_are_read_by_their_names() {
        assert_eq!(Algorithm::read(&text("EdDSA")), Ok(Algorithm::EdDsa));
        for wrong in ["none", "hs256", "", "HS1"] {
            assert!(Algorithm::read(&text(wrong)).is_err(), "{wrong}");
        }
        assert!(Moment::read(&text("2027-01-31T00:00:00Z")).is_ok());
        for wrong in ["2027-01-31", "soon", ""] {
            assert!(Moment::read(&text(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn weak_secrets_are_refused() {
        for wrong in [
            "short",
            &"a".repeat(64),
            &format!("django-insecure-{}", "abcdef".repeat(9)),
        ] {
            assert!(JwtSecret::read(&text(wrong)).is_err(), "{wrong}");
        }
        assert!(JwtSecret::read(&text("0123456789abcdef0123456789abcdef")).is_ok());
    }
}
