//! The services of the application, with the users that every case starts from.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use axum::Router;
use axum::middleware::from_fn_with_state;
use portcullis::accounts::{EmailVerification, Jwt, JwtSettings, Tokens};
use portcullis::channels::Channels;
use portcullis::core::{
    Clock, Device, NewAccount, NewLogin, SecretKeys, Store, SystemClock, no_mails,
};
use portcullis::django::jwt::{Algorithm, Backend, Key};
use portcullis::django::password::Hashers;
use portcullis::sql::Database;
use portcullis::web::{
    BasicAuthentication, Compat, CookieDoorSettings, CsrfSettings, HashingPool, Passwords,
    SessionAuthentication, SessionSettings, Sessions, TokenAuthentication, TrustedProxies,
};
use portcullis::{AccountSettings, Accounts, Authenticator, Gate};

use crate::access::ApiKey;
use crate::state::{BETA, Rooms};
use crate::{endpoints, views};

/// The keys of the recorded servers; they protect nothing.
const SECRET_KEY: &str = "chanx-peer-secret-key-for-tests-only-0123456789";
const JWT_KEY: &str = "jwt-peer-signing-key-0123456789abcdef";
/// The token of a user who is inactive.
const DAVES_TOKEN: &str = "dddddddddddddddddddddddddddddddddddddddd";

/// What lasts over resets.
pub(crate) struct Kit {
    hashing: HashingPool,
    folder: tempfile::TempDir,
    resets: AtomicU64,
}

impl Kit {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            hashing: HashingPool::start(2, 256)?,
            folder: tempfile::tempdir()?,
            resets: AtomicU64::new(0),
        })
    }

    fn next_file(&self) -> PathBuf {
        let number = self.resets.fetch_add(1, Ordering::Relaxed);
        self.folder.path().join(format!("{number}.db"))
    }
}

/// What endpoints and views share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) accounts: Accounts,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) passwords: Passwords,
    pub(crate) jwts: Jwt,
    pub(crate) session: Arc<dyn Authenticator>,
    pub(crate) token: Arc<dyn Authenticator>,
    pub(crate) basic: Arc<dyn Authenticator>,
    pub(crate) jwt: Arc<dyn Authenticator>,
    pub(crate) api_key: Arc<dyn Authenticator>,
    pub(crate) gate: Gate,
    pub(crate) rooms: Rooms,
    pub(crate) channels: Channels,
}

/// A new application on a new database.
pub(crate) async fn fresh(kit: &Kit) -> anyhow::Result<Router> {
    let database = Database::open_sqlite(&kit.next_file())?.0;
    database.migrate(SystemClock.now()).await?;
    let app = App::new(kit, database)?;
    app.seed().await.context("seeding")?;
    let doors = views::doors(&app).merge(endpoints::doors(&app));
    let identify = from_fn_with_state(TrustedProxies::default(), TrustedProxies::identify);
    Ok(doors.into_router().layer(identify))
}

impl App {
    fn new(kit: &Kit, database: Database) -> anyhow::Result<Self> {
        let channels = Channels::memory();
        channels.listen(database.revocations());
        let store: Arc<dyn Store> = Arc::new(database);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let cookies = CookieDoorSettings {
            secret_keys: SecretKeys::new(SECRET_KEY, Vec::new()),
            session: SessionSettings::default(),
            csrf: CsrfSettings::default(),
        };
        let sessions = Sessions::new(Arc::clone(&store), Arc::clone(&clock), cookies);
        // Quick hashes: the cases are about sockets.
        let hashers = Hashers {
            pbkdf2_iterations: 1,
            ..Hashers::default()
        };
        let hashing = kit.hashing.clone();
        let passwords = Passwords::new(
            Arc::clone(&store),
            Arc::clone(&clock),
            hashing,
            hashers,
            None,
        );
        let settings = AccountSettings {
            tokens: Tokens::Authtoken,
            signup_limit: None,
            email_verification: EmailVerification::None,
            ..AccountSettings::default()
        };
        let accounts = Accounts::new(
            passwords.clone(),
            sessions.clone(),
            Arc::clone(&clock),
            settings,
        );
        let backend = Backend::new(Key::secret(Algorithm::Hs256, JWT_KEY)?);
        let jwt_settings = JwtSettings {
            families: None,
            ..JwtSettings::default()
        };
        let jwts = Jwt::new(passwords.clone(), clock, backend, jwt_settings);
        let session: Arc<dyn Authenticator> = Arc::new(SessionAuthentication(sessions.clone()));
        let basic: Arc<dyn Authenticator> = Arc::new(BasicAuthentication(passwords.clone()));
        let compat = Compat {
            first_class_challenge: true,
            ..Compat::default()
        };
        let gate = Gate::new(vec![Arc::clone(&session), Arc::clone(&basic)])
            .with_csrf(sessions.csrf().clone())
            .with_compat(compat);
        Ok(Self {
            accounts,
            token: Arc::new(TokenAuthentication(Arc::clone(&store))),
            api_key: Arc::new(ApiKey(Arc::clone(&store))),
            jwt: Arc::new(jwts.authentication()),
            store,
            passwords,
            jwts,
            session,
            basic,
            gate,
            rooms: Rooms::new(),
            channels,
        })
    }

    async fn seed(&self) -> anyhow::Result<()> {
        let passwords = [
            ("alice", "alice-pw-1"),
            ("bob", "bob-pw-2"),
            ("carol", "carol-pw-3"),
            ("dave", "dave-pw-4"),
            (BETA, "erin-pw-5"),
        ];
        for (name, password) in passwords {
            let hashed = self.passwords.hash(password).await;
            let account = NewAccount {
                username: name.to_owned(),
                email: format!("{name}@example.test"),
                password: hashed.map_err(|error| anyhow::anyhow!("hashing: {error:?}"))?,
                is_email_verified: Some(true),
                is_staff: name == "carol",
                is_superuser: false,
                device: Device::default(),
                now: SystemClock.now(),
            };
            let user = self.store.create_account(account, None, &no_mails).await?;
            if name == "dave" {
                let login = NewLogin::Token {
                    key: DAVES_TOKEN.to_owned(),
                    device: Device::default(),
                    now: SystemClock.now(),
                };
                self.store.log_in(&user, login, None).await?;
                self.store.set_active(&user.id, false).await?;
            }
        }
        Ok(())
    }
}
