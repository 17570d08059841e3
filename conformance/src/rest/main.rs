//! A server on the URLs of the recorded REST cases, written with Portcullis' public interface only.
//!
//! `cargo run --release -p conformance --bin rest -- --profile email --port 8101`, then
//! `cargo run --release -p conformance --bin rest-check -- --base http://127.0.0.1:8101 --profile email`.
//! The database is fresh and seeded at each start.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "says where it listens")]

mod app;
mod guard;
mod profile;
mod rest_auth_views;
mod seed;
mod session_views;
mod social_views;
mod token_views;
mod trainers;

use std::net::SocketAddr;

use anyhow::Context;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use clap::Parser;
use portcullis::core::{Clock, SystemClock};
use portcullis::sql::Database;
use portcullis::web::PeerAddress;
use tokio::net::TcpListener;
use url::Url;

use crate::profile::Profile;

/// The command line.
#[derive(Debug, Parser)]
struct Options {
    /// Which settings of the peers to play.
    #[arg(long, default_value = "email")]
    profile: Profile,
    /// The port on the loopback; 0 takes a free one.
    #[arg(long, default_value_t = 8101)]
    port: u16,
    /// The port on the loopback where mail is sent to.
    #[arg(long, default_value_t = 18925)]
    smtp_port: u16,
    /// Where the providers of social log-in answer.
    #[arg(long, default_value = "http://127.0.0.1:18909")]
    oauth_base: Url,
    /// A database of one's own, fresh and empty, such as `postgres://…`; embedded otherwise.
    #[arg(long)]
    database_url: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let folder = tempfile::tempdir()?;
    let database = match &options.database_url {
        Some(url) => Database::open(url).await?.0,
        None => Database::open_sqlite(&folder.path().join("rest.db"))?.0,
    };
    database.migrate(SystemClock.now()).await?;
    let mail = SocketAddr::from(([127, 0, 0, 1], options.smtp_port));
    let app = app::App::new(options.profile, database, mail, &options.oauth_base)?;
    let worker = app.mailer.spawn(app.store.clone());
    seed::seed(&app).await.context("seeding")?;

    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    println!(
        "profile {} on http://{}",
        options.profile.name(),
        listener.local_addr()?
    );
    let router = app.router().layer(from_fn(name_peer));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) })
        .await?;
    worker.stop().await;
    Ok(())
}

/// Tells Portcullis the address at the other end.
async fn name_peer(
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(PeerAddress(address.ip()));
    next.run(request).await
}
