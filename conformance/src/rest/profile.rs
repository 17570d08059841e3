//! The three settings that were recorded.

use clap::ValueEnum;
use portcullis::accounts::{DeviceTokens, JwtSettings};
use portcullis::web::{
    CorsSettings, CsrfSettings, DeviceRenewal, Origins, SameSite, SessionSettings,
};
use time::Duration;

/// A profile of the recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// People log in by e-mail; Token, then Session; `IsAuthenticated`.
    Email,
    /// Django's own user; DRF's own defaults: Session, then Basic; `AllowAny`.
    Stock,
    /// As `Email`, with JWT.
    Jwt,
}

impl Profile {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Stock => "stock",
            Self::Jwt => "jwt",
        }
    }

    /// Whether answers can be pages, too.
    pub(crate) fn has_html(self) -> bool {
        self == Self::Email
    }

    pub(crate) fn device_tokens(self) -> DeviceTokens {
        let tokens = DeviceTokens {
            ttl: Some(Duration::hours(10)),
            limit_per_user: None,
            ..DeviceTokens::default()
        };
        if self != Self::Stock {
            return tokens;
        }
        let ttl = Duration::hours(2);
        DeviceTokens {
            ttl: Some(ttl),
            limit_per_user: Some(2),
            renewal: Some(DeviceRenewal {
                ttl,
                max_ttl: None,
                min_interval: Duration::minutes(1),
            }),
            shows_user: true,
            ..tokens
        }
    }

    pub(crate) fn jwt(self) -> JwtSettings {
        let mut settings = JwtSettings {
            families: None,
            trims_password: true,
            name_field: Some(match self {
                Self::Stock => "username",
                Self::Email | Self::Jwt => "email",
            }),
            ..JwtSettings::default()
        };
        if self == Self::Jwt {
            settings.tokens.rotate_refresh_tokens = true;
            settings.tokens.blacklist_after_rotation = true;
            settings.tokens.check_revoke_token = true;
        }
        settings
    }

    pub(crate) fn session(self) -> SessionSettings {
        let mut session = SessionSettings::default();
        session
            .backends
            .push("allauth.account.auth_backends.AuthenticationBackend".to_owned());
        if self == Self::Stock {
            session.cookie.is_secure = true;
            session.cookie.same_site = SameSite::None;
            session.expire_at_browser_close = true;
        }
        session
    }

    pub(crate) fn csrf(self) -> CsrfSettings {
        let mut csrf = CsrfSettings {
            trusted_origins: ["http://127.0.0.1:8001", "https://*.trusted.example"]
                .map(str::to_owned)
                .to_vec(),
            ..CsrfSettings::default()
        };
        if self == Self::Stock {
            csrf.cookie.name = "XSRF-TOKEN".to_owned();
            csrf.cookie.is_secure = true;
            csrf.cookie.is_http_only = true;
            csrf.cookie.same_site = SameSite::Strict;
            csrf.header_name = "X-XSRF-TOKEN".to_owned();
        }
        csrf
    }

    pub(crate) fn cors(self) -> anyhow::Result<CorsSettings> {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let settings = CorsSettings {
            except_below: vec!["/admin/".to_owned()],
            ..CorsSettings::default()
        };
        Ok(match self {
            Self::Email => CorsSettings {
                origins: Origins::Listed {
                    exact: list(&["http://127.0.0.1:8001", "http://localhost:8001"]),
                    patterns: Vec::new(),
                },
                allow_credentials: true,
                expose_headers: list(&["X-Request-Id"]),
                ..settings
            },
            Self::Stock => CorsSettings {
                origins: Origins::Any,
                ..settings
            },
            Self::Jwt => CorsSettings {
                origins: Origins::Listed {
                    exact: Vec::new(),
                    patterns: vec![regex::Regex::new(r"^https://\w+\.app\.example$")?],
                },
                allow_credentials: true,
                methods: list(&["GET", "POST", "OPTIONS"]),
                headers: list(&["authorization", "content-type", "x-csrftoken", "x-device"]),
                preflight_max_age_seconds: 600,
                ..settings
            },
        })
    }
}
