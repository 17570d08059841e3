//! The settings as the parts of the application take them.

use portcullis::accounts::DeviceTokens;
use portcullis::core::{Limit, SecretKeys};
use portcullis::django::password::Hashers;
use portcullis::web::{
    Compat, CorsSettings, DeviceRenewal, LoginLimits, Origins, SessionSettings, TrustedProxies,
};
use time::Duration;

use super::Settings;
use super::classes::AuthenticationClass;
use crate::app::Surroundings;
use crate::http::HttpLimits;
use crate::secret_key::{SecretKey, SecretKeyError};

impl Settings {
    /// What these settings say about the application.
    #[must_use]
    pub fn surroundings(&self) -> Surroundings {
        let mut session = SessionSettings::default();
        session.cookie.age = seconds(self.session_cookie_age.get());
        let some_seconds = |number: u32| (number > 0).then(|| seconds(number));
        session.idle = some_seconds(self.session_idle_seconds.get());
        session.absolute = some_seconds(self.session_absolute_seconds.get());
        session.expire_at_browser_close = self.session_expire_at_browser_close;
        let backends = self.authentication_backends.0.iter();
        session.backends = backends.map(|backend| backend.0.clone()).collect();
        session.cookie.name.clone_from(&self.session_cookie_name.0);
        // Names that were said are somebody else's, too: they stay as they are.
        let names = ["session_cookie_name", "csrf_cookie_name"];
        Surroundings {
            is_https: self.public_url.as_ref().is_some_and(|url| url.is_https()),
            keeps_cookie_names: names.iter().any(|name| self.is_said(name))
                || self.has_compat("compat.plain_cookie_names", self.compat_plain_cookie_names),
            csrf_cookie_name: self.csrf_cookie_name.0.clone(),
            allowed_hosts: self.allowed_hosts(),
            trusted_proxies: TrustedProxies::Addresses(self.trusted_proxies.clone().into()),
            cors: self.cors(),
            csrf_trusted_origins: texts(&self.csrf_trusted_origins),
            cookie_domain: self.cookie_domain.as_ref().map(|domain| domain.0.clone()),
            session,
            issuer: self.issuer(),
            accounts: self.accounts(),
            rest_auth: self.rest_auth(),
            social: self.social(),
            compares_email_case: self.compares_email_case(),
            jwt: self.jwt(),
            compat: self.compat(),
            authentication_classes: self.authentication_classes(),
            permission_classes: self.default_permission_classes.0.clone(),
            forward_auth_leaves_csrf: self.forward_auth_leaves_csrf_tokens,
            login_limits: self.login_limits(),
            token_limit: Limit {
                tries: self.token_limit_tries.get(),
                window: seconds(self.token_limit_window_seconds.get()),
            },
            has_docs: self.docs_enabled,
            sockets: self.sockets(),
            live: None,
            hub: None,
        }
    }

    fn login_limits(&self) -> LoginLimits {
        let limit = |tries| Limit {
            tries,
            window: seconds(self.login_limit_window_seconds.get()),
        };
        LoginLimits {
            of_account: limit(self.login_limit_tries.get()),
            of_account_in_the_long_run: Limit {
                tries: self.login_limit_tries_per_day.get(),
                window: Duration::DAY,
            },
            of_address: limit(self.login_limit_tries_per_address.get()),
        }
    }

    /// The limits of the HTTP side.
    #[must_use]
    pub fn http_limits(&self) -> HttpLimits {
        let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        HttpLimits {
            http_header_bytes: count(self.http_header_bytes.get()),
            http_headers: count(self.http_headers.get()),
            http_uri_bytes: count(self.http_uri_bytes.get()),
            http_header_time: self.http_header_time.get(),
            http_body_grace: self.http_body_grace.get(),
            http_body_rate: self.http_body_rate.get(),
            http_idle_time: self.http_idle_time.get(),
            http_request_time: self.http_request_time.get(),
            http_write_time: self.http_write_time.get(),
            http_stop_time: self.http_stop_time.get(),
            http_connections_per_address: count(self.http_connections_per_address.get()),
            http_connections: self.http_connections.get(),
        }
    }

    /// Which hash new passwords get.
    #[must_use]
    pub fn hashers(&self) -> Hashers {
        Hashers {
            pbkdf2_iterations: self.pbkdf2_iterations.get(),
            ..Hashers::default()
        }
    }

    pub(super) fn device_tokens(&self) -> DeviceTokens {
        let ttl = seconds(self.device_token_ttl_seconds.get());
        let max_ttl = self.device_auto_refresh_max_ttl_seconds.get();
        let renewal = DeviceRenewal {
            ttl,
            max_ttl: (max_ttl > 0).then(|| seconds(max_ttl)),
            min_interval: seconds(self.device_min_refresh_interval_seconds.get()),
        };
        DeviceTokens {
            ttl: Some(ttl),
            limit_per_user: Some(self.device_token_limit_per_user.get()),
            renewal: self.device_auto_refresh.then_some(renewal),
            prefix: self.device_token_prefix.0.clone(),
            has_checksum: self.device_token_checksum,
            shows_user: self.device_login_shows_user,
        }
    }

    /// The keys that sign and verify; the file is made where it may be and is not there.
    ///
    /// # Errors
    /// When the file cannot be used, or what it holds is no secret.
    pub fn secret_keys(&self) -> Result<SecretKeys, SecretKeyError> {
        let key = match &self.secret_key {
            Some(key) => key.clone(),
            None => SecretKey::load_or_create(&self.secret_key_file)?,
        };
        let fallbacks = self.secret_key_fallbacks.iter();
        let fallbacks = fallbacks.map(|key| key.expose_secret().to_owned());
        Ok(SecretKeys::new(key.expose_secret(), fallbacks.collect()))
    }

    pub(crate) fn issues_authtokens(&self) -> bool {
        self.has_compat("compat.authtoken", self.compat_authtoken)
    }

    /// A key that was said counts as it is; the others are as `compat.all`.
    pub(crate) fn has_compat(&self, key: &str, value: bool) -> bool {
        value || (self.compat_all && !self.is_said(key))
    }

    fn compat(&self) -> Compat {
        let has = |key, value| self.has_compat(key, value);
        Compat {
            first_class_challenge: has(
                "compat.first_class_challenge",
                self.compat_first_class_challenge,
            ),
            no_cache_headers: has("compat.no_cache_headers", self.compat_no_cache_headers),
            login_without_origin_check: has(
                "compat.login_without_origin_check",
                self.compat_login_without_origin_check,
            ),
        }
    }

    /// The loopback's names, those that are listed and that of `public_url`; none when nothing is said.
    pub(crate) fn allowed_hosts(&self) -> Vec<String> {
        let said = self.allowed_hosts.iter().map(|host| host.0.as_str());
        let said: Vec<&str> = said
            .chain(self.public_url.iter().map(|url| url.host()))
            .collect();
        if said.is_empty() {
            return Vec::new();
        }
        let loopback = ["localhost", "127.0.0.1", "[::1]"];
        let all = loopback.into_iter().chain(said);
        all.map(str::to_owned).collect()
    }

    fn authentication_classes(&self) -> Vec<AuthenticationClass> {
        let classes = self.default_authentication_classes.0.iter().copied();
        let follows = self.issues_authtokens() && !self.is_said("default_authentication_classes");
        classes
            .map(|class| match class {
                // Nobody chose: then the authenticator is that of the tokens that are issued.
                AuthenticationClass::DeviceToken if follows => AuthenticationClass::Token,
                other => other,
            })
            .collect()
    }

    fn cors(&self) -> CorsSettings {
        let exact = texts(&self.cors_origins);
        let patterns = self.cors_origin_regexes.iter();
        let origins = if exact == ["*"] {
            Origins::Any
        } else {
            Origins::Listed {
                exact,
                patterns: patterns.map(|pattern| pattern.0.clone()).collect(),
            }
        };
        CorsSettings {
            origins,
            allow_credentials: self.cors_credentials,
            ..CorsSettings::default()
        }
    }
}

fn texts(origins: &[super::web::Origin]) -> Vec<String> {
    origins.iter().map(|origin| origin.0.clone()).collect()
}

fn seconds(number: u32) -> Duration {
    Duration::seconds(number.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_of_settings_and_of_the_http_side_agree() {
        assert_eq!(Settings::default().http_limits(), HttpLimits::default());
    }
}
