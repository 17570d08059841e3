//! Random text from an alphabet, drawn from the operating system's generator.

/// `a-z A-Z 0-9`: Django's default alphabet, also that of CSRF secrets and salts.
pub const ALPHANUMERIC: &[u8; 62] =
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// `a-z 0-9`: the alphabet of session keys.
pub const LOWER_ALPHANUMERIC: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// Fills a buffer with random bytes.
///
/// # Panics
/// When the operating system has no randomness to give: nothing secret could be made.
pub fn fill(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("the operating system gives random bytes");
}

/// `length` characters, each drawn independently and uniformly from `alphabet`.
///
/// Same as Django's `get_random_string`. The alphabet is ASCII and has 1 to 256 characters.
///
/// ```
/// let key = portcullis_django::random::text(32, portcullis_django::random::LOWER_ALPHANUMERIC);
/// assert_eq!(key.len(), 32);
/// ```
#[doc(alias = "get_random_string")]
#[must_use]
pub fn text(length: usize, alphabet: &[u8]) -> String {
    // Bytes at or above the largest multiple of the alphabet's size are thrown away: no bias.
    let size = alphabet.len().clamp(1, 256);
    let limit = 256 - 256 % size;
    let mut out = String::with_capacity(length);
    let mut buffer = [0u8; 64];
    while out.len() < length {
        fill(&mut buffer);
        for byte in buffer {
            if usize::from(byte) < limit && out.len() < length {
                out.push(char::from(alphabet[usize::from(byte) % size]));
            }
        }
    }
    out
}

/// `count` random bytes as lower-case hex.
#[must_use]
pub fn hex(count: usize) -> String {
    let mut bytes = vec![0u8; count];
    fill(&mut bytes);
    hex::encode(bytes)
}
