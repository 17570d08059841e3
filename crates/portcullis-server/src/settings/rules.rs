//! What settings must not say together.

use portcullis::accounts::EmailVerification;
use portcullis::django::jwt::Family;

use super::Settings;
use super::classes::AuthenticationClass;
use super::fault::{SettingsError, Source};
use super::mail::MailVia;

/// The longest that an access token may be good, in seconds.
const MAX_ACCESS_SECONDS: u32 = 900;

impl Settings {
    /// Where a setting was said.
    #[must_use]
    pub fn source(&self, key: &str) -> &Source {
        self.sources.get(key).unwrap_or(&Source::Default)
    }

    /// Whether somebody said something about a setting.
    pub(crate) fn is_said(&self, key: &str) -> bool {
        *self.source(key) != Source::Default
    }

    /// Looks at all that must fit together.
    pub(crate) fn fit_together(&self) -> Result<(), SettingsError> {
        let mut faults = Vec::new();
        self.cors_is_safe(&mut faults);
        self.tokens_are_recognised(&mut faults);
        self.key_of_a_server_is_given(&mut faults);
        self.mail_can_be_sent(&mut faults);
        self.jwts_fit_together(&mut faults);
        self.cookies_reach_us(&mut faults);
        self.providers_are_whole(&mut faults);
        if faults.is_empty() {
            return Ok(());
        }
        Err(SettingsError(faults))
    }

    fn cors_is_safe(&self, faults: &mut Vec<String>) {
        let at = self.source("cors.origins");
        let stars: Vec<&str> = self
            .cors_origins
            .iter()
            .map(|origin| origin.0.as_str())
            .collect();
        if let Some(origin) = stars.iter().find(|o| o.contains('*') && **o != "*") {
            faults.push(format!(
                "{at}: cors.origins does not know {origin:?}: write a regular expression in \
                 cors.origin_regexes"
            ));
        }
        if stars.contains(&"*") && stars.len() > 1 {
            faults.push(format!(
                "{at}: cors.origins holds \"*\" and others: write [\"*\"] alone"
            ));
        }
        if stars.contains(&"*") && self.cors_credentials {
            faults.push(format!(
                "{at}: every origin may read answers, and cors.credentials is on: list the origins"
            ));
        }
        let at = self.source("csrf_trusted_origins");
        if self
            .csrf_trusted_origins
            .iter()
            .any(|origin| origin.0 == "*")
        {
            faults.push(format!(
                "{at}: csrf_trusted_origins holds \"*\", which turns the protection off: list the origins"
            ));
        }
    }

    fn tokens_are_recognised(&self, faults: &mut Vec<String>) {
        let classes = &self.default_authentication_classes.0;
        let at = self.source("default_authentication_classes");
        let has = |class| classes.contains(&class);
        let (device, drf) = (
            has(AuthenticationClass::DeviceToken),
            has(AuthenticationClass::Token),
        );
        if device && drf {
            // Each recognises its own.
        } else if drf && !self.issues_authtokens() {
            faults.push(format!(
                "{at}: TokenAuthentication recognises tokens that no log-in issues: set \
                 compat.authtoken = true, or write \"DeviceTokenAuthentication\""
            ));
        } else if device
            && self.issues_authtokens()
            && self.is_said("default_authentication_classes")
        {
            faults.push(format!(
                "{at}: compat.authtoken is on, and DeviceTokenAuthentication does not recognise \
                 these tokens: write \"TokenAuthentication\""
            ));
        }
    }

    /// Mail that leaves the machine has a sender, and links that lead somewhere.
    fn mail_can_be_sent(&self, faults: &mut Vec<String>) {
        let at = self.source("mail.transport");
        if self.mail_transport == MailVia::Smtp {
            for (key, is_set, what) in [
                ("mail.from", self.mail_from.is_some(), "the sender of mails"),
                (
                    "public_url",
                    self.public_url.is_some(),
                    "where links in mails lead",
                ),
            ] {
                if !is_set {
                    faults.push(format!("{at}: with \"smtp\" {key} must be set, {what}"));
                }
            }
        }
        if self.accounts_email_verification == EmailVerification::Mandatory
            && self.mail_transport == MailVia::None
        {
            let at = self.source("accounts.email_verification");
            faults.push(format!(
                "{at}: nobody could log in: addresses must be confirmed, and there is no mail \
                 (mail.transport)"
            ));
        }
        if self.mail_user.is_some() != self.mail_password.is_some() {
            let at = self.source("mail.user");
            faults.push(format!(
                "{at}: mail.user and mail.password belong together: set both or neither"
            ));
        }
    }

    fn cookies_reach_us(&self, faults: &mut Vec<String>) {
        let Some(domain) = &self.cookie_domain else {
            return;
        };
        let at = self.source("cookie_domain");
        let name = domain.0.trim_start_matches('.').to_lowercase();
        let host = self
            .public_url
            .as_ref()
            .map(|url| url.host().to_lowercase());
        let is_ours = host.is_none_or(|host| host == name || host.ends_with(&format!(".{name}")));
        if !is_ours {
            faults.push(format!(
                "{at}: cookies of {:?} do not reach this host: write the domain that public_url's \
                 host is below",
                domain.0
            ));
        }
    }

    /// A key that one node makes for itself is no key of the others.
    fn key_of_a_server_is_given(&self, faults: &mut Vec<String>) {
        if self.database_url.is_postgres()
            && self.secret_key.is_none()
            && !self.secret_key_file.exists()
        {
            faults.push(format!(
                "with PostgreSQL the secret key must be given: set PORTCULLIS_SECRET_KEY, or \
                 secret_key_file to a file that is there ({} is not)",
                self.secret_key_file.display()
            ));
        }
    }

    fn jwts_fit_together(&self, faults: &mut Vec<String>) {
        let wants_files = self.jwt_algorithm.family() != Family::Hmac;
        let files = [
            ("jwt.private_key_file", self.jwt_private_key_file.is_some()),
            ("jwt.public_key_file", self.jwt_public_key_file.is_some()),
        ];
        for (key, is_set) in files {
            if wants_files && !is_set {
                let at = self.source("jwt.algorithm");
                let algorithm = self.jwt_algorithm;
                faults.push(format!("{at}: jwt.algorithm is {algorithm}: set {key}"));
            } else if is_set && !self.is_said("jwt.algorithm") {
                let at = self.source(key);
                faults.push(format!(
                    "{at}: {key} is of no use to {}: set jwt.algorithm",
                    self.jwt_algorithm
                ));
            }
        }
        let has_older =
            !self.jwt_older_signing_keys.is_empty() || !self.jwt_older_public_key_files.is_empty();
        if has_older && self.jwt_older_keys_until.is_none() {
            let lists = ["jwt.older_signing_keys", "jwt.older_public_key_files"];
            let said = lists.into_iter().find(|key| self.is_said(key));
            faults.push(format!(
                "{}: older keys of JWTs are listed: set jwt.older_keys_until to when the last token \
                 of theirs is over",
                self.source(said.unwrap_or_default())
            ));
        }
        if self.refreshes_without_families() {
            return;
        }
        for (key, is_on) in [
            ("jwt.rotate_refresh_tokens", self.jwt_rotate_refresh_tokens),
            (
                "jwt.blacklist_after_rotation",
                self.jwt_blacklist_after_rotation,
            ),
        ] {
            if !is_on {
                let at = self.source(key);
                faults.push(format!(
                    "{at}: {key} can only be turned off with compat.refresh_without_families"
                ));
            }
        }
        if self.jwt_access_token_lifetime.get() > MAX_ACCESS_SECONDS {
            let at = self.source("jwt.access_token_lifetime");
            faults.push(format!(
                "{at}: jwt.access_token_lifetime is more than {MAX_ACCESS_SECONDS} seconds: refresh \
                 more often, or set compat.refresh_without_families"
            ));
        }
    }
}
