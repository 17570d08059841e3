//! Integers in base 62: `0-9 A-Z a-z`, most significant digit first, `-` before negatives.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Writes an integer.
///
/// ```
/// assert_eq!(portcullis_django::signing::base62_encode(1_767_497_145), "1vcEkT");
/// ```
#[doc(alias = "b62_encode")]
#[must_use]
pub fn base62_encode(number: i64) -> String {
    let mut rest = number.unsigned_abs();
    let mut digits = Vec::new();
    loop {
        digits.push(char::from(DIGITS[(rest % 62) as usize]));
        rest /= 62;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        digits.push('-');
    }
    digits.iter().rev().collect()
}

/// Reads an integer; `None` for empty text, other characters, and numbers beyond 64 bits.
#[doc(alias = "b62_decode")]
#[must_use]
pub fn base62_decode(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    if text.is_empty() {
        return None;
    }
    digits.bytes().try_fold(0_i64, |number, byte| {
        let digit = DIGITS.iter().position(|known| *known == byte)?;
        number
            .checked_mul(62)?
            .checked_add(sign * i64::try_from(digit).ok()?)
    })
}
