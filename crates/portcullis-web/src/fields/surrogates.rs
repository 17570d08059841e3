//! Half characters in JSON: `"\ud800"` is JSON, and no text.
//!
//! Python reads it, and DRF then refuses the field; Rust's texts cannot hold it. So that the same
//! field gets the same answer, a lone half is read as one of the 2,048 last private characters.

/// The first half character, and the first private one that stands for it.
const FIRST: u32 = 0xD800;
const STAND_IN: u32 = 0x0010_F800;
const COUNT: u32 = 0x800;

/// The half character that a text holds a stand-in for.
pub(super) fn find(text: &str) -> Option<u32> {
    text.chars()
        .map(u32::from)
        .find(|c| *c >= STAND_IN)
        .map(|c| c - STAND_IN + FIRST)
}

/// The JSON text with every lone half replaced by its stand-in; `None` when there is none.
pub(super) fn replace(json: &str) -> Option<String> {
    let mut out = String::with_capacity(json.len());
    let (mut rest, mut has_replaced) = (json, false);
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (taken, stand_in) = match (half(rest), rest.get(6..).and_then(half)) {
            (Some(high @ 0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (12, Err(high)),
            (Some(lone), _) => (6, Ok(lone)),
            // `\` and the character after it, which may be another `\`.
            (None, _) => (
                1 + rest[1..].chars().next().map_or(0, char::len_utf8),
                Err(0),
            ),
        };
        match stand_in {
            Ok(lone) => {
                has_replaced = true;
                out.extend(char::from_u32(STAND_IN + (lone - FIRST) % COUNT));
            }
            Err(_) => out.push_str(&rest[..taken]),
        }
        rest = &rest[taken..];
    }
    out.push_str(rest);
    has_replaced.then_some(out)
}

/// The half character of a `\uXXXX` at the start of a text.
fn half(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let value = u32::from_str_radix(digits, 16).ok()?;
    (FIRST..FIRST + COUNT).contains(&value).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lone_halves_are_replaced() {
        assert_eq!(replace(r#"{"a": "\ud83d\ude00 \\ud800 é"}"#), None);
        let text = replace(r#"{"a": "x\ud800y"}"#).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(find(value["a"].as_str().unwrap()), Some(0xD800));
        assert_eq!(find("plain \u{1F600}"), None);
        for text in ["\\", "\\u", "\\ud8", "a\\é", "\\ud800"] {
            let _ = replace(text);
        }
    }
}
