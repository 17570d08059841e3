//! Which origins may send unsafe requests, besides one's own.

/// `CSRF_TRUSTED_ORIGINS`: `https://app.example`, or `https://*.example` for a name and all below it.
#[derive(Clone, Copy, Debug)]
pub struct TrustedOrigins<'a>(pub &'a [&'a str]);

impl TrustedOrigins<'_> {
    /// Whether an `Origin` header is trusted: as text, or by a wildcard of the same scheme.
    ///
    /// ```
    /// use portcullis_django::csrf::TrustedOrigins;
    /// let trusted = TrustedOrigins(&["https://*.example"]);
    /// assert!(trusted.has_origin("https://a.b.example") && trusted.has_origin("https://example"));
    /// assert!(!trusted.has_origin("https://evilexample") && !trusted.has_origin("http://a.example"));
    /// ```
    #[must_use]
    pub fn has_origin(&self, origin: &str) -> bool {
        let Some((scheme, host)) = origin.split_once("://") else {
            return false;
        };
        self.0.iter().any(|entry| match entry.split_once("://") {
            Some((of, pattern)) if pattern.starts_with('*') => {
                of == scheme && is_same_domain(host, &pattern[1..])
            }
            _ => *entry == origin,
        })
    }

    /// Whether the host of a `Referer` is trusted; the scheme of the entries does not count.
    #[must_use]
    pub fn has_host(&self, host: &str) -> bool {
        self.0.iter().any(|entry| {
            let pattern = entry.split_once("://").map_or(*entry, |(_, host)| host);
            is_same_domain(host, pattern.trim_start_matches('*'))
        })
    }
}

/// Whether a host is that of a pattern; `.example` is `example` and all names below it.
pub(super) fn is_same_domain(host: &str, pattern: &str) -> bool {
    let pattern = pattern.to_lowercase();
    match pattern.strip_prefix('.') {
        Some(name) if !name.is_empty() => host.ends_with(&pattern) || host == name,
        _ => !pattern.is_empty() && host == pattern,
    }
}

/// Scheme and host (with its port) of a URL; `None` where Python's `urlsplit` has none or fails.
pub(super) fn scheme_and_host(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let is_scheme = scheme
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let has_brackets_in_pairs = host.contains('[') == host.contains(']');
    (is_scheme && !scheme.is_empty() && !host.is_empty() && has_brackets_in_pairs)
        .then_some((scheme, host))
}
