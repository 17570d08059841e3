//! What authenticators and handlers want to cause besides their answer: cookies, and `Vary`.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::response::Response;
use http::request::Parts;
use http::{Extensions, HeaderValue, header};
use time::OffsetDateTime;

use crate::csrf::Csrf;

/// A handle in a request's extensions; what is put into it is applied to the answer, refusals too.
#[derive(Clone, Default)]
pub struct Effects(Arc<Mutex<Wanted>>);

#[derive(Default)]
struct Wanted {
    cookies: Vec<HeaderValue>,
    varies_by_cookie: bool,
    owed_csrf: Option<Csrf>,
    moved_session: Option<String>,
    expires: Option<OffsetDateTime>,
    is_guess: bool,
}

impl fmt::Debug for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Cookies and session keys are secrets.
        f.write_str("Effects(..)")
    }
}

impl Effects {
    /// The handle of a request; where no door made one, what is put in goes nowhere.
    #[must_use]
    pub fn of(request: &Parts) -> Self {
        Self::of_extensions(&request.extensions)
    }

    pub(crate) fn of_extensions(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// Sends this `Set-Cookie` header.
    pub fn set_cookie(&self, cookie: HeaderValue) {
        self.wanted().cookies.push(cookie);
    }

    /// Sends this `Set-Cookie` header instead of an earlier one for the same name.
    pub fn replace_cookie(&self, name: &str, cookie: HeaderValue) {
        let mut wanted = self.wanted();
        let prefix = format!("{name}=");
        wanted
            .cookies
            .retain(|earlier| !earlier.as_bytes().starts_with(prefix.as_bytes()));
        wanted.cookies.push(cookie);
    }

    /// Says that the answer depends on cookies.
    pub fn vary_by_cookie(&self) {
        self.wanted().varies_by_cookie = true;
    }

    /// Says that a cookie made this request somebody's: an unsafe method then needs a CSRF token,
    /// which the door checks before the handler.
    pub fn owe_csrf(&self, csrf: &Csrf) {
        self.wanted().owed_csrf = Some(csrf.clone());
    }

    /// The protection by which a CSRF token is owed.
    pub(crate) fn owed_csrf(&self) -> Option<Csrf> {
        self.wanted().owed_csrf.clone()
    }

    /// Says that the session of this request has moved to another key on the way.
    pub(crate) fn move_session(&self, key: &str) {
        self.wanted().moved_session = Some(key.to_owned());
    }

    /// The key that the session of this request has moved to.
    pub(crate) fn moved_session(&self) -> Option<String> {
        self.wanted().moved_session.clone()
    }

    /// Says when the credentials of this request end, by themselves: what they opened is then looked at again.
    pub fn expire_at(&self, moment: OffsetDateTime) {
        self.wanted().expires = Some(moment);
    }

    /// When the credentials end, if that is known; asking forgets it.
    pub(crate) fn take_expiry(&self) -> Option<OffsetDateTime> {
        self.wanted().expires.take()
    }

    /// Says that this request's secret is nobody's: refused, it counts as a guess where the gate
    /// [limits them](crate::Gate::with_token_limit). Secrets that are over are none.
    pub fn note_guess(&self) {
        self.wanted().is_guess = true;
    }

    /// Whether a guess was noted; asking forgets it.
    pub(crate) fn take_guess(&self) -> bool {
        std::mem::take(&mut self.wanted().is_guess)
    }

    /// Applies all of it to the answer.
    pub(crate) fn apply(&self, response: &mut Response) {
        let mut wanted = self.wanted();
        let headers = response.headers_mut();
        for cookie in wanted.cookies.drain(..) {
            headers.append(header::SET_COOKIE, cookie);
        }
        if wanted.varies_by_cookie {
            headers.append(header::VARY, HeaderValue::from_static("Cookie"));
        }
    }

    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
