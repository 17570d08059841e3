//! The services of the application, and all of its doors.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse};
use http::StatusCode;
use portcullis::accounts::social::Social;
use portcullis::accounts::{EmailVerification, Jwt, Mailer, Tokens};
use portcullis::admin::{Admin, AdminSettings};
use portcullis::core::{Clock, Limit, SecretKeys, Store, SystemClock};
use portcullis::django::jwt::{Algorithm, Backend, Key};
use portcullis::django::password::Hashers;
use portcullis::sql::Database;
use portcullis::web::{
    AllowedHosts, Api, BasicAuthentication, Compat, CookieDoorSettings, Cors, HashingPool,
    JwtCookieAuthentication, Passwords, SessionAuthentication, Sessions, TokenAuthentication,
    TrustedProxies, security_headers,
};
use portcullis::{AccountSettings, Accounts, Authenticator, Doors, Gate};
use time::Duration;
use url::Url;

use crate::profile::Profile;
use crate::{guard, rest_auth_views, session_views, social_views, token_views, trainers};

/// The key of the recorded server; it protects nothing.
const SECRET_KEY: &str = "peer-only-secret-key-do-not-deploy-0123456789abcdefghij";
const JWT_KEY: &str = "peer-only-jwt-signing-key-0123456789abcdefghijklmnop";

/// What the views share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) profile: Profile,
    pub(crate) accounts: Accounts,
    /// The same for dj-rest-auth's endpoints, with mail.
    pub(crate) rest_accounts: Accounts,
    pub(crate) mailer: Mailer,
    /// Log-in by providers, as the single-page app uses it.
    pub(crate) social: Social,
    /// The same at dj-rest-auth's endpoints.
    pub(crate) rest_social: Social,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) passwords: Passwords,
    pub(crate) secret_keys: SecretKeys,
    pub(crate) session: Arc<dyn Authenticator>,
    pub(crate) token: Arc<dyn Authenticator>,
    pub(crate) knox: Arc<dyn Authenticator>,
    pub(crate) basic: Arc<dyn Authenticator>,
    pub(crate) jwt: Arc<dyn Authenticator>,
    pub(crate) jwts: Jwt,
    pub(crate) gate: Gate,
    pub(crate) admin: Admin,
}

impl App {
    pub(crate) fn new(
        profile: Profile,
        database: Database,
        mail: SocketAddr,
        providers: &Url,
    ) -> anyhow::Result<Self> {
        let store: Arc<dyn Store> = Arc::new(database);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let admin_clock = Arc::clone(&clock);
        let secret_keys = SecretKeys::new(SECRET_KEY, Vec::new());
        let cookies = CookieDoorSettings {
            secret_keys: secret_keys.clone(),
            session: profile.session(),
            csrf: profile.csrf(),
        };
        let sessions = Sessions::new(Arc::clone(&store), Arc::clone(&clock), cookies);
        // Quick hashes, as the recorded server had; and no limit, since the cases guess a lot.
        let hashers = Hashers {
            pbkdf2_iterations: 1000,
            ..Hashers::default()
        };
        let hashing = HashingPool::start(2, 256)?;
        let passwords = Passwords::new(
            Arc::clone(&store),
            Arc::clone(&clock),
            hashing,
            hashers,
            None,
        );
        let passwords = passwords.comparing_email_case();
        let settings = AccountSettings {
            tokens: Tokens::Authtoken,
            signup_limit: None,
            device: profile.device_tokens(),
            email_verification: EmailVerification::None,
            ..AccountSettings::default()
        };
        let mailer = rest_auth_views::mailer(mail)?;
        let rest_passwords = match profile {
            Profile::Stock => passwords.clone().wanting_verified_email(),
            Profile::Email | Profile::Jwt => passwords.clone(),
        };
        let rest_accounts = Accounts::new(
            rest_passwords.clone(),
            sessions.clone(),
            Arc::clone(&clock),
            rest_auth_views::settings(profile),
        )
        .with_mailer(mailer.clone());
        let accounts = Accounts::new(
            passwords.clone(),
            sessions.clone(),
            Arc::clone(&clock),
            settings,
        );
        let social = social_views::social(accounts.clone(), providers)?;
        let rest_social = social_views::social(rest_accounts.clone(), providers)?;
        let backend = Backend::new(Key::secret(Algorithm::Hs256, JWT_KEY)?);
        let jwts = Jwt::new(
            passwords.clone(),
            Arc::clone(&clock),
            backend,
            profile.jwt(),
        );
        let session: Arc<dyn Authenticator> = Arc::new(SessionAuthentication(sessions.clone()));
        let token: Arc<dyn Authenticator> = Arc::new(TokenAuthentication(Arc::clone(&store)));
        let basic: Arc<dyn Authenticator> = Arc::new(BasicAuthentication(passwords.clone()));
        let knox = profile.device_tokens();
        let knox: Arc<dyn Authenticator> = Arc::new(knox.authentication(Arc::clone(&store), clock));
        let jwt: Arc<dyn Authenticator> = Arc::new(jwts.authentication());
        let defaults: Vec<Arc<dyn Authenticator>> = match profile {
            Profile::Email => vec![Arc::clone(&token), Arc::clone(&session)],
            Profile::Stock => vec![Arc::clone(&session), Arc::clone(&basic)],
            Profile::Jwt => vec![Arc::new(JwtCookieAuthentication::new(
                jwts.authentication(),
                rest_auth_views::cookies(),
                sessions.csrf().clone(),
            ))],
        };
        let compat = Compat {
            first_class_challenge: true,
            no_cache_headers: true,
            login_without_origin_check: true,
        };
        let gate = Gate::new(defaults)
            .with_csrf(sessions.csrf().clone())
            .with_compat(compat);
        let settings = AdminSettings {
            // Django's default, which the recorded server had.
            login_redirect: "/accounts/profile/".to_owned(),
            ..AdminSettings::default()
        };
        let admin = Admin::new(
            accounts.clone(),
            passwords.clone(),
            Arc::clone(&admin_clock),
            settings,
        );
        Ok(Self {
            profile,
            accounts,
            rest_accounts,
            mailer,
            social,
            rest_social,
            store,
            passwords,
            secret_keys,
            session,
            token,
            knox,
            basic,
            jwt,
            jwts,
            gate,
            admin,
        })
    }

    /// Doors behind the profile's default authenticators.
    pub(crate) fn doors(&self) -> Doors {
        self.gate.doors()
    }

    /// DRF's pipeline with the profile's renderers.
    pub(crate) fn api(&self, name: &str) -> Api {
        let api = Api::new(name);
        if self.profile.has_html() {
            api.with_html()
        } else {
            api
        }
    }

    /// knox' doors, by the names of the recorded views.
    fn knox_doors(&self) -> Doors {
        let api = |name: &str| match name {
            "Login" => self.api("Knox Basic Login"),
            "Login Json" => self.api("Knox Json Login"),
            name => self.api(name),
        };
        self.accounts.device_doors(&self.gate, "/knox/", api)
    }

    /// Three calls a minute.
    pub(crate) fn rate(&self) -> Limit {
        Limit {
            tries: 3,
            window: Duration::minutes(1),
        }
    }

    /// The whole application.
    pub(crate) fn router(self) -> Router {
        let doors = self
            .doors()
            .merge(token_views::doors(&self))
            .merge(trainers::doors(&self))
            .merge(session_views::doors(&self))
            .merge(social_views::doors(&self))
            .merge(guard::doors(&self))
            .merge(rest_auth_views::doors(&self))
            .merge(self.jwts.doors(&self.gate, "/jwt/", |name| self.api(name)))
            .merge(self.knox_doors())
            .merge(self.admin.doors(&self.gate));
        let cors = self.profile.cors().unwrap_or_default();
        let hosts = AllowedHosts::new(["127.0.0.1", "localhost", "testserver"]);
        doors
            .into_router()
            .fallback(|| async {
                (StatusCode::NOT_FOUND, Html("<h1>Not Found</h1>")).into_response()
            })
            .layer(from_fn_with_state(hosts, AllowedHosts::check))
            .layer(from_fn_with_state(Cors::new(cors), Cors::handle))
            .layer(from_fn_with_state(
                TrustedProxies::DangerEverybody,
                TrustedProxies::identify,
            ))
            .layer(from_fn(security_headers))
    }
}
