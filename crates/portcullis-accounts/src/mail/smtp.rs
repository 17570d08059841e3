//! Mail by SMTP.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use lettre::Address;
use lettre::address::Envelope;
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use portcullis_core::FailedAttempt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::clear_stream::ClearStream;
use super::settings::MailSettingsError;
use super::transport::{EncodedMail, MailTransport, SendError};

/// Replies by which a server takes no such mail, now or later: no mailbox, no room, no such
/// address. Others, 554 and refused credentials among them, may be mended by somebody.
const FOR_GOOD: [u16; 4] = [550, 551, 552, 553];

/// How long a server may take to say good-bye; the mail is its own by then.
const GOOD_BYE: Duration = Duration::from_secs(1);

const UNREACHABLE: &str = "the mail server cannot be reached";

/// How the connection to a mail server is kept from others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// It begins in clear, and nothing but the wish for TLS is said before there is TLS. A server
    /// that offers none, or fails at it, gets no mail.
    #[default]
    #[doc(alias = "EMAIL_USE_TLS")]
    Starttls,
    /// TLS from the first byte.
    #[doc(alias = "EMAIL_USE_SSL")]
    Tls,
    /// None: password and mail are read by everybody on the way. For a server on the same machine.
    DangerPlain,
}

impl SmtpSecurity {
    /// The usual port: 587, 465 or 25.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Tls => 465,
            Self::DangerPlain => 25,
        }
    }
}

/// Where a mail server is, and who we are there.
#[derive(Clone)]
pub struct SmtpSettings {
    /// Its name, which its certificate must have, or its address.
    #[doc(alias = "EMAIL_HOST")]
    pub host: String,
    /// Its port.
    #[doc(alias = "EMAIL_PORT")]
    pub port: u16,
    /// How the connection is kept from others.
    pub security: SmtpSecurity,
    /// Name and password, where it wants to know who sends.
    #[doc(alias = "EMAIL_HOST_USER")]
    #[doc(alias = "EMAIL_HOST_PASSWORD")]
    pub credentials: Option<(String, String)>,
    /// A file with certificates, in PEM, that are believed besides those of the public authorities:
    /// for a server with a certificate of one's own.
    pub ca_file: Option<PathBuf>,
    /// What we are called in the greeting; `[127.0.0.1]` when nothing is said.
    pub hello: Option<String>,
}

impl fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .finish_non_exhaustive()
    }
}

/// Gives each mail to a mail server, on a connection of its own.
#[doc(alias = "django.core.mail.backends.smtp.EmailBackend")]
#[derive(Clone)]
pub struct SmtpTransport {
    settings: SmtpSettings,
    tls: Option<TlsParameters>,
    hello: ClientId,
    credentials: Option<Credentials>,
}

impl SmtpTransport {
    /// Sends through that server; nothing is connected yet.
    ///
    /// # Errors
    /// When the file with certificates cannot be used.
    pub fn new(settings: SmtpSettings) -> Result<Self, MailSettingsError> {
        let tls = match settings.security {
            SmtpSecurity::DangerPlain => None,
            SmtpSecurity::Starttls | SmtpSecurity::Tls => Some(tls(&settings)?),
        };
        let hello = settings.hello.clone().map(ClientId::Domain);
        let credentials = settings.credentials.clone();
        Ok(Self {
            settings,
            tls,
            hello: hello.unwrap_or_default(),
            credentials: credentials.map(|(name, password)| Credentials::new(name, password)),
        })
    }

    /// A connection on which mail may be said: with TLS, unless it was configured away by name, and
    /// logged in.
    async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        let server = (self.settings.host.as_str(), self.settings.port);
        let mut connection = if self.settings.security == SmtpSecurity::Tls {
            let tls = self.tls.clone();
            AsyncSmtpConnection::connect_tokio1(server, None, &self.hello, tls, None).await
        } else {
            let tcp = TcpStream::connect(server).await;
            let tcp = tcp.map_err(|error| SendError::passing(UNREACHABLE, error))?;
            let stream = Box::new(ClearStream::new(tcp));
            AsyncSmtpConnection::connect_with_transport(stream, &self.hello).await
        }
        .map_err(|error| failed(&error))?;
        if let (SmtpSecurity::Starttls, Some(tls)) = (self.settings.security, &self.tls) {
            let upgraded = connection.starttls(tls.clone(), &self.hello).await;
            upgraded.map_err(|error| not_encrypted(&error))?;
        }
        // Whatever happened before: nothing is said in clear that should not be.
        if self.tls.is_some() && !connection.is_encrypted() {
            return Err(not_encrypted(&"the connection stayed in clear"));
        }
        if let Some(credentials) = &self.credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            let entered = connection.auth(&mechanisms, credentials).await;
            entered.map_err(|error| match error.status() {
                // A password can be mended; until then mail waits.
                Some(_) => SendError::passing("the mail server refused name and password", error),
                None => failed(&error),
            })?;
        }
        Ok(connection)
    }
}

#[async_trait]
impl MailTransport for SmtpTransport {
    async fn send(&self, mail: &EncodedMail) -> Result<(), SendError> {
        let parse = |address: &str| {
            let parsed = address.parse::<Address>();
            parsed.map_err(|error| SendError::refused("an address is none", error))
        };
        let (sender, recipient) = (parse(&mail.sender)?, parse(&mail.recipient)?);
        let envelope = Envelope::new(Some(sender), vec![recipient])
            .map_err(|error| SendError::refused("an address is none", error))?;
        let mut connection = self.connect().await?;
        let sent = connection.send(&envelope, &mail.message).await;
        sent.map_err(|error| failed(&error))?;
        let _ = timeout(GOOD_BYE, connection.abort()).await;
        Ok(())
    }
}

impl fmt::Debug for SmtpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}

/// How certificates are looked at: the host's name in it, by the public authorities or the file's.
fn tls(settings: &SmtpSettings) -> Result<TlsParameters, MailSettingsError> {
    let mut tls = TlsParameters::builder(settings.host.clone());
    if let Some(path) = &settings.ca_file {
        let wrong = |why: String| MailSettingsError::File(format!("{}: {why}", path.display()));
        tls = tls.add_root_certificate(certificates(path).map_err(wrong)?);
    }
    tls.build()
        .map_err(|error| MailSettingsError::File(format!("TLS cannot be used: {error}")))
}

fn certificates(path: &Path) -> Result<Certificate, String> {
    let pem = std::fs::read(path).map_err(|error| error.to_string())?;
    if !pem
        .windows(27)
        .any(|part| part == b"-----BEGIN CERTIFICATE-----")
    {
        return Err("it holds no certificate in PEM".to_owned());
    }
    Certificate::from_pem(&pem).map_err(|error| error.to_string())
}

fn not_encrypted(error: &dyn fmt::Display) -> SendError {
    SendError::passing("there is no TLS, and nothing was sent in clear", error)
}

/// What an error of the conversation means for the mail.
fn failed(error: &smtp::Error) -> SendError {
    let code = error.status().map(u16::from);
    let summary = match code {
        Some(code) => format!("the mail server answered {code}"),
        None if error.is_tls() => "TLS failed".to_owned(),
        None if error.is_response() => "the mail server's answer is none".to_owned(),
        None if error.is_client() => "the mail server does not take such mail".to_owned(),
        None => UNREACHABLE.to_owned(),
    };
    let is_final = code.is_some_and(|code| FOR_GOOD.contains(&code));
    SendError {
        failed: match is_final {
            true => FailedAttempt::Refused,
            false => FailedAttempt::Passing,
        },
        summary,
        detail: error.to_string(),
    }
}
