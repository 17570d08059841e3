//! A log-in whose first half is done: a signed text that the client brings with the second factor.

use portcullis_core::{Factors, User};
use portcullis_django::api_token::knox_digest;
use portcullis_django::signing::{Signer, dumps, loads};
use serde_json::json;
use time::Duration;

use super::SecondFactors;
use crate::passwords::CheckError;

/// How long the second factor may take.
pub const PENDING_AGE: Duration = Duration::minutes(5);

const SALT: &str = "portcullis.second_factor.pending";

/// The longest text that is looked at, in bytes.
const MAX_BYTES: usize = 1024;

/// What is next for somebody whose password was right.
#[derive(Clone, Debug)]
pub struct NextFactor {
    /// What brings them back: it stands for the password, for [`PENDING_AGE`]. `None` where nothing asks
    /// for second factors, and they do not get in.
    pub pending: Option<String>,
    /// What they can bring.
    pub factors: Factors,
}

impl NextFactor {
    /// The names of what they can bring: `totp`, `recovery_code`.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let totp = self.factors.totp.then_some("totp");
        let recovery = (self.factors.recovery_codes > 0).then_some("recovery_code");
        totp.into_iter().chain(recovery).collect()
    }
}

impl SecondFactors {
    /// What is next for somebody who proved all but the second factor.
    ///
    /// # Errors
    /// [`CheckError::Store`] when the database fails.
    pub async fn next(&self, user: &User) -> Result<NextFactor, CheckError> {
        let factors = self.store.factors(&user.id).await?;
        let signer = Signer::new(self.secret_keys.expose_current(), &[], SALT);
        let object = json!({ "u": user.id.to_string(), "p": seal(user) });
        let pending = dumps(&object, &signer, false, self.clock.now().unix_timestamp());
        Ok(NextFactor {
            pending: Some(pending),
            factors,
        })
    }

    /// Whose log-in it is. `None`: it is none of ours, too old, or the user is closed, or their password
    /// another by now.
    ///
    /// # Errors
    /// [`CheckError::Store`] when the database fails.
    pub async fn user_of(&self, pending: &str) -> Result<Option<User>, CheckError> {
        if pending.len() > MAX_BYTES {
            return Ok(None);
        }
        let fallbacks = self.secret_keys.expose_fallbacks();
        let signer = Signer::new(self.secret_keys.expose_current(), &fallbacks, SALT);
        let now = self.clock.now().unix_timestamp_nanos() as f64 / 1e9;
        let Ok(object) = loads(pending, &signer, Some(PENDING_AGE.as_seconds_f64()), now) else {
            return Ok(None);
        };
        let Some(id) = object["u"].as_str() else {
            return Ok(None);
        };
        let user = self.store.user_by_id(id).await?;
        let is_theirs = |user: &User| user.is_active && object["p"] == seal(user).as_str();
        Ok(user.filter(is_theirs))
    }
}

/// What changes with the password, and tells nothing about it.
fn seal(user: &User) -> String {
    let mut digest = knox_digest(user.password.expose_secret());
    digest.truncate(32);
    digest
}
