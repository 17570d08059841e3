//! Log in: a name and a password for a device token.

use axum::Json;
use http::HeaderMap;
use portcullis_core::Attempt;
use portcullis_django::permission::normalize_username;
use portcullis_web::{FieldErrors, Fields, Refusal};
use serde_json::{Value, json};

use crate::Accounts;

/// The longest password that is hashed.
pub(crate) const MAX_PASSWORD_CHARACTERS: usize = 1024;

/// The longest log-in name that is looked up.
const MAX_NAME_CHARACTERS: usize = 254;

impl Accounts {
    /// `POST /api/login/ {email or username, password}` -> 200 `{"email": …, "token": …}`.
    ///
    /// Unknown, wrong, inactive and password-less accounts get the same answer for the same work.
    pub(crate) async fn login(
        self,
        headers: HeaderMap,
        fields: Fields,
    ) -> Result<Json<Value>, Refusal> {
        let mut errors = FieldErrors::default();
        let name_field = if fields.has("username") {
            "username"
        } else {
            "email"
        };
        let name = fields.text(name_field, MAX_NAME_CHARACTERS, &mut errors);
        let password = fields.exact_text("password", MAX_PASSWORD_CHARACTERS, &mut errors);
        errors.into_result()?;

        let counter = counter_of(&name);
        let limit = self.settings.login_limit;
        let attempt = self
            .store
            .attempt(&counter, limit, self.clock.now())
            .await?;
        if let Attempt::Stopped { retry_after } = attempt {
            tracing::warn!(
                event = "login",
                outcome = "throttled",
                "too many log-ins failed"
            );
            return Err(Refusal::Throttled(retry_after.whole_seconds()));
        }
        let user = self.store.user_by_login_name(&name).await?;
        let (matches, rehashed) = self.check(user.as_ref(), password).await?;
        let Some(user) = user.filter(|user| matches && user.is_active) else {
            tracing::info!(event = "login", outcome = "failed", "log-in refused");
            return Err(no_such_login());
        };
        let (token, login) = self.new_device_token(&headers);
        // Between the check and this the account may have been closed or its password changed.
        if !self.store.log_in(&user, login, rehashed).await? {
            return Err(no_such_login());
        }
        self.store.forget_attempts(&counter).await?;
        tracing::info!(user = %user.id, event = "login", outcome = "ok", "logged in");
        Ok(Json(json!({ "email": user.email, "token": token })))
    }
}

/// What a name's failures are counted under: the same for every way of writing it.
fn counter_of(name: &str) -> String {
    format!("login:{}", normalize_username(name.trim()).to_lowercase())
}

fn no_such_login() -> Refusal {
    FieldErrors::form("Unable to log in with provided credentials.").into()
}
