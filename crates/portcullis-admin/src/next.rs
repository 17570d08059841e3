//! Where a log-in leads to: a place of this site, whatever the request says.

/// The place, if it is a path of this host as every browser reads it.
#[doc(alias = "url_has_allowed_host_and_scheme")]
pub(crate) fn own_place(next: &str) -> Option<&str> {
    let is_own = next.starts_with('/')
        // Another host, to browsers that take `\` for `/`.
        && !next[1..].starts_with(['/', '\\'])
        // Left out by browsers, so that what is around them comes together.
        && !next.chars().any(|character| character.is_control() || character == '\\')
        && next.len() <= 2000
        && next.is_ascii();
    is_own.then_some(next)
}

#[cfg(test)]
mod tests {
    use super::own_place;

    #[test]
    fn only_paths_of_this_host_are_led_to() {
        for own in ["/", "/admin/", "/admin/users/?q=a&after=b", "/a//b"] {
            assert_eq!(own_place(own), Some(own));
        }
        for foreign in [
            "",
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "/\t/evil.example",
            "/a\\b",
            "/\r\nSet-Cookie: a=b",
            "javascript:alert(1)",
            "admin/",
            " /admin/",
            "/\u{2028}",
        ] {
            assert_eq!(own_place(foreign), None, "{foreign:?}");
        }
    }
}
