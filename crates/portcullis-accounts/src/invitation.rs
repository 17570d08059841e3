//! Who may sign up: everybody, who was invited, or nobody.

use http::request::Parts;
use portcullis_core::{Attempt, Limit, SecretKeys};
use portcullis_django::api_token::knox_digest;
use portcullis_django::signing::{Signer, dumps, loads};
use portcullis_web::{FieldErrors, Fields, Refusal, TextRule};
use serde_json::json;
use time::{Duration, OffsetDateTime};

use crate::{Accounts, SignUpMode};

/// How long an invitation is good.
pub const INVITATION_AGE: Duration = Duration::days(7);

/// What invitations are signed for.
const SALT: &str = "portcullis.invitation";

/// The longest text that is looked at, in bytes.
const MAX_BYTES: usize = 1024;

/// An invitation for one address: a text that [`INVITATION_AGE`] long lets whoever has that address sign
/// up, once.
///
/// ```
/// use portcullis_accounts::invitation;
/// use portcullis_core::SecretKeys;
/// let keys = SecretKeys::new("a secret", Vec::new());
/// let now = time::OffsetDateTime::UNIX_EPOCH;
/// assert!(invitation(&keys, "ada@example.com", now).starts_with("eyJ"));
/// ```
#[must_use]
pub fn invitation(secret_keys: &SecretKeys, email: &str, now: OffsetDateTime) -> String {
    let signer = Signer::new(secret_keys.expose_current(), &[], SALT);
    let object = json!({ "email": email.to_lowercase() });
    dumps(&object, &signer, false, now.unix_timestamp())
}

/// An invitation that is being used, so that nobody else can.
#[derive(Debug)]
pub(crate) struct UsedInvitation(String);

impl Accounts {
    /// Refuses who may not sign up, before anything is said about the fields of their form.
    ///
    /// # Errors
    /// 403 where nobody may, 400 for `invitation` where it is wanted and not good for `email`, 429 when too
    /// many bad ones came from one place, 503 when the database fails.
    pub(crate) async fn admit(&self, request: &Parts, fields: &Fields) -> Result<(), Refusal> {
        self.admit_mode()?;
        if self.settings.signup == SignUpMode::Invitation {
            let mut errors = FieldErrors::default();
            let code = fields.text(TextRule::new("invitation"), &mut errors);
            errors.into_result()?;
            let email = fields.optional_text(TextRule::new("email"), &mut FieldErrors::default());
            if !self.is_invited(&code, &email.unwrap_or_default()) {
                self.count_guess(&Self::client(request)).await?;
                return Err(not_good().into());
            }
        }
        Ok(())
    }

    /// Uses an invitation up, where one is wanted: of two at once, one does.
    ///
    /// # Errors
    /// As [`admit`](Self::admit); also when it was used before.
    pub(crate) async fn take_invitation(
        &self,
        code: Option<&str>,
        email: &str,
    ) -> Result<Option<UsedInvitation>, Refusal> {
        self.admit_mode()?;
        if self.settings.signup == SignUpMode::Open {
            return Ok(None);
        }
        let code = code.filter(|code| self.is_invited(code, email));
        let code = code.ok_or_else(not_good)?;
        let key = format!("invitation:{}", knox_digest(code));
        let once = Limit {
            tries: 1,
            // Longer than it is good, with clocks that differ.
            window: INVITATION_AGE + Duration::DAY,
        };
        let store = self.passwords.store();
        match store.attempt(&key, once, self.clock.now()).await? {
            Attempt::Allowed => Ok(Some(UsedInvitation(key))),
            Attempt::Stopped { .. } => Err(not_good().into()),
        }
    }

    /// Lets an invitation be used after all: there is no account.
    pub(crate) async fn give_back(&self, used: Option<UsedInvitation>) -> Result<(), Refusal> {
        if let Some(UsedInvitation(key)) = used {
            self.passwords.store().settle_attempts(&[key], &[]).await?;
        }
        Ok(())
    }

    pub(crate) fn admit_mode(&self) -> Result<(), Refusal> {
        match self.settings.signup {
            SignUpMode::Open | SignUpMode::Invitation => Ok(()),
            SignUpMode::Closed => {
                let detail = "Signing up is closed.";
                Err(Refusal::PermissionDenied(Some(detail.into())))
            }
        }
    }

    fn is_invited(&self, code: &str, email: &str) -> bool {
        let secret_keys = self.sessions.secret_keys();
        let fallbacks = secret_keys.expose_fallbacks();
        let signer = Signer::new(secret_keys.expose_current(), &fallbacks, SALT);
        let age = INVITATION_AGE.as_seconds_f64();
        let now = self.clock.now().unix_timestamp_nanos() as f64 / 1e9;
        let object = Some(code).filter(|code| code.len() <= MAX_BYTES);
        let object = object.and_then(|code| loads(code, &signer, Some(age), now).ok());
        let email = email.trim().to_lowercase();
        object.is_some_and(|object| object["email"].as_str() == Some(&email))
    }
}

/// The same for every reason.
fn not_good() -> FieldErrors {
    let text = "This invitation is not for this address, was used, or is too old.";
    FieldErrors::one("invitation", text)
}
