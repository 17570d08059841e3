//! Making administrators: by an administrator, or, for the first one, by a key that works once.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use http::request::Parts;
use portcullis_core::{Clock, Principal};
use portcullis_django::api_token::{digests_match, knox_digest};
use portcullis_django::random::{self, ALPHANUMERIC};
use portcullis_web::{Access, FieldErrors, Fields, Refusal, TextRule};
use time::{Duration, OffsetDateTime};

use crate::signup::{NewUser, SignUpError, check_password};
use crate::{Accounts, LoggedIn, SignedUp};

/// How many characters a key has: 43 of a 62-letter alphabet are 256 bits.
const LENGTH: usize = 43;

/// How long a key works.
const LIFETIME: Duration = Duration::HOUR;

/// A key by which the first administrator is made: for an hour, and once.
///
/// The server shows it to whoever starts it, while there is no administrator.
#[derive(Clone, Default)]
pub struct SetupKey(Arc<Mutex<Option<Pending>>>);

struct Pending {
    digest: String,
    expires: OffsetDateTime,
}

impl SetupKey {
    /// A new key, and its text for the operator.
    #[must_use]
    pub fn new(clock: &dyn Clock) -> (Self, String) {
        let text = random::text(LENGTH, ALPHANUMERIC);
        let pending = Pending {
            digest: knox_digest(&text),
            expires: clock.now() + LIFETIME,
        };
        (Self(Arc::new(Mutex::new(Some(pending)))), text)
    }

    /// Whether a text is the key; then it is used up.
    fn take(&self, text: &str, now: OffsetDateTime) -> bool {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = knox_digest(text);
        let is_good = pending
            .as_ref()
            .is_some_and(|key| key.expires > now && digests_match(&key.digest, &digest));
        if is_good {
            *pending = None;
        }
        is_good
    }

    /// Makes the key that was taken work again: what it was taken for has failed.
    fn give_back(&self, text: &str, expires: OffsetDateTime) {
        let pending = Pending {
            digest: knox_digest(text),
            expires,
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(pending);
    }

    fn expires(&self) -> Option<OffsetDateTime> {
        let pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pending.as_ref().map(|key| key.expires)
    }
}

impl fmt::Debug for SetupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetupKey(..)")
    }
}

impl Accounts {
    /// Makes an administrator: `email` and `password`, and `setup_key` where nobody is one yet.
    ///
    /// # Errors
    /// 401 or 403 for those who are none and have no key, 400 for what is wrong in the fields; the
    /// key then stays good.
    pub async fn sign_up_administrator(
        &self,
        request: &Parts,
        access: &Access,
        fields: &Fields,
    ) -> Result<LoggedIn, Refusal> {
        let is_superuser = matches!(access.who(), Principal::User(user) if user.is_superuser);
        if is_superuser {
            let new = NewUser::from_fields(fields)?.administrator();
            return self.make(request, new).await;
        }
        let key = fields.optional_text(TextRule::new("setup_key"), &mut FieldErrors::default());
        let key = key.unwrap_or_default();
        let expires = self.setup_key.expires();
        let Some(expires) = expires.filter(|_| self.setup_key.take(&key, self.clock.now())) else {
            return Err(access.refusal());
        };
        let made = match NewUser::from_fields(fields) {
            Ok(new) => self.make(request, new.administrator()).await,
            Err(errors) => Err(errors.into()),
        };
        if made.is_err() {
            self.setup_key.give_back(&key, expires);
        }
        made
    }

    /// Whether there is a key by which the first administrator can be made.
    #[must_use]
    pub fn awaits_administrator(&self) -> bool {
        let expires = self.setup_key.expires();
        expires.is_some_and(|expires| expires > self.clock.now())
    }

    /// Makes the first administrator by `setup_key`, `email` and `password`, without a login.
    ///
    /// # Errors
    /// 400 for what is wrong in the fields, the key among them; a good key then stays good. 503 when the database fails.
    pub async fn sign_up_first_administrator(
        &self,
        request: &Parts,
        fields: &Fields,
    ) -> Result<(), Refusal> {
        let key = fields.optional_text(TextRule::new("setup_key"), &mut FieldErrors::default());
        let key = key.unwrap_or_default();
        let expires = self.setup_key.expires();
        let Some(expires) = expires.filter(|_| self.setup_key.take(&key, self.clock.now())) else {
            let text =
                "This is not the key, or it is over: a new one is printed at the next start.";
            return Err(FieldErrors::one("setup_key", text).into());
        };
        let made = self.make_without_login(request, fields).await;
        if made.is_err() {
            self.setup_key.give_back(&key, expires);
        }
        made
    }

    async fn make_without_login(&self, request: &Parts, fields: &Fields) -> Result<(), Refusal> {
        let new = NewUser::from_fields(fields)?.administrator();
        check_password(&new).into_result()?;
        match self.create(request, new, None).await {
            Ok(_) => Ok(()),
            Err(SignUpError::Refused(refusal)) => Err(refusal),
            Err(SignUpError::EmailTaken | SignUpError::UsernameTaken) => {
                let text = "Somebody has this e-mail address already.";
                Err(FieldErrors::one("email", text).into())
            }
        }
    }

    async fn make(&self, request: &Parts, new: NewUser) -> Result<LoggedIn, Refusal> {
        match self.sign_up(request, new).await? {
            SignedUp::LoggedIn(made) => Ok(made),
            // Nobody asks administrators for a confirmation.
            SignedUp::ToConfirm => Err(Refusal::Unavailable),
        }
    }
}
