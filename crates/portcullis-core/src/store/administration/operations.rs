//! What an operator looks after: mail that waits, and log-ins that are locked.

use time::OffsetDateTime;

/// How things stand.
#[derive(Clone, Debug, Default)]
pub struct Operations {
    /// How many mails are to be sent.
    pub mails_waiting: i64,
    /// How many were given up.
    pub mails_given_up: i64,
    /// Mails that are not sent, the newest first, at most as many as were asked for.
    pub mails: Vec<UnsentMail>,
    /// What is locked, at most as much as was asked for.
    pub locks: Vec<Lock>,
}

/// A mail that is not sent; never its text, which may hold a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsentMail {
    /// Such as `reset_password`.
    pub kind: String,
    /// To whom.
    pub recipient: String,
    /// When it was promised.
    pub created: OffsetDateTime,
    /// How often it was tried.
    pub attempts: i64,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Whether it is tried no more.
    pub is_given_up: bool,
}

/// Log-ins that are stopped because too many have failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// By what it is lifted, such as `lock:login:name:ada@example.com`.
    pub key: String,
    /// Until when it lasts, if nothing more fails.
    pub until: OffsetDateTime,
}
