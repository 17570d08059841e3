//! Who somebody is who logs in: what every log-in by password begins with, and the second factor.

use std::fmt;

use http::request::Parts;
use portcullis_core::{AuditEvent, PasswordHash, User};
use portcullis_web::{
    Checked, Counted, FieldErrors, Fields, NextFactor, Passwords, Refusal, TextRule,
};

use crate::Accounts;
use crate::second_factor::{needed, wrong_code};

/// The longest code and pending log-in that are looked at, in characters.
const MAX_CHARACTERS: usize = 1024;

/// What somebody who logs in says they are.
pub(crate) enum Claim {
    Password {
        name: String,
        password: String,
    },
    /// A log-in whose password was right, that waits for its second factor.
    Pending(String),
}

/// What the form of a log-in brings.
pub(crate) struct LogInForm {
    pub(crate) claim: Claim,
    /// A code of the second factor.
    pub(crate) code: Option<String>,
}

impl LogInForm {
    /// A name and a password, and no second factor.
    pub(crate) fn by_password(name: &str, password: &str) -> Self {
        Self {
            claim: Claim::Password {
                name: name.to_owned(),
                password: password.to_owned(),
            },
            code: None,
        }
    }

    /// The second half of a log-in.
    pub(crate) fn by_factor(pending: &str, code: &str) -> Self {
        Self {
            claim: Claim::Pending(pending.to_owned()),
            code: Some(code.to_owned()),
        }
    }

    /// What a form brings: `pending`, or what `credentials` finds, and `code`.
    pub(crate) fn read(
        fields: &Fields,
        credentials: impl FnOnce() -> Result<(String, String), FieldErrors>,
    ) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut text = |name| {
            let rule = TextRule::new(name).max(MAX_CHARACTERS).or_blank();
            let text = fields.optional_text(rule, &mut errors);
            text.filter(|text| !text.is_empty())
        };
        let (pending, code) = (text("pending"), text("code"));
        errors.into_result()?;
        let claim = match pending {
            Some(pending) => Claim::Pending(pending),
            None => {
                let (name, password) = credentials()?;
                Claim::Password { name, password }
            }
        };
        Ok(Self { claim, code })
    }
}

/// Somebody whose password was right, and second factor where they have one, until their log-in is written.
pub(crate) struct Proven {
    pub(crate) user: User,
    rehashed: Option<PasswordHash>,
    counted: Counted,
}

/// What came of what somebody claims.
pub(crate) enum Proof {
    Right(Box<Proven>),
    /// Right, and the second factor is next.
    SecondFactor(NextFactor),
    /// Right, and the address is not confirmed, as it would have to be.
    Unverified,
    Wrong,
}

/// What came of a log-in.
pub(crate) enum LogIn<T> {
    Done(T),
    SecondFactor(NextFactor),
    Wrong,
}

/// Checks what somebody claims, the same for every log-in.
///
/// # Errors
/// 429 and 503 when it was not looked at; 400 for a wrong code, or a log-in that waits no longer.
pub(crate) async fn prove(
    passwords: &Passwords,
    request: &Parts,
    form: &LogInForm,
) -> Result<Proof, Refusal> {
    let user = match &form.claim {
        Claim::Password { name, password } => {
            match passwords.check(request, name, password).await? {
                Checked::Right {
                    user,
                    rehashed,
                    counted,
                } => {
                    return Ok(Proof::Right(Box::new(Proven {
                        user,
                        rehashed,
                        counted,
                    })));
                }
                Checked::SecondFactor {
                    user,
                    rehashed,
                    counted,
                } => half_proven(passwords, user, rehashed, &counted).await?,
                Checked::Unverified => return Ok(Proof::Unverified),
                Checked::Wrong => return Ok(Proof::Wrong),
            }
        }
        Claim::Pending(pending) => {
            let user = match passwords.second_factors() {
                Some(factors) => factors.user_of(pending).await?,
                None => None,
            };
            user.ok_or_else(begun_too_long_ago)?
        }
    };
    let Some(factors) = passwords.second_factors() else {
        return Ok(Proof::SecondFactor(NextFactor {
            pending: None,
            factors: passwords.store().factors(&user.id).await?,
        }));
    };
    let Some(code) = &form.code else {
        return Ok(Proof::SecondFactor(factors.next(&user).await?));
    };
    match factors
        .check(request, &user, code, AuditEvent::Login)
        .await?
    {
        true => Ok(Proof::Right(Box::new(Proven {
            user,
            rehashed: None,
            counted: Counted::default(),
        }))),
        false => Err(wrong_code().into()),
    }
}

/// Somebody whose password was right: no guess, and hashed anew where it is out of date.
async fn half_proven(
    passwords: &Passwords,
    mut user: User,
    rehashed: Option<PasswordHash>,
    counted: &Counted,
) -> Result<User, Refusal> {
    passwords.forget_failures(counted).await?;
    if let Some(hash) = rehashed {
        passwords
            .store()
            .rehash_password(&user, hash.clone())
            .await?;
        user.password = hash;
    }
    Ok(user)
}

fn begun_too_long_ago() -> FieldErrors {
    let text = "This log-in was begun too long ago. Please begin again.";
    FieldErrors::one("pending", text)
}

impl<T> LogIn<T> {
    /// The result for callers that have no place for a second factor: it is refused.
    pub(crate) fn without_factor(self) -> Result<Option<T>, Refusal> {
        match self {
            Self::Done(done) => Ok(Some(done)),
            Self::Wrong => Ok(None),
            Self::SecondFactor(_) => Err(needed().into()),
        }
    }
}

impl Accounts {
    /// Checks what somebody claims, the same for every log-in.
    pub(crate) async fn prove(&self, request: &Parts, form: &LogInForm) -> Result<Proof, Refusal> {
        prove(&self.passwords, request, form).await
    }

    /// Counts the log-in as one that succeeded.
    pub(crate) async fn settle(&self, proven: &Proven) -> Result<(), Refusal> {
        self.passwords.forget_failures(&proven.counted).await?;
        tracing::info!(user = %proven.user.id, event = "login", outcome = "ok", "logged in");
        Ok(())
    }
}

impl Proven {
    /// What the try was counted against.
    pub(crate) fn counted(&self) -> &Counted {
        &self.counted
    }

    /// The password hashed anew, to be written with the first log-in; a second one has it already.
    pub(crate) fn take_rehashed(&mut self) -> Option<PasswordHash> {
        self.rehashed.take()
    }

    /// After the first log-in: the stored password is the new hash.
    pub(crate) fn written(&mut self, rehashed: Option<PasswordHash>) {
        if let Some(hash) = rehashed {
            self.user.password = hash;
        }
    }
}

impl fmt::Debug for Proven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proven")
            .field("user", &self.user.id)
            .finish_non_exhaustive()
    }
}
