//! A server on the URLs of the recorded live cases, written with Portcullis' public interface only.
//!
//! `cargo run --release -p conformance --bin live -- --profile prod --port 21311`. It begins anew, with a
//! fresh database, at every `POST /__peer__/reset/`.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "says where it listens")]

mod actions;
mod app;
mod models;
mod permissions;
mod profile;
mod views;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use clap::Parser;
use http::StatusCode;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::RwLock;
use tower::ServiceExt;

use crate::app::Kit;
use crate::profile::Profile;

/// The command line.
#[derive(Debug, Parser)]
struct Options {
    /// Which settings of the recorded server to play.
    #[arg(long, default_value = "prod")]
    profile: Profile,
    /// The port on the loopback; 0 takes a free one.
    #[arg(long, default_value_t = 21311)]
    port: u16,
    /// Where events will be heard; until they are built, nothing listens there.
    #[arg(long)]
    hub_port: Option<u16>,
}

/// The application as it is since the last reset.
#[derive(Clone)]
struct Served {
    kit: Arc<Kit>,
    router: Arc<RwLock<Router>>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let kit = Kit::new(options.profile)?;
    let router = app::fresh(&kit).await?;
    let served = Served {
        kit: Arc::new(kit),
        router: Arc::new(RwLock::new(router)),
    };
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    println!(
        "profile {} on http://{}",
        options.profile.name(),
        listener.local_addr()?
    );
    let router = Router::new().fallback(move |request| serve(served.clone(), request));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) })
        .await?;
    Ok(())
}

async fn serve(served: Served, request: Request) -> Response {
    if request.uri().path() == "/__peer__/reset/" {
        return match app::fresh(&served.kit).await {
            Ok(router) => {
                *served.router.write().await = router;
                Json(json!({ "reset": true })).into_response()
            }
            Err(error) => {
                let text = format!("{error:#}");
                (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
            }
        };
    }
    let router = served.router.read().await.clone();
    match router.oneshot(request).await {
        Ok(response) => response,
    }
}
