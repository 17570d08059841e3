//! A cap on how deep a JSON body may nest, checked before anything is built from it.

/// How many arrays and objects may be open at once in a JSON body.
pub const MAX_JSON_DEPTH: usize = 64;

/// Whether a JSON text nests deeper than [`MAX_JSON_DEPTH`]. Linear, and without recursion.
pub(crate) fn is_too_deep(text: &[u8]) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                if depth > MAX_JSON_DEPTH {
                    return true;
                }
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_texts_do_not_count() {
        let text = format!("{{\"a\": \"{}\\\"[\"}}", "[".repeat(1000));
        assert!(!is_too_deep(text.as_bytes()));
    }

    #[test]
    fn the_sixty_fifth_level_is_too_deep() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(!is_too_deep(nested(64).as_bytes()));
        assert!(is_too_deep(nested(65).as_bytes()));
    }
}
