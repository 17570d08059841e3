//! What can be set about JWTs.

use portcullis_django::jwt::Settings;
use time::Duration;

use super::limits::RefreshLimits;

/// Settings of the flows of JWTs; the defaults are those of a fresh install.
#[derive(Clone, Debug)]
#[doc(alias = "SIMPLE_JWT")]
pub struct JwtSettings {
    /// Lifetimes, claims and the header, as simplejwt names them. With [`families`](Self::families)
    /// refresh tokens always rotate, and the old one is always dead.
    pub tokens: Settings,
    /// Families of refresh tokens: each log-in is one, in the list of logins. `None`: simplejwt's way, where
    /// nobody notices that an old token is used again.
    pub families: Option<Families>,
    /// How often refresh tokens may be exchanged; `None` is any number of times.
    pub refresh_limits: Option<RefreshLimits>,
    /// The field with the log-in name; `None` takes `username` or else `email`.
    #[doc(alias = "USERNAME_FIELD")]
    pub name_field: Option<&'static str>,
    /// Whether blanks around a password are cut off, as simplejwt does.
    pub trims_password: bool,
}

/// How long a family of refresh tokens goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Families {
    /// From the log-in, however often it is refreshed. Default: 30 days.
    pub lifetime: Duration,
    /// For how long the same refresh token gets the same successor, while nobody used that: for clients
    /// that ask twice at once, or lose an answer. Default: 10 seconds; zero is never.
    pub grace: Duration,
}

impl Default for Families {
    fn default() -> Self {
        Self {
            lifetime: Duration::days(30),
            grace: Duration::seconds(10),
        }
    }
}

impl Default for JwtSettings {
    fn default() -> Self {
        Self {
            tokens: Settings::default(),
            families: Some(Families::default()),
            refresh_limits: Some(RefreshLimits::default()),
            name_field: None,
            trims_password: false,
        }
    }
}
