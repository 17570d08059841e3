//! The wiring: services, gate, doors, and the axum application.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use portcullis::accounts::social::{HttpClient, Provider, Social, SocialSettings};
use portcullis::accounts::{
    EmailVerification, Jwt, JwtSettings, Mailer, RestAuth, RestAuthSettings, SetupKey,
};
use portcullis::admin::{Admin, AdminSettings};
use portcullis::channels::{Channels, SocketSettings};
use portcullis::core::{Clock, Limit, SecretKeys, Store};
use portcullis::django::jwt::Backend;
use portcullis::django::password::Hashers;
use portcullis::live::{Hub, Live};
use portcullis::web::{
    AllowedHosts, Api, BasicAuthentication, Compat, Content, CookieDoorSettings, Cors,
    CorsSettings, CsrfSettings, Description, ForwardAuth, HashingPool, LoginLimits, Passwords,
    SecondFactors, SessionAuthentication, SessionSettings, Sessions, TokenAuthentication,
    TokenLimit, TrustedProxies, security_headers,
};
use portcullis::{AccountSettings, Accounts, Authenticator, Doors, Gate, Refusal, get};
use tower::util::option_layer;
use tower_http::catch_panic::CatchPanicLayer;

use crate::settings::{AuthenticationClass, PermissionClass, Settings};
use crate::{http, page, sockets};

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
    /// What JWTs are signed with.
    pub jwt: Backend,
    /// By what the first administrator is made.
    pub setup_key: SetupKey,
    /// What writes and sends mail, where there is mail.
    pub mailer: Option<Mailer>,
    /// What sockets share.
    pub channels: Channels,
    /// The providers of social log-in, where there are some.
    pub social: Option<SocialProviders>,
}

/// Providers of social log-in, and what asks them.
#[derive(Clone, Debug)]
pub struct SocialProviders {
    /// What asks them.
    pub client: HttpClient,
    /// Who they are.
    pub providers: Vec<Arc<dyn Provider>>,
}

/// What the application believes, allows and does.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Whether browsers reach it by https: cookies are then `Secure`.
    pub is_https: bool,
    /// The hosts it answers to; empty is every one.
    pub allowed_hosts: Vec<String>,
    /// Whose word counts about the client.
    pub trusted_proxies: TrustedProxies,
    /// Which other origins' pages may read answers.
    pub cors: CorsSettings,
    /// Which other origins' pages may send what changes something with a cookie.
    pub csrf_trusted_origins: Vec<String>,
    /// The domain whose hosts share the cookies; `None`: they are this host's alone.
    pub cookie_domain: Option<String>,
    /// Whether cookies are called as they are said, also with https; else they are then `__Host-`, or
    /// `__Secure-` where hosts share them.
    pub keeps_cookie_names: bool,
    /// What the cookie of CSRF tokens is called.
    pub csrf_cookie_name: String,
    /// How sessions are kept.
    pub session: SessionSettings,
    /// What authenticator apps call the service.
    pub issuer: String,
    /// What account flows do.
    pub accounts: AccountSettings,
    /// What dj-rest-auth's doors do.
    pub rest_auth: RestAuthSettings,
    /// What social log-in does.
    pub social: SocialSettings,
    /// Whether an address stored with capital letters counts only as it is stored.
    pub compares_email_case: bool,
    /// How JWTs are made and exchanged.
    pub jwt: JwtSettings,
    /// Where to do as Django's packages do.
    pub compat: Compat,
    /// Who is asked who is asking, in order.
    pub authentication_classes: Vec<AuthenticationClass>,
    /// What must be allowed at doors that name nothing.
    pub permission_classes: Vec<PermissionClass>,
    /// Whether CSRF tokens of requests that a proxy asks about are for the server behind it to check.
    pub forward_auth_leaves_csrf: bool,
    /// How many log-ins may fail, over all doors and nodes.
    pub login_limits: LoginLimits,
    /// How many wrong tokens one address may send.
    pub token_limit: Limit,
    /// Whether every door is documented at `/docs/`.
    pub has_docs: bool,
    /// How sockets behave, and what one may cost.
    pub sockets: SocketSettings,
    /// Live models, where there are some.
    pub live: Option<Live>,
    /// What tells browsers of changes of live models, where that is wanted.
    pub hub: Option<Hub>,
}

impl Default for Surroundings {
    /// Those of a fresh install.
    fn default() -> Self {
        Settings::default().surroundings()
    }
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
        jwt,
        setup_key,
        mailer,
        social,
        channels,
    } = services;
    let cookies = cookie_settings(secret_keys.clone(), surroundings);
    let sessions = Sessions::new(Arc::clone(&store), Arc::clone(&clock), cookies);
    let mut passwords = Passwords::new(
        Arc::clone(&store),
        Arc::clone(&clock),
        hashing,
        hashers,
        Some(surroundings.login_limits),
    );
    if surroundings.accounts.email_verification == EmailVerification::Mandatory {
        passwords = passwords.wanting_verified_email();
    }
    if surroundings.compares_email_case {
        passwords = passwords.comparing_email_case();
    }
    let mut factors = SecondFactors::new(
        Arc::clone(&store),
        Arc::clone(&clock),
        secret_keys,
        &surroundings.issuer,
    );
    if let Some(mailer) = mailer
        .as_ref()
        .filter(|_| surroundings.accounts.email_notifications)
    {
        factors = factors.with_letters(mailer.factor_letters());
    }
    let passwords = passwords.with_second_factors(factors);
    let settings = surroundings.jwt.clone();
    let token_limit = TokenLimit::new(
        Arc::clone(&store),
        Arc::clone(&clock),
        surroundings.token_limit,
    );
    let jwt = Jwt::new(passwords.clone(), Arc::clone(&clock), jwt, settings)
        .with_token_limit(token_limit.clone());
    let device = &surroundings.accounts.device;
    let mut device = device.authentication(Arc::clone(&store), Arc::clone(&clock));
    let mut classes = surroundings.authentication_classes.clone();
    if classes.contains(&AuthenticationClass::Token) {
        // Both read the same header: whoever can tell the tokens apart comes first.
        device = device.leaving_authtokens();
        classes.sort_by_key(|class| *class == AuthenticationClass::Token);
    }
    let device = Arc::new(device);
    let authenticator = |class: &AuthenticationClass| -> Arc<dyn Authenticator> {
        match class {
            AuthenticationClass::DeviceToken => Arc::clone(&device) as Arc<dyn Authenticator>,
            AuthenticationClass::Jwt => Arc::new(jwt.authentication()),
            AuthenticationClass::Session => Arc::new(SessionAuthentication(sessions.clone())),
            AuthenticationClass::Basic => Arc::new(BasicAuthentication(passwords.clone())),
            AuthenticationClass::Token => Arc::new(TokenAuthentication(Arc::clone(&store))),
        }
    };
    let gate = Gate::new(classes.iter().map(authenticator).collect())
        .with_csrf(sessions.csrf().clone())
        .with_compat(surroundings.compat)
        .with_token_limit(token_limit)
        .with_default_permission(PermissionClass::all(&surroundings.permission_classes));
    let shared = (&store, &clock, &sessions);
    let sockets = sockets::doors(&gate, channels, &surroundings.sockets, shared);
    let settings = surroundings.accounts.clone();
    let (admin_passwords, admin_clock) = (passwords.clone(), Arc::clone(&clock));
    let mut accounts =
        Accounts::new(passwords, sessions, clock, settings).with_setup_key(setup_key);
    if let Some(mailer) = mailer {
        accounts = accounts.with_mailer(mailer);
    }
    let admin = Admin::new(
        accounts.clone(),
        admin_passwords,
        admin_clock,
        AdminSettings::default(),
    );
    let mut rest_auth = RestAuth::new(accounts.clone(), surroundings.rest_auth);
    let social = social.map(|SocialProviders { client, providers }| {
        let settings = surroundings.social.clone();
        Social::new(accounts.clone(), settings, client, providers)
    });
    if let Some(social) = &social {
        rest_auth = rest_auth.with_social(social.clone());
    }
    let mut forward = ForwardAuth::new(Arc::clone(&store), |name| {
        PermissionClass::named(name).map(PermissionClass::permission)
    });
    if surroundings.forward_auth_leaves_csrf {
        forward = forward.leaving_csrf_tokens();
    }
    let health = get(move || healthz(Arc::clone(&store))).described(
        Description::new("Is the service up?")
            .answer(200, "It is.", Content::Text("application/json"))
            .answer(503, "Its database is away.", Content::Detail),
    );
    let providers = social.as_ref().map_or(&[][..], Social::providers);
    let mut doors = page::doors(&gate, providers, surroundings.live.as_ref())
        .route("/healthz", health)
        .authenticated_by(Vec::new())
        .open()
        .grouped("Service")
        .merge(accounts.doors(&gate))
        .merge(accounts.second_factor_doors(&gate))
        .merge(accounts.login_list_doors(&gate))
        .merge(accounts.logins_of_users_doors(&gate))
        .merge(accounts.invitation_doors(&gate))
        .merge(rest_auth.doors(&gate, "/rest-auth/", Api::new))
        .merge(accounts.device_doors(&gate, "/knox/", Api::new))
        .merge(jwt.doors(&gate, "/jwt/", Api::new))
        .merge(jwt.jwks_door(&gate))
        .merge(admin.doors(&gate))
        .merge(forward.doors(&gate, "/api/forward-auth/"))
        .merge(sockets);
    if let Some(social) = &social {
        doors = doors.merge(social.doors(&gate));
    }
    if let Some(live) = &surroundings.live {
        doors = doors.merge(live.doors(&gate));
    }
    if let Some(hub) = &surroundings.hub {
        doors = doors.merge(hub.doors(&gate));
    }
    match surroundings.has_docs {
        true => page::with_docs(doors, &gate),
        false => doors,
    }
}

/// The application: the doors, with what holds for all of them.
pub fn app(doors: Doors, surroundings: &Surroundings) -> Router {
    let proxies = surroundings.trusted_proxies.clone();
    let hosts = match surroundings.allowed_hosts.as_slice() {
        [] => AllowedHosts::new(["*"]),
        hosts => AllowedHosts::new(hosts),
    };
    let hsts = surroundings.is_https.then(|| map_response(http::hsts));
    let mut router = doors.into_router();
    if !surroundings.cors.is_empty() {
        let mut cors = surroundings.cors.clone();
        if surroundings.live.is_some() {
            let headers = Live::REQUEST_HEADERS.iter().copied().map(str::to_owned);
            cors.headers.extend(headers);
        }
        let cors = Cors::new(cors);
        router = router.layer(from_fn_with_state(cors, Cors::handle));
    }
    router
        .layer(from_fn_with_state(hosts, AllowedHosts::check))
        .layer(from_fn(http::watch))
        .layer(CatchPanicLayer::custom(http::panicked))
        .layer(option_layer(hsts))
        .layer(from_fn(security_headers))
        .layer(from_fn(http::trace))
        .layer(from_fn_with_state(proxies, TrustedProxies::identify))
}

/// Cookies of http on the loopback have Django's names; those of https cannot be set by other hosts, unless
/// Django names them, too.
fn cookie_settings(secret_keys: SecretKeys, surroundings: &Surroundings) -> CookieDoorSettings {
    let mut session = surroundings.session.clone();
    let mut csrf = CsrfSettings {
        trusted_origins: surroundings.csrf_trusted_origins.clone(),
        ..CsrfSettings::default()
    };
    // No other host can set a `__Host-` cookie; one that other hosts share cannot be one.
    let prefix = match &surroundings.cookie_domain {
        None => "__Host-",
        Some(_) => "__Secure-",
    };
    csrf.cookie.name.clone_from(&surroundings.csrf_cookie_name);
    for cookie in [&mut session.cookie, &mut csrf.cookie] {
        cookie.is_secure = surroundings.is_https;
        if surroundings.is_https && !surroundings.keeps_cookie_names {
            cookie.name = format!("{prefix}{}", cookie.name);
        }
    }
    for cookie in [&mut session.cookie, &mut csrf.cookie] {
        cookie.domain.clone_from(&surroundings.cookie_domain);
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
