//! `accounts/`: one's own ways to log in by providers.

use axum::Json;
use axum::extract::Path;
use http::StatusCode;
use http::request::Parts;
use portcullis_core::SocialAccount;
use portcullis_web::{Access, CurrentUser, Fields, Refusal};
use serde_json::{Value, json};

use crate::social::Social;
use crate::times::shown;

pub(super) async fn list(
    social: Social,
    CurrentUser(user): CurrentUser,
) -> Result<Json<Value>, Refusal> {
    let links = social.links(&user).await?;
    Ok(Json(links.iter().map(row).collect()))
}

pub(super) async fn unlink(
    social: Social,
    request: Parts,
    access: Access,
    CurrentUser(user): CurrentUser,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let id = id.parse().map_err(|_| Refusal::NotFound)?;
    let (accounts, fields) = (&social.accounts, Fields::default());
    accounts
        .check_fresh_for_link(&request, &access, &fields)
        .await?;
    social.unlink(&request, &user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An account at a provider, as dj-rest-auth shows it.
#[doc(alias = "SocialAccountSerializer")]
pub(crate) fn row(account: &SocialAccount) -> Value {
    json!({
        "id": account.id,
        "provider": account.key.provider,
        "uid": account.key.uid,
        "last_login": shown(account.last_login),
        "date_joined": shown(account.date_joined),
    })
}
