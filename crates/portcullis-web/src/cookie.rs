//! Cookies: reading them from a request, and writing `Set-Cookie` as Django does.

use http::{HeaderMap, HeaderValue, header};
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

/// When a cookie is sent along with requests that other sites cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Never.
    Strict,
    /// With links that are followed.
    Lax,
    /// Always; browsers then want `Secure`.
    None,
}

impl SameSite {
    fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
            Self::None => "None",
        }
    }
}

/// Name and attributes of a cookie.
#[derive(Clone, Debug)]
pub struct CookieSettings {
    /// Such as `sessionid`.
    pub name: String,
    /// How long browsers keep it; the default of the value's writer.
    pub age: Duration,
    /// `Path`.
    pub path: String,
    /// `Domain`; without it the cookie is of this host alone.
    pub domain: Option<String>,
    /// `Secure`: only over https.
    pub is_secure: bool,
    /// `HttpOnly`: out of reach of scripts.
    pub is_http_only: bool,
    /// `SameSite`.
    pub same_site: SameSite,
}

impl CookieSettings {
    /// The value of this cookie in a request.
    ///
    /// A request with two different values for the name has none: nobody can tell whose it is; a
    /// value that is no text counts as another. What other cookies hold does not matter.
    #[must_use]
    pub fn value<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let mut found = None;
        for line in headers.get_all(header::COOKIE) {
            for pair in line.as_bytes().split(|byte| *byte == b';') {
                let Some(value) = self.value_in(pair) else {
                    continue;
                };
                let value = std::str::from_utf8(value).ok()?.trim_matches('"');
                if found.is_some_and(|earlier| earlier != value) {
                    return None;
                }
                found = Some(value);
            }
        }
        found
    }

    /// The value in `name=value`, if it is this cookie's name.
    fn value_in<'h>(&self, pair: &'h [u8]) -> Option<&'h [u8]> {
        let rest = pair.trim_ascii().strip_prefix(self.name.as_bytes())?;
        rest.strip_prefix(b"=")
    }

    /// Whether a request has this cookie at all, of whichever value.
    #[must_use]
    pub fn is_in(&self, headers: &HeaderMap) -> bool {
        let mut lines = headers.get_all(header::COOKIE).iter();
        lines.any(|line| {
            let mut pairs = line.as_bytes().split(|byte| *byte == b';');
            pairs.any(|pair| {
                pair.trim_ascii().split(|b| *b == b'=').next() == Some(self.name.as_bytes())
            })
        })
    }

    /// A `Set-Cookie` that keeps a value for `age`, or until the browser closes when there is none.
    ///
    /// `None` when the value holds what no cookie may hold.
    #[doc(alias = "set_cookie")]
    #[must_use]
    pub fn set(
        &self,
        value: &str,
        age: Option<Duration>,
        now: OffsetDateTime,
    ) -> Option<HeaderValue> {
        let mut text = format!("{}={value}", self.name);
        if let Some(age) = age {
            text += &format!("; expires={}", http_date(now + age));
        }
        if self.is_http_only {
            text += "; HttpOnly";
        }
        if let Some(age) = age {
            text += &format!("; Max-Age={}", age.whole_seconds());
        }
        text += &self.place();
        if self.is_secure {
            text += "; Secure";
        }
        HeaderValue::from_str(&text).ok()
    }

    /// A `Set-Cookie` that removes the cookie.
    #[doc(alias = "delete_cookie")]
    #[must_use]
    pub fn delete(&self) -> Option<HeaderValue> {
        let epoch = http_date(OffsetDateTime::UNIX_EPOCH);
        let mut text = format!(
            "{}=\"\"; expires={epoch}; Max-Age=0{}",
            self.name,
            self.place()
        );
        let must_be_secure = self.name.starts_with("__Secure-") || self.name.starts_with("__Host-");
        if self.same_site == SameSite::None || must_be_secure {
            text += "; Secure";
        }
        HeaderValue::from_str(&text).ok()
    }

    fn place(&self) -> String {
        let domain = self
            .domain
            .as_ref()
            .map(|domain| format!("; Domain={domain}"));
        let (domain, same_site) = (domain.unwrap_or_default(), self.same_site.as_str());
        format!("{domain}; Path={}; SameSite={same_site}", self.path)
    }
}

/// Such as `Sun, 18 Jan 2026 03:25:45 GMT`.
fn http_date(at: OffsetDateTime) -> String {
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    at.format(&format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session_settings::SessionSettings;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        lines
            .iter()
            .map(|line| (header::COOKIE, HeaderValue::from_static(line)))
            .collect()
    }

    #[test]
    fn two_values_of_one_name_are_none() {
        let cookie = SessionSettings::default().cookie;
        assert_eq!(cookie.value(&headers(&["a=b; sessionid=x"])), Some("x"));
        assert_eq!(
            cookie.value(&headers(&["sessionid=x; sessionid=x"])),
            Some("x")
        );
        assert_eq!(
            cookie.value(&headers(&["sessionid=x", "sessionid=y"])),
            None
        );
        assert!(cookie.is_in(&headers(&["sessionid=x", "sessionid=y"])));
        assert_eq!(cookie.value(&headers(&["SessionId=x; sessionidx=y"])), None);
    }

    #[test]
    fn cookies_of_others_that_are_no_text_change_nothing() {
        let cookie = SessionSettings::default().cookie;
        let line = |bytes: &[u8]| {
            let value = HeaderValue::from_bytes(bytes).unwrap();
            HeaderMap::from_iter([(header::COOKIE, value)])
        };
        assert_eq!(cookie.value(&line(b"a=\xe9; sessionid=x")), Some("x"));
        assert_eq!(cookie.value(&line(b"sessionid=\xff; sessionid=x")), None);
        assert_eq!(cookie.value(&line(b"sessionid=x; sessionid=\xff")), None);
    }

    #[test]
    fn cookies_are_written_as_django_does() {
        let cookie = SessionSettings::default().cookie;
        let now = OffsetDateTime::from_unix_timestamp(1_767_497_145).unwrap();
        assert_eq!(
            cookie.set("k", Some(Duration::weeks(2)), now).unwrap(),
            "sessionid=k; expires=Sun, 18 Jan 2026 03:25:45 GMT; HttpOnly; Max-Age=1209600; Path=/; \
             SameSite=Lax"
        );
        assert_eq!(
            cookie.delete().unwrap(),
            "sessionid=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax"
        );
        assert_eq!(cookie.set("bad\nvalue", None, now), None);
    }
}
