//! The check of one request, in Django's order and words.

use super::origin::{TrustedOrigins, is_same_domain, scheme_and_host};
use super::token::{matches, well_formed};

/// What the check looks at.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `GET`, `POST`, …
    pub method: &'a str,
    /// Whether the client used https.
    pub is_secure: bool,
    /// The accepted `Host`, with its port where it has one; `None` when it was not accepted.
    pub host: Option<&'a str>,
    /// The `Origin` header.
    pub origin: Option<&'a str>,
    /// The `Referer` header.
    pub referer: Option<&'a str>,
    /// The secret, from the cookie or the session.
    pub secret: Option<&'a str>,
    /// The form field `csrfmiddlewaretoken`; looked at for `POST` only.
    pub form_token: Option<&'a str>,
    /// The header that carries the token.
    pub header_token: Option<&'a str>,
    /// That header's name as the reasons show it, `X-Csrftoken`.
    pub header_name: &'a str,
    /// `CSRF_TRUSTED_ORIGINS`.
    pub trusted: TrustedOrigins<'a>,
    /// `CSRF_COOKIE_DOMAIN`: a leading dot makes the names below it good for `Referer`.
    pub cookie_domain: Option<&'a str>,
}

/// Whether requests of a method change nothing, and need no token.
#[must_use]
pub fn is_safe(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE")
}

/// Checks a request.
///
/// # Errors
/// The reason, as Django and DRF (`CSRF Failed: <reason>`) show it.
#[doc(alias = "CsrfViewMiddleware")]
#[doc(alias = "process_view")]
pub fn check(request: &Request<'_>) -> Result<(), String> {
    if is_safe(request.method) {
        return Ok(());
    }
    match request.origin {
        Some(origin) => check_origin(origin, request.is_secure, request.host, request.trusted)?,
        None if request.is_secure => check_referer(request)?,
        None => {}
    }
    let secret = request.secret.ok_or("CSRF cookie not set.")?;
    well_formed(secret).map_err(|fault| format!("CSRF cookie {fault}."))?;
    check_token(request, secret)
}

/// Checks an `Origin` header alone: it must be that of the accepted `Host`, or a trusted one.
///
/// ```
/// use portcullis_django::csrf::{TrustedOrigins, check_origin};
/// let check = |origin| check_origin(origin, true, Some("a.example"), TrustedOrigins(&[]));
/// assert!(check("https://a.example").is_ok());
/// assert!(check("http://a.example").is_err() && check("null").is_err());
/// ```
///
/// # Errors
/// The reason.
pub fn check_origin(
    origin: &str,
    is_secure: bool,
    host: Option<&str>,
    trusted: TrustedOrigins<'_>,
) -> Result<(), String> {
    let scheme = if is_secure { "https" } else { "http" };
    let is_own = host.is_some_and(|host| origin == format!("{scheme}://{host}"));
    // Where Python cannot take the origin apart, no wildcard counts; an entry of that text does not exist.
    let is_trusted = scheme_and_host(origin).is_some() && trusted.has_origin(origin);
    if is_own || is_trusted {
        return Ok(());
    }
    Err(format!(
        "Origin checking failed - {origin} does not match any trusted origins."
    ))
}

fn check_referer(request: &Request<'_>) -> Result<(), String> {
    let failed = |text: &str| format!("Referer checking failed - {text}");
    let referer = request.referer.ok_or_else(|| failed("no Referer."))?;
    let (scheme, host) = scheme_and_host(referer).ok_or_else(|| failed("Referer is malformed."))?;
    if scheme != "https" {
        return Err(failed("Referer is insecure while host is secure."));
    }
    if request.trusted.has_host(host) {
        return Ok(());
    }
    let is_good = match (request.cookie_domain, request.host) {
        (Some(domain), Some(own)) => match port_of(own) {
            Some(port) if port != "443" && port != "80" => {
                is_same_domain(host, &format!("{domain}:{port}"))
            }
            _ => is_same_domain(host, domain),
        },
        (Some(domain), None) => is_same_domain(host, domain),
        (None, Some(own)) => is_same_domain(host, own),
        (None, None) => false,
    };
    if is_good {
        return Ok(());
    }
    Err(failed(&format!(
        "{referer} does not match any trusted origins."
    )))
}

fn port_of(host: &str) -> Option<&str> {
    let (_, port) = host.rsplit_once(':')?;
    port.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(port)
}

fn check_token(request: &Request<'_>, secret: &str) -> Result<(), String> {
    let of_form = request
        .form_token
        .filter(|token| request.method == "POST" && !token.is_empty());
    let (token, source) = match (of_form, request.header_token) {
        (Some(token), _) => (token, "POST".to_owned()),
        (None, Some(token)) => (token, format!("the '{}' HTTP header", request.header_name)),
        (None, None) => return Err("CSRF token missing.".to_owned()),
    };
    let failed = |fault: &str| format!("CSRF token from {source} {fault}.");
    well_formed(token).map_err(|fault| failed(&fault.to_string()))?;
    if matches(token, secret) {
        Ok(())
    } else {
        Err(failed("incorrect"))
    }
}
