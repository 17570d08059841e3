//! Kinds of values of mail: through what, how it is kept from others, senders, links.

use portcullis::accounts::mail::{LinkPattern, Mailer, SmtpSecurity};

use super::given::Given;
use super::kind::{Kind, Wrong, quoted};
use super::words::words;

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

/// Where an invitation leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationLink(pub LinkPattern);

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
link!(InvitationLink, ["invitation"]);

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
}
