//! CSRF protection of requests that a cookie made somebody's.

use std::sync::Arc;

use http::HeaderName;
use http::request::Parts;
use portcullis_core::Clock;
use portcullis_django::csrf::{self, TrustedOrigins};

use crate::client::{self, ClientInfo};
use crate::effects::Effects;
use crate::gate::Compat;
use crate::session_settings::CsrfSettings;

/// The form field that may hold the token.
pub(crate) const FORM_FIELD: &str = "csrfmiddlewaretoken";

/// The CSRF cookie, and the check of requests against it.
#[derive(Clone, Debug)]
pub struct Csrf {
    settings: Arc<CsrfSettings>,
    clock: Arc<dyn Clock>,
}

impl Csrf {
    /// With these settings.
    #[must_use]
    pub fn new(settings: CsrfSettings, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings: Arc::new(settings),
            clock,
        }
    }

    /// What it was set up with.
    pub(crate) fn settings(&self) -> &CsrfSettings {
        &self.settings
    }

    /// Checks a request; `form_token` is the form's field, where its body was read.
    ///
    /// # Errors
    /// The reason, such as `CSRF token missing.`
    pub fn check(&self, request: &Parts, form_token: Option<&str>) -> Result<(), String> {
        let header_token = header(request, &self.settings.header_name);
        self.check_tokens(request, form_token, header_token.as_deref())
    }

    /// Checks that a log-in was not sent by another site, where no token is wanted for it: a forged
    /// one makes its victim somebody else, who then fills in what the attacker reads.
    ///
    /// Refuses a foreign `Origin`, and a request without one that the browser calls cross-site.
    /// Behind a gate with [`Compat::login_without_origin_check`] everything passes, as in Django.
    ///
    /// # Errors
    /// The reason.
    pub fn check_log_in(&self, request: &Parts) -> Result<(), String> {
        let compat = request.extensions.get::<Compat>();
        if compat.is_some_and(|compat| compat.login_without_origin_check) {
            return Ok(());
        }
        self.check_origin(request)
    }

    /// Checks that no other site sent a request, whatever its method: by its `Origin`, or where there is none
    /// by what the browser says.
    ///
    /// # Errors
    /// The reason.
    pub fn check_origin(&self, request: &Parts) -> Result<(), String> {
        refuse_cross_site(request)?;
        let Some(origin) = header(request, "origin") else {
            return Ok(());
        };
        let is_secure = ClientInfo::of(&request.extensions).is_secure;
        let trusted = self.trusted();
        csrf::check_origin(
            &origin,
            is_secure,
            client::host(request),
            TrustedOrigins(&trusted),
        )
    }

    fn trusted(&self) -> Vec<&str> {
        let origins = self.settings.trusted_origins.iter();
        origins.map(String::as_str).collect()
    }

    /// The checks that come before the token: where the request comes from, and its cookie.
    ///
    /// # Errors
    /// The reason.
    pub(crate) fn check_origin_and_cookie(&self, request: &Parts) -> Result<(), String> {
        // The cookie's own secret is always its token.
        self.check_tokens(request, None, self.settings.cookie.value(&request.headers))
    }

    fn check_tokens(
        &self,
        request: &Parts,
        form_token: Option<&str>,
        header_token: Option<&str>,
    ) -> Result<(), String> {
        if csrf::is_safe(request.method.as_str()) {
            return Ok(());
        }
        refuse_cross_site(request)?;
        let (origin, referer) = (header(request, "origin"), header(request, "referer"));
        let trusted = self.trusted();
        let secret = self
            .settings
            .cookie
            .value(&request.headers)
            .filter(|secret| !secret.is_empty());
        let verdict = csrf::check(&csrf::Request {
            method: request.method.as_str(),
            is_secure: ClientInfo::of(&request.extensions).is_secure,
            host: client::host(request),
            origin: origin.as_deref(),
            referer: referer.as_deref(),
            secret,
            form_token,
            header_token,
            header_name: &title_case(&self.settings.header_name),
            trusted: TrustedOrigins(&trusted),
            cookie_domain: self.settings.cookie.domain.as_deref(),
        });
        if verdict.is_err() && secret.is_some_and(|secret| csrf::well_formed(secret).is_err()) {
            self.rotate(&Effects::of(request));
        }
        verdict
    }

    /// Whether the header that holds the token is there.
    pub(crate) fn has_header_token(&self, request: &Parts) -> bool {
        HeaderName::from_bytes(self.settings.header_name.as_bytes())
            .is_ok_and(|name| request.headers.contains_key(name))
    }

    /// Sends the cookie, with the secret that came in or a new one; returns a token for the page.
    #[doc(alias = "ensure_csrf_cookie")]
    #[doc(alias = "get_token")]
    pub fn ensure_cookie(&self, request: &Parts) -> String {
        let effects = Effects::of(request);
        let sent = self.settings.cookie.value(&request.headers);
        let secret = match sent.filter(|secret| csrf::well_formed(secret).is_ok()) {
            Some(secret) => csrf::secret_of(secret),
            None => csrf::new_secret(),
        };
        self.send(&effects, &secret);
        csrf::new_token(&secret)
    }

    /// Sends a new secret: at every log-in.
    #[doc(alias = "rotate_token")]
    pub fn rotate(&self, effects: &Effects) {
        self.send(effects, &csrf::new_secret());
    }

    fn send(&self, effects: &Effects, secret: &str) {
        let cookie = &self.settings.cookie;
        effects.vary_by_cookie();
        if let Some(cookie) = cookie.set(secret, Some(cookie.age), self.clock.now()) {
            effects.set_cookie(cookie);
        }
    }
}

/// A browser says so itself when it leaves the origin out of a cross-site request.
fn refuse_cross_site(request: &Parts) -> Result<(), String> {
    let is_cross_site = header(request, "sec-fetch-site").as_deref() == Some("cross-site");
    if is_cross_site && header(request, "origin").is_none() {
        return Err("Origin checking failed - no Origin on a cross-site request.".to_owned());
    }
    Ok(())
}

/// A header's text; several lines of it are one, with commas, which is no origin and no token.
fn header(request: &Parts, name: &str) -> Option<String> {
    let values = request.headers.get_all(name).iter();
    let texts: Vec<_> = values
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// A header's name as Django's reasons show it: `X-Csrftoken`.
fn title_case(name: &str) -> String {
    let word = |word: &str| {
        let mut characters = word.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        first
            .into_iter()
            .chain(characters.map(|c| c.to_ascii_lowercase()))
            .collect::<String>()
    };
    name.split('-').map(word).collect::<Vec<_>>().join("-")
}
