//! A password that was just checked: what every log-in by password begins with.

use std::fmt;

use http::request::Parts;
use portcullis_core::{PasswordHash, User};
use portcullis_web::{Checked, Counted, Refusal};

use crate::Accounts;

/// Somebody whose password was right, until their log-in is written.
pub(crate) struct Proven {
    pub(crate) user: User,
    rehashed: Option<PasswordHash>,
    counted: Counted,
}

/// What came of a name and a password.
pub(crate) enum Proof {
    Right(Box<Proven>),
    /// Right, and the address is not confirmed, as it would have to be.
    Unverified,
    Wrong,
}

impl Accounts {
    /// Checks a name and a password, the same for every log-in.
    pub(crate) async fn prove(
        &self,
        request: &Parts,
        name: &str,
        password: &str,
    ) -> Result<Proof, Refusal> {
        Ok(match self.passwords.check(request, name, password).await? {
            Checked::Right {
                user,
                rehashed,
                counted,
            } => Proof::Right(Box::new(Proven {
                user,
                rehashed,
                counted,
            })),
            Checked::Unverified => Proof::Unverified,
            Checked::Wrong => Proof::Wrong,
        })
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
