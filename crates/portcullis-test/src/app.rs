//! The application under test, on a database of its own.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use portcullis::core::{
    Clock, CreateAccountError, Device, ManualClock, NewAccount, NewDeviceLogin, NewLogin,
    Revocations, SecretKeys, Store, no_mails,
};
use portcullis::django::api_token;
use portcullis::django::password::Hashers;
use portcullis::sql::Database;
use portcullis::web::{
    CookieDoorSettings, CsrfSettings, DeviceTokenAuthentication, HashingPool, Passwords,
    SessionAuthentication, SessionSettings, Sessions,
};
use portcullis::{Gate, User};
use tempfile::TempDir;
use time::macros::datetime;

use crate::client::Client;

/// What a service is built from in a test.
#[derive(Clone)]
pub struct TestParts {
    /// A fresh, migrated database.
    pub store: Arc<dyn Store>,
    /// The same, by its own type, which counts statements.
    pub database: Database,
    /// The notices of what that database ends, for [`Channels::listen`](portcullis::channels::Channels::listen).
    pub revocations: Revocations,
    /// The time, which stands still until it is moved.
    pub clock: Arc<ManualClock>,
    /// Threads for hashing.
    pub hashing: HashingPool,
    /// Hashes that cost next to nothing.
    pub hashers: Hashers,
    /// Checks of passwords, with such hashes and without a limit.
    pub passwords: Passwords,
    /// What sessions are signed with.
    pub secret_keys: SecretKeys,
    /// Sessions with Django's default settings.
    pub sessions: Sessions,
    /// A gate that knows device tokens and sessions.
    pub gate: Gate,
}

impl std::fmt::Debug for TestParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TestParts(..)")
    }
}

/// An application under test; its database ends with it.
#[derive(Debug)]
pub struct TestApp {
    router: Router,
    parts: TestParts,
    folder: TempDir,
}

impl TestApp {
    /// Builds the service on fresh parts.
    ///
    /// # Panics
    /// When the machine has no place for a database.
    pub async fn new(service: impl FnOnce(TestParts) -> Router) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = Arc::new(ManualClock::new(datetime!(2026-01-02 03:04:05 UTC)));
        let (database, _) =
            Database::open_sqlite(&folder.path().join("test.db")).expect("a database file");
        database
            .migrate(clock.now())
            .await
            .expect("the tables are made");
        let revocations = database.revocations().clone();
        let store: Arc<dyn Store> = Arc::new(database.clone());
        let hashing = HashingPool::start(2, 256).expect("threads");
        let hashers = Hashers {
            pbkdf2_iterations: 1000,
            ..Hashers::default()
        };
        let secret_keys = SecretKeys::new("a secret of the tests", Vec::new());
        let cookies = CookieDoorSettings {
            secret_keys: secret_keys.clone(),
            session: SessionSettings::default(),
            csrf: CsrfSettings::default(),
        };
        let sessions = Sessions::new(Arc::clone(&store), clock.clone(), cookies);
        let passwords = Passwords::new(
            Arc::clone(&store),
            clock.clone(),
            hashing.clone(),
            hashers.clone(),
            None,
        );
        let token = DeviceTokenAuthentication::new(Arc::clone(&store), clock.clone());
        let session = SessionAuthentication(sessions.clone());
        let gate =
            Gate::new(vec![Arc::new(token), Arc::new(session)]).with_csrf(sessions.csrf().clone());
        let parts = TestParts {
            store,
            database,
            revocations,
            clock,
            hashing,
            hashers,
            passwords,
            secret_keys,
            sessions,
            gate,
        };
        Self {
            router: service(parts.clone()),
            parts,
            folder,
        }
    }

    /// The parts that the service was built from.
    #[must_use]
    pub fn parts(&self) -> &TestParts {
        &self.parts
    }

    /// The clock, to move it.
    #[must_use]
    pub fn clock(&self) -> &ManualClock {
        &self.parts.clock
    }

    /// The folder with the database.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// A client without credentials, with a cookie jar of its own.
    #[must_use]
    pub fn anonymous(&self) -> Client {
        Client::new(self.router.clone(), None)
    }

    /// A client that sends this `Authorization` header.
    #[must_use]
    pub fn with_authorization(&self, header: &str) -> Client {
        Client::new(self.router.clone(), Some(header.to_owned()))
    }

    /// A client with a device token of that user, who is made when they are not there.
    ///
    /// # Panics
    /// When the user is inactive.
    pub async fn as_user(&self, username: &str) -> Client {
        let user = self.user(username).await;
        let token = api_token::new_knox_token("");
        let login = NewLogin::Device(NewDeviceLogin {
            digest: api_token::knox_digest(&token),
            token_key: api_token::knox_key(&token).to_owned(),
            device: Device::named("test"),
            now: self.clock().now(),
            expires: None,
            limit: None,
        });
        let issued = self.parts.store.log_in(&user, login, None).await;
        assert!(
            issued.expect("the store answers").is_some(),
            "{username} is inactive"
        );
        self.with_authorization(&format!("Token {token}"))
    }

    /// The user of that name, made with the password `password of <name>` when they are not there.
    ///
    /// # Panics
    /// When the store fails.
    pub async fn user(&self, username: &str) -> User {
        let store = &self.parts.store;
        let found = store
            .user_by_login_name(username)
            .await
            .expect("the store answers");
        if let Some(user) = found {
            return user;
        }
        let password = self
            .parts
            .passwords
            .hash(&format!("password of {username}"))
            .await;
        let account = NewAccount {
            username: username.to_owned(),
            email: format!("{username}@example.com"),
            password: password.expect("hashing works"),
            is_email_verified: None,
            is_staff: false,
            is_superuser: false,
            device: Device::default(),
            now: self.clock().now(),
        };
        match store.create_account(account, None, &no_mails).await {
            Ok(user) => user,
            Err(CreateAccountError::Taken) => panic!("the name {username} is taken"),
            Err(error) => panic!("{error}"),
        }
    }
}
