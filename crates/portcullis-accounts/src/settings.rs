//! What can be set about accounts.

use portcullis_core::Limit;
use serde::Deserialize;
use time::Duration;

use crate::compat::AccountCompat;
use crate::device::DeviceTokens;
use crate::zone::Zone;

/// Which tokens a log-in issues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tokens {
    /// One for every device: stored as a hash, and with an end. See [`AccountSettings::device`].
    #[default]
    Device,
    /// DRF's: one per user, stored in clear, without an end. Compatible, and less safe.
    Authtoken,
}

/// By what people log in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[doc(alias = "ACCOUNT_LOGIN_METHODS")]
pub enum LoginNames {
    /// By either. Whoever signs up without a username gets the address as one.
    #[default]
    Either,
    /// By e-mail address; usernames are neither asked for nor shown.
    Email,
    /// By username.
    Username,
}

impl LoginNames {
    /// Whether people have a username to be shown.
    #[must_use]
    pub fn has_username(self) -> bool {
        self != Self::Email
    }
}

/// Who may sign up. Administrators may always make others, and the first one themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[doc(alias = "is_open_for_signup")]
pub enum SignUpMode {
    /// Everybody.
    #[default]
    Open,
    /// Who was invited, by an [`invitation`](crate::invitation) for their address.
    Invitation,
    /// Nobody.
    Closed,
}

/// Whether people must show that an address is theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[doc(alias = "ACCOUNT_EMAIL_VERIFICATION")]
pub enum EmailVerification {
    /// They are asked to, and may log in before. Without mail nobody is asked.
    #[default]
    Optional,
    /// They cannot log in before.
    Mandatory,
    /// They are not asked to.
    None,
}

/// Whose links for a new password are made and taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResetLinks {
    /// allauth's: the key in base 36, and a token that ends with any of the user's addresses, too.
    #[default]
    Allauth,
    /// Django's.
    Django,
}

/// Settings of the account flows; the defaults are those of a fresh install.
#[derive(Clone, Debug)]
pub struct AccountSettings {
    /// Which tokens a log-in issues.
    pub tokens: Tokens,
    /// What device tokens are like.
    #[doc(alias = "REST_KNOX")]
    pub device: DeviceTokens,
    /// Who may sign up. Default: everybody.
    pub signup: SignUpMode,
    /// How many accounts one address may ask for, IPv6 by its /64; `None` is any number. Not counted
    /// where the address is not known. Default: 20 an hour.
    pub signup_limit: Option<Limit>,
    /// By what people log in.
    pub login_names: LoginNames,
    /// Whether people must show that an address is theirs.
    pub email_verification: EmailVerification,
    /// How long a link that confirms an address is good. Default: 3 days.
    #[doc(alias = "ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS")]
    pub confirmation_age: Duration,
    /// How long a link for a new password is good. Default: 1 hour; Django's is 3 days.
    #[doc(alias = "PASSWORD_RESET_TIMEOUT")]
    pub reset_age: Duration,
    /// Whose links for a new password are made and taken.
    pub reset_links: ResetLinks,
    /// By whose clocks Django counts the age of those links (`TIME_ZONE`).
    pub time_zone: Zone,
    /// How many mails anybody can have sent to one address; more are not sent, and the answer is the
    /// same. From one place ten times as many can be asked for, then it is 429. Default: 5 an hour.
    pub mail_limit: Option<Limit>,
    /// Whether people are told by mail when their password was changed. Default: yes.
    #[doc(alias = "ACCOUNT_EMAIL_NOTIFICATIONS")]
    pub email_notifications: bool,
    /// For how long a login that was opened, or confirmed, may do what a stolen one must not. Default: 10
    /// minutes.
    #[doc(alias = "ACCOUNT_REAUTHENTICATION_TIMEOUT")]
    pub reauthentication_age: Duration,
    /// Where to do as Django's packages do.
    pub compat: AccountCompat,
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            tokens: Tokens::default(),
            device: DeviceTokens::default(),
            signup: SignUpMode::default(),
            signup_limit: Some(Limit {
                tries: 20,
                window: Duration::hours(1),
            }),
            login_names: LoginNames::default(),
            email_verification: EmailVerification::default(),
            confirmation_age: Duration::days(3),
            reset_age: Duration::hours(1),
            reset_links: ResetLinks::default(),
            time_zone: Zone::default(),
            mail_limit: Some(Limit {
                tries: 5,
                window: Duration::hours(1),
            }),
            email_notifications: true,
            reauthentication_age: Duration::minutes(10),
            compat: AccountCompat::default(),
        }
    }
}
