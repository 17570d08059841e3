//! Declaring routes, each with its permission: nothing is open that was not opened aloud.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use http::{Method, StatusCode, Uri, header};

use portcullis_core::{AllowAny, Authenticator, CredentialPlace, Permission};
use serde_json::Value;
use tower::ServiceBuilder;

use crate::decoded_path;
use crate::face::{Api, Face};
use crate::gate::{self, Gate};
use crate::methods::Methods;
use crate::throttle::Throttle;
use crate::way::{self, Door};

/// One row of `portcullis routes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorRow {
    /// Such as `GET`.
    pub method: String,
    /// Such as `/api/user/`.
    pub path: String,
    /// The authenticators' names, in order.
    pub authenticators: String,
    /// The permission's name.
    pub permission: String,
}

/// A socket as its documentation needs it.
#[derive(Clone, Debug)]
pub struct SocketRow {
    /// Such as `/ws/rooms/{id}/`.
    pub path: String,
    /// The permission's name.
    pub permission: String,
    /// Where its authenticators look for credentials.
    pub places: Vec<CredentialPlace>,
    /// Which messages it takes and sends, as [`Doors::socket_described`] was told.
    pub messages: Value,
}

/// Routes behind a gate. Where nothing is said, only those who are logged in may enter, or whoever
/// [`Gate::with_default_permission`] allows.
///
/// ```
/// # use portcullis_web::{Gate, get};
/// let doors = Gate::new(vec![]).doors()
///     .route("/reports/", get(|| async { "secret" }))
///     .route("/health/", get(|| async { "ok" })).open();
/// assert_eq!(doors.rows()[0].permission, "IsAuthenticated");
/// let app: axum::Router = doors.into_router();
/// ```
#[derive(Clone)]
pub struct Doors {
    gate: Gate,
    pub(crate) doors: Vec<(Door, MethodRouter)>,
}

impl Doors {
    pub(crate) fn new(gate: Gate) -> Self {
        Self {
            gate,
            doors: Vec::new(),
        }
    }

    /// Declares a path. Paths end with a slash; without it, the request is redirected.
    #[must_use]
    pub fn route(mut self, path: &str, methods: Methods) -> Self {
        let door = Door {
            gate: self.gate.clone(),
            authenticators: Arc::clone(&self.gate.authenticators),
            permission: Arc::clone(&self.gate.permission),
            throttle: None,
            face: Face::Plain,
            checks_csrf: false,
            path: path.to_owned(),
            methods: methods.names,
            descriptions: methods.descriptions,
            group: None,
            is_open: false,
            is_slash_optional: false,
            is_asked_again: false,
            socket: None,
            allow: OnceLock::new(),
        };
        self.doors.push((door, methods.handlers));
        self
    }

    /// Declares the path of a socket. Its handler asks the door through the [`Knock`](crate::Knock) in the
    /// request's extensions, and tells the client in a frame, since a browser does not show the answer to a
    /// refused handshake. A path without its slash is another path.
    ///
    /// What sockets are served with, as `portcullis-channels`, calls this.
    #[must_use]
    pub fn socket_route(self, path: &str, handler: Methods) -> Self {
        let mut doors = self.route(path, handler);
        doors.last().face = Face::Socket;
        doors
    }

    /// Declares a path whose handler asks the door itself, by the [`Knock`](crate::Knock) in the request's
    /// extensions, about a request that it is told of.
    #[must_use]
    pub(crate) fn asking_route(self, path: &str, handler: Methods) -> Self {
        let mut doors = self.route(path, handler);
        doors.last().face = Face::Asking;
        doors
    }

    /// Says which messages the socket declared last takes and sends: `messages` makes an object with the lists `received`
    /// and `sent`, when somebody writes the documentation of sockets.
    ///
    /// # Panics
    /// When no path was declared yet.
    #[must_use]
    pub fn socket_described(
        mut self,
        messages: impl Fn() -> Value + Send + Sync + 'static,
    ) -> Self {
        self.last().socket = Some(Arc::new(messages));
        self
    }

    /// Every socket, for its documentation.
    #[must_use]
    pub fn sockets(&self) -> Vec<SocketRow> {
        let doors = self.doors.iter().map(|(door, _)| door);
        let sockets = doors.filter_map(|door| {
            let messages = door.socket.as_ref()?();
            let authenticators = door.authenticators.iter();
            Some(SocketRow {
                path: door.path.clone(),
                permission: door.permission.name(),
                places: authenticators
                    .flat_map(|by| by.credential_places())
                    .collect(),
                messages,
            })
        });
        sockets.collect()
    }

    /// Sets the permission of the path declared last.
    ///
    /// # Panics
    /// When no path was declared yet.
    #[must_use]
    pub fn require(mut self, permission: impl Permission + 'static) -> Self {
        self.last().permission = Arc::new(permission);
        self
    }

    /// Opens the path declared last to everybody.
    ///
    /// # Panics
    /// When no path was declared yet.
    #[must_use]
    pub fn open(mut self) -> Self {
        let door = self.last();
        door.permission = Arc::new(AllowAny);
        door.is_open = true;
        self
    }

    /// Asks these authenticators at the path declared last, instead of the gate's.
    ///
    /// # Panics
    /// When no path was declared yet.
    #[doc(alias = "authentication_classes")]
    #[must_use]
    pub fn authenticated_by(mut self, authenticators: Vec<Arc<dyn Authenticator>>) -> Self {
        self.last().authenticators = authenticators.into();
        self
    }

    /// Gives the path declared last DRF's request pipeline: negotiation, `OPTIONS`, parsing order.
    ///
    /// # Panics
    /// When no path was declared yet.
    #[doc(alias = "APIView")]
    #[must_use]
    pub fn api(mut self, api: Api) -> Self {
        self.last().face = Face::Api(api);
        self
    }

    /// Wants a CSRF token for every unsafe method at the path declared last, whoever asks.
    ///
    /// For log-ins that set a cookie: they are what a forged request would be after.
    ///
    /// # Panics
    /// When no path was declared yet.
    #[doc(alias = "csrf_protect")]
    #[must_use]
    pub fn csrf_checked(mut self) -> Self {
        self.last().checks_csrf = true;
        self
    }

    /// Makes the path declared last a page: refusals are HTML, and CSRF tokens are wanted.
    ///
    /// # Panics
    /// When no path was declared yet.
    #[must_use]
    pub fn page(mut self) -> Self {
        self.last().face = Face::Page;
        self.csrf_checked()
    }

    /// Makes the path declared last a page of a site whose people log in at the path `login`: whoever may not enter
    /// is sent there with `?next=`, and what comes with an unsafe method needs a CSRF token.
    ///
    /// # Panics
    /// When no path was declared yet.
    #[doc(alias = "login_required")]
    #[must_use]
    pub fn site(mut self, login: &'static str) -> Self {
        self.last().face = Face::Site(login);
        self.csrf_checked()
    }

    /// Lets the path declared last be asked for without its slash, too.
    ///
    /// # Panics
    /// When no path was declared yet.
    #[must_use]
    pub fn slash_optional(mut self) -> Self {
        self.last().is_slash_optional = true;
        self
    }

    /// Puts the [`Knock`](crate::Knock) of the path declared last into the extensions of its requests, for handlers that ask
    /// again whether somebody may be here long after they were answered.
    ///
    /// # Panics
    /// When no path was declared yet.
    #[must_use]
    pub fn asked_again(mut self) -> Self {
        self.last().is_asked_again = true;
        self
    }

    /// Limits how often somebody may come through the path declared last.
    ///
    /// # Panics
    /// When no path was declared yet.
    #[doc(alias = "throttle_classes")]
    #[must_use]
    pub fn throttle(mut self, throttle: Throttle) -> Self {
        self.last().throttle = Some(throttle);
        self
    }

    /// Names the part of the service, such as `Accounts`, that these doors are documented under;
    /// those that were given one already stay there.
    #[must_use]
    pub fn grouped(mut self, group: &'static str) -> Self {
        for (door, _) in &mut self.doors {
            door.group.get_or_insert(group);
        }
        self
    }

    fn last(&mut self) -> &mut Door {
        let (door, _) = self
            .doors
            .last_mut()
            .expect("a path is declared before its permission");
        door
    }

    /// Adds the doors of another part.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.doors.extend(other.doors);
        self
    }

    /// Without the path: it is declared elsewhere.
    #[must_use]
    pub fn without(mut self, path: &str) -> Self {
        self.doors.retain(|(door, _)| door.path != path);
        self
    }

    /// What `portcullis routes` prints.
    #[must_use]
    pub fn rows(&self) -> Vec<DoorRow> {
        let row = |door: &Door, method: &Method| DoorRow {
            method: match door.face {
                Face::Socket => "SOCKET".to_owned(),
                _ => method.to_string(),
            },
            path: door.path.clone(),
            authenticators: gate::names(&door.authenticators),
            permission: door.permission.name(),
        };
        let rows = self
            .doors
            .iter()
            .flat_map(|(door, _)| door.methods.iter().map(move |method| row(door, method)));
        rows.collect()
    }

    /// The axum router, with DRF's answers for unknown paths and methods.
    ///
    /// # Panics
    /// When a path is declared twice, as axum's router does.
    pub fn into_router(self) -> Router {
        let mut router = Router::new();
        for (door, handlers) in self.doors {
            let path = door.path.clone();
            let is_slash_optional = door.is_slash_optional;
            let is_socket = matches!(door.face, Face::Socket);
            // Around the method router and not inside it: it adds an `Allow` of its own.
            let enter = from_fn_with_state(Arc::new(door), way::enter);
            let service = ServiceBuilder::new().layer(enter).service(handlers);
            if let Some(bare) = path
                .strip_suffix('/')
                .filter(|bare| !bare.is_empty() && !is_socket)
            {
                router = if is_slash_optional {
                    router.route_service(bare, service.clone())
                } else {
                    router.route(bare, axum::routing::any(add_slash))
                };
            }
            router = router.route_service(&path, service);
        }
        let found = router.clone();
        router.fallback(move |request| decoded_path::route(found, request))
    }
}

impl std::fmt::Debug for Doors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.rows()).finish()
    }
}

/// Django's `APPEND_SLASH`: a relative redirect, the query kept.
async fn add_slash(uri: Uri) -> Response {
    let query = uri
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let location = format!("{}/{query}", uri.path());
    let headers = [
        (header::LOCATION, location),
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
    ];
    (StatusCode::MOVED_PERMANENTLY, headers).into_response()
}
