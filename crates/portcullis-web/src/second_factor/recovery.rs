//! Recovery codes: for whoever lost the app, each good once.

use portcullis_django::api_token::knox_digest;
use portcullis_django::random;

/// How many somebody gets.
pub const RECOVERY_CODES: usize = 10;

/// Letters and digits that are not taken for each other.
const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// 26 characters of 32 are 130 bits: nobody finds one by its digest.
const CHARACTERS: usize = 26;

/// New codes, each in two halves.
pub(super) fn new_codes() -> Vec<String> {
    let code = || {
        let text = random::text(CHARACTERS, ALPHABET);
        let (first, second) = text.split_at(CHARACTERS / 2);
        format!("{first}-{second}")
    };
    (0..RECOVERY_CODES).map(|_| code()).collect()
}

/// What is stored of a code; `None` for what cannot be one.
pub(super) fn digest(code: &str) -> Option<String> {
    let is_one = code.len() == CHARACTERS && code.bytes().all(|byte| ALPHABET.contains(&byte));
    is_one.then(|| knox_digest(code))
}

/// A code as it is compared, however it was typed: small letters without blanks and hyphens.
pub(super) fn plain(code: &str) -> String {
    let kept = code.chars().filter(|c| !c.is_whitespace() && *c != '-');
    kept.collect::<String>().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_known_however_they_are_typed() {
        let codes = new_codes();
        assert_eq!(codes.len(), RECOVERY_CODES);
        let known = digest(&plain(&codes[0])).unwrap();
        let typed = format!(" {} ", codes[0].to_uppercase().replace('-', " - "));
        assert_eq!(digest(&plain(&typed)).unwrap(), known);
        for wrong in ["", "123456", &codes[0], "l".repeat(26).as_str()] {
            assert_eq!(digest(wrong), None, "{wrong}");
        }
    }
}
