//! Which pages may open a socket: browsers send cookies along with any page's handshake.

use http::request::Parts;
use http::{HeaderMap, Uri, header};
use portcullis_web::ClientInfo;

use crate::settings::{OriginPolicy, SocketSettings};

/// Whether the page that asks may open this socket. `is_ambient`: the browser adds the credentials by itself.
pub(crate) fn is_allowed(settings: &SocketSettings, request: &Parts, is_ambient: bool) -> bool {
    let mut origins = request.headers.get_all(header::ORIGIN).iter();
    let (origin, second) = (origins.next(), origins.next());
    match settings.origin {
        OriginPolicy::DangerOff => return true,
        OriginPolicy::Ambient if !is_ambient => return true,
        // No browser leaves it out.
        OriginPolicy::Ambient if origin.is_none() => return true,
        OriginPolicy::Ambient | OriginPolicy::Strict => {}
    }
    let text = origin.and_then(|origin| origin.to_str().ok());
    let Some(origin) = text.and_then(Origin::parse).filter(|_| second.is_none()) else {
        return false;
    };
    match settings.origin {
        OriginPolicy::Ambient if own(request).is_some_and(|own| own == origin) => return true,
        OriginPolicy::Strict => {
            let mut hosts = settings.allowed_hosts.iter();
            if hosts.any(|host| fits(host, origin.host)) {
                return true;
            }
        }
        OriginPolicy::Ambient | OriginPolicy::DangerOff => {}
    }
    let mut trusted = settings.trusted_origins.iter();
    trusted.any(|trusted| origin.is_of(trusted))
}

/// Scheme, host and port, in lower case as browsers write them.
#[derive(Debug, PartialEq, Eq)]
struct Origin<'a> {
    scheme: &'a str,
    host: &'a str,
    port: Option<u16>,
}

impl<'a> Origin<'a> {
    /// `null`, and what is more than an origin, is none.
    fn parse(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (host, port) = split_port(rest)?;
        let port = port.or_else(|| default_port(scheme));
        let is_plain = !host.is_empty() && !host.contains(['/', '?', '#', '@', '\\', ' ']);
        is_plain.then_some(Self { scheme, host, port })
    }

    /// Whether it is the trusted origin, or one of its domain where that begins with `*.` or `.`.
    fn is_of(&self, trusted: &str) -> bool {
        let Some(trusted) = Origin::parse(trusted) else {
            return false;
        };
        self.scheme == trusted.scheme && self.port == trusted.port && fits(trusted.host, self.host)
    }
}

/// A host, or a pattern: `.partner.test` and `*.partner.test` are the domain's and those below it.
fn fits(pattern: &str, host: &str) -> bool {
    let pattern = pattern.strip_prefix('*').unwrap_or(pattern);
    match pattern.strip_prefix('.') {
        Some(domain) => {
            let below = host.strip_suffix(domain);
            below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
        }
        None => !pattern.is_empty() && pattern.eq_ignore_ascii_case(host),
    }
}

/// Host and port, with the brackets of an IPv6 address kept.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let is_bare_v6 = authority.ends_with(']');
    match authority.rsplit_once(':').filter(|_| !is_bare_v6) {
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((authority, None)),
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

/// The origin that the request itself was sent to.
fn own(request: &Parts) -> Option<Origin<'_>> {
    let scheme = ClientInfo::of(&request.extensions).scheme();
    let (host, port) = split_port(host(&request.uri, &request.headers)?)?;
    Some(Origin {
        scheme,
        host,
        port: port.or_else(|| default_port(scheme)),
    })
}

fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    match uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => headers.get(header::HOST)?.to_str().ok(),
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn asked(settings: &SocketSettings, origin: Option<&str>) -> bool {
        let mut request = Request::builder()
            .uri("/ws/")
            .header("host", "app.test:8000");
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        is_allowed(settings, &request.body(()).unwrap().into_parts().0, true)
    }

    #[test]
    fn cookie_needs_the_own_origin_by_scheme_host_and_port() {
        let settings = SocketSettings::default();
        assert!(asked(&settings, Some("http://app.test:8000")));
        assert!(asked(&settings, None));
        for foreign in [
            "https://app.test:8000",
            "http://app.test",
            "http://app.test:8001",
            "http://notapp.test:8000",
            "http://app.test:8000.evil.test",
            "http://app.test:8000@evil.test",
            "null",
            "",
        ] {
            assert!(!asked(&settings, Some(foreign)), "{foreign}");
        }
    }

    #[test]
    fn strict_policy_knows_origins_and_hosts() {
        let settings = SocketSettings {
            origin: OriginPolicy::Strict,
            trusted_origins: vec![
                "https://app.test".into(),
                "https://.partner.test:8443".into(),
            ],
            allowed_hosts: vec!["site.test".into()],
            ..SocketSettings::default()
        };
        for good in [
            "https://app.test",
            "https://app.test:443",
            "https://partner.test:8443",
            "https://a.b.partner.test:8443",
            "http://site.test:1234",
        ] {
            assert!(asked(&settings, Some(good)), "{good}");
        }
        let foreign = [
            "https://evilpartner.test:8443",
            "https://partner.test",
            "http://app.test",
        ];
        for foreign in foreign {
            assert!(!asked(&settings, Some(foreign)), "{foreign}");
        }
        assert!(!asked(&settings, None));
    }
}
