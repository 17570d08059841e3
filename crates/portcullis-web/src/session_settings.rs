//! Settings of sessions and of CSRF protection, with Django's names and defaults.

use portcullis_core::SecretKeys;
use portcullis_django::session::MODEL_BACKEND;
use time::Duration;

use crate::cookie::{CookieSettings, SameSite};

/// Settings of sessions.
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// The session cookie.
    #[doc(alias = "SESSION_COOKIE_NAME")]
    #[doc(alias = "SESSION_COOKIE_AGE")]
    pub cookie: CookieSettings,
    /// Whether the cookie ends with the browser; the row lives on for the cookie's age.
    #[doc(alias = "SESSION_EXPIRE_AT_BROWSER_CLOSE")]
    pub expire_at_browser_close: bool,
    /// How long a session is good that nobody uses, to the minute. `None`: as long as its cookie, or as
    /// Django said of that session.
    pub idle: Option<Duration>,
    /// How long a session is good from its log-in, however it is used. `None`: 90 days, or as long as its
    /// cookie where that is longer, or as Django said of that session.
    pub absolute: Option<Duration>,
    /// The backends whose sessions are good; new sessions name the first.
    #[doc(alias = "AUTHENTICATION_BACKENDS")]
    pub backends: Vec<String>,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            cookie: CookieSettings {
                name: "sessionid".to_owned(),
                age: Duration::weeks(2),
                path: "/".to_owned(),
                domain: None,
                is_secure: false,
                is_http_only: true,
                same_site: SameSite::Lax,
            },
            expire_at_browser_close: false,
            idle: None,
            absolute: None,
            backends: vec![MODEL_BACKEND.to_owned()],
        }
    }
}

/// Settings of CSRF protection.
#[derive(Clone, Debug)]
pub struct CsrfSettings {
    /// The cookie that holds the secret.
    #[doc(alias = "CSRF_COOKIE_NAME")]
    #[doc(alias = "CSRF_COOKIE_AGE")]
    pub cookie: CookieSettings,
    /// The header that holds the token.
    #[doc(alias = "CSRF_HEADER_NAME")]
    pub header_name: String,
    /// Origins besides one's own, such as `https://*.example.com`.
    #[doc(alias = "CSRF_TRUSTED_ORIGINS")]
    pub trusted_origins: Vec<String>,
}

impl Default for CsrfSettings {
    fn default() -> Self {
        Self {
            cookie: CookieSettings {
                name: "csrftoken".to_owned(),
                age: Duration::weeks(52),
                path: "/".to_owned(),
                domain: None,
                is_secure: false,
                is_http_only: false,
                same_site: SameSite::Lax,
            },
            header_name: "X-CSRFToken".to_owned(),
            trusted_origins: Vec::new(),
        }
    }
}

/// What sessions and CSRF protection need of the rest.
#[derive(Clone, Debug)]
pub struct CookieDoorSettings {
    /// What sessions are signed with.
    pub secret_keys: SecretKeys,
    /// Settings of sessions.
    pub session: SessionSettings,
    /// Settings of CSRF protection.
    pub csrf: CsrfSettings,
}
