//! From a mail of the outbox to what goes over the wire.

use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use portcullis_core::{DueMail, FailedAttempt};
use time::OffsetDateTime;

use super::settings::MailSettingsError;
use super::templates::one_line;
use super::transport::{EncodedMail, SendError};

/// The longest line of a mail, by RFC 5322.
const MAX_LINE_BYTES: usize = 998;

/// Who mail is from.
#[derive(Clone, Debug)]
pub(super) struct Sender(Mailbox);

impl Sender {
    pub(super) fn parse(from: &str) -> Result<Self, MailSettingsError> {
        let is_one_line = !from.chars().any(char::is_control);
        let mailbox = from.parse().ok().filter(|_| is_one_line);
        let mailbox = mailbox.ok_or_else(|| MailSettingsError::From(from.to_owned()))?;
        Ok(Self(mailbox))
    }

    /// Writes headers and body. The one recipient is the one of the outbox, whatever is in the texts.
    pub(super) fn encode(&self, due: &DueMail) -> Result<EncodedMail, SendError> {
        let mail = &due.mail;
        let recipient = recipient(&mail.recipient)?;
        let domain = self.0.email.domain();
        let created = mail.created.max(OffsetDateTime::UNIX_EPOCH);
        // The same for each attempt: whoever gets a mail twice can tell.
        let id = format!(
            "<{}.{}@{domain}>",
            due.claim.id,
            created.unix_timestamp_nanos()
        );
        // Said apart from the headers, of which lettre does not understand every address.
        let envelope = Envelope::new(Some(self.0.email.clone()), vec![recipient.clone()]);
        let builder = Message::builder()
            .envelope(envelope.map_err(unsendable)?)
            .from(self.0.clone())
            .to(Mailbox::new(None, recipient.clone()))
            .subject(one_line(&mail.subject))
            .date(created.into())
            .message_id(Some(id))
            // RFC 3834: whoever is on holiday need not tell us.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        let text = plain(&mail.text);
        let message = match &mail.html {
            Some(html) => {
                let html = SinglePart::html(html.clone());
                let parts = MultiPart::alternative().singlepart(text).singlepart(html);
                builder.multipart(parts)
            }
            None => builder.singlepart(text),
        };
        Ok(EncodedMail {
            sender: self.0.email.to_string(),
            recipient: recipient.to_string(),
            message: message.map_err(unsendable)?.formatted(),
        })
    }
}

/// The text, as it is where a mail may have it so: links are read in files and on consoles too, and
/// lettre encodes lines of more than 76 characters.
fn plain(text: &str) -> SinglePart {
    let text = text.replace('\r', "");
    let is_short = |line: &str| line.len() <= MAX_LINE_BYTES;
    if !text.is_ascii() || text.contains('\0') || !text.lines().all(is_short) {
        return SinglePart::plain(text);
    }
    let bytes = text.replace('\n', "\r\n").into_bytes();
    let body = Body::dangerous_pre_encoded(bytes, ContentTransferEncoding::SevenBit);
    let part = SinglePart::builder().header(ContentType::TEXT_PLAIN);
    part.body(body)
}

/// The address with its domain in ASCII, as every mail server understands it.
fn recipient(address: &str) -> Result<Address, SendError> {
    // Looked at as a whole first: what is no address does not become one.
    let address: Address = address.parse().map_err(unsendable)?;
    let domain = idna::domain_to_ascii(address.domain()).map_err(unsendable)?;
    Address::new(address.user(), domain).map_err(unsendable)
}

fn unsendable(error: impl std::fmt::Display) -> SendError {
    SendError {
        failed: FailedAttempt::Refused,
        summary: "no mail can be made of it".to_owned(),
        detail: error.to_string(),
    }
}
