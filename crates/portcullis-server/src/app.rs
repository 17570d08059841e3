//! The wiring: services, gate, doors, and the axum application.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use portcullis::core::{Clock, Limit, SecretKeys, Store};
use portcullis::django::password::Hashers;
use portcullis::web::{
    AllowedHosts, CookieDoorSettings, CsrfSettings, DeviceTokenAuthentication, HashingPool,
    Passwords, SessionAuthentication, SessionSettings, Sessions, TrustedProxies, security_headers,
};
use portcullis::{AccountSettings, Accounts, Doors, Gate, Refusal, get};
use time::Duration;
use tower::util::option_layer;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{http, page};

/// How many log-ins of one name may fail, over all doors and nodes.
const LOGIN_LIMIT: Limit = Limit {
    tries: 10,
    window: Duration::minutes(10),
};

/// What the application is made of.
#[derive(Clone)]
pub struct Services {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The threads that hash passwords.
    pub hashing: HashingPool,
    /// Which hash new passwords get, and which are accepted.
    pub hashers: Hashers,
    /// What sessions are signed with.
    pub secret_keys: SecretKeys,
}

/// What the application believes and allows.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Whether browsers reach it by https: cookies are then `Secure` and `__Host-`.
    pub is_https: bool,
    /// The hosts it answers to; empty is every one.
    pub allowed_hosts: Vec<String>,
    /// Whose word counts about the client.
    pub trusted_proxies: TrustedProxies,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Services(..)")
    }
}

/// Every door of the server.
#[must_use]
pub fn doors(services: Services, surroundings: &Surroundings) -> Doors {
    let Services {
        store,
        clock,
        hashing,
        hashers,
        secret_keys,
    } = services;
    let cookies = cookie_settings(secret_keys, surroundings.is_https);
    let sessions = Sessions::new(Arc::clone(&store), Arc::clone(&clock), cookies);
    let passwords = Passwords::new(
        Arc::clone(&store),
        Arc::clone(&clock),
        hashing,
        hashers,
        Some(LOGIN_LIMIT),
    );
    let token = DeviceTokenAuthentication::new(Arc::clone(&store), Arc::clone(&clock));
    let session = SessionAuthentication(sessions.clone());
    let gate =
        Gate::new(vec![Arc::new(token), Arc::new(session)]).with_csrf(sessions.csrf().clone());
    let accounts = Accounts::new(passwords, sessions, clock, AccountSettings::default());
    page::doors(&gate)
        .route("/healthz", get(move || healthz(Arc::clone(&store))))
        .authenticated_by(Vec::new())
        .open()
        .merge(accounts.doors(&gate))
}

/// The application: the doors, with what holds for all of them.
pub fn app(doors: Doors, surroundings: &Surroundings) -> Router {
    let proxies = surroundings.trusted_proxies.clone();
    let hosts = match surroundings.allowed_hosts.as_slice() {
        [] => AllowedHosts::new(["*"]),
        hosts => AllowedHosts::new(hosts),
    };
    let hsts = surroundings.is_https.then(|| map_response(http::hsts));
    doors
        .into_router()
        .layer(from_fn_with_state(hosts, AllowedHosts::check))
        .layer(from_fn(http::watch))
        .layer(CatchPanicLayer::custom(http::panicked))
        .layer(option_layer(hsts))
        .layer(from_fn(security_headers))
        .layer(from_fn(http::trace))
        .layer(from_fn_with_state(proxies, TrustedProxies::identify))
}

/// Cookies of http on the loopback have Django's names; those of https cannot be set by other hosts.
fn cookie_settings(secret_keys: SecretKeys, is_https: bool) -> CookieDoorSettings {
    let (mut session, mut csrf) = (SessionSettings::default(), CsrfSettings::default());
    if is_https {
        for cookie in [&mut session.cookie, &mut csrf.cookie] {
            cookie.name = format!("__Host-{}", cookie.name);
            cookie.is_secure = true;
        }
    }
    CookieDoorSettings {
        secret_keys,
        session,
        csrf,
    }
}

/// 200 while the database answers, 503 while it does not.
async fn healthz(store: Arc<dyn Store>) -> Result<Json<&'static str>, Refusal> {
    store.ping().await?;
    Ok(Json("ok"))
}
