//! The settings of mail as what writes and sends it.

use std::sync::Arc;
use std::time::Duration;

use portcullis::accounts::mail::{
    ConsoleTransport, FileTransport, MailSettings, MailSettingsError, MailTransport, Mailer,
    SmtpSettings, SmtpTransport,
};
use portcullis::core::Clock;

use super::{MailVia, Settings};

/// The sender where none is set: nothing leaves the machine then.
const DEFAULT_FROM: &str = "portcullis@localhost.localdomain";

impl Settings {
    /// What writes and sends mail; `None` where there is none.
    ///
    /// # Errors
    /// When the templates' folder or the file with certificates cannot be used.
    pub fn mailer(&self, clock: &Arc<dyn Clock>) -> Result<Option<Mailer>, MailSettingsError> {
        let transport: Arc<dyn MailTransport> = match self.mail_transport {
            MailVia::None => return Ok(None),
            MailVia::Console => Arc::new(ConsoleTransport),
            MailVia::File => {
                let folder = self.mail_folder.clone();
                Arc::new(FileTransport::new(folder, Arc::clone(clock)))
            }
            MailVia::Smtp => Arc::new(SmtpTransport::new(self.smtp())?),
        };
        let from = self.mail_from.as_ref().map_or(DEFAULT_FROM, |from| &from.0);
        let settings = MailSettings {
            subject_prefix: self.mail_subject_prefix.0.clone(),
            confirm_email: self.links_confirm_email.0.clone(),
            reset_password: self.links_reset_password.0.clone(),
            invitation: self.links_invitation.0.clone(),
            templates: self.mail_templates.clone(),
            timeout: Duration::from_secs(self.mail_timeout_seconds.get().into()),
            ..MailSettings::new(from, self.base_url())
        };
        Mailer::new(settings, transport, Arc::clone(clock)).map(Some)
    }

    fn smtp(&self) -> SmtpSettings {
        let security = self.mail_security;
        let name = self.mail_user.as_ref().map(|name| name.0.clone());
        let password = self.mail_password.as_ref();
        let password = password.map(|password| password.expose_secret().to_owned());
        let port = self.mail_port.map_or(security.port(), |port| port.0);
        SmtpSettings {
            host: self.mail_host.0.clone(),
            port,
            security,
            credentials: name.zip(password),
            ca_file: self.mail_ca_file.clone(),
            hello: self.public_url.as_ref().map(|url| url.host().to_owned()),
        }
    }

    /// How people reach the server: as `public_url` says, or else on this machine.
    pub(super) fn base_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.to_string(),
            None if self.listen.ip().is_unspecified() => {
                format!("http://localhost:{}", self.listen.port())
            }
            None => format!("http://{}", self.listen),
        }
    }

    /// Through what mail is sent, for people.
    pub(crate) fn mail_in_words(&self) -> String {
        match self.mail_transport {
            MailVia::None => "none".to_owned(),
            MailVia::Console => "printed here, and not sent".to_owned(),
            MailVia::File => format!("files in {}, and not sent", self.mail_folder.display()),
            MailVia::Smtp => {
                let smtp = self.smtp();
                format!("by {} port {}", smtp.host, smtp.port)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_without_public_url_stay_on_this_machine() {
        let mut settings = Settings::default();
        assert_eq!(settings.base_url(), "http://127.0.0.1:8000");
        settings.listen = "0.0.0.0:80".parse().unwrap();
        assert_eq!(settings.base_url(), "http://localhost:80");
    }
}
