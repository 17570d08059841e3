//! Cookies: what a `Set-Cookie` line says, and the jars that keep them between requests.

use time::PrimitiveDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::error::Blocked;

const DATE: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// How far an `Expires` may be from `Max-Age`, in seconds.
const SLACK: f64 = 5.0;

/// One `Set-Cookie` line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetCookie {
    /// The name.
    pub name: String,
    /// The value without quotes.
    pub value: String,
    /// `Path`.
    pub path: Option<String>,
    /// `Domain`.
    pub domain: Option<String>,
    /// `Max-Age` in seconds.
    pub max_age: Option<i64>,
    /// `Expires`: `<epoch>`, `<now+max-age>`, or rounded as `<now+60>`.
    pub expires: Option<String>,
    /// Whether `Secure` is there.
    pub secure: bool,
    /// Whether `HttpOnly` is there.
    pub http_only: bool,
    /// `SameSite`.
    pub same_site: Option<String>,
}

impl SetCookie {
    /// Reads a line that came at `now`, in seconds since 1970.
    ///
    /// # Errors
    /// When `Max-Age` is not a number or `Expires` not a date.
    pub fn parse(line: &str, now: f64) -> Result<Self, Blocked> {
        let mut parts = line.split(';').map(str::trim);
        let pair = parts.next().unwrap_or_default();
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let mut cookie = Self {
            name: name.to_owned(),
            value: value.trim_matches('"').to_owned(),
            ..Self::default()
        };
        let mut expires = None;
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let text = Some(value.to_owned());
            match key.to_ascii_lowercase().as_str() {
                "path" => cookie.path = text,
                "domain" => cookie.domain = text,
                "samesite" => cookie.same_site = text,
                "secure" => cookie.secure = true,
                "httponly" => cookie.http_only = true,
                "max-age" => cookie.max_age = Some(value.parse().map_err(|_| bad(name, part))?),
                "expires" => {
                    let date =
                        PrimitiveDateTime::parse(value, DATE).map_err(|_| bad(name, part))?;
                    expires = Some(date.assume_utc().unix_timestamp());
                }
                _ => {}
            }
        }
        cookie.expires = expires.map(|at| relative(at, cookie.max_age, now));
        Ok(cookie)
    }

    /// Whether the line takes the cookie away.
    #[must_use]
    pub fn deletes(&self) -> bool {
        self.max_age == Some(0) || self.expires.as_deref() == Some("<epoch>")
    }
}

fn bad(name: &str, part: &str) -> Blocked {
    Blocked::new(format!("the cookie {name} is set with {part:?}"))
}

fn relative(at: i64, max_age: Option<i64>, now: f64) -> String {
    if at == 0 {
        return "<epoch>".to_owned();
    }
    let ahead = at as f64 - now;
    match max_age {
        Some(age) if (ahead - age as f64).abs() <= SLACK => "<now+max-age>".to_owned(),
        _ => format!("<now{:+}>", crate::normalise::rounded(ahead, 10)),
    }
}

/// The cookies of one device.
#[derive(Debug, Clone, Default)]
pub struct Jar(Vec<SetCookie>);

impl Jar {
    /// Keeps or takes away what an answer sets.
    pub fn take(&mut self, cookie: &SetCookie) {
        let old = self.0.iter().position(|kept| kept.name == cookie.name);
        match (old, cookie.deletes()) {
            (Some(at), true) => drop(self.0.remove(at)),
            (Some(at), false) => self.0[at] = cookie.clone(),
            (None, true) => {}
            (None, false) => self.0.push(cookie.clone()),
        }
    }

    /// Names and values that are sent to a path.
    #[must_use]
    pub fn for_path(&self, path: &str) -> Vec<(String, String)> {
        self.0
            .iter()
            .filter(|kept| path.starts_with(kept.path.as_deref().unwrap_or("/")))
            .map(|kept| (kept.name.clone(), kept.value.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Jar, SetCookie};

    fn cookie(line: &str, now: f64) -> SetCookie {
        SetCookie::parse(line, now).unwrap()
    }

    #[test]
    fn an_expiry_that_agrees_with_max_age_says_so() {
        let line = "a=\"1\"; expires=Thu, 01 Jan 1970 00:05:00 GMT; HttpOnly; Max-Age=200; Path=/";
        let read = cookie(line, 98.5);
        assert_eq!(read.value, "1");
        assert_eq!(read.expires.as_deref(), Some("<now+max-age>"));
        assert!(read.http_only && !read.secure);
        assert_eq!(cookie(line, 0.0).expires.as_deref(), Some("<now+300>"));
    }

    #[test]
    fn a_jar_keeps_by_path_and_forgets_what_is_deleted() {
        let mut jar = Jar::default();
        jar.take(&cookie("a=1; Path=/", 0.0));
        jar.take(&cookie("b=2; Path=/auth/", 0.0));
        jar.take(&cookie("a=3", 0.0));
        assert_eq!(jar.for_path("/x/"), [("a".to_owned(), "3".to_owned())]);
        assert_eq!(jar.for_path("/auth/login/").len(), 2);
        jar.take(&cookie(
            "a=; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0",
            9.0,
        ));
        jar.take(&cookie("b=; expires=Thu, 01 Jan 1970 00:00:00 GMT", 9.0));
        assert!(jar.for_path("/auth/login/").is_empty());
    }

    #[test]
    fn attributes_that_cannot_be_read_are_named() {
        let error = SetCookie::parse("a=1; Max-Age=soon", 0.0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the cookie a is set with \"Max-Age=soon\""
        );
        assert!(SetCookie::parse("a=1; expires=tomorrow", 0.0).is_err());
    }
}
