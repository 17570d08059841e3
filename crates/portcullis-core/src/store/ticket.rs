//! Tickets: what opens one socket, once, within moments.

use std::fmt;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::StoreError;
use crate::authenticator::LoginId;
use crate::user::{User, UserId};

/// What a ticket stands for: a login, at one path, until a moment.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Who asked for it.
    pub user: UserId,
    /// By which login; when it ends, so does what the ticket opened.
    pub login: LoginId,
    /// The name of the authenticator that recognised them, such as `DeviceTokenAuthentication`.
    pub authenticator: String,
    /// The path that it opens, such as `/ws/rooms/7/`.
    pub path: String,
    /// The session by which they asked, if it was one.
    pub session_key: Option<String>,
    /// A digest of the stored password hash, where a session was what they asked by: it ends with the password.
    pub seal: Option<String>,
    /// Until when it may be used.
    pub expires: OffsetDateTime,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key of a session is a secret.
        f.debug_struct("Ticket")
            .field("user", &self.user)
            .field("login", &self.login)
            .field("authenticator", &self.authenticator)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Who holds a ticket, as they are now.
#[derive(Clone, Debug)]
pub struct TicketHolder {
    /// The user, active or not.
    pub user: User,
    /// When the login ends by itself; `None` is never.
    pub expires: Option<OffsetDateTime>,
}

/// Tickets, by the digests of their texts.
#[async_trait]
pub trait TicketStore: Send + Sync {
    /// Keeps a ticket, and removes some that are over.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn keep_ticket(
        &self,
        digest: &str,
        ticket: &Ticket,
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Takes a ticket out: of many who come with the same one, on whichever nodes, one gets it.
    /// `Ok(None)`: there is none, or it is over.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn take_ticket(
        &self,
        digest: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Ticket>, StoreError>;

    /// Who holds a ticket that was taken, as long as its login, with its credential, is there and not over.
    /// Asked when a socket opens, and again while it is open.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn ticket_holder(
        &self,
        ticket: &Ticket,
        now: OffsetDateTime,
    ) -> Result<Option<TicketHolder>, StoreError>;
}
