//! The list of one's own logins, on every device and of every scheme, and ending them.

use axum::Json;
use axum::extract::Path;
use http::StatusCode;
use http::request::Parts;
use portcullis_core::{AuditEvent, IsAuthenticated, ListedLogin, LoginId, Spared, UserId};
use portcullis_web::{Access, Doors, Gate, Refusal, delete, get, post};
use serde_json::{Value, json};

use crate::Accounts;
use crate::describe::login_list as describe;
use crate::times::shown;

impl Accounts {
    /// The doors of the list of logins.
    ///
    /// | door | answer |
    /// |---|---|
    /// | `GET /api/devices/` | 200, a list of `{"id", "device", "scheme", "created", "last_seen", "expires", "address", "current"}` |
    /// | `DELETE /api/devices/{id}/` | 204, that login and its credential are over; 404 when it is not theirs |
    /// | `POST /api/devices/logout-others/` | 200 `{"ended"}`, all but the one that asks |
    /// | `POST /api/devices/logout-all/` | 200 `{"ended"}` |
    ///
    /// `scheme` is `session`, `device` or `jwt`; clients should expect others. `expires` and `address` may be
    /// null. `current` is whether the request came with that login's credential.
    #[must_use]
    pub fn login_list_doors(&self, gate: &Gate) -> Doors {
        let (a, b, c, d) = (self.clone(), self.clone(), self.clone(), self.clone());
        gate.doors()
            .route(
                "/api/devices/",
                get(move |access| list(a, access)).described(describe::list()),
            )
            .require(IsAuthenticated)
            .route(
                "/api/devices/{id}/",
                delete(move |request, access, id| end(b, request, access, id))
                    .described(describe::end()),
            )
            .require(IsAuthenticated)
            .route(
                "/api/devices/logout-others/",
                post(move |request, access| log_out_others(c, request, access))
                    .described(describe::end_others()),
            )
            .require(IsAuthenticated)
            .route(
                "/api/devices/logout-all/",
                post(move |request, access| log_out_all(d, request, access))
                    .described(describe::end_all()),
            )
            .require(IsAuthenticated)
            .grouped("Devices")
    }

    /// The logins of whoever asks that are not over, the newest first.
    ///
    /// # Errors
    /// 401 for nobody, 503 when the database fails.
    pub async fn logins(&self, access: &Access) -> Result<Vec<ListedLogin>, Refusal> {
        let user = access.who().user().ok_or_else(|| access.refusal())?;
        self.open_logins(&user.id).await
    }

    pub(crate) async fn open_logins(&self, user: &UserId) -> Result<Vec<ListedLogin>, Refusal> {
        let mut logins = self.passwords.store().list_logins(user).await?;
        let now = self.clock.now();
        logins.retain(|login| login.expires.is_none_or(|expires| expires > now));
        Ok(logins)
    }

    /// Ends a login of whoever asks, with its session, device token or JWTs, at once.
    ///
    /// # Errors
    /// 404 when they have none of that number, 503 when the database fails.
    pub async fn end_login(
        &self,
        request: &Parts,
        access: &Access,
        login: LoginId,
    ) -> Result<(), Refusal> {
        let user = access.who().user().ok_or_else(|| access.refusal())?;
        let store = self.passwords.store();
        let entry = self.entry(AuditEvent::Logout, request);
        let ended = store.end_login(login, Some(&user.id), Some(entry));
        if !ended.await? {
            return Err(Refusal::NotFound);
        }
        tracing::info!(user = %user.id, event = "logout", "a device was logged out");
        Ok(())
    }

    /// Ends all logins of whoever asks but the one that asks; how many there were.
    ///
    /// A credential that has no login, but for DRF's token, is not spared: nobody could end it later.
    ///
    /// # Errors
    /// 401 for nobody, 503 when the database fails.
    pub async fn end_other_logins(&self, request: &Parts, access: &Access) -> Result<u64, Refusal> {
        let proof = access.authenticated().ok_or_else(|| access.refusal())?;
        let spared = match proof.login {
            Some(login) => Spared::Login(login),
            None if proof.authenticator == "TokenAuthentication" => Spared::Token,
            None => Spared::Nothing,
        };
        self.end_all(request, access, spared).await
    }

    /// Ends all logins of whoever asks; how many there were.
    ///
    /// # Errors
    /// 401 for nobody, 503 when the database fails.
    pub async fn end_all_logins(&self, request: &Parts, access: &Access) -> Result<u64, Refusal> {
        self.end_all(request, access, Spared::Nothing).await
    }

    async fn end_all(
        &self,
        request: &Parts,
        access: &Access,
        spared: Spared,
    ) -> Result<u64, Refusal> {
        let user = access.who().user().ok_or_else(|| access.refusal())?;
        let entry = self.entry(AuditEvent::Logout, request);
        let store = self.passwords.store();
        let ended = store.end_logins(&user.id, spared, Some(entry)).await?;
        tracing::info!(user = %user.id, event = "logout", ended, "devices were logged out");
        Ok(ended)
    }
}

async fn list(accounts: Accounts, access: Access) -> Result<Json<Value>, Refusal> {
    let current = current(&access);
    let logins = accounts.logins(&access).await?;
    let rows = logins.into_iter().map(|login| row(login, current));
    Ok(Json(rows.collect()))
}

/// A login as the lists show it.
pub(crate) fn row(login: ListedLogin, current: Option<LoginId>) -> Value {
    json!({
        "id": login.id.0,
        "device": login.device,
        "scheme": login.scheme.to_string(),
        "created": shown(login.created),
        "last_seen": shown(login.last_seen),
        "expires": login.expires.map(shown),
        "address": login.address,
        "current": Some(login.id) == current,
    })
}

async fn end(
    accounts: Accounts,
    request: Parts,
    access: Access,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let login = id.parse().map(LoginId).map_err(|_| Refusal::NotFound)?;
    accounts.end_login(&request, &access, login).await?;
    if current(&access) == Some(login) {
        accounts.forget_cookie(&request, &access).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn log_out_others(
    accounts: Accounts,
    request: Parts,
    access: Access,
) -> Result<Json<Value>, Refusal> {
    let ended = accounts.end_other_logins(&request, &access).await?;
    Ok(Json(json!({ "ended": ended })))
}

async fn log_out_all(
    accounts: Accounts,
    request: Parts,
    access: Access,
) -> Result<Json<Value>, Refusal> {
    let ended = accounts.end_all_logins(&request, &access).await?;
    accounts.forget_cookie(&request, &access).await?;
    Ok(Json(json!({ "ended": ended })))
}

/// The login that asks.
pub(crate) fn current(access: &Access) -> Option<LoginId> {
    access.authenticated().and_then(|proof| proof.login)
}

impl Accounts {
    /// Takes the cookie of a session back that was just ended.
    async fn forget_cookie(&self, request: &Parts, access: &Access) -> Result<(), Refusal> {
        let proof = access.authenticated().map(|proof| proof.authenticator);
        if proof == Some("SessionAuthentication") {
            self.sessions.log_out(request).await?;
        }
        Ok(())
    }
}
