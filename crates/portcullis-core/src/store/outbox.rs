//! The outbox: mail that was promised, until it is sent.

use std::fmt;

use async_trait::async_trait;
use time::{Duration, OffsetDateTime};

use super::StoreError;

/// A mail to be sent: written down in the transaction of what it tells about, sent afterwards.
///
/// Commands of the store that take one write it inside of their own transaction.
#[doc(alias = "EmailMultiAlternatives")]
#[derive(Clone, PartialEq, Eq)]
pub struct OutgoingMail {
    /// What it is about, for the log and for statistics: the template's name, `reset_password`.
    pub kind: String,
    /// The one address that it goes to, without a name: `ada@example.com`.
    pub recipient: String,
    /// One line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same in HTML.
    pub html: Option<String>,
    /// When it was written: its `Date`.
    pub created: OffsetDateTime,
    /// Not sent earlier.
    pub not_before: OffsetDateTime,
}

/// Writes the mails of a command about what it has just made, inside of its transaction: they may
/// name rows that did not exist before. Must be quick and without effects of its own.
pub type WriteMails<'a, T> = &'a (dyn Fn(&T) -> Vec<OutgoingMail> + Send + Sync);

/// Tells nobody: the [`WriteMails`] of commands that need no mail.
#[must_use]
pub fn no_mails<T>(_: &T) -> Vec<OutgoingMail> {
    Vec::new()
}

impl OutgoingMail {
    /// Mail to nobody: it takes as long to write as any other, and is never sent. For answers that
    /// must not tell whether there is somebody.
    #[must_use]
    pub fn to_nobody(now: OffsetDateTime) -> Self {
        Self {
            kind: "nobody".to_owned(),
            recipient: String::new(),
            subject: String::new(),
            text: String::new(),
            html: None,
            created: now,
            not_before: now,
        }
    }

    /// Whether it is to nobody.
    #[must_use]
    pub fn is_to_nobody(&self) -> bool {
        self.recipient.is_empty()
    }

    /// The most times that sending a mail is tried.
    pub const MAX_ATTEMPTS: u32 = 20;

    /// The most times that a mail is taken for sending, by nodes that end before they say what came
    /// of it: one that ends them all does not do so for ever.
    pub const MAX_CLAIMS: u32 = 200;

    /// The most times that a mail is offered to a server that refuses it for good.
    pub const MAX_REFUSALS: u32 = 3;

    /// How long a mail that was taken for sending is nobody else's; sending it must not take longer.
    pub const LEASE: Duration = Duration::minutes(1);

    /// How long to wait after a failed attempt, the first being 1: a minute, doubled each time, at
    /// most six hours; `None` after the last one. All of them take about three days.
    ///
    /// ```
    /// use portcullis_core::{FailedAttempt, OutgoingMail};
    /// use time::Duration;
    /// let wait_after = |attempt| OutgoingMail::wait_after(attempt, FailedAttempt::Passing);
    /// assert_eq!(wait_after(3), Some(Duration::minutes(4)));
    /// assert_eq!(wait_after(19), Some(Duration::hours(6)));
    /// assert_eq!(wait_after(20), None);
    /// assert_eq!(OutgoingMail::wait_after(3, FailedAttempt::Refused), None);
    /// ```
    #[must_use]
    pub fn wait_after(attempt: u32, failed: FailedAttempt) -> Option<Duration> {
        let most = match failed {
            FailedAttempt::Passing => Self::MAX_ATTEMPTS,
            FailedAttempt::Refused => Self::MAX_REFUSALS,
        };
        if attempt >= most {
            return None;
        }
        let doublings = attempt.saturating_sub(1).min(9);
        let wait = Duration::minutes(1 << doublings);
        Some(wait.min(Duration::hours(6)))
    }
}

/// Text and recipient stay out of logs: links in it open accounts.
impl fmt::Debug for OutgoingMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingMail")
            .field("kind", &self.kind)
            .field("not_before", &self.not_before)
            .finish_non_exhaustive()
    }
}

/// The right to send a mail, until its lease is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailClaim {
    /// The mail's number in the outbox.
    pub id: i64,
    /// How often the mail was taken, this time included.
    pub number: u32,
    /// Which attempt this is, where those count whose end is known; the first is 1.
    pub attempt: u32,
}

/// A mail that was taken for sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueMail {
    /// What to answer with.
    pub claim: MailClaim,
    /// The mail.
    pub mail: OutgoingMail,
}

/// How an attempt to send a mail failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedAttempt {
    /// Nobody answered, or not in time, or with an error that may pass.
    Passing,
    /// The server takes no such mail: there is no such mailbox, or it wants nothing from us.
    Refused,
}

/// Mail that waits to be sent: at least once, and not for ever.
#[doc(alias = "EmailBackend")]
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Puts mails into the outbox, in a transaction of their own: all of them, or none.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; then nothing will be sent.
    #[doc(alias = "send_mail")]
    async fn enqueue_mails(&self, mails: &[OutgoingMail]) -> Result<(), StoreError>;

    /// Takes the mail that is due, the oldest first, `limit` at most.
    ///
    /// What was taken is not given to anybody again before [`OutgoingMail::LEASE`] is over; then
    /// whoever took it has ended, and it is as if they had not, [`OutgoingMail::MAX_CLAIMS`] times.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn due_mail(&self, now: OffsetDateTime, limit: u32) -> Result<Vec<DueMail>, StoreError>;

    /// Writes down that a mail was sent, and forgets its text.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; then the mail may be sent again.
    async fn mark_sent(&self, claim: MailClaim, now: OffsetDateTime) -> Result<(), StoreError>;

    /// Writes down why an attempt failed; the next one is due after [`OutgoingMail::wait_after`].
    ///
    /// The answer says when; `None` when it was the last one, or somebody else has taken or sent the
    /// mail meanwhile. What was given up stays, without its text and with its error.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; then the lease has to pass.
    async fn mark_failed(
        &self,
        claim: MailClaim,
        failed: FailedAttempt,
        error: &str,
        now: OffsetDateTime,
    ) -> Result<Option<OffsetDateTime>, StoreError>;

    /// Removes what was sent, or given up, before that time; how many.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn clear_sent(&self, before: OffsetDateTime) -> Result<u64, StoreError>;
}
