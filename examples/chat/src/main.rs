//! `cargo run -p chat`, then open http://127.0.0.1:8000/ in two windows.
#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::middleware::from_fn_with_state;
use chat::Chat;
use portcullis::Gate;
use portcullis::channels::Channels;
use portcullis::core::{Clock, SecretKeys, Store, SystemClock};
use portcullis::django::password::Hashers;
use portcullis::django::random;
use portcullis::sql::Database;
use portcullis::web::{
    CookieDoorSettings, CsrfSettings, DeviceTokenAuthentication, HashingPool, Passwords,
    SessionSettings, Sessions, TrustedProxies,
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (database, _) = Database::open_sqlite(Path::new("chat-users.db"))?;
    database.migrate(SystemClock.now()).await?;
    let channels = Channels::memory();
    channels.listen(database.revocations());
    let store: Arc<dyn Store> = Arc::new(database);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let hashing = HashingPool::start(2, 64)?;
    let passwords = Passwords::new(
        Arc::clone(&store),
        Arc::clone(&clock),
        hashing,
        Hashers::default(),
        None,
    );
    // Nothing here is a session; what would sign one is forgotten with the process.
    let cookies = CookieDoorSettings {
        secret_keys: SecretKeys::new(random::text(64, random::ALPHANUMERIC), Vec::new()),
        session: SessionSettings::default(),
        csrf: CsrfSettings::default(),
    };
    let sessions = Sessions::new(Arc::clone(&store), Arc::clone(&clock), cookies);
    let token = DeviceTokenAuthentication::new(Arc::clone(&store), Arc::clone(&clock));
    let gate = Gate::new(vec![Arc::new(token)]).with_csrf(sessions.csrf().clone());
    let accounts = chat::accounts(passwords, sessions, Arc::clone(&clock));
    let chat = Chat::open(store, clock, channels, Path::new("chat.db"))?;
    let identify = from_fn_with_state(TrustedProxies::default(), TrustedProxies::identify);
    let router = chat.router(&gate, &accounts).layer(identify);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, service).await?)
}
