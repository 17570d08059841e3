//! An HTTP/1 answer, read from bytes as they come.

use crate::error::Blocked;

const MOST_HEADERS: usize = 100;

/// An answer as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Each header line, names in lower case, values read as Latin-1.
    pub headers: Vec<(String, String)>,
    /// The body, its chunks joined.
    pub body: Vec<u8>,
}

impl Answer {
    /// The values of a header; the name is in lower case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(said, _)| said == name)
            .map(|(_, value)| value.as_str())
    }

    /// Reads what came so far; nothing when more must come. `ended` says that nothing will.
    ///
    /// # Errors
    /// When it is not HTTP/1, or ends too early.
    pub fn parse(got: &[u8], bodiless: bool, ended: bool) -> Result<Option<Self>, Blocked> {
        let mut lines = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut head = httparse::Response::new(&mut lines);
        let parsed = head
            .parse(got)
            .map_err(|error| Blocked::new(format!("the answer is not HTTP/1: {error}")))?;
        let (httparse::Status::Complete(start), Some(status)) = (parsed, head.code) else {
            return unfinished(ended, "its head");
        };
        let latin1 = |bytes: &[u8]| bytes.iter().map(|&b| char::from(b)).collect::<String>();
        let headers = head
            .headers
            .iter()
            .map(|line| (line.name.to_ascii_lowercase(), latin1(line.value)))
            .collect();
        let mut answer = Self {
            status,
            headers,
            body: Vec::new(),
        };
        let rest = &got[start..];
        if bodiless || matches!(status, 204 | 304) {
            return Ok(Some(answer));
        }
        let chunked = answer
            .all("transfer-encoding")
            .any(|value| value.to_ascii_lowercase().contains("chunked"));
        if chunked {
            let Some(body) = joined(rest)? else {
                return unfinished(ended, "a chunk");
            };
            answer.body = body;
            return Ok(Some(answer));
        }
        let length = answer.all("content-length").next().map(str::to_owned);
        let end = match length {
            Some(length) => length
                .trim()
                .parse()
                .map_err(|_| Blocked::new(format!("Content-Length is {length:?}")))?,
            None if ended => rest.len(),
            None => return Ok(None),
        };
        match rest.get(..end) {
            Some(body) => answer.body = body.to_vec(),
            None => return unfinished(ended, "its body"),
        }
        Ok(Some(answer))
    }
}

fn unfinished(ended: bool, place: &str) -> Result<Option<Answer>, Blocked> {
    if ended {
        return Err(Blocked::new(format!("the answer ended within {place}")));
    }
    Ok(None)
}

/// Joins the chunks of a body; nothing when the last one has not come.
fn joined(mut rest: &[u8]) -> Result<Option<Vec<u8>>, Blocked> {
    let mut body = Vec::new();
    loop {
        let size = httparse::parse_chunk_size(rest)
            .map_err(|_| Blocked::new("the answer has a chunk without a size"))?;
        let httparse::Status::Complete((start, size)) = size else {
            return Ok(None);
        };
        if size == 0 {
            return Ok(Some(body));
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let chunk = start.checked_add(size).and_then(|end| rest.get(start..end));
        let Some(chunk) = chunk else {
            return Ok(None);
        };
        body.extend_from_slice(chunk);
        // Each chunk ends in CR LF.
        let Some(next) = rest.get(start + size + 2..) else {
            return Ok(None);
        };
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::Answer;

    const CHUNKED: &[u8] =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";

    #[test]
    fn each_set_cookie_line_is_kept_apart() {
        let got = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nset-cookie: b=\xe9\r\nContent-Length: 2\r\n\r\nhi";
        let answer = Answer::parse(got, false, false).unwrap().unwrap();
        let cookies: Vec<&str> = answer.all("set-cookie").collect();
        assert_eq!(cookies, ["a=1", "b=\u{e9}"]);
        assert_eq!(answer.body, b"hi");
    }

    #[test]
    fn chunks_are_joined_once_the_last_one_came() {
        for end in 0..CHUNKED.len() - 4 {
            assert_eq!(
                Answer::parse(&CHUNKED[..end], false, false),
                Ok(None),
                "{end}"
            );
        }
        let answer = Answer::parse(CHUNKED, false, false).unwrap().unwrap();
        assert_eq!(answer.body, b"abcde");
    }

    #[test]
    fn a_body_without_a_length_lasts_until_the_connection_ends() {
        let got = b"HTTP/1.0 404 Not Found\r\n\r\nno";
        assert_eq!(Answer::parse(got, false, false), Ok(None));
        let answer = Answer::parse(got, false, true).unwrap().unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (404, &b"no"[..]));
    }

    #[test]
    fn answers_to_head_have_no_body_whatever_they_announce() {
        let got = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n";
        assert!(Answer::parse(got, true, false).unwrap().is_some());
        assert_eq!(Answer::parse(got, false, false), Ok(None));
    }

    #[test]
    fn torn_and_foreign_answers_are_refused() {
        let torn = Answer::parse(
            b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nab",
            false,
            true,
        );
        assert_eq!(
            torn.unwrap_err().to_string(),
            "the answer ended within its body"
        );
        assert!(Answer::parse(b"220 mail ready\r\n", false, true).is_err());
        assert!(Answer::parse(b"", false, true).is_err());
    }
}
