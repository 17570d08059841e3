//! Who am I: what the logged-in user may know of their own account.

use axum::Json;
use portcullis_web::CurrentUser;
use serde_json::{Value, json};

/// `GET /api/user/` -> 200 `{"email": …}`.
pub(crate) async fn user_info(CurrentUser(user): CurrentUser) -> Json<Value> {
    Json(json!({ "email": user.email }))
}
