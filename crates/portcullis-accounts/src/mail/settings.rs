//! What can be set about mail.

use std::path::PathBuf;
use std::time::Duration;

use super::links::LinkPattern;

/// Settings of mail, whatever it is sent through.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// The sender: `noreply@example.com`, or with a name `Example <noreply@example.com>`.
    #[doc(alias = "DEFAULT_FROM_EMAIL")]
    pub from: String,
    /// What every subject starts with, such as `[Example] `. Default: nothing.
    #[doc(alias = "EMAIL_SUBJECT_PREFIX")]
    pub subject_prefix: String,
    /// How people reach the service, without a slash at the end: `https://example.com`. Links that
    /// are paths start with it; nothing that a client sends does.
    pub base_url: String,
    /// Where a confirmation key leads; holds `{key}`. Default: `/confirm-email/{key}/`.
    #[doc(alias = "ACCOUNT_EMAIL_CONFIRMATION_URL")]
    pub confirm_email: LinkPattern,
    /// Where a reset token leads; holds `{uid}` and `{token}`. Default:
    /// `/password/reset/key/{uid}/{token}/`.
    #[doc(alias = "password_reset_confirm")]
    pub reset_password: LinkPattern,
    /// Where an invitation leads; holds `{invitation}`. Default: `/invitation/{invitation}/`.
    pub invitation: LinkPattern,
    /// A folder with templates that are used instead of the built-in ones of the same names.
    pub templates: Option<PathBuf>,
    /// How long one attempt to send a mail may take. Default: 10 seconds; no more than 50 count, so
    /// that it is over before somebody else may try.
    #[doc(alias = "EMAIL_TIMEOUT")]
    pub timeout: Duration,
}

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailSettingsError {
    /// `from` is no address.
    #[error("{0:?} is no sender: write noreply@example.com, or Example <noreply@example.com>")]
    From(String),
    /// The folder, or the certificates, cannot be read or used; the text says which and why.
    #[error("{0}")]
    File(String),
}

impl MailSettings {
    /// The default settings, with this sender and this base URL.
    #[must_use]
    pub fn new(from: impl Into<String>, base_url: impl Into<String>) -> Self {
        Self {
            from: from.into(),
            subject_prefix: String::new(),
            base_url: base_url.into(),
            confirm_email: LinkPattern::confirm_email(),
            reset_password: LinkPattern::reset_password(),
            invitation: LinkPattern::invitation(),
            templates: None,
            timeout: Duration::from_secs(10),
        }
    }
}
