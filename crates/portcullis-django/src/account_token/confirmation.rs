//! allauth's e-mail confirmation keys: the signed id of an `account_emailaddress` row.

use serde_json::Value;

use crate::session::Secrets;
use crate::signing::{Signer, dumps, loads};

/// `ACCOUNT_SALT`.
const SALT: &str = "account";

const DAY_SECONDS: f64 = 86_400.0;

/// The key for a row, made at `now` (Unix seconds).
#[doc(alias = "EmailConfirmationHMAC")]
#[must_use]
pub fn confirmation_key(row_id: i64, secret_key: &str, now: i64) -> String {
    dumps(
        &Value::from(row_id),
        &Signer::new(secret_key, &[], SALT),
        false,
        now,
    )
}

/// The row that a key confirms, while it is at most `expire_days` old; exactly that is good.
///
/// The row counts only while it is not verified: the caller looks at that.
#[doc(alias = "EMAIL_CONFIRMATION_EXPIRE_DAYS")]
#[must_use]
pub fn confirmed_row(key: &str, secrets: Secrets<'_>, expire_days: f64, now: f64) -> Option<i64> {
    let signer = Signer::new(secrets.key, secrets.fallbacks, SALT);
    loads(key, &signer, Some(expire_days * DAY_SECONDS), now)
        .ok()?
        .as_i64()
}
