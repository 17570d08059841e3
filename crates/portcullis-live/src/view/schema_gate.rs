//! Who may see schemas: everybody under `debug`, with a sync token whoever has it, and otherwise whoever
//! the access permission lets in.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde_json::json;
use subtle::ConstantTimeEq;

use super::ast::header;
use crate::live::Inner;

const WRONG: &str = "Sync token mismatch for schema access. Set X-Sync-Token (or X-StateZero-Sync-Token) to the configured STATEZERO_SYNC_TOKEN.";
const MISSING: &str = "Schema sync requires either DEBUG=True or a valid sync token. Provide X-Sync-Token (or X-StateZero-Sync-Token).";

/// Whether the door of schemas is open, so that [`refusal`] decides alone.
pub(super) fn is_open(inner: &Inner) -> bool {
    inner.settings.debug || inner.settings.sync_token.is_some()
}

/// Whether the sync token that was sent is the right one; `None` where none is set, or none was sent.
pub(crate) fn sync_token(inner: &Inner, headers: &HeaderMap) -> Option<bool> {
    let token = inner.settings.sync_token.as_ref()?;
    let sent =
        header(headers, "x-sync-token").or_else(|| header(headers, "x-statezero-sync-token"))?;
    Some(sent.as_bytes().ct_eq(token.as_bytes()).into())
}

/// The answer to a request without the right sync token, where one is set.
pub(super) fn refusal(inner: &Inner, headers: &HeaderMap) -> Option<Response> {
    if inner.settings.debug {
        return None;
    }
    let token = inner.settings.sync_token.as_ref()?;
    let sent =
        header(headers, "x-sync-token").or_else(|| header(headers, "x-statezero-sync-token"));
    let (status, detail) = match sent {
        Some(sent) if bool::from(sent.as_bytes().ct_eq(token.as_bytes())) => return None,
        Some(_) => (StatusCode::CONFLICT, WRONG),
        None => (StatusCode::FORBIDDEN, MISSING),
    };
    Some((status, axum::Json(json!({ "detail": detail }))).into_response())
}
