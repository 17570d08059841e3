//! Settings of the account flows: who logs in by what, confirmed addresses, links, dj-rest-auth's doors.

use portcullis::AccountSettings;
use portcullis::accounts::{
    AccountCompat, EmailVerification, LoginNames, ResetLinks, RestAuthSettings, SignUpMode, Tokens,
};
use portcullis::core::Limit;
use time::{Duration, OffsetDateTime};

use super::Settings;
use super::words::words;

words!(LoginNames, "either" => LoginNames::Either, "email" => LoginNames::Email, "username" => LoginNames::Username);
words!(EmailVerification, "optional" => EmailVerification::Optional, "mandatory" => EmailVerification::Mandatory, "none" => EmailVerification::None);
words!(SignUpMode, "open" => SignUpMode::Open, "invitation" => SignUpMode::Invitation, "closed" => SignUpMode::Closed);
words!(ResetLinks, "allauth" => ResetLinks::Allauth, "django" => ResetLinks::Django);

impl Settings {
    /// The account flows' settings.
    #[must_use]
    pub fn accounts(&self) -> AccountSettings {
        let limit = |tries: u32, window: u32| {
            Some(Limit {
                tries,
                window: seconds(window),
            })
        };
        AccountSettings {
            tokens: if self.issues_authtokens() {
                Tokens::Authtoken
            } else {
                Tokens::Device
            },
            device: self.device_tokens(),
            signup: self.accounts_signup,
            signup_limit: limit(
                self.signup_limit_tries.get(),
                self.signup_limit_window_seconds.get(),
            ),
            login_names: self.accounts_login_names,
            email_verification: self.accounts_email_verification,
            confirmation_age: seconds(self.accounts_confirmation_seconds.get()),
            reset_age: seconds(self.accounts_reset_seconds.get()),
            reset_links: self.accounts_reset_links,
            time_zone: self.accounts_time_zone.0.clone(),
            mail_limit: limit(
                self.mail_limit_tries.get(),
                self.mail_limit_window_seconds.get(),
            ),
            email_notifications: self.accounts_email_notifications,
            reauthentication_age: seconds(self.accounts_reauthentication_seconds.get()),
            compat: self.account_compat(),
        }
    }

    /// What authenticator apps call the service.
    pub(crate) fn issuer(&self) -> String {
        match (self.accounts_issuer.0.as_str(), &self.public_url) {
            ("", Some(url)) => url.host().to_owned(),
            ("", None) => "Portcullis".to_owned(),
            (issuer, _) => issuer.to_owned(),
        }
    }

    /// What dj-rest-auth's doors do.
    #[must_use]
    pub fn rest_auth(&self) -> RestAuthSettings {
        RestAuthSettings {
            session_login: self.rest_auth_session_login,
            old_password: self.rest_auth_old_password,
            log_out_on_change: self.rest_auth_log_out_on_password_change,
            username_required: self.rest_auth_username_required,
        }
    }

    /// The time of the oldest lines of the audit log that are kept.
    #[must_use]
    pub fn audit_begins(&self, now: OffsetDateTime) -> OffsetDateTime {
        let kept = Duration::days(i64::from(self.audit_keep_days.get()));
        now.saturating_sub(kept)
    }

    /// Whether sign-up says that somebody has an address.
    pub(crate) fn tells_of_addresses(&self) -> bool {
        self.accounts_email_verification != EmailVerification::Mandatory
            || self.account_compat().reveal_addresses
    }

    fn account_compat(&self) -> AccountCompat {
        let has = |key, value| self.has_compat(key, value);
        AccountCompat {
            trim_passwords: has("compat.trim_passwords", self.compat_trim_passwords),
            keep_credentials_on_change: has(
                "compat.keep_credentials_on_change",
                self.compat_keep_credentials_on_change,
            ),
            distinct_login_errors: has(
                "compat.distinct_login_errors",
                self.compat_distinct_login_errors,
            ),
            distinct_reset_errors: has(
                "compat.distinct_reset_errors",
                self.compat_distinct_reset_errors,
            ),
            reveal_addresses: has("compat.reveal_addresses", self.compat_reveal_addresses),
            refuse_own_username: has(
                "compat.refuse_own_username",
                self.compat_refuse_own_username,
            ),
            session_on_registration: has(
                "compat.session_on_registration",
                self.compat_session_on_registration,
            ),
            social_link_unconfirmed: has(
                "compat.social_link_unconfirmed",
                self.compat_social_link_unconfirmed,
            ),
            social_get_code: has("compat.social_get_code", self.compat_social_get_code),
            social_link_by_email: has(
                "compat.social_link_by_email",
                self.compat_social_link_by_email,
            ),
            social_access_token: has(
                "compat.social_access_token",
                self.compat_social_access_token,
            ),
            social_opens_session: has(
                "compat.social_opens_session",
                self.compat_social_opens_session,
            ),
        }
    }

    pub(crate) fn compares_email_case(&self) -> bool {
        self.has_compat("compat.exact_email_case", self.compat_exact_email_case)
    }
}

fn seconds(count: u32) -> Duration {
    Duration::seconds(i64::from(count))
}
