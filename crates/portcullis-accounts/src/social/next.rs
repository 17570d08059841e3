//! Where somebody may be sent after a log-in: never away from us by a word of a stranger.

use url::Url;

/// The longest address that is remembered, in bytes.
const MAX_BYTES: usize = 1000;

/// Whether people may be sent there: a path of ours, or an address of an origin that is listed.
///
/// Browsers take a backslash for a slash, and drop tabs and line breaks.
#[doc(alias = "url_has_allowed_host_and_scheme")]
pub(super) fn is_allowed(next: &str, origins: &[String]) -> bool {
    let is_odd = |character: char| character.is_control() || character == '\\' || character == ' ';
    if next.len() > MAX_BYTES || next.chars().any(is_odd) {
        return false;
    }
    if next.starts_with('/') {
        return is_path(next);
    }
    let Ok(url) = Url::parse(next) else {
        return false;
    };
    let has_user = !url.username().is_empty() || url.password().is_some();
    let origin = url.origin().ascii_serialization();
    !has_user && origin != "null" && origins.contains(&origin)
}

/// Whether a browser that reads it on a page of ours stays with us.
fn is_path(next: &str) -> bool {
    let ours = Url::parse("https://ours.invalid/page");
    let joined = ours.and_then(|ours| ours.join(next));
    joined.is_ok_and(|url| url.scheme() == "https" && url.host_str() == Some("ours.invalid"))
        && !next.starts_with("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_paths_and_listed_origins_are_gone_to() {
        let origins = ["https://app.example.com".to_owned()];
        for good in [
            "/",
            "/a/b?c=d#e",
            "/%2f%2fevil.example",
            "/@evil.example",
            "https://app.example.com",
            "https://app.example.com/home?x=1",
            "https://app.example.com:443/",
        ] {
            assert!(is_allowed(good, &origins), "{good}");
        }
        for bad in [
            "",
            "evil",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\tevil",
            "/\n/evil.example",
            "/ /evil",
            "https:evil.example",
            "https:///evil.example",
            "https://evil.example",
            "http://app.example.com/",
            "https://app.example.com:444/",
            "https://app.example.com.evil.example/",
            "https://app.example.com@evil.example/",
            "https://user@app.example.com/",
            "javascript:alert(1)",
            "data:text/html,x",
        ] {
            assert!(!is_allowed(bad, &origins), "{bad:?}");
        }
        assert!(!is_allowed(
            &format!("/{}", "a".repeat(MAX_BYTES)),
            &origins
        ));
    }
}
