//! Links in mails: the configured base URL, and what the flow put in. Never a request's `Host`.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Where a link leads: a path below the base URL, or a URL of its own, with places to fill in.
///
/// ```
/// use portcullis_accounts::mail::LinkPattern;
/// assert!(LinkPattern::new("https://app.example.com/reset?u={uid}&t={token}", &["uid", "token"]).is_ok());
/// assert!(LinkPattern::new("/reset/{uid}/", &["uid", "token"]).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkPattern(String);

/// A text is no pattern of a link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a link starts with / or https:// and holds {wanted}")]
pub struct LinkPatternError {
    wanted: String,
}

impl LinkPattern {
    /// A pattern in which each of `places` occurs, as `{place}`.
    ///
    /// # Errors
    /// When it neither starts with a slash nor is a URL, when a place is missing or unknown, or a
    /// space or control character is in it.
    pub fn new(pattern: &str, places: &[&str]) -> Result<Self, LinkPatternError> {
        let starts = ["/", "https://", "http://"];
        let has_start = starts.iter().any(|start| pattern.starts_with(start));
        let is_one_word = !pattern.chars().any(|c| c.is_whitespace() || c.is_control());
        let mut rest = pattern.to_owned();
        let mut has_places = true;
        for place in places {
            let place = format!("{{{place}}}");
            has_places &= rest.contains(&place);
            rest = rest.replace(&place, "");
        }
        let is_whole = !pattern.starts_with("//") && !rest.contains(['{', '}']);
        if has_start && is_one_word && has_places && is_whole {
            return Ok(Self(pattern.to_owned()));
        }
        let places: Vec<String> = places.iter().map(|place| format!("{{{place}}}")).collect();
        Err(LinkPatternError {
            wanted: places.join(" and "),
        })
    }

    /// allauth's for a confirmation key: `/confirm-email/{key}/`.
    #[must_use]
    pub fn confirm_email() -> Self {
        Self("/confirm-email/{key}/".to_owned())
    }

    /// For a reset token: `/password/reset/key/{uid}/{token}/`.
    #[must_use]
    pub fn reset_password() -> Self {
        Self("/password/reset/key/{uid}/{token}/".to_owned())
    }

    /// For an invitation: `/invitation/{invitation}/`.
    #[must_use]
    pub fn invitation() -> Self {
        Self("/invitation/{invitation}/".to_owned())
    }

    /// The link, with each value escaped.
    pub(super) fn fill(&self, base_url: &str, values: &[(&str, &str)]) -> String {
        let base_url = match self.0.starts_with('/') {
            true => base_url.trim_end_matches('/'),
            false => "",
        };
        let mut link = format!("{base_url}{}", self.0);
        for (place, value) in values {
            link = link.replace(&format!("{{{place}}}"), &escape(value));
        }
        link
    }
}

impl fmt::Display for LinkPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What keys and tokens are made of stays as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':');

fn escape(value: &str) -> String {
    utf8_percent_encode(value, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_is_below_the_base_url_and_a_url_is_its_own() {
        let values = [("uid", "1"), ("token", "a-b/../?x=1&{uid}")];
        let link = LinkPattern::reset_password().fill("https://example.com/", &values);
        assert_eq!(
            link,
            "https://example.com/password/reset/key/1/a-b%2F..%2F%3Fx%3D1%26%7Buid%7D/"
        );
        let elsewhere = LinkPattern::new("https://app.example/#{key}", &["key"]).unwrap();
        let link = elsewhere.fill("https://example.com", &[("key", "MQ:1w:x_-")]);
        assert_eq!(link, "https://app.example/#MQ:1w:x_-");
    }

    #[test]
    fn pattern_without_its_places_is_refused() {
        for wrong in [
            "/x/",
            "x/{key}",
            "//evil/{key}",
            "javascript:{key}",
            "/{key}/{uid}",
            "/a b/{key}",
        ] {
            assert!(LinkPattern::new(wrong, &["key"]).is_err(), "{wrong}");
        }
        let error = LinkPattern::new("", &["uid", "token"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a link starts with / or https:// and holds {uid} and {token}"
        );
    }
}
