//! Users, and making them.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{AuditEntry, Device, NewLogin, NewSession, OutgoingMail, StoreError, WriteMails};
use crate::user::{PasswordHash, User, UserId};

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The log-in name; unique.
    pub username: String,
    /// E-mail address, or empty; unique without regard to case.
    pub email: String,
    /// Whether they have shown that the address is theirs; `None` where nobody will be asked to.
    pub is_email_verified: Option<bool>,
    /// The password, already hashed.
    pub password: PasswordHash,
    /// May enter the admin site.
    pub is_staff: bool,
    /// Has every permission.
    pub is_superuser: bool,
    /// The client, for the audit log.
    pub device: Device,
    /// When.
    pub now: OffsetDateTime,
}

/// An account that is written, and not yet durable.
#[derive(Clone, Debug)]
pub struct MadeAccount {
    /// Who it is.
    pub user: User,
    /// The row of the address, which a confirmation key names; where there is one.
    pub email_address: Option<i64>,
}

/// Why an account was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateAccountError {
    /// Somebody has that name or address already; the letter case does not count.
    #[error("the name or address is taken")]
    Taken,
    /// The machine failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What ends with an old password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ends {
    /// Every credential that it opened: sessions, device tokens, DRF's token, JWTs.
    #[default]
    Everything,
    /// Sessions only, as in Django: tokens stay good.
    Sessions,
}

/// A new password, and what it ends.
#[derive(Clone, Debug)]
pub struct NewPassword {
    /// The password, already hashed.
    pub password: PasswordHash,
    /// What ends.
    pub ends: Ends,
    /// The session in which it was changed, under its new key: the one that goes on.
    pub session: Option<NewSession>,
    /// What is told about it.
    pub mails: Vec<OutgoingMail>,
    /// Its line in the audit log.
    pub audit: Option<AuditEntry>,
}

impl NewPassword {
    /// A password that ends everything.
    #[must_use]
    pub fn new(password: PasswordHash) -> Self {
        Self {
            password,
            ends: Ends::Everything,
            session: None,
            mails: Vec::new(),
            audit: None,
        }
    }
}

/// What a person may change about themselves; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// The log-in name; unique without regard to case.
    pub username: Option<String>,
    /// Given name, or empty.
    pub first_name: Option<String>,
    /// Family name, or empty.
    pub last_name: Option<String>,
}

/// What a change of password ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Sessions whose rows are known to be theirs; others end at their next request.
    pub sessions: u64,
    /// Device tokens, DRF's token, and refresh tokens.
    pub tokens: u64,
}

/// Looking users up.
#[doc(alias = "UserManager")]
#[async_trait]
pub trait UserStore: Send + Sync {
    /// The user whom a typed name means: an exact username, or else an e-mail address in any letter case.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "get_by_natural_key")]
    async fn user_by_login_name(&self, name: &str) -> Result<Option<User>, StoreError>;

    /// The user with that primary key, given in its text form; a text that is no key is nobody's.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn user_by_id(&self, id: &str) -> Result<Option<User>, StoreError>;

    /// The same, as it is stored at this moment: for before something ends because a remembered user
    /// does not fit it. Without this, what [`user_by_id`](Self::user_by_id) says.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "refresh_from_db")]
    async fn user_by_id_now(&self, id: &str) -> Result<Option<User>, StoreError> {
        self.user_by_id(id).await
    }
}

/// Making and changing accounts.
#[async_trait]
pub trait AccountStore: UserStore {
    /// Makes an account and its first login at once, with a line in the audit log, and writes the mails about it: there are no
    /// half-made users, and none who were promised a mail that does not come.
    ///
    /// `mails` is asked once, when the account is written and not yet durable.
    ///
    /// # Errors
    /// [`CreateAccountError::Taken`] when the name or address is in use.
    #[doc(alias = "create_user")]
    async fn create_account(
        &self,
        account: NewAccount,
        login: Option<NewLogin>,
        mails: WriteMails<'_, MadeAccount>,
    ) -> Result<User, CreateAccountError>;

    /// Replaces the hash of a password that was just checked by one of today's cost.
    ///
    /// Only while `user.password` is still the stored one: a change meanwhile wins.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn rehash_password(&self, user: &User, hash: PasswordHash) -> Result<(), StoreError>;

    /// Sets a new password, ends what the old one opened and writes the mails about it, at once.
    ///
    /// Only while `user.password` is still the stored one: of two changes at once, one wins.
    /// `Ok(None)`: it is not; nothing was written.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "set_password")]
    async fn change_password(
        &self,
        user: &User,
        change: NewPassword,
    ) -> Result<Option<Ended>, StoreError>;

    /// Changes names of a user; the user as they are then. `Ok(None)`: nobody has that id.
    ///
    /// # Errors
    /// [`CreateAccountError::Taken`] when somebody else has that log-in name.
    async fn change_profile(
        &self,
        user: &UserId,
        change: ProfileChange,
    ) -> Result<Option<User>, CreateAccountError>;

    /// Whether there is an active superuser.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn has_administrator(&self) -> Result<bool, StoreError>;

    /// Lets a user in again, or lets them in no more.
    ///
    /// Their credentials stay: they are refused while the user is inactive. `Ok(false)`: nobody has that id.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "is_active")]
    async fn set_active(&self, user: &UserId, is_active: bool) -> Result<bool, StoreError>;
}
