//! The way of one request through a door: who is this, may they, and only then the handler.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, header};
use portcullis_core::{Action, Ask, Permission, Principal, Verdict};

use crate::current_user::Access;
use crate::gate::Gate;
use crate::refusal::Refusal;

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// What stands at one door.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) gate: Gate,
    pub(crate) permission: Arc<dyn Permission>,
    pub(crate) path: String,
    pub(crate) methods: Vec<Method>,
    /// Whether the door was opened aloud with `.open()`.
    pub(crate) is_open: bool,
}

/// Runs before the handler of every door, also where the method has none: 401 and 403 come before 405.
pub(crate) async fn enter(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let carries_credentials = request.headers().contains_key(header::AUTHORIZATION)
        || request.headers().contains_key(header::COOKIE);
    let mut response = match door.admit(request).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => {
            log(&door, &method, &refusal);
            refusal.into_response()
        }
    };
    if let Ok(allow) = HeaderValue::from_str(&door.allow()) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    if carries_credentials || !door.is_open {
        depends_on_credentials(response.headers_mut());
    } else if !Action::of_method(&method).is_read_only() {
        // Such as the answer to a log-in, which holds a token.
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, NO_STORE);
    }
    response
}

impl Door {
    /// The request with its [`Access`], or the refusal.
    async fn admit(&self, request: Request) -> Result<Request, Refusal> {
        let (mut parts, body) = request.into_parts();
        let authenticated = self.gate.authenticate(&parts).await?;
        let action = Action::of_method(&parts.method);
        let who = match &authenticated {
            Some(authenticated) => Principal::User(authenticated.user.clone()),
            None => Principal::Anonymous,
        };
        let access = Access {
            who,
            authenticated,
            action,
            permission: Arc::clone(&self.permission),
            challenge: self.gate.challenge(),
        };
        match self
            .permission
            .check(&Ask::new(&access.who, &access.action))
            .await
        {
            // An object is still to come: the handler asks again through `Access::object`.
            Verdict::Allow | Verdict::NeedsObject => {}
            Verdict::Deny(detail) => return Err(access.refuse(detail)),
        }
        parts.extensions.insert(access);
        Ok(Request::from_parts(parts, body))
    }

    fn allow(&self) -> String {
        let mut names = Vec::new();
        for method in &self.methods {
            names.push(method.as_str());
            if method == Method::GET {
                names.push("HEAD");
            }
        }
        names.join(", ")
    }
}

/// No cache may keep an answer that depends on a credential.
fn depends_on_credentials(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    headers.append(header::VARY, HeaderValue::from_static("Authorization"));
}

fn log(door: &Door, method: &Method, refusal: &Refusal) {
    tracing::info!(
        door = "rest",
        %method,
        route = door.path,
        permission = door.permission.name(),
        status = refusal.status().as_u16(),
        "refused"
    );
}
