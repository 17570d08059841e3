//! Whether what once was found about somebody is still so: asked for many at a time.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::StoreError;
use crate::authenticator::{Authenticated, LoginId};
use crate::user::{User, UserId};

/// What was found when somebody proved who they are, and what it depends on in the database.
///
/// An authenticator says so by [`standing`](crate::Authenticator::standing). As long as all of it is as it was, there
/// is no need to ask the authenticator again.
#[derive(Clone)]
pub struct Standing {
    /// The user as they were.
    pub user: Arc<User>,
    /// The login, which must be there.
    pub login: Option<LoginId>,
    /// The key of a session that must be there and not over.
    pub session: Option<String>,
    /// The digest of a device token that must be there and not over.
    pub device: Option<String>,
    /// DRF's token, which must be there and theirs.
    pub token: Option<String>,
}

impl Standing {
    /// That of a user and, where there is one, of the login.
    #[must_use]
    pub fn of(proof: &Authenticated) -> Self {
        Self {
            user: Arc::clone(&proof.user),
            login: proof.login,
            session: None,
            device: None,
            token: None,
        }
    }

    /// And of this session.
    #[must_use]
    pub fn with_session(self, key: String) -> Self {
        Self {
            session: Some(key),
            ..self
        }
    }

    /// And of this device token, by its digest.
    #[must_use]
    pub fn with_device(self, digest: Option<String>) -> Self {
        Self {
            device: digest,
            ..self
        }
    }

    /// And of this token of DRF's.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self
        }
    }

    /// Whether the user is as they were, but for when they last logged in.
    #[must_use]
    pub fn is_of(&self, now: &User) -> bool {
        let now = User {
            last_login: self.user.last_login,
            ..now.clone()
        };
        *self.user == now
    }

    /// Whose it is.
    #[must_use]
    pub fn user_id(&self) -> &UserId {
        &self.user.id
    }
}

impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Keys of sessions and tokens are secrets.
        f.debug_struct("Standing")
            .field("user", &self.user.id)
            .field("login", &self.login)
            .finish_non_exhaustive()
    }
}

/// Standings of many at a time.
#[async_trait]
pub trait StandingStore: Send + Sync {
    /// For each whether all of it is as it was. `false` is no refusal: who hears it looks closer.
    ///
    /// Costs one statement for all users, and one for each kind of credential among them.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn are_standing(
        &self,
        standings: &[Standing],
        now: OffsetDateTime,
    ) -> Result<Vec<bool>, StoreError>;
}
