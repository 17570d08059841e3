//! The wiring: stores, gate, doors, and the axum application.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use portcullis::core::{AccountStore, Clock};
use portcullis::web::{DeviceTokenAuthentication, HashingPool, security_headers};
use portcullis::{AccountSettings, Accounts, Doors, Gate, Refusal, get};
use tower_http::catch_panic::CatchPanicLayer;

use crate::page;

/// Every door of the server.
#[must_use]
pub fn doors(
    store: Arc<dyn AccountStore>,
    clock: Arc<dyn Clock>,
    hashing: HashingPool,
    settings: AccountSettings,
) -> Doors {
    let token = DeviceTokenAuthentication::new(Arc::clone(&store), Arc::clone(&clock));
    let gate = Gate::new(vec![Arc::new(token)]);
    let accounts = Accounts::new(Arc::clone(&store), clock, hashing, settings);
    gate.doors()
        .route("/", get(page::html))
        .open()
        .route("/page.js", get(page::script))
        .open()
        .route("/page.css", get(page::style))
        .open()
        .route("/healthz", get(move || healthz(Arc::clone(&store))))
        .open()
        .merge(accounts.doors(&gate))
}

/// The application: the doors, with what holds for all of them.
pub fn app(doors: Doors) -> Router {
    doors
        .into_router()
        .layer(CatchPanicLayer::new())
        .layer(axum::middleware::from_fn(security_headers))
}

/// 200 while the database answers, 503 while it does not.
async fn healthz(store: Arc<dyn AccountStore>) -> Result<Json<&'static str>, Refusal> {
    store.ping().await?;
    Ok(Json("ok"))
}
