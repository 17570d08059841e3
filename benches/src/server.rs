//! The server that is measured: a bare handler, and the same one behind each authenticator.

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portcullis::accounts::{DeviceTokens, Jwt, JwtSettings, Tokens};
use portcullis::core::{
    Clock, Device, NewAccount, NewLogin, NewSession, SecretKeys, Store, SystemClock, no_mails,
};
use portcullis::django::api_token;
use portcullis::django::jwt::{Algorithm, Backend, Key};
use portcullis::django::password::Hashers;
use portcullis::django::session::{self, BACKEND, HASH, MODEL_BACKEND, Secrets, USER_ID};
use portcullis::sql::Database;
use portcullis::web::{
    BasicAuthentication, CookieDoorSettings, CsrfSettings, DeviceTokenAuthentication, HashingPool,
    Passwords, SessionAuthentication, SessionSettings, Sessions, TokenAuthentication,
};
use portcullis::{AccountSettings, Accounts, Authenticator, CurrentUser, Gate, User, get};
use tokio::net::TcpListener;

pub(crate) const NAME: &str = "ada";
pub(crate) const PASSWORD: &str = "correct horse 9";
const SECRET: &str = "the secret of a benchmark";
const JWT_SECRET: &str = "the secret of a benchmark's JSON web tokens";

/// Serves, after saying the address, each door with the headers that open it, and `ready`.
pub(crate) async fn serve() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (database, _) = Database::open_sqlite(&folder.path().join("bench.db"))?;
    database.migrate(SystemClock.now()).await?;
    let store: Arc<dyn Store> = Arc::new(database.with_cache().await?);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let hashing = HashingPool::start(threads, 256)?;
    let passwords = Passwords::new(
        Arc::clone(&store),
        Arc::clone(&clock),
        hashing,
        Hashers::default(),
        None,
    );
    let cookies = CookieDoorSettings {
        secret_keys: SecretKeys::new(SECRET, Vec::new()),
        session: SessionSettings::default(),
        csrf: CsrfSettings::default(),
    };
    let sessions = Sessions::new(Arc::clone(&store), Arc::clone(&clock), cookies);
    let user = make_user(&*store, &passwords).await?;
    let backend = Backend::new(Key::secret(Algorithm::Hs256, JWT_SECRET)?);
    let mut settings = JwtSettings::default();
    settings.tokens.access_token_lifetime = std::time::Duration::from_secs(86_400);
    let jwt = Jwt::new(passwords.clone(), Arc::clone(&clock), backend, settings);
    let pair = jwt.issue(Device::default(), &user, None).await;
    let pair = pair.ok().flatten().context("a pair of tokens")?;
    let doors: Vec<(&str, String, Arc<dyn Authenticator>)> = vec![
        (
            "/device/",
            device(&*store, &user).await?,
            Arc::new(DeviceTokenAuthentication::new(
                Arc::clone(&store),
                Arc::clone(&clock),
            )),
        ),
        (
            "/token/",
            token(&*store, &user).await?,
            Arc::new(TokenAuthentication(Arc::clone(&store))),
        ),
        (
            "/jwt/",
            format!("Authorization: Bearer {}", pair.access.text),
            Arc::new(jwt.authentication()),
        ),
        (
            "/session/",
            open_session(&*store, &user).await?,
            Arc::new(SessionAuthentication(sessions.clone())),
        ),
        (
            "/basic/",
            format!(
                "Authorization: Basic {}",
                STANDARD.encode(format!("{NAME}:{PASSWORD}"))
            ),
            Arc::new(BasicAuthentication(passwords.clone())),
        ),
    ];
    let gate = Gate::new(Vec::new());
    let mut guarded = gate.doors();
    let mut lines = Vec::new();
    for (path, header, authenticator) in doors {
        guarded = guarded
            .route(path, get(hello))
            .authenticated_by(vec![authenticator]);
        lines.push(format!("{path} {header}"));
    }
    let settings = AccountSettings {
        tokens: Tokens::Authtoken,
        signup_limit: None,
        ..AccountSettings::default()
    };
    let accounts = Accounts::new(passwords, sessions, clock, settings);
    let router = guarded
        .merge(accounts.doors(&gate))
        .into_router()
        .merge(Router::new().route("/bare/", axum::routing::get(|| async { "hello, ada" })));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    for line in lines {
        println!("{line}");
    }
    println!("ready");
    axum::serve(listener, router).await?;
    Ok(())
}

async fn hello(CurrentUser(user): CurrentUser) -> String {
    format!("hello, {}", user.username)
}

async fn make_user(store: &dyn Store, passwords: &Passwords) -> anyhow::Result<User> {
    let hashed = passwords.hash(PASSWORD).await;
    let account = NewAccount {
        username: NAME.to_owned(),
        email: String::new(),
        password: hashed.map_err(|error| anyhow::anyhow!("{error:?}"))?,
        is_email_verified: None,
        is_staff: false,
        is_superuser: false,
        device: Device::default(),
        now: SystemClock.now(),
    };
    Ok(store.create_account(account, None, &no_mails).await?)
}

async fn device(store: &dyn Store, user: &User) -> anyhow::Result<String> {
    let tokens = DeviceTokens::default();
    let (token, login) = tokens.new_token(Device::default(), SystemClock.now());
    let login = NewLogin::Device(login);
    store.log_in(user, login, None).await?;
    Ok(format!("Authorization: Token {token}"))
}

async fn token(store: &dyn Store, user: &User) -> anyhow::Result<String> {
    let key = api_token::new_authtoken();
    let login = NewLogin::Token {
        key: key.clone(),
        device: Device::default(),
        now: SystemClock.now(),
    };
    store.log_in(user, login, None).await?;
    Ok(format!("Authorization: Token {key}"))
}

async fn open_session(store: &dyn Store, user: &User) -> anyhow::Result<String> {
    let (key, now) = (session::new_key(), SystemClock.now());
    let hash = session::auth_hash(user.password.expose_secret(), SECRET);
    let pairs = [
        (USER_ID, user.id.to_string()),
        (BACKEND, MODEL_BACKEND.to_owned()),
        (HASH, hash),
    ];
    let data = pairs
        .map(|(name, value)| (name.to_owned(), value.into()))
        .into_iter()
        .collect();
    let secrets = Secrets {
        key: SECRET,
        fallbacks: &[],
    };
    let login = NewLogin::Session(NewSession {
        key: key.clone(),
        data: session::encode(&data, secrets, now.unix_timestamp()),
        replaces: None,
        device: Device::default(),
        now,
        expires: now + SessionSettings::default().cookie.age,
    });
    store.log_in(user, login, None).await?;
    Ok(format!("Cookie: sessionid={key}"))
}
