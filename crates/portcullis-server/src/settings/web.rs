//! Kinds of values of the web: URLs, hosts, origins.

use std::fmt;

use http::Uri;
use regex::Regex;

use super::given::Given;
use super::kind::{Kind, Wrong, quoted};

/// How browsers reach the server: scheme and host, and a port where it is not the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(Uri);

impl PublicUrl {
    /// The host's name, without the port.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host().unwrap_or_default()
    }

    /// Whether browsers use https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }
}

impl fmt::Display for PublicUrl {
    /// Without a slash at its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_string().trim_end_matches('/'))
    }
}

impl Kind for PublicUrl {
    fn wanted() -> String {
        "a scheme and a host, such as \"https://example.com\"".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let uri = given.text().ok_or(Wrong::Kind)?.trim().parse::<Uri>();
        let uri = uri.ok().filter(is_origin);
        uri.map(Self).ok_or(Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

/// Whether a URL is http or https, a host, and nothing more.
fn is_origin(uri: &Uri) -> bool {
    let has_scheme = matches!(uri.scheme_str(), Some("http" | "https"));
    let has_host = uri.host().is_some_and(|host| !host.is_empty());
    let has_user = uri.authority().is_some_and(|a| a.as_str().contains('@'));
    has_scheme && has_host && !has_user && matches!(uri.path(), "" | "/") && uri.query().is_none()
}

/// A host that requests may name: `example.com`, `.example.com` with all below it, `*` for every one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host(pub String);

impl Kind for Host {
    fn wanted() -> String {
        "hosts without scheme or port, such as [\"example.com\", \".example.org\"]".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let host = given.text().ok_or(Wrong::Kind)?.trim();
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let is_address = host.starts_with('[') && host.ends_with(']');
        let is_host = host == "*" || is_address || (!host.is_empty() && host.chars().all(is_name));
        if !is_host {
            return Err(Wrong::Kind);
        }
        Ok(Self(host.to_owned()))
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(&self.0))
    }
}

/// A domain whose hosts share cookies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieDomain(pub String);

impl Kind for CookieDomain {
    fn wanted() -> String {
        "a domain, such as \"example.com\"".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let Host(domain) = Host::read(given)?;
        let is_domain = domain.trim_start_matches('.').contains('.')
            && domain.contains(|c: char| c.is_ascii_alphabetic());
        is_domain.then_some(Self(domain)).ok_or(Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(&self.0))
    }
}

/// An origin: a scheme, a host, and a port where it is not the scheme's own.
///
/// Two settings also take a star: for the host's first part, or for every origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(pub String);

impl Kind for Origin {
    fn wanted() -> String {
        "origins, such as [\"https://app.example.com\"]".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let text = given.text().ok_or(Wrong::Kind)?.trim();
        let plain = text.replacen("://*.", "://", 1);
        let is_plain = plain.parse().is_ok_and(|uri: Uri| is_origin(&uri));
        if text != "*" && (!is_plain || plain.contains('*')) {
            return Err(Wrong::Kind);
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(&self.0))
    }
}

/// A regular expression for whole origins.
#[derive(Clone)]
pub struct OriginRegex(pub Regex);

impl fmt::Debug for OriginRegex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Kind for OriginRegex {
    fn wanted() -> String {
        "regular expressions, such as ['https://\\w+\\.example\\.com']".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let text = given.text().ok_or(Wrong::Kind)?;
        Regex::new(text).map(Self).map_err(|error| {
            let error = error.to_string();
            let last = error.lines().last().unwrap_or_default().trim();
            let last = last.strip_prefix("error: ").unwrap_or(last);
            Wrong::Because(format!("{text:?} is no regular expression: {last}"))
        })
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(self.0.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Given {
        Given::Text(text.to_owned())
    }

    #[test]
    fn origins_and_hosts_are_told_from_urls() {
        for right in [
            "https://example.com",
            "http://localhost:5173",
            "https://*.example.com",
            "*",
        ] {
            assert!(Origin::read(&text(right)).is_ok(), "{right}");
        }
        for wrong in [
            "example.com",
            "https://a/b",
            "ftp://a",
            "https://",
            "https://a.*.b",
            "null",
        ] {
            assert!(Origin::read(&text(wrong)).is_err(), "{wrong}");
        }
        for wrong in ["https://example.com", "example.com:80", "", "a b"] {
            assert!(Host::read(&text(wrong)).is_err(), "{wrong}");
        }
        assert!(PublicUrl::read(&text("https://ada@example.com")).is_err());
    }
}
