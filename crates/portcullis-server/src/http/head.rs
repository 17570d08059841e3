//! One request's head, judged before anything else looks at it.
//!
//! Stricter than RFC 9112 has to be: what two servers in a row could read differently is refused,
//! so that a proxy in front and this server never disagree about where a request ends.

use axum::body::Bytes;
use http::Uri;

use super::exchange::Refused;
use super::limits::HttpLimits;
use super::scan::{MAX_METHOD_BYTES, URI_TOO_LONG};

/// How a request's body is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
}

/// What hyper gets to see of a head, and how its body is delimited.
///
/// Header lines with `_` in their names are left out: to some programs it is the same as `-`.
pub(super) fn judge(head: Bytes, limits: &HttpLimits) -> Result<(Bytes, Framing), Refused> {
    let text = head.strip_suffix(b"\r\n\r\n").unwrap_or(&head);
    let mut lines = Lines(Some(text));
    let first = lines.next().unwrap_or_default();
    let (target, is_http_11) = request_line(first, limits)?;
    let mut seen = Seen::default();
    let mut has_underscore = false;
    for line in lines {
        let (name, value) = header_line(line)?;
        has_underscore |= name.contains(&b'_');
        seen.note(name, value)?;
    }
    let framing = seen.framing(is_http_11)?;
    seen.check_host(target, is_http_11)?;
    let passed = if has_underscore {
        without_underscores(text)
    } else {
        head
    };
    Ok((passed, framing))
}

/// The parts of `METHOD target HTTP/1.1` that count later: the target, and whether it is 1.1.
fn request_line<'a>(line: &'a [u8], limits: &HttpLimits) -> Result<(&'a [u8], bool), Refused> {
    const MALFORMED: Refused = Refused::bad("The request line is malformed.");
    let mut words = line.split(|byte| *byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(MALFORMED);
    };
    if target.len() > limits.http_uri_bytes {
        return Err(URI_TOO_LONG);
    }
    // A fragment is for the browser alone; the parser would drop it.
    let is_clean = !target.contains(&b'#') && Uri::try_from(target).is_ok();
    let has_form =
        target.starts_with(b"/") || is_absolute(target) || (method == b"OPTIONS" && target == b"*");
    if !is_token(method) || method.len() > MAX_METHOD_BYTES || !is_clean || !has_form {
        return Err(MALFORMED);
    }
    match version {
        b"HTTP/1.1" => Ok((target, true)),
        b"HTTP/1.0" => Ok((target, false)),
        _ => Err(Refused::bad("The HTTP version is not supported.")),
    }
}

fn header_line(line: &[u8]) -> Result<(&[u8], &[u8]), Refused> {
    let colon = line.iter().position(|byte| *byte == b':');
    let (name, value) = line.split_at(colon.ok_or(Refused::bad("A header line has no colon."))?);
    if !is_token(name) {
        return Err(Refused::bad("A header name is malformed."));
    }
    let value = value.get(1..).unwrap_or_default();
    if value
        .iter()
        .any(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f)
    {
        return Err(Refused::bad("A header value has a control character."));
    }
    Ok((name, value.trim_ascii()))
}

/// The headers that say where a request ends and whom it is for; each may be there once.
#[derive(Default)]
struct Seen<'a> {
    host: Option<&'a [u8]>,
    content_length: Option<&'a [u8]>,
    transfer_encoding: Option<&'a [u8]>,
}

impl<'a> Seen<'a> {
    fn note(&mut self, name: &[u8], value: &'a [u8]) -> Result<(), Refused> {
        let place = if name.eq_ignore_ascii_case(b"host") {
            &mut self.host
        } else if name.eq_ignore_ascii_case(b"content-length") {
            &mut self.content_length
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            &mut self.transfer_encoding
        } else {
            return Ok(());
        };
        match place.replace(value) {
            None => Ok(()),
            Some(_) => Err(Refused::bad("A header is there twice.")),
        }
    }

    fn framing(&self, is_http_11: bool) -> Result<Framing, Refused> {
        match (self.content_length, self.transfer_encoding) {
            (None, None) => Ok(Framing::Length(0)),
            (Some(_), Some(_)) => Err(Refused::bad("The body's length is said twice.")),
            (Some(length), None) => {
                let is_number = length.iter().all(u8::is_ascii_digit);
                let length = str::from_utf8(length).ok().filter(|_| is_number);
                let length = length.and_then(|text| text.parse().ok());
                length
                    .map(Framing::Length)
                    .ok_or(Refused::bad("The Content-Length is malformed."))
            }
            (None, Some(coding)) if is_http_11 && coding.eq_ignore_ascii_case(b"chunked") => {
                Ok(Framing::Chunked)
            }
            (None, Some(_)) => Err(Refused::bad("The Transfer-Encoding is not supported.")),
        }
    }

    fn check_host(&self, target: &[u8], is_http_11: bool) -> Result<(), Refused> {
        if is_http_11 && self.host.is_none() {
            return Err(Refused::bad("The Host header is missing."));
        }
        let Some(authority) = authority_of(target) else {
            return Ok(());
        };
        match self.host {
            Some(host) if !host.eq_ignore_ascii_case(authority) => {
                Err(Refused::bad("The Host header and the request line differ."))
            }
            _ => Ok(()),
        }
    }
}

fn is_absolute(target: &[u8]) -> bool {
    authority_of(target).is_some_and(|authority| !authority.is_empty())
}

/// The host and port of a target in absolute form.
fn authority_of(target: &[u8]) -> Option<&[u8]> {
    let rest = ["http://", "https://"].iter().find_map(|scheme| {
        let start = target.get(..scheme.len())?;
        start
            .eq_ignore_ascii_case(scheme.as_bytes())
            .then(|| target.get(scheme.len()..))?
    })?;
    rest.split(|byte| b"/?".contains(byte)).next()
}

fn is_token(word: &[u8]) -> bool {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !word.is_empty() && word.iter().all(is_token)
}

fn without_underscores(text: &[u8]) -> Bytes {
    let mut kept = Vec::with_capacity(text.len() + 4);
    for (number, line) in Lines(Some(text)).enumerate() {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        if number == 0 || !name.contains(&b'_') {
            kept.extend_from_slice(line);
            kept.extend_from_slice(b"\r\n");
        }
    }
    kept.extend_from_slice(b"\r\n");
    kept.into()
}

/// The lines of a head, at each CR LF.
struct Lines<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.0?;
        let end = rest.windows(2).position(|pair| pair == b"\r\n");
        self.0 = end.and_then(|end| rest.get(end + 2..));
        Some(end.and_then(|end| rest.get(..end)).unwrap_or(rest))
    }
}
