//! A server on the URLs of the recorded WebSocket cases, written with Portcullis' public interface only.
//!
//! `cargo run --release -p conformance --bin ws -- --port 18811`, then
//! `cargo run --release -p conformance --bin ws-check -- --base ws://127.0.0.1:18811`.
//! It begins anew, with a fresh database, at every `POST /test/reset/`.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "says where it listens")]

mod access;
mod app;
mod current;
mod endpoints;
mod legacy;
mod state;
mod views;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use clap::Parser;
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::RwLock;
use tower::ServiceExt;

use crate::app::Kit;

/// The command line.
#[derive(Debug, Parser)]
struct Options {
    /// The port on the loopback; 0 takes a free one.
    #[arg(long, default_value_t = 18811)]
    port: u16,
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
    let kit = Kit::new()?;
    let router = app::fresh(&kit).await?;
    let served = Served {
        kit: Arc::new(kit),
        router: Arc::new(RwLock::new(router)),
    };
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    println!("listens on ws://{}", listener.local_addr()?);
    let router = Router::new().fallback(move |request| serve(served.clone(), request));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) })
        .await?;
    Ok(())
}

async fn serve(served: Served, request: Request) -> Response {
    if request.uri().path() == "/test/reset/" {
        return match app::fresh(&served.kit).await {
            Ok(router) => {
                *served.router.write().await = router;
                StatusCode::NO_CONTENT.into_response()
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
