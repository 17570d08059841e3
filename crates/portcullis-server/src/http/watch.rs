//! The layer that ends a request early: refused by the guard, too slow, or too long.

use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use portcullis::Refusal;
use tokio::time::{Duration, timeout};

use super::exchange::{Exchange, Refused, close_after};

/// How long a request may take, and what its connection knows about it.
#[derive(Clone, Debug)]
pub(super) struct RequestTime {
    pub(super) exchange: Arc<Exchange>,
    pub(super) limit: Duration,
}

/// Answers what the guard refused, and whatever takes too long, for `axum::middleware::from_fn`.
///
/// Requests that did not come through [`serve`](super::serve) pass.
pub(crate) async fn watch(request: Request, next: Next) -> Response {
    if let Some(refused) = request.extensions().get::<Refused>() {
        return refused.into_response();
    }
    let Some(RequestTime { exchange, limit }) = request.extensions().get().cloned() else {
        return next.run(request).await;
    };
    match timeout(limit, next.run(request)).await {
        Ok(response) if !exchange.is_body_too_slow() => response,
        Ok(_) => Refused::TOO_SLOW.into_response(),
        Err(_) if exchange.is_body_open() => Refused::TOO_SLOW.into_response(),
        Err(_) => {
            let mut response = Refusal::Unavailable.into_response();
            close_after(&mut response);
            response
        }
    }
}
