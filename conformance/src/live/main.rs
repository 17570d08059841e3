//! A server on the URLs of the recorded live cases, written with Portcullis' public interface only.
//!
//! `cargo run --release -p conformance --bin live -- --profile prod --port 21311 --hub-port 21312`. The rows are as at the
//! beginning after every `POST /__peer__/reset/`; whoever listens to events stays connected.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "says where it listens")]

mod actions;
mod app;
mod models;
mod permissions;
mod profile;
mod views;

use std::future::IntoFuture;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use clap::Parser;
use http::StatusCode;
use serde_json::json;
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::app::App;
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
    /// A second port on the loopback for whoever listens to events, which is also possible at the first; 0 takes a
    /// free one.
    #[arg(long)]
    hub_port: Option<u16>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let app = Arc::new(App::new(options.profile).await?);
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    let service = || {
        let app = Arc::clone(&app);
        let router = Router::new().fallback(move |request| serve(Arc::clone(&app), request));
        router.into_make_service_with_connect_info::<SocketAddr>()
    };
    if let Some(port) = options.hub_port {
        let hub = TcpListener::bind(("127.0.0.1", port)).await?;
        println!("hub on ws://{}", hub.local_addr()?);
        tokio::spawn(axum::serve(hub, service()).into_future());
    }
    println!(
        "profile {} on http://{}",
        options.profile.name(),
        listener.local_addr()?
    );
    axum::serve(listener, service())
        .with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) })
        .await?;
    Ok(())
}

async fn serve(app: Arc<App>, request: Request) -> Response {
    if request.uri().path() == "/__peer__/reset/" {
        return match app.reset().await {
            Ok(()) => Json(json!({ "reset": true })).into_response(),
            Err(error) => {
                let text = format!("{error:#}");
                (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
            }
        };
    }
    match app.router().oneshot(request).await {
        Ok(response) => response,
    }
}
