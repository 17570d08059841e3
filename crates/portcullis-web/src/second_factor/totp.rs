//! Codes of authenticator apps: RFC 6238 with SHA-1, six digits and steps of 30 seconds, which is what
//! every app can do.

use hmac::{Hmac, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// How long a step is, in seconds.
pub(super) const STEP_SECONDS: i64 = 30;

/// How many digits a code has.
pub(super) const DIGITS: usize = 6;

/// The length of a new secret, in bytes; that of the hash, as RFC 4226 says.
pub(super) const SECRET_BYTES: usize = 20;

/// The code of a secret at a time, in Unix seconds: what an authenticator app shows.
///
/// ```
/// use portcullis_web::totp_code;
/// // RFC 6238, appendix B, of which these are the last six digits.
/// assert_eq!(totp_code(b"12345678901234567890", 59), "287082");
/// ```
#[must_use]
pub fn totp_code(secret: &[u8], unix_seconds: i64) -> String {
    code_of_step(secret, unix_seconds.div_euclid(STEP_SECONDS))
}

/// The code of a step (RFC 4226).
fn code_of_step(secret: &[u8], step: i64) -> String {
    let mut mac =
        <Hmac<Sha1> as Mac>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash[19] & 0xf);
    let bytes = [0, 1, 2, 3].map(|place| hash[offset + place]);
    let number = u32::from_be_bytes(bytes) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// The step of which this is the code: that of now, or one beside it, for clocks that differ.
///
/// The work is the same for every code.
pub(super) fn step_of(secret: &[u8], code: &str, unix_seconds: i64) -> Option<i64> {
    let now = unix_seconds.div_euclid(STEP_SECONDS);
    let mut found = None;
    for step in [now - 1, now + 1, now] {
        let own = code_of_step(secret, step);
        if bool::from(own.as_bytes().ct_eq(code.as_bytes())) {
            found = Some(step);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_rfc_6238() {
        let vectors = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (at, code) in vectors {
            assert_eq!(totp_code(SECRET, at), code, "{at}");
        }
    }

    #[test]
    fn one_step_of_drift_is_taken_and_no_more() {
        let now = 1_234_567_890;
        let step = now / STEP_SECONDS;
        for drift in -3..=3 {
            let code = totp_code(SECRET, now + drift * STEP_SECONDS);
            let expected = (-1..=1).contains(&drift).then_some(step + drift);
            assert_eq!(step_of(SECRET, &code, now), expected, "{drift}");
        }
        for code in ["", "00592", "0059240", "００５９２４"] {
            assert_eq!(step_of(SECRET, code, now), None, "{code:?}");
        }
    }
}
