//! What can be set about social log-in.

use portcullis_core::Limit;
use portcullis_web::{CookieSettings, SameSite};
use time::Duration;

/// How long somebody may take at a provider.
pub(super) const FLOW_AGE: Duration = Duration::minutes(10);

/// Settings of social log-in; the defaults are those of a fresh install.
#[derive(Clone, Debug)]
pub struct SocialSettings {
    /// How browsers reach us, such as `https://example.com`: providers send them back below it, whatever a
    /// request says about its host.
    pub base_url: String,
    /// Where people come to after a log-in that says nothing else: a path of ours. Default: `/`.
    #[doc(alias = "LOGIN_REDIRECT_URL")]
    pub next: String,
    /// The page that asks for a second factor after a log-in that ends at our own callback: a path of ours. Behind its
    /// `#` it finds `pending` and `next`; what it sends goes to a door of log-ins. Default: `/second-factor/`.
    pub second_factor_page: String,
    /// Other origins, such as `https://app.example.com`, that a log-in may say. Default: none.
    pub next_origins: Vec<String>,
    /// Whether an address that the provider vouches for makes its account a way to log in to the account here that
    /// has it. Where that one never confirmed the address, its password and all that it opened end. Default: no.
    #[doc(alias = "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT")]
    pub link_verified_email: bool,
    /// How many log-ins by providers one address may try, IPv6 by its /64; `None` is any number. Default: 100 in
    /// ten minutes.
    pub limit: Option<Limit>,
    /// The cookie that a log-in is bound to its browser with. It must come along when the provider sends the
    /// browser back, so `Strict` would not do.
    pub cookie: CookieSettings,
}

impl SocialSettings {
    /// The settings of a fresh install that browsers reach there. With https, the cookie is `Secure`, and no other
    /// host can set it.
    #[must_use]
    pub fn new(base_url: impl Into<String>) -> Self {
        let base_url: String = base_url.into();
        let base_url = base_url.trim_end_matches('/').to_owned();
        let is_https = base_url.starts_with("https://");
        let prefix = if is_https { "__Host-" } else { "" };
        Self {
            cookie: CookieSettings {
                name: format!("{prefix}portcullis_social"),
                age: FLOW_AGE,
                path: "/".to_owned(),
                domain: None,
                is_secure: is_https,
                is_http_only: true,
                same_site: SameSite::Lax,
            },
            base_url,
            next: "/".to_owned(),
            second_factor_page: "/second-factor/".to_owned(),
            next_origins: Vec::new(),
            link_verified_email: false,
            limit: Some(Limit {
                tries: 100,
                window: Duration::minutes(10),
            }),
        }
    }
}
