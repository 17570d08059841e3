//! Mail on standard output, for development.

use std::io::Write;

use async_trait::async_trait;

use super::transport::{EncodedMail, MailTransport, SendError};

/// Prints each mail, and sends none.
#[doc(alias = "django.core.mail.backends.console.EmailBackend")]
#[derive(Clone, Copy, Debug, Default)]
pub struct ConsoleTransport;

#[async_trait]
impl MailTransport for ConsoleTransport {
    async fn send(&self, mail: &EncodedMail) -> Result<(), SendError> {
        let line = "-".repeat(79);
        let mut text = mail.message.clone();
        text.extend_from_slice(format!("\n{line}\n").as_bytes());
        let mut out = std::io::stdout().lock();
        let written = out.write_all(&text).and_then(|()| out.flush());
        written.map_err(|error| SendError::passing("standard output failed", error))
    }
}
