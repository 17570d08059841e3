//! Kinds of values of mail: through what, how it is kept from others, senders, links.

use std::path::PathBuf;
use std::sync::Arc;

use portcullis::accounts::mail::{
    ConsoleTransport, FileTransport, LinkPattern, MailSettings, MailSettingsError, MailTransport,
    Mailer, SmtpSecurity, SmtpSettings, SmtpTransport,
};
use portcullis::core::Clock;

use super::Settings;
use super::given::Given;
use super::kind::{Kind, Wrong, quoted};

/// The sender where none is set: nothing leaves the machine then.
const DEFAULT_FROM: &str = "portcullis@localhost.localdomain";

/// The longest text, in characters.
const MAX_CHARACTERS: usize = 1000;

/// Through what mail is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailVia {
    /// There is no mail.
    None,
    /// It is printed.
    Console,
    /// It is written into files.
    File,
    /// It is given to a mail server.
    Smtp,
}

/// A kind of value that is one of a few words.
macro_rules! words {
    ($kind:ty, $($word:literal => $value:path),+) => {
        impl Kind for $kind {
            fn wanted() -> String {
                let words = [$(concat!("\"", $word, "\"")),+];
                format!("one of {}", words.join(", "))
            }

            fn read(given: &Given) -> Result<Self, Wrong> {
                match given.text().map(str::trim) {
                    $(Some($word) => Ok($value),)+
                    _ => Err(Wrong::Kind),
                }
            }

            fn shown(&self) -> Option<String> {
                Some(quoted(match self {
                    $($value => $word),+
                }))
            }
        }
    };
}

words!(MailVia, "none" => MailVia::None, "console" => MailVia::Console, "file" => MailVia::File, "smtp" => MailVia::Smtp);
words!(SmtpSecurity, "starttls" => SmtpSecurity::Starttls, "tls" => SmtpSecurity::Tls, "danger-plain" => SmtpSecurity::DangerPlain);

/// A port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port(pub u16);

impl Kind for Port {
    fn wanted() -> String {
        "a port, such as 587".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let number = given.integer().and_then(|number| number.try_into().ok());
        let port = number.filter(|number| *number > 0);
        port.map(Self).ok_or(Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

/// A text of one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(pub String);

impl Kind for Line {
    fn wanted() -> String {
        "a text of one line, such as \"example\"".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let is_line = |text: &&str| {
            !text.chars().any(char::is_control) && text.chars().count() <= MAX_CHARACTERS
        };
        let text = given.text().filter(is_line);
        text.map(|text| Self(text.to_owned())).ok_or(Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(&self.0))
    }
}

/// A password: never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// The password in clear.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}

impl Kind for Password {
    const IS_SECRET: bool = true;

    fn wanted() -> String {
        "a password, such as \"secret\"".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        Line::read(given).map(|line| Self(line.0))
    }

    fn shown(&self) -> Option<String> {
        Some("\"(hidden)\"".to_owned())
    }
}

/// Who mail is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailFrom(pub String);

impl Kind for MailFrom {
    fn wanted() -> String {
        "a sender, such as \"Example <noreply@example.com>\"".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let text = given.text().ok_or(Wrong::Kind)?.trim();
        let is_sender = Mailer::is_sender(text);
        is_sender.then(|| Self(text.to_owned())).ok_or(Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(&self.0))
    }
}

/// Where a confirmation key leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmEmailLink(pub LinkPattern);

/// Where a reset token leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetPasswordLink(pub LinkPattern);

/// A kind of value that is a link with places to fill in.
macro_rules! link {
    ($kind:ident, $places:expr) => {
        impl Kind for $kind {
            fn wanted() -> String {
                "a path or URL with its places to fill in".to_owned()
            }

            fn read(given: &Given) -> Result<Self, Wrong> {
                let text = given.text().ok_or(Wrong::Kind)?.trim();
                let pattern = LinkPattern::new(text, &$places);
                pattern
                    .map(Self)
                    .map_err(|error| Wrong::Because(format!("{text:?} is no such link: {error}")))
            }

            fn shown(&self) -> Option<String> {
                Some(quoted(&self.0.to_string()))
            }
        }
    };
}

link!(ConfirmEmailLink, ["key"]);
link!(ResetPasswordLink, ["uid", "token"]);

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
            templates: self.mail_templates.as_ref().map(PathBuf::from),
            timeout: std::time::Duration::from_secs(self.mail_timeout_seconds.get().into()),
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
    fn base_url(&self) -> String {
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

    fn text(text: &str) -> Given {
        Given::Text(text.to_owned())
    }

    #[test]
    fn clear_text_must_be_asked_for_by_its_name() {
        assert_eq!(SmtpSecurity::read(&text("tls")), Ok(SmtpSecurity::Tls));
        for wrong in ["", "none", "plain", "opportunistic", "STARTTLS?"] {
            assert!(SmtpSecurity::read(&text(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lines_and_senders_hold_no_line_break() {
        for wrong in [
            "a\nb",
            "a\r\nBcc: b@example.com",
            "a@example.com\n,b@example.com",
        ] {
            assert!(Line::read(&text(wrong)).is_err(), "{wrong}");
            assert!(MailFrom::read(&text(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn links_without_public_url_stay_on_this_machine() {
        let mut settings = Settings::default();
        assert_eq!(settings.base_url(), "http://127.0.0.1:8000");
        settings.listen = "0.0.0.0:80".parse().unwrap();
        assert_eq!(settings.base_url(), "http://localhost:80");
    }
}
