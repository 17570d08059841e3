//! Mail of the account flows: written, kept in an outbox, and sent by a worker.
//!
//! A flow writes a mail with the [`Mailer`], and hands it to the command of the store whose
//! transaction it belongs to; where there is none, to
//! [`enqueue_mails`](portcullis_core::OutboxStore::enqueue_mails). No request waits for a mail server.
//! The [`MailWorker`] takes what is due and gives it to a [`MailTransport`].
//!
//! Reading order: `mailer`, `templates`, `links` (what a mail says), `worker`, `message` (how it is
//! sent), `transport` with `smtp`, `file` and `console` (through what).

mod clear_stream;
mod console;
mod file;
mod links;
mod mailer;
mod message;
mod settings;
mod smtp;
mod templates;
mod transport;
mod worker;

pub use console::ConsoleTransport;
pub use file::FileTransport;
pub use links::{LinkPattern, LinkPatternError};
pub use mailer::Mailer;
pub use settings::{MailSettings, MailSettingsError};
pub use smtp::{SmtpSecurity, SmtpSettings, SmtpTransport};
pub use templates::TemplateFault;
pub use transport::{EncodedMail, MailTransport, SendError};
pub use worker::MailWorker;
