//! Sockets on doors: one endpoint's configuration, and its handshake.

use std::future::Future;
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OriginalUri, RawPathParams, Request};
use axum::response::{IntoResponse, Response};
use http::header::AUTHORIZATION;
use http::{Method, StatusCode};
use portcullis_core::StoreError;
use portcullis_web::{ClientInfo, Doors, Knock, Refusal, get};

use crate::admission::{Admission, Target};
use crate::channels::Channels;
use crate::consumer::{Consumer, ConsumerError};
use crate::credentials::Offered;
use crate::description;
use crate::handshake::{self, Handshake};
use crate::kept_head;
use crate::limits::{ConnectionLimits, Place};
use crate::lives::Life;
use crate::lookup::Lookup;
use crate::origin;
use crate::outcome::{Hook, Outcome};
use crate::schema::Messages;
use crate::settings::SocketSettings;
use crate::task;

/// An endpoint of sockets, to be put on a door.
#[derive(Debug)]
pub struct Socket<C: Consumer> {
    consumer: C,
    channels: Channels,
    settings: SocketSettings,
    lookup: Option<Lookup<C::Object>>,
    hook: Option<Hook>,
    topic: Option<String>,
}

impl<C: Consumer> Socket<C> {
    pub(crate) fn new(consumer: C, channels: Channels) -> Self {
        Self {
            consumer,
            channels,
            settings: SocketSettings::default(),
            lookup: Lookup::of_nothing(),
            hook: None,
            topic: None,
        }
    }

    /// With these settings.
    #[must_use]
    pub fn settings(mut self, settings: SocketSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Finds the object that the URL's parameter names. A text that is no `K` is no such path: 404. The
    /// permission of the door is asked about the object, when somebody connects and at each message to a
    /// group that they get.
    #[doc(alias = "queryset")]
    #[doc(alias = "lookup_field")]
    #[doc(alias = "lookup_url_kwarg")]
    #[must_use]
    pub fn object<K, F, Fut>(mut self, parameter: &str, find: F) -> Self
    where
        K: FromStr,
        F: Fn(K) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Option<C::Object>, StoreError>> + Send + 'static,
    {
        self.lookup = Some(Lookup::new(parameter, find));
        self
    }

    /// Has a last word about each outcome, with the handshake's head: it may refuse, or say other data. It is
    /// asked again whenever the connection is checked. What it fails at is answered as 500.
    #[doc(alias = "authenticator_class")]
    #[doc(alias = "ChanxWebsocketAuthenticator")]
    #[must_use]
    pub fn concluding<F, Fut>(mut self, conclude: F) -> Self
    where
        F: Fn(http::request::Parts, Outcome) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Outcome, ConsumerError>> + Send + 'static,
    {
        self.hook = Some(Hook::new(conclude));
        self
    }

    /// Dedicates the route to one topic, such as `room:{id}` with the URL's `id`: each connection subscribes
    /// by itself, and its messages need no `topic`.
    #[must_use]
    pub fn topic(mut self, pattern: &str) -> Self {
        self.topic = Some(pattern.to_owned());
        self
    }

    /// Counts its connections by themselves, and not with those of other sockets.
    #[must_use]
    pub fn limits(mut self, limits: ConnectionLimits) -> Self {
        self.channels.limits = limits;
        self
    }
}

/// Puts sockets on doors.
pub trait SocketDoors {
    /// Declares the path of a socket; its permission and authenticators follow, as for every door.
    ///
    /// # Panics
    /// When the consumer has an object, and nothing says how it is found, or the path lacks its parameter;
    /// and when [`Consumer::In`] is no enum of messages.
    #[doc(alias = "URLRouter")]
    #[must_use]
    fn socket<C: Consumer>(self, path: &str, socket: Socket<C>) -> Self;
}

impl SocketDoors for Doors {
    fn socket<C: Consumer>(self, path: &str, socket: Socket<C>) -> Self {
        let lookup = socket
            .lookup
            .unwrap_or_else(|| panic!("{path}: say with `.object(…)` how the object is found"));
        if let Some(parameter) = &lookup.parameter {
            let is_there = path.contains(&format!("{{{parameter}}}"));
            assert!(is_there, "{path} has no parameter {{{parameter}}}");
        }
        let served = Arc::new(Served {
            consumer: socket.consumer,
            channels: socket.channels,
            settings: socket.settings,
            lookup,
            hook: socket.hook,
            topic: socket.topic,
            messages: Messages::new(),
        });
        let settings = served.settings.clone();
        let open = move |request: Request| Arc::clone(&served).open(request);
        self.socket_route(path, get(open))
            .socket_described(move || description::messages::<C>(&settings))
    }
}

/// An endpoint at its door.
pub(crate) struct Served<C: Consumer> {
    pub(crate) consumer: C,
    pub(crate) channels: Channels,
    pub(crate) settings: SocketSettings,
    pub(crate) lookup: Lookup<C::Object>,
    pub(crate) hook: Option<Hook>,
    /// The pattern of the topic that the route is dedicated to.
    pub(crate) topic: Option<String>,
    pub(crate) messages: Messages<C::In>,
}

/// How a connection begins.
pub(crate) enum Opening<T> {
    /// With the outcome, and the place that is counted.
    Decided(Box<Admission<T>>, Option<Place>),
    /// With the first message; the place among those that wait is counted.
    Waiting(Place),
}

impl<C: Consumer> Served<C> {
    /// Answers a handshake. Only where it comes from, and what is no handshake, is refused here: everything
    /// else is told in a frame.
    async fn open(self: Arc<Self>, request: Request) -> Response {
        let (mut head, _) = request.into_parts();
        let Some(knock) = head.extensions.get::<Knock>().cloned() else {
            tracing::error!("a socket without a door");
            return handshake::plain(StatusCode::INTERNAL_SERVER_ERROR);
        };
        let Some((parameter, topic)) = self.parameters(&mut head).await else {
            return Refusal::NotFound.into_response();
        };
        let handshake = match Handshake::of(&mut head) {
            Ok(handshake) => handshake,
            Err(response) => return *response,
        };
        let is_ambient = knock.is_ambient(&head);
        if !origin::is_allowed(&self.settings, &head, is_ambient) {
            tracing::info!(
                door = "socket",
                route = knock.path(),
                outcome = "refused",
                "origin"
            );
            return handshake::plain(StatusCode::FORBIDDEN);
        }
        let (life, seat) = match self.seat(&head) {
            Ok(seated) => seated,
            Err(response) => return *response,
        };
        if self.settings.is_post {
            head.method = Method::POST;
        }
        let has_tickets = self.channels.tickets.is_some();
        let path = match head.extensions.get::<OriginalUri>() {
            Some(OriginalUri(original)) => original.path().to_owned(),
            None => head.uri.path().to_owned(),
        };
        let offered = Offered::of(&mut head, &self.settings, has_tickets);
        kept_head::detach(&mut head);
        let target = Target {
            knock,
            parameter,
            topic,
        };
        // Before the answer, so that what authenticators cause, such as a cookie, goes with it.
        let redeemed = match (&self.channels.tickets, &offered.ticket) {
            (Some(tickets), Some(ticket)) => Some(tickets.redeem(ticket, &path).await),
            _ => None,
        };
        let asked = match redeemed {
            Some(Err(error)) => Admission::refused(&target.knock.refusal_of(error), false),
            Some(Ok(redeemed)) => {
                head.extensions.insert(redeemed);
                self.ask(&target, &head, None).await
            }
            None => self.ask(&target, &head, offered.token.as_deref()).await,
        };
        let has_sent = is_ambient
            || offered.token.is_some()
            || offered.ticket.is_some()
            || head.headers.contains_key(AUTHORIZATION)
            || !target.knock.has_authenticators();
        let waits = self.settings.first_message && asked.is_nobody && !has_sent;
        let opening = if waits && asked.entry.is_none() {
            let most = self.settings.waiting_per_address;
            match self.limits().arrive("waiting", &address(&head), most) {
                Some(place) => Opening::Waiting(place),
                None => return too_many(1),
            }
        } else {
            let admission = self.conclude(&head, asked).await;
            let (admission, place) = self.count(&head, admission);
            Opening::Decided(Box::new(admission), place)
        };
        let (response, upgrade) = handshake.accept(offered.protocol);
        let seats = (life, seat);
        tokio::spawn(task::begin(self, upgrade, head, target, opening, seats));
        response
    }

    fn limits(&self) -> &ConnectionLimits {
        &self.channels.limits
    }

    /// A seat for a connection, by its address and among all.
    fn seat(&self, head: &http::request::Parts) -> Result<(Life, Place), Box<Response>> {
        let settings = &self.settings;
        let address = address(head);
        if let Err(seconds) = self.limits().may_try(&address) {
            return Err(Box::new(too_many(seconds)));
        }
        let seat = self
            .limits()
            .arrive("address", &address, settings.sockets_per_address);
        let seat = seat.ok_or_else(|| Box::new(too_many(1)))?;
        let most = usize::try_from(settings.sockets).unwrap_or(usize::MAX);
        match self.channels.lives.begin(most) {
            Some(life) => Ok((life, seat)),
            None => Err(Box::new(Refusal::Unavailable.into_response())),
        }
    }

    /// Counts a refusal against its address, unless it is about time or about us.
    pub(crate) fn count_refusal(&self, head: &http::request::Parts, outcome: &Outcome) {
        let is_theirs = outcome.status().is_none_or(|status| {
            status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS
        });
        if !is_theirs {
            return;
        }
        let rate = self.settings.refusal_rate;
        self.limits().refused(&address(head), rate);
    }

    /// The text of the look-up's parameter, and the route's topic; `None` where the path cannot name anything.
    async fn parameters(
        &self,
        head: &mut http::request::Parts,
    ) -> Option<(String, Option<String>)> {
        if self.lookup.parameter.is_none() && self.topic.is_none() {
            return Some((String::new(), None));
        }
        let parameters = RawPathParams::from_request_parts(head, &()).await.ok()?;
        let mut topic = self.topic.clone();
        let mut text = String::new();
        for (name, value) in &parameters {
            if self.lookup.parameter.as_deref() == Some(name) {
                value.clone_into(&mut text);
            }
            topic = topic.map(|topic| topic.replace(&format!("{{{name}}}"), value));
        }
        self.lookup.takes(&text).then_some((text, topic))
    }

    /// Counts somebody who may enter; they are refused where they have or open too many connections.
    pub(crate) fn count(
        &self,
        head: &http::request::Parts,
        admission: Admission<C::Object>,
    ) -> (Admission<C::Object>, Option<Place>) {
        let Some(entry) = &admission.entry else {
            return (admission, None);
        };
        let key = match entry.access.who().user() {
            Some(user) => format!("user {}", user.id),
            None => format!("anonymous {}", address(head)),
        };
        let (most, rate) = (
            self.settings.sockets_per_user,
            self.settings.connection_rate,
        );
        match self.channels.limits.enter(&key, most, rate) {
            Ok(place) => (admission, Some(place)),
            Err(seconds) => {
                let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
                let refused = Admission {
                    outcome: Outcome::refused(&Refusal::Throttled(seconds)),
                    entry: None,
                    is_nobody: false,
                };
                (refused, None)
            }
        }
    }
}

/// What stands for the client's address in counters.
fn address(head: &http::request::Parts) -> String {
    ClientInfo::of(&head.extensions).counter_key()
}

/// Too many connections of an address.
fn too_many(seconds: u64) -> Response {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    Refusal::Throttled(seconds).into_response()
}
