//! Replaces what differs at each run, so that the rest can be compared.

use regex::Regex;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::cookie::SetCookie;
use crate::forge;
use crate::variables::Variables;

/// Keys whose integers are ids of rows.
const ID_KEYS: [&str; 3] = ["pk", "id", "user_id"];
/// Names of the CSRF cookie: its letters happen to be all small once in a while.
const CSRF_COOKIES: [&str; 2] = ["csrftoken", "xsrf-token"];

/// Rounds to the next multiple, as small runs of the clock must not show.
#[must_use]
pub fn rounded(value: f64, multiple: u32) -> i64 {
    ((value / f64::from(multiple)).round_ties_even() as i64) * i64::from(multiple)
}

/// The patterns, compiled once a run.
#[derive(Debug)]
pub struct Patterns {
    date: Regex,
    token: Regex,
    wait: Regex,
}

impl Patterns {
    /// Compiles them.
    ///
    /// # Errors
    /// Never, while they are well written.
    pub fn new() -> Result<Self, regex::Error> {
        let date = r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?$";
        Ok(Self {
            date: Regex::new(date)?,
            token: Regex::new(r"^ey[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*$")?,
            wait: Regex::new(r"(Expected available in) \d+ seconds?")?,
        })
    }
}

/// Normalises the answers of one moment of one case.
#[derive(Debug)]
pub struct Normaliser<'p> {
    patterns: &'p Patterns,
    now: f64,
    swaps: Vec<(String, String)>,
}

impl<'p> Normaliser<'p> {
    /// `now` is when the answer came, in seconds since 1970. The variables `base`, `host`, `uid` and
    /// those whose names start with `seen_` are replaced by their names.
    #[must_use]
    pub fn new(patterns: &'p Patterns, variables: &Variables, now: f64) -> Self {
        let seen = variables
            .iter()
            .filter(|(name, _)| name.starts_with("seen_"))
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
            .filter(|(_, value)| value.chars().count() > 15);
        let fixed = ["base", "host", "uid"].map(|name| (name, variables.text(name)));
        let swaps = seen
            .chain(fixed.into_iter().filter(|(_, value)| !value.is_empty()))
            .map(|(name, value)| (value.to_owned(), format!("<{name}>")))
            .collect();
        Self {
            patterns,
            now,
            swaps,
        }
    }

    /// Text: tokens, hexadecimal, dates, names of this run. A JWT becomes a table.
    #[must_use]
    pub fn text(&self, text: &str) -> Value {
        if self.patterns.token.is_match(text) {
            return self.token(text);
        }
        let hex = |length: usize| all(text, length, |c| matches!(c, '0'..='9' | 'a'..='f'));
        if hex(40) {
            return "<hex40>".into();
        }
        if hex(64) {
            return "<hex64>".into();
        }
        if let Some(date) = self.date(text) {
            return date.into();
        }
        let mut out = text.to_owned();
        for (old, new) in &self.swaps {
            out = out.replace(old, new);
        }
        if out.starts_with("JSON parse error - ") {
            return "JSON parse error - <why>".into();
        }
        let out = self.patterns.wait.replace_all(&out, "$1 <n> seconds");
        Value::String(out.into_owned())
    }

    fn date(&self, text: &str) -> Option<String> {
        let found = self.patterns.date.captures(text)?;
        let zone = found.get(3).map(|zone| zone.as_str());
        let whole = format!("{}{}", &found[1], zone.unwrap_or("Z"));
        let at = OffsetDateTime::parse(&whole, &Rfc3339).ok()?;
        let ahead = rounded(at.unix_timestamp() as f64 - self.now, 10);
        let digits = found.get(2).map_or(0, |digits| digits.len());
        let zone = zone.unwrap_or("None");
        Some(format!("<datetime frac={digits} zone={zone} now{ahead:+}>"))
    }

    fn token(&self, text: &str) -> Value {
        let Some((header, claims)) = forge::parts(text) else {
            return "<unreadable jwt>".into();
        };
        let issued = claims.get("iat").and_then(Value::as_f64);
        let mut out = Map::new();
        for (name, value) in &claims {
            let shown = self.claim(name, value, issued);
            out.insert(
                name.clone(),
                shown.map_or_else(|| value.clone(), Value::String),
            );
        }
        json!({"<jwt>": {"header": header, "claims": out}})
    }

    fn claim(&self, name: &str, value: &Value, issued: Option<f64>) -> Option<String> {
        let from_now = |at: f64| format!("<now{:+}>", rounded(at - self.now, 10));
        let form = |fits: bool, shown: &str| Some(if fits { shown } else { "<other>" }.to_owned());
        let text = value.as_str().unwrap_or_default();
        match name {
            "iat" => {
                let at = value.as_f64()?;
                let fresh = (at - self.now).abs() < 30.0;
                Some(if fresh {
                    "<now>".to_owned()
                } else {
                    from_now(at)
                })
            }
            "exp" | "nbf" => {
                let at = value.as_f64()?;
                let after = |issued: f64| format!("<iat{:+}>", rounded(at - issued, 5));
                Some(issued.map_or_else(|| from_now(at), after))
            }
            "jti" => form(
                all(text, 32, |c| matches!(c, '0'..='9' | 'a'..='f')),
                "<hex32>",
            ),
            "hash_password" => form(
                all(text, 32, |c| matches!(c, '0'..='9' | 'A'..='F')),
                "<HEX32>",
            ),
            "user_id" => Some(format!("<{}>", python_type(value))),
            _ => None,
        }
    }

    /// A body, deeply.
    #[must_use]
    pub fn body(&self, value: &Value) -> Value {
        self.under(value, "")
    }

    fn under(&self, value: &Value, key: &str) -> Value {
        match value {
            Value::Object(table) => table
                .iter()
                .map(|(name, inner)| {
                    let shown = self.text(name).as_str().unwrap_or(name).to_owned();
                    (shown, self.under(inner, name))
                })
                .collect::<Map<_, _>>()
                .into(),
            Value::Array(items) => items.iter().map(|inner| self.under(inner, key)).collect(),
            Value::String(text) => {
                let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
                if key == "uid" && digits {
                    "<digits>".into()
                } else {
                    self.text(text)
                }
            }
            Value::Number(number) if ID_KEYS.contains(&key) && !number.is_f64() => "<int>".into(),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// A cookie by its attributes, the value by its form.
    #[must_use]
    pub fn cookie(&self, cookie: &SetCookie) -> Value {
        let raw = cookie.value.as_str();
        let csrf = CSRF_COOKIES.contains(&cookie.name.to_ascii_lowercase().as_str());
        let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let value = if !csrf && all(raw, 32, small) {
            "<lower-alnum32>".into()
        } else if all(raw, 32, |c| c.is_ascii_alphanumeric()) {
            "<alnum32>".into()
        } else if all(raw, 64, |c| c.is_ascii_alphanumeric()) {
            "<alnum64>".into()
        } else {
            self.text(raw)
        };
        json!({
            "name": cookie.name, "value": value, "path": cookie.path, "domain": cookie.domain,
            "max-age": cookie.max_age, "expires": cookie.expires, "secure": cookie.secure,
            "httponly": cookie.http_only, "samesite": cookie.same_site,
        })
    }
}

/// Whether the text has this length and only such characters.
fn all(text: &str, length: usize, fits: impl Fn(char) -> bool) -> bool {
    text.len() == length && text.chars().all(fits)
}

/// What Python calls the type of a JSON value, as the recordings have it.
fn python_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}
