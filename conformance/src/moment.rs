//! The clock and the randomness of a run. A check talks to a running server, so both are real.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970, with their fraction.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the server under test runs on the real clock"
)]
pub fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}

/// So many random bytes in hexadecimal.
#[must_use]
pub fn random_hex(bytes: usize) -> String {
    random(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Random letters of `a` to `p`: names that no password of the cases resembles, as digits might.
#[must_use]
pub fn random_letters(count: usize) -> String {
    random(count)
        .iter()
        .map(|byte| char::from(b'a' + byte % 16))
        .collect()
}

/// An address in `10.0.0.0/8`, so that throttles by address start afresh.
#[must_use]
pub fn random_address() -> String {
    let parts: Vec<String> = random(3)
        .iter()
        .map(|b| (b % 254 + 1).to_string())
        .collect();
    format!("10.{}", parts.join("."))
}

fn random(bytes: usize) -> Vec<u8> {
    let mut out = vec![0; bytes];
    // Without the system's randomness nothing on this machine works; names would only repeat.
    if getrandom::fill(&mut out).is_err() {
        let nanos = (now() * 1e9) as u64;
        for (at, byte) in out.iter_mut().enumerate() {
            *byte = (nanos >> (8 * (at % 8))) as u8;
        }
    }
    out
}
