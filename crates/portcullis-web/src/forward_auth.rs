//! Guarding what another server serves: the question that a proxy asks before it passes a request on.
//!
//! nginx (`auth_request`), Caddy and Traefik (`forward_auth`) ask with the head of the client's request. The
//! answer is 200 with headers that say who it is, for the server behind, or the refusal for the client.

use std::fmt;
use std::sync::Arc;

use axum::Extension;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use portcullis_core::{Action, Ask, Permission, Store, User, UserId, Verdict};

use crate::client::ThroughProxy;
use crate::csrf::Csrf;
use crate::description::{Content, Description};
use crate::doors::Doors;
use crate::effects::Effects;
use crate::gate::Gate;
use crate::knock::{Admitted, Knock};
use crate::methods::get;
use crate::refusal::Refusal;

/// Where proxies put the method of the client's request.
const METHOD_HEADERS: [&str; 2] = ["x-forwarded-method", "x-original-method"];

/// What says who it is: log-in name, primary key, address, and the groups' names with commas between.
///
/// All of them are in every answer, empty where there is nothing to say, so that a proxy which copies them
/// overwrites what the client sent under these names.
const USER: HeaderName = HeaderName::from_static("remote-user");
const USER_ID: HeaderName = HeaderName::from_static("remote-user-id");
const EMAIL: HeaderName = HeaderName::from_static("remote-email");
const GROUPS: HeaderName = HeaderName::from_static("remote-groups");

type PermissionNamed = dyn Fn(&str) -> Option<Arc<dyn Permission>> + Send + Sync;

/// The door that proxies ask, for whatever they guard.
///
/// A query may say more than the door's permission: `?permission=IsAdminUser` asks for another one, and each
/// `group=NAME` names a group, of which the user must be in one. What is not understood is refused.
///
/// Only a trusted proxy may ask ([`TrustedProxies`](crate::TrustedProxies)), and it must say the method of
/// the client's request: a cookie counts for a method that changes something only with a CSRF token, and for
/// a WebSocket only from a page that is trusted.
#[derive(Clone)]
pub struct ForwardAuth {
    store: Arc<dyn Store>,
    named: Arc<PermissionNamed>,
    leaves_csrf: bool,
}

impl ForwardAuth {
    /// A door whose groups are those of `store`, and where `named` knows permissions by name.
    pub fn new(
        store: Arc<dyn Store>,
        named: impl Fn(&str) -> Option<Arc<dyn Permission>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            store,
            named: Arc::new(named),
            leaves_csrf: false,
        }
    }

    /// Leaves CSRF tokens to the server behind, such as a Django with forms: of a cookie's request it is
    /// checked here that no other site sent it, and no more.
    #[must_use]
    pub fn leaving_csrf_tokens(self) -> Self {
        Self {
            leaves_csrf: true,
            ..self
        }
    }

    /// The door at `path`, such as `/api/forward-auth/`.
    #[must_use]
    pub fn doors(self, gate: &Gate, path: &str) -> Doors {
        let described = Description::new("May this request pass the proxy that asks?")
            .notes(
                "For trusted proxies, which say the method in `X-Forwarded-Method`. The query may name \
                 another `permission`, and a `group` or several.",
            )
            .answer(200, "It may; the headers say whose it is.", Content::Nothing);
        let csrf = gate.csrf.clone();
        let door = Arc::new(self);
        let handler = move |Extension(knock): Extension<Knock>, request: Parts| async move {
            door.answer(&knock, csrf.as_ref(), &request).await
        };
        let handler = get(handler).described(described);
        gate.doors().asking_route(path, handler).grouped("Service")
    }

    async fn answer(
        &self,
        knock: &Knock,
        csrf: Option<&Csrf>,
        request: &Parts,
    ) -> Result<Response, Refusal> {
        let wanted = self.wanted(request)?;
        let original = original(request)?;
        let admitted = knock.recognise(&original, None).await?;
        if is_handshake(&original.headers) && knock.is_ambient(&original) {
            // Without protection there is no telling whose page it is.
            let csrf = csrf.ok_or_else(|| Refusal::CsrfFailed("not set up.".to_owned()))?;
            csrf.check_origin(&original).map_err(Refusal::CsrfFailed)?;
        }
        self.check_csrf(&admitted, &original)?;
        let mut access = admitted.access;
        access.action = match is_handshake(&original.headers) {
            true => Action::Connect,
            false => Action::of_method(&original.method),
        };
        if let Some(permission) = wanted.permission {
            access.permission = permission;
        }
        let ask = Ask::new(&access.who, &access.action);
        if !matches!(access.permission.check(&ask).await, Verdict::Allow) {
            return Err(access.refuse(None));
        }
        let user = access.who.user();
        let groups = match user {
            Some(user) => self.store.groups(&user.id).await?,
            None => Vec::new(),
        };
        if !wanted.groups.is_empty() && !groups.iter().any(|group| wanted.groups.contains(group)) {
            return Err(access.refuse(None));
        }
        let mut response = StatusCode::OK.into_response();
        say(response.headers_mut(), user, &groups);
        Ok(response)
    }

    /// What the query asks for beside the door's permission.
    fn wanted(&self, request: &Parts) -> Result<Wanted, Refusal> {
        let query = request.uri.query().unwrap_or_default();
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(query).map_err(|_| refused("the query cannot be read"))?;
        let mut wanted = Wanted::default();
        for (name, value) in pairs {
            match name.as_str() {
                "group" if !value.is_empty() => wanted.groups.push(value),
                "permission" if wanted.permission.is_none() => {
                    let permission = (self.named)(&value);
                    let permission =
                        permission.ok_or_else(|| refused("no permission has that name"))?;
                    wanted.permission = Some(permission);
                }
                _ => return Err(refused("the query says permission=, once, or group=")),
            }
        }
        Ok(wanted)
    }

    /// A cookie's request must not be another site's.
    fn check_csrf(&self, admitted: &Admitted, original: &Parts) -> Result<(), Refusal> {
        let Some(csrf) = Effects::of(&admitted.request).owed_csrf() else {
            return Ok(());
        };
        let checked = match self.leaves_csrf && !original.method.is_safe() {
            true => csrf.check_origin(original),
            false => csrf.check(original, None),
        };
        checked.map_err(Refusal::CsrfFailed)
    }
}

impl fmt::Debug for ForwardAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForwardAuth")
            .field("leaves_csrf", &self.leaves_csrf)
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Wanted {
    permission: Option<Arc<dyn Permission>>,
    groups: Vec<String>,
}

/// The head of the client's request, as the proxy tells of it.
fn original(request: &Parts) -> Result<Parts, Refusal> {
    if request.extensions.get::<ThroughProxy>().is_none() {
        return Err(refused(
            "only a proxy that is trusted (trusted_proxies) may ask",
        ));
    }
    let headers = &request.headers;
    let told = METHOD_HEADERS
        .iter()
        .flat_map(|name| headers.get_all(*name));
    let mut methods = told.map(|value| Method::from_bytes(value.as_bytes()));
    let Some(Ok(method)) = methods.next() else {
        return Err(refused(
            "the proxy must say the request's method in X-Forwarded-Method",
        ));
    };
    // One that the client sent may stand beside the proxy's.
    if methods.any(|other| other.ok().as_ref() != Some(&method)) {
        return Err(refused("two methods are told"));
    }
    let mut original = request.clone();
    original.method = method;
    if let Some(host) = headers.get("x-forwarded-host") {
        original.headers.insert(header::HOST, host.clone());
        original.uri = http::Uri::from_static("/");
    }
    Ok(original)
}

/// Whether the client wants a WebSocket. Proxies keep `Upgrade` to themselves, and pass the key on.
fn is_handshake(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE) || headers.contains_key(header::SEC_WEBSOCKET_KEY)
}

fn say(headers: &mut HeaderMap, user: Option<&User>, groups: &[String]) {
    let name = user.map(|user| plain(&user.username)).unwrap_or_default();
    let email = user.map(|user| plain(&user.email)).unwrap_or_default();
    let id = user.map(|user| match &user.id {
        UserId::Text(id) => plain(id),
        id => id.to_string(),
    });
    let groups: Vec<String> = groups.iter().map(|group| plain(group)).collect();
    let all = [
        (USER, name),
        (USER_ID, id.unwrap_or_default()),
        (EMAIL, email),
        (GROUPS, groups.join(",")),
    ];
    for (header, text) in all {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(header, value);
        }
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// A text for a header: what is not visible ASCII, and what has a meaning, as `%` and two digits of base 16.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'!'..=b'~' if !matches!(byte, b'%' | b',' | b'"') => plain.push(char::from(byte)),
            _ => plain.push_str(&format!("%{byte:02X}")),
        }
    }
    plain
}

fn refused(why: &'static str) -> Refusal {
    tracing::warn!(door = "forward-auth", why, "a proxy's question is refused");
    Refusal::PermissionDenied(Some(why.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_in_headers() {
        assert_eq!(plain("ada@example.com"), "ada@example.com");
        assert_eq!(plain("Ada Lovelace"), "Ada%20Lovelace");
        assert_eq!(plain("a,b%\r\n\u{e9}"), "a%2Cb%25%0D%0A%C3%A9");
    }

    #[test]
    fn method_is_told_once_or_not_believed() {
        let head = |headers: &[(&'static str, &'static str)], is_trusted: bool| {
            let mut request = http::Request::new(());
            for (name, value) in headers {
                request
                    .headers_mut()
                    .append(*name, HeaderValue::from_static(value));
            }
            if is_trusted {
                request.extensions_mut().insert(ThroughProxy);
            }
            original(&request.into_parts().0).map(|original| original.method)
        };
        let post = ("x-forwarded-method", "POST");
        assert_eq!(head(&[post], true).ok(), Some(Method::POST));
        assert_eq!(
            head(&[post, ("x-original-method", "POST")], true).ok(),
            Some(Method::POST)
        );
        assert!(head(&[post], false).is_err());
        assert!(head(&[], true).is_err());
        assert!(head(&[post, ("x-original-method", "GET")], true).is_err());
        assert!(head(&[("x-forwarded-method", "PO ST")], true).is_err());
    }
}
