//! Through what mail is sent.

use std::fmt;

use async_trait::async_trait;
use portcullis_core::FailedAttempt;

/// A mail as it goes over the wire.
#[derive(Clone)]
pub struct EncodedMail {
    /// The envelope's sender: `noreply@example.com`.
    pub sender: String,
    /// The envelope's only recipient.
    pub recipient: String,
    /// Headers and body, with lines that end in CR LF, in ASCII.
    pub message: Vec<u8>,
}

impl fmt::Debug for EncodedMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncodedMail(..)")
    }
}

/// Sends mail: by SMTP, into files, to the console, or by something of one's own.
#[doc(alias = "EmailBackend")]
#[async_trait]
pub trait MailTransport: fmt::Debug + Send + Sync {
    /// Sends one mail; `Ok` when whoever took it is answerable for it now.
    ///
    /// It is called for several mails at once, never under a request, and dropped when it takes
    /// longer than [`MailSettings::timeout`](super::MailSettings::timeout).
    ///
    /// # Errors
    /// [`SendError`]: the mail is tried again later.
    async fn send(&self, mail: &EncodedMail) -> Result<(), SendError>;
}

/// A mail was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{summary}")]
pub struct SendError {
    /// Whether another attempt is likely to end like this one.
    pub failed: FailedAttempt,
    /// What happened, for the log: no address, and nothing that a server said.
    pub summary: String,
    /// What the server said, or the system; kept with the mail.
    pub detail: String,
}

impl SendError {
    /// An attempt that failed; the next may not.
    #[must_use]
    pub fn passing(summary: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self {
            failed: FailedAttempt::Passing,
            summary: summary.into(),
            detail: detail.to_string(),
        }
    }

    /// This mail is not taken.
    #[must_use]
    pub fn refused(summary: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self {
            failed: FailedAttempt::Refused,
            summary: summary.into(),
            detail: detail.to_string(),
        }
    }
}
