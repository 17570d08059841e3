//! What settings must not say together.

use super::Settings;
use super::classes::AuthenticationClass;
use super::fault::{SettingsError, Source};
use super::mail::MailVia;

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
            faults.push(format!(
                "{at}: DeviceTokenAuthentication and TokenAuthentication both read `Authorization: \
                 Token`: keep one of them"
            ));
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
        if self.mail_user.is_some() != self.mail_password.is_some() {
            let at = self.source("mail.user");
            faults.push(format!(
                "{at}: mail.user and mail.password belong together: set both or neither"
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
}
