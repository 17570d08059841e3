//! Where a request's head ends, found within the limits.

use http::StatusCode;

use super::exchange::Refused;
use super::limits::HttpLimits;

/// The longest method that is looked at.
pub(super) const MAX_METHOD_BYTES: usize = 32;

/// Looks for the end of a head, each byte once however they arrive.
#[derive(Debug, Default)]
pub(super) struct Scan {
    at: usize,
    line_start: usize,
    lines: usize,
    first_line_end: usize,
}

impl Scan {
    /// The head's length, or `None` when more bytes are needed; the bytes are those of the last
    /// call and more.
    pub(super) fn end(
        &mut self,
        bytes: &[u8],
        limits: &HttpLimits,
    ) -> Result<Option<usize>, Refused> {
        while let Some(byte) = bytes.get(self.at) {
            self.at += 1;
            if *byte != b'\n' {
                continue;
            }
            let line = bytes.get(self.line_start..self.at).unwrap_or_default();
            let Some(line) = line.strip_suffix(b"\r\n") else {
                return Err(Refused::bad("A line does not end in CR LF."));
            };
            self.line_start = self.at;
            if line.is_empty() {
                return Ok(Some(self.at));
            }
            if self.lines == 0 {
                self.first_line_end = self.at;
            }
            self.lines += 1;
            self.check(limits)?;
        }
        self.check(limits)?;
        Ok(None)
    }

    fn check(&self, limits: &HttpLimits) -> Result<(), Refused> {
        let line = limits.http_uri_bytes + MAX_METHOD_BYTES + " HTTP/1.1\r\n ".len();
        if self.lines == 0 && self.at > line || self.first_line_end > line {
            return Err(URI_TOO_LONG);
        }
        let header_bytes = self.at - self.first_line_end;
        if self.lines > 0 && header_bytes > limits.http_header_bytes {
            return Err(too_large("The header lines are too long."));
        }
        if self.lines > limits.http_headers + 1 {
            return Err(too_large("There are too many header lines."));
        }
        Ok(())
    }
}

pub(super) const URI_TOO_LONG: Refused = Refused {
    status: StatusCode::URI_TOO_LONG,
    detail: "The address is too long.",
};

const fn too_large(detail: &'static str) -> Refused {
    Refused {
        status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn end_is_found_however_the_bytes_arrive() {
        let (limits, head) = (HttpLimits::default(), b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        let (mut scan, mut bytes) = (Scan::default(), Vec::new());
        for (number, byte) in head.iter().enumerate() {
            bytes.push(*byte);
            let expected = (number + 1 == head.len()).then_some(head.len());
            assert_eq!(scan.end(&bytes, &limits), Ok(expected));
        }
        let more = [&head[..], b"body"].concat();
        assert_eq!(Scan::default().end(&more, &limits), Ok(Some(head.len())));
    }

    #[test]
    fn lone_line_feeds_are_refused() {
        for head in ["GET / HTTP/1.1\n", "\n", "GET / HTTP/1.1\r\nA: b\n"] {
            let found = Scan::default().end(head.as_bytes(), &HttpLimits::default());
            assert!(found.is_err(), "{head:?}");
        }
    }
}
