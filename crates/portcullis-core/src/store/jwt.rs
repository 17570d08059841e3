//! Refresh tokens: which are out, which are dead, and the families that they are of.

use async_trait::async_trait;
use time::{Duration, OffsetDateTime};

use super::{AuditEntry, Device, SeenLogin, StoreError};
use crate::user::{User, UserId};

/// A refresh token as the store knows it: by its name and times, never by its text.
#[doc(alias = "OutstandingToken")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// Its `jti`; at most 255 characters.
    pub jti: String,
    /// When it was made, its `iat`.
    pub issued: OffsetDateTime,
    /// Until when it is good, its `exp`.
    pub expires: OffsetDateTime,
}

/// All refresh tokens that came of one log-in, one after the other: the login of scheme `jwt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// Its name, which access tokens carry: 32 hex characters.
    pub id: String,
    /// When it is over, however often it is refreshed.
    pub ends: OffsetDateTime,
}

/// A log-in for a pair of tokens.
#[derive(Clone, Debug)]
pub struct NewJwtLogin {
    /// The refresh token of the pair.
    pub token: RefreshToken,
    /// The family that it starts; `None`, as simplejwt has it, for a token by itself, in no list.
    pub family: Option<Family>,
    /// The client.
    pub device: Device,
    /// When.
    pub now: OffsetDateTime,
}

/// Whom an access token is of.
#[derive(Clone, Debug)]
pub struct JwtBearer {
    /// The user that it names.
    pub user: User,
    /// The login that it names; `None` when that is over, or it names none.
    pub login: Option<SeenLogin>,
}

/// What is known of a refresh token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefreshStanding {
    /// Whether it is in the blacklist: ended, or exchanged for another.
    pub is_blacklisted: bool,
    /// Its family, unless another server made it or it never had one.
    pub family: Option<Family>,
}

/// A refresh token to be exchanged for another.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The token that was sent.
    pub old: RefreshToken,
    /// The token that takes its place.
    pub new: RefreshToken,
    /// Whose they are; `None` for a token of nobody.
    pub user: Option<UserId>,
    /// What becomes of the old one.
    pub way: RotationWay,
    /// The client: for the login of a token that another server made.
    pub device: Device,
    /// When.
    pub now: OffsetDateTime,
}

/// What becomes of a refresh token that was exchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotationWay {
    /// It is dead at once; who comes with it again ends its family.
    Family {
        /// The family that the token is of, or starts where it has none.
        family: Family,
        /// Whether it starts one: the token names none, and none is known of it.
        is_new: bool,
        /// For how long who comes again gets the same successor instead, while nobody used that.
        grace: Duration,
    },
    /// As simplejwt has it.
    #[doc(alias = "BLACKLIST_AFTER_ROTATION")]
    Alone {
        /// Whether it is dead.
        blacklists_old: bool,
    },
}

/// What came of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// The new token is out.
    Done,
    /// The old one was exchanged a moment ago, for this one, which is still unused.
    Again {
        /// What the old one was exchanged for.
        token: RefreshToken,
        /// The family of both, by its name.
        family: String,
    },
    /// Somebody used a token that was exchanged before: the whole family is over now.
    Reused,
    /// The old one is dead, or its login is over.
    Over,
}

/// Refresh tokens, in simplejwt's tables and one of ours.
///
/// Opening a login is [`LoginStore::log_in`](super::LoginStore::log_in).
#[doc(alias = "token_blacklist")]
#[async_trait]
pub trait JwtStore: Send + Sync {
    /// The user with that key, given as text, and the login of that family, if it is theirs.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn jwt_bearer(
        &self,
        user: &str,
        family: Option<&str>,
    ) -> Result<Option<JwtBearer>, StoreError>;

    /// What is known of the refresh token of that `jti`, which names that family.
    ///
    /// A token that another server made of one of ours has no row of its own: then its family is the
    /// named one, as long as something is known of that.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "check_blacklist")]
    async fn refresh_standing(
        &self,
        jti: &str,
        family: Option<&str>,
    ) -> Result<RefreshStanding, StoreError>;

    /// Exchanges a refresh token: the old one is dead and the new one out, or neither.
    ///
    /// Of many at once with one token, one is [`Rotated::Done`].
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "ROTATE_REFRESH_TOKENS")]
    async fn rotate_refresh(&self, rotation: Rotation) -> Result<Rotated, StoreError>;

    /// Ends a refresh token, and its family (else the named one) with its login. `Ok(false)`: the token
    /// was dead already; its family is over all the same.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "blacklist")]
    async fn blacklist_refresh(
        &self,
        token: RefreshToken,
        family: Option<&str>,
        user: Option<&UserId>,
        now: OffsetDateTime,
        audit: Option<AuditEntry>,
    ) -> Result<bool, StoreError>;
}
