//! The way of one request through a door: who is this, may they, and only then the handler.

use std::sync::{Arc, OnceLock};

use axum::body::Body as HttpBody;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use portcullis_core::{Action, Ask, Authenticated, Permission, Principal, Verdict};
use serde_json::Value;

use crate::csrf::{Csrf, FORM_FIELD};
use crate::current_user::Access;
use crate::description::Description;
use crate::effects::Effects;
use crate::face::{self, Face, Negotiated, Renderer};
use crate::fields::Body;
use crate::gate::{Authenticators, Gate};
use crate::knock::{self, Knock};
use crate::refusal::Refusal;
use crate::throttle::Throttle;

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Makes the messages of a socket, both ways.
type Messages = dyn Fn() -> Value + Send + Sync;

/// What stands at one door.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) gate: Gate,
    pub(crate) authenticators: Authenticators,
    pub(crate) permission: Arc<dyn Permission>,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) face: Face,
    /// Whether every unsafe method needs a CSRF token, whoever asks.
    pub(crate) checks_csrf: bool,
    pub(crate) path: String,
    pub(crate) methods: Vec<Method>,
    /// What is said about methods, for the documentation.
    pub(crate) descriptions: Vec<(Method, Description)>,
    /// The part of the service that the door belongs to, for its documentation.
    pub(crate) group: Option<&'static str>,
    /// Whether the door was opened aloud with `.open()`.
    pub(crate) is_open: bool,
    /// Whether the path without its slash is this door, too, and not a redirect.
    pub(crate) is_slash_optional: bool,
    /// Whether the handler is given the door, to ask it again later.
    pub(crate) is_asked_again: bool,
    /// The messages of a socket, for the documentation.
    pub(crate) socket: Option<Arc<Messages>>,
    /// The header `Allow`, once it was sent: what a door that is served allows stays as it is.
    pub(crate) allow: OnceLock<Option<HeaderValue>>,
}

/// Runs before the handler of every door, also where the method has none: 401 and 403 come before 405.
pub(crate) async fn enter(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    if matches!(door.face, Face::Socket | Face::Asking) {
        return knock::enter(door, request, next).await;
    }
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let has_credentials = carries_credentials(request.headers());
    let (mut parts, body) = request.into_parts();
    let effects = Effects::default();
    parts.extensions.insert(effects.clone());
    parts.extensions.insert(door.gate.compat);
    if door.is_asked_again {
        parts.extensions.insert(Knock::of(&door));
    }

    let negotiated = match &door.face {
        Face::Api(api) => api.negotiate(&parts),
        Face::Plain | Face::Page | Face::Site(_) | Face::Socket | Face::Asking => {
            Ok(Negotiated::JSON)
        }
    };
    let chosen = *negotiated.as_ref().unwrap_or(&Negotiated::JSON);
    let admitted = match negotiated {
        Ok(_) => door.admit(parts, body, chosen, &effects).await,
        Err(refusal) => Err(refusal),
    };
    let mut response = match admitted {
        Ok(Admitted::Handler(request)) => {
            let response = next.run(*request).await;
            if is_refusal(&response) {
                log(&door, &method, response.status());
            }
            response
        }
        Ok(Admitted::Answer(response)) => response,
        Err(refusal) => {
            log(&door, &method, refusal.status());
            let is_405 = matches!(refusal, Refusal::MethodNotAllowed(_));
            let mut response = door.face.refuse(refusal, &uri);
            if is_405 || !door.face.is_page() {
                door.allow(response.headers_mut());
            }
            response
        }
    };
    if !door.face.is_page() {
        door.allow(response.headers_mut());
    }
    response = chosen.render(response).await;
    if is_refusal(&response) {
        response.extensions_mut().insert(RefusalLogged);
    }
    effects.apply(&mut response);
    door.vary(response.headers_mut());
    if !door.gate.compat.no_cache_headers {
        let is_private = has_credentials || !door.is_open;
        if is_private || !Action::of_method(&method).is_read_only() {
            // An unsafe method's answer may hold a token, such as that to a log-in.
            response
                .headers_mut()
                .insert(header::CACHE_CONTROL, NO_STORE);
        }
        if is_private {
            response
                .headers_mut()
                .append(header::VARY, HeaderValue::from_static("Authorization"));
        }
    }
    response
}

/// In an answer's extensions: the door has logged that it is a refusal.
#[derive(Clone, Copy, Debug)]
pub struct RefusalLogged;

/// What comes of a request that may enter.
enum Admitted {
    Handler(Box<Request>),
    Answer(Response),
}

impl Door {
    /// The request with its [`Access`], or the refusal.
    async fn admit(
        &self,
        mut parts: Parts,
        mut body: HttpBody,
        chosen: Negotiated,
        effects: &Effects,
    ) -> Result<Admitted, Refusal> {
        if self.checks_csrf {
            // Without protection there is no telling a forged request: none gets in.
            let csrf = self.gate.csrf.as_ref();
            let csrf = csrf.ok_or_else(|| Refusal::CsrfFailed("not set up.".to_owned()))?;
            (parts, body) = check_csrf(csrf, parts, body, false).await?;
        }
        let authenticated = self.gate.authenticate(&self.authenticators, &parts).await;
        // Also for a credential in a cookie that is not good: whoever sent it has to have a token.
        if let Some(csrf) = effects.owed_csrf().filter(|_| !self.checks_csrf) {
            let parses_all = matches!(self.face, Face::Api(_));
            (parts, body) = check_csrf(&csrf, parts, body, parses_all).await?;
        }
        let authenticated = authenticated?;
        if let Some(authenticated) = &authenticated {
            let user = &authenticated.user;
            // For every later line of a request whose span has a field for it.
            tracing::Span::current().record("user", tracing::field::display(&user.id));
        }
        let access = self.access(authenticated, Action::of_method(&parts.method));
        self.permit(&access).await?;
        if let Some(throttle) = &self.throttle {
            throttle.check(&access.who, &parts)?;
        }
        if !self.has_handler(&parts.method) {
            return match (&self.face, &parts.method) {
                (Face::Api(api), &Method::OPTIONS) => Ok(Admitted::Answer(api.metadata())),
                (Face::Site(_), &Method::OPTIONS) => {
                    Ok(Admitted::Answer(face::options(&self.methods)))
                }
                _ => Err(Refusal::MethodNotAllowed(parts.method.to_string())),
            };
        }
        if let (Renderer::Html, Some(csrf)) = (chosen.renderer, &self.gate.csrf) {
            // The page may hold forms.
            csrf.ensure_cookie(&parts);
        }
        parts.extensions.insert(access);
        Ok(Admitted::Handler(Box::new(Request::from_parts(
            parts, body,
        ))))
    }

    /// What a request wants: to open a socket, or what its method says.
    pub(crate) fn action(&self, method: &Method) -> Action {
        match self.face {
            Face::Socket => Action::Connect,
            Face::Plain | Face::Api(_) | Face::Page | Face::Site(_) | Face::Asking => {
                Action::of_method(method)
            }
        }
    }

    /// Who came, and for what.
    pub(crate) fn access(&self, authenticated: Option<Authenticated>, action: Action) -> Access {
        let who = match &authenticated {
            Some(authenticated) => Principal::User(Arc::clone(&authenticated.user)),
            None => Principal::Anonymous,
        };
        Access {
            who,
            authenticated,
            action,
            permission: Arc::clone(&self.permission),
            challenge: self.gate.challenge(&self.authenticators),
            is_asked_for_credentials: !self.authenticators.is_empty(),
        }
    }

    /// May they: the door's permission, before any object.
    pub(crate) async fn permit(&self, access: &Access) -> Result<(), Refusal> {
        let ask = Ask::new(&access.who, &access.action);
        match self.permission.check(&ask).await {
            // An object is still to come: the handler asks again through `Access::object`.
            Verdict::Allow | Verdict::NeedsObject => Ok(()),
            Verdict::Deny(detail) => Err(access.refuse(detail)),
        }
    }

    pub(crate) fn has_handler(&self, method: &Method) -> bool {
        let get_answers_head = *method == Method::HEAD && !matches!(self.face, Face::Page);
        self.methods.contains(method) || (get_answers_head && self.methods.contains(&Method::GET))
    }

    fn allow(&self, headers: &mut HeaderMap) {
        let value = self.allow.get_or_init(|| self.methods_allowed());
        if let Some(value) = value {
            headers.insert(header::ALLOW, value.clone());
        }
    }

    fn methods_allowed(&self) -> Option<HeaderValue> {
        let mut names = Vec::new();
        for method in &self.methods {
            names.push(method.as_str());
            let has_head = self.methods.contains(&Method::HEAD);
            if method == Method::GET && !has_head && !matches!(self.face, Face::Page) {
                names.push("HEAD");
            }
        }
        if matches!(self.face, Face::Api(_)) {
            names.push("OPTIONS");
        }
        HeaderValue::from_str(&names.join(", ")).ok()
    }

    fn vary(&self, headers: &mut HeaderMap) {
        if let Face::Api(api) = &self.face
            && api.renderers.len() > 1
        {
            headers.append(header::VARY, HeaderValue::from_static("Accept"));
        }
    }
}

/// Checks the CSRF token of a request, in its header or in its form; gives the request back.
///
/// DRF parses every `POST` body while it looks for the form's field (`parses_all`), so that a
/// malformed one is answered before a missing token.
async fn check_csrf(
    csrf: &Csrf,
    parts: Parts,
    body: HttpBody,
    parses_all: bool,
) -> Result<(Parts, HttpBody), Refusal> {
    let failed =
        |parts: &Parts, field: Option<&str>| csrf.check(parts, field).map_err(Refusal::CsrfFailed);
    if parts.method != Method::POST {
        failed(&parts, None)?;
        return Ok((parts, body));
    }
    // Origin and cookie come first; nothing is read for a request that fails there.
    csrf.check_origin_and_cookie(&parts)
        .map_err(Refusal::CsrfFailed)?;
    let content_type = parts.headers.get(header::CONTENT_TYPE).cloned();
    let mut request = Request::from_parts(parts.clone(), body);
    let is_form = Body::is_form_type(content_type.as_ref());
    if !(parses_all || is_form && !csrf.has_header_token(&parts)) {
        failed(&parts, None)?;
        return Ok(request.into_parts());
    }
    let read = Body::read(request).await?;
    let field = match read.parse().await {
        Ok(Some(Value::Object(fields))) if read.is_form() => fields
            .get(FORM_FIELD)
            .and_then(Value::as_str)
            .map(str::to_owned),
        Ok(_) => None,
        Err(refusal) if parses_all => return Err(refusal),
        Err(_) => None,
    };
    failed(&parts, field.as_deref())?;
    request = Request::from_parts(parts, HttpBody::from(read.bytes().clone()));
    Ok(request.into_parts())
}

fn carries_credentials(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION) || headers.contains_key(header::COOKIE)
}

fn is_refusal(response: &Response) -> bool {
    response.status().is_client_error() || response.status().is_server_error()
}

fn log(door: &Door, method: &Method, status: StatusCode) {
    tracing::info!(
        door = "rest",
        %method,
        route = door.path,
        permission = door.permission.name(),
        status = status.as_u16(),
        outcome = "refused",
        "refused"
    );
}
