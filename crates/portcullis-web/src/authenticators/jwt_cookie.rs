//! JWTs in cookies, as dj-rest-auth keeps them from scripts.

use async_trait::async_trait;
use http::header;
use http::request::Parts;
use portcullis_core::{
    AuthError, Authenticated, Authenticator, Challenge, CredentialPlace, Standing,
};
use time::Duration;

use super::JwtAuthentication;
use crate::cookie::{CookieSettings, SameSite};
use crate::csrf::Csrf;
use crate::effects::Effects;

/// The cookies that hold the two tokens.
#[derive(Clone, Debug)]
pub struct JwtCookies {
    /// The access token's.
    #[doc(alias = "JWT_AUTH_COOKIE")]
    pub access: CookieSettings,
    /// The refresh token's; its path is where the doors are that read it.
    #[doc(alias = "JWT_AUTH_REFRESH_COOKIE")]
    pub refresh: CookieSettings,
    /// Whether answers say that they depend on cookies; dj-rest-auth's do not.
    pub says_vary: bool,
}

impl JwtCookies {
    /// Cookies with these names, out of reach of scripts and of other sites; `refresh_path` is where
    /// the refresh token is sent to.
    #[must_use]
    pub fn new(access: &str, refresh: &str, refresh_path: &str) -> Self {
        let cookie = |name: &str, path: &str| CookieSettings {
            name: name.to_owned(),
            age: Duration::minutes(5),
            path: path.to_owned(),
            domain: None,
            is_secure: false,
            is_http_only: true,
            same_site: SameSite::Lax,
        };
        Self {
            access: cookie(access, "/"),
            refresh: cookie(refresh, refresh_path),
            says_vary: true,
        }
    }
}

/// Recognises an access token in the `Authorization` header or in a cookie.
///
/// Any `Authorization` header, of another scheme too, hides the cookie. A cookie, a stale one too,
/// makes unsafe methods owe a CSRF token, which the door asks for before it looks at the token.
#[doc(alias = "JWTCookieAuthentication")]
#[derive(Clone, Debug)]
pub struct JwtCookieAuthentication {
    jwt: JwtAuthentication,
    cookies: JwtCookies,
    csrf: Csrf,
}

impl JwtCookieAuthentication {
    /// Looks for the access token in these cookies, too.
    #[must_use]
    pub fn new(jwt: JwtAuthentication, cookies: JwtCookies, csrf: Csrf) -> Self {
        Self { jwt, cookies, csrf }
    }
}

#[async_trait]
impl Authenticator for JwtCookieAuthentication {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Authenticated>, AuthError> {
        if request.headers.contains_key(header::AUTHORIZATION) {
            return self.jwt.authenticate(request).await;
        }
        let effects = Effects::of(request);
        if self.cookies.says_vary {
            effects.vary_by_cookie();
        }
        if !self.cookies.access.is_in(&request.headers) {
            return Ok(None);
        }
        effects.owe_csrf(&self.csrf);
        // Two different tokens are nobody's, as one that is no text.
        let token = self.cookies.access.value(&request.headers);
        let (token, name) = (token.unwrap_or_default(), self.name());
        let proof = self.jwt.authenticated(request, token, name).await?;
        Ok(Some(proof))
    }

    fn challenge(&self) -> Option<Challenge> {
        self.jwt.challenge()
    }

    fn scheme(&self) -> Option<&'static str> {
        self.jwt.scheme()
    }

    fn is_ambient(&self, request: &Parts) -> bool {
        self.cookies.access.is_in(&request.headers)
    }

    fn credential_places(&self) -> Vec<CredentialPlace> {
        let mut places = self.jwt.credential_places();
        places.push(CredentialPlace::Cookie(self.cookies.access.name.clone()));
        places
    }

    fn standing(&self, _: &Parts, proof: &Authenticated) -> Option<Standing> {
        Some(Standing::of(proof))
    }

    fn name(&self) -> &'static str {
        "JWTCookieAuthentication"
    }
}
