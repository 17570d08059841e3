//! An authenticator and a permission of one's own.
//!
//! ```console
//! $ cargo run -p custom-authenticator
//! $ curl -s localhost:8000/reports/1/
//! {"detail":"Authentication credentials were not provided."}
//! $ curl -s localhost:8000/reports/1/ -H 'X-Api-Key: nonsense'
//! {"detail":"Unknown API key."}
//! $ curl -s localhost:8000/reports/1/ -H 'X-Api-Key: key-of-ada'
//! {"id":1,"owner":"ada"}
//! $ curl -s localhost:8000/reports/2/ -H 'X-Api-Key: key-of-ada'
//! {"detail":"You do not have permission to perform this action."}
//! ```
#![forbid(unsafe_code)]

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::Path;
use axum::{Json, Router};
use http::request::Parts;
use portcullis::core::{
    Challenge, Clock, Device, NewAccount, PasswordHash, Store, SystemClock, no_mails,
};
use portcullis::sql::Database;
use portcullis::{
    Access, Ask, AuthError, Authenticated, Authenticator, Gate, IsAdminUser, Permission,
    PermissionExt, Refusal, Verdict, get,
};
use serde_json::{Value, json};

/// Recognises `X-Api-Key: key-of-<username>`. A real one keeps digests of random keys.
struct ApiKeyAuthentication(Arc<dyn Store>);

#[async_trait]
impl Authenticator for ApiKeyAuthentication {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Authenticated>, AuthError> {
        let Some(key) = request.headers.get("x-api-key") else {
            return Ok(None);
        };
        let unknown = || AuthError::failed("Unknown API key.");
        let name = key
            .to_str()
            .ok()
            .and_then(|key| key.strip_prefix("key-of-"));
        let user = self.0.user_by_login_name(name.ok_or_else(unknown)?).await?;
        let user = user.filter(|user| user.is_active).ok_or_else(unknown)?;
        Ok(Some(Authenticated {
            user: user.into(),
            login: None,
            credential_digest: None,
            authenticator: self.name(),
        }))
    }

    fn challenge(&self) -> Option<Challenge> {
        Some(Challenge("ApiKey".into()))
    }

    fn name(&self) -> &'static str {
        "ApiKeyAuthentication"
    }
}

/// A thing that belongs to somebody.
struct Report {
    id: u32,
    owner: &'static str,
}

const REPORTS: [Report; 2] = [
    Report {
        id: 1,
        owner: "ada",
    },
    Report {
        id: 2,
        owner: "bob",
    },
];

/// Only the owner of a report.
struct IsOwner;

#[async_trait]
impl Permission for IsOwner {
    async fn check(&self, ask: &Ask<'_>) -> Verdict {
        match (ask.object::<&Report>(), ask.who().user()) {
            (Some(report), Some(user)) => Verdict::from_bool(report.owner == user.username),
            (None, Some(_)) => Verdict::NeedsObject,
            (_, None) => Verdict::Deny(None),
        }
    }

    fn name(&self) -> String {
        "IsOwner".to_owned()
    }
}

async fn retrieve(access: Access, Path(id): Path<u32>) -> Result<Json<Value>, Refusal> {
    let found = REPORTS.iter().find(|report| report.id == id);
    let report = access.object(found, IsOwner.or(IsAdminUser)).await?; // 404, 401 or 403
    Ok(Json(json!({ "id": report.id, "owner": report.owner })))
}

fn service(store: Arc<dyn Store>) -> Router {
    let gate = Gate::new(vec![Arc::new(ApiKeyAuthentication(store))]);
    gate.doors()
        .route("/reports/{id}/", get(retrieve))
        .into_router()
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (database, _) = Database::open_sqlite("example.db".as_ref())?;
    database.migrate(SystemClock.now()).await?;
    let store: Arc<dyn Store> = Arc::new(database);
    if store.user_by_login_name("ada").await?.is_none() {
        let account = NewAccount {
            username: "ada".to_owned(),
            email: String::new(),
            password: PasswordHash::new("!"),
            is_email_verified: None,
            is_staff: false,
            is_superuser: false,
            device: Device::default(),
            now: SystemClock.now(),
        };
        store.create_account(account, None, &no_mails).await?;
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    Ok(axum::serve(listener, service(store)).await?)
}

#[cfg(test)]
mod tests {
    use portcullis_test::TestApp;

    use super::*;

    #[tokio::test]
    async fn only_owners_and_administrators_see_a_report() {
        let app = TestApp::new(|parts| service(parts.store)).await;
        app.user("ada").await;
        let anonymous = app.anonymous().get("/reports/1/").await;
        anonymous.assert_refused(401, "Authentication credentials were not provided.");
        assert_eq!(anonymous.header("www-authenticate"), "ApiKey");
        let with = |key: &'static str, path: &'static str| {
            let client = app.anonymous();
            async move {
                client
                    .request(http::Method::GET, path)
                    .header("x-api-key", key)
                    .send()
                    .await
            }
        };
        with("nonsense", "/reports/1/")
            .await
            .assert_refused(401, "Unknown API key.");
        with("key-of-ada", "/reports/1/")
            .await
            .assert_json(200, &json!({ "id": 1, "owner": "ada" }));
        let text = "You do not have permission to perform this action.";
        with("key-of-ada", "/reports/2/")
            .await
            .assert_refused(403, text);
        with("key-of-ada", "/reports/9/")
            .await
            .assert_refused(404, "Not found.");
    }
}
