//! The logins of any user, for administrators: whose devices are in, and ending them.

use axum::Json;
use axum::extract::Path;
use http::StatusCode;
use http::request::Parts;
use portcullis_core::{
    AuditEntry, AuditEvent, Device, IsSuperuser, ListedLogin, LoginId, Spared, User,
};
use portcullis_web::{Access, Doors, Gate, Refusal, delete, device_of, get, post};
use serde_json::{Value, json};

use crate::Accounts;
use crate::describe::login_list as describe;
use crate::login_list::{current, row};

impl Accounts {
    /// The doors of the logins of others, for administrators: users with `is_superuser`.
    ///
    /// | door | answer |
    /// |---|---|
    /// | `GET /api/users/{name}/devices/` | 200, as [`login_list_doors`](Self::login_list_doors) lists one's own |
    /// | `DELETE /api/users/{name}/devices/{id}/` | 204, that login and its credential are over |
    /// | `POST /api/users/{name}/devices/logout-all/` | 200 `{"ended"}` |
    ///
    /// `name` is a log-in name or an e-mail address; 404 when it is nobody's. The audit log says
    /// `token_revoked`, with the administrator as the device.
    #[must_use]
    pub fn logins_of_users_doors(&self, gate: &Gate) -> Doors {
        let (a, b, c) = (self.clone(), self.clone(), self.clone());
        gate.doors()
            .route(
                "/api/users/{name}/devices/",
                get(move |access, name| list(a, access, name)).described(describe::list_of_user()),
            )
            .require(IsSuperuser)
            .route(
                "/api/users/{name}/devices/{id}/",
                delete(move |request, access, place| end(b, request, access, place))
                    .described(describe::end_of_user()),
            )
            .require(IsSuperuser)
            .route(
                "/api/users/{name}/devices/logout-all/",
                post(move |request, access, name| end_all(c, request, access, name))
                    .described(describe::end_all_of_user()),
            )
            .require(IsSuperuser)
            .grouped("Administration")
    }

    /// The logins of whoever has that log-in name or address that are not over, the newest first.
    ///
    /// Ask who may see them before.
    ///
    /// # Errors
    /// 404 when there is no such user, 503 when the database fails.
    pub async fn logins_of(&self, name: &str) -> Result<Vec<ListedLogin>, Refusal> {
        let user = self.named(name).await?;
        self.open_logins(&user.id).await
    }

    /// Ends one of their logins, with its session, device token or JWTs, at once; `by` is who does.
    ///
    /// # Errors
    /// 404 when there is no such user or login of theirs, 503 when the database fails.
    pub async fn end_login_of(
        &self,
        name: &str,
        login: LoginId,
        by: Device,
    ) -> Result<(), Refusal> {
        let user = self.named(name).await?;
        let entry = AuditEntry::new(AuditEvent::TokenRevoked, by, self.clock.now());
        let store = self.passwords.store();
        if !store.end_login(login, Some(&user.id), Some(entry)).await? {
            return Err(Refusal::NotFound);
        }
        tracing::info!(about = %user.id, event = "logout", "a device was logged out by an administrator");
        Ok(())
    }

    /// Ends all of their logins, DRF's token too; how many there were.
    ///
    /// # Errors
    /// 404 when there is no such user, 503 when the database fails.
    pub async fn end_logins_of(&self, name: &str, by: Device) -> Result<u64, Refusal> {
        let user = self.named(name).await?;
        let entry = AuditEntry::new(AuditEvent::TokenRevoked, by, self.clock.now());
        let store = self.passwords.store();
        let ended = store.end_logins(&user.id, Spared::Nothing, Some(entry));
        let ended = ended.await?;
        tracing::info!(about = %user.id, event = "logout", ended, "devices were logged out by an administrator");
        Ok(ended)
    }

    async fn named(&self, name: &str) -> Result<User, Refusal> {
        let found = self.passwords.store().user_by_login_name(name).await?;
        found.ok_or(Refusal::NotFound)
    }
}

/// Who does it, as the audit log names them: the administrator, and where they are.
pub(crate) fn administrator(request: &Parts, access: &Access) -> Device {
    let name = access.who().user().map_or("", |user| &user.username);
    Device::named(&format!("administrator {name}")).at(device_of(request).address)
}

async fn list(
    accounts: Accounts,
    access: Access,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let logins = accounts.logins_of(&name).await?;
    let current = current(&access);
    let rows = logins.into_iter().map(|login| row(login, current));
    Ok(Json(rows.collect()))
}

async fn end(
    accounts: Accounts,
    request: Parts,
    access: Access,
    Path((name, id)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let login = id.parse().map(LoginId).map_err(|_| Refusal::NotFound)?;
    let by = administrator(&request, &access);
    accounts.end_login_of(&name, login, by).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn end_all(
    accounts: Accounts,
    request: Parts,
    access: Access,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let by = administrator(&request, &access);
    let ended = accounts.end_logins_of(&name, by).await?;
    Ok(Json(json!({ "ended": ended })))
}
