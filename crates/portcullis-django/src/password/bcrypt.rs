//! `bcrypt_sha256$$2b$12$<22 salt><31 hash>` and plain `bcrypt$$2b$12$...`. Note the `$$`.

use super::{Algorithm, HashError, Hashers, same_text};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};
use sha2::{Digest, Sha256};

/// Rows with a higher cost are not run (16 is sixteen times Django's default).
pub const MAX_COST: u32 = 16;

/// Longest password of plain bcrypt, in bytes.
///
/// Python's bcrypt refuses longer ones since 5.0 and cut them before; here they are refused.
pub const MAX_PASSWORD: usize = 72;

/// bcrypt's own base64. The last character of a salt may carry stray bits, as in Python.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::BCRYPT,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// A salt as bcrypt takes it: `$2b$12$<22 characters>`, whatever follows is left out.
struct Setting<'a> {
    version: &'a str,
    cost: u32,
    salt: [u8; 16],
}

fn parse(text: &str) -> Option<Setting<'_>> {
    let mut parts = text.strip_prefix('$')?.split('$');
    let (version, cost, rest) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || !["2a", "2b", "2x", "2y"].contains(&version) {
        return None;
    }
    let salt = BASE64.decode(rest.get(..22)?).ok()?;
    Some(Setting {
        version,
        cost: cost.parse().ok()?,
        salt: salt.try_into().ok()?,
    })
}

/// What is behind the name of the format: `$2b$12$...`.
fn behind_name(encoded: &str) -> Option<&str> {
    encoded.split_once('$').map(|(_name, rest)| rest)
}

/// A fresh salt, e.g. `$2b$12$sd7FQ.UImejxa4p/k5aAtu`.
pub(super) fn fresh_salt(cost: u32) -> String {
    let mut bytes = [0u8; 16];
    crate::random::fill(&mut bytes);
    format!("$2b${cost:02}${}", BASE64.encode(bytes))
}

/// Hashes `password`; the salt brings the version and the cost, as in Python.
pub(super) fn encode(
    algorithm: Algorithm,
    password: &str,
    salt: &str,
) -> Result<String, HashError> {
    let setting = parse(salt).ok_or(HashError::Salt)?;
    if !(4..=MAX_COST).contains(&setting.cost) {
        return Err(HashError::Cost(algorithm));
    }
    let mut key = if algorithm == Algorithm::BcryptSha256 {
        hex::encode(Sha256::digest(password.as_bytes())).into_bytes()
    } else {
        password.as_bytes().to_vec()
    };
    if key.len() > MAX_PASSWORD {
        return Err(HashError::TooLong);
    }
    // bcrypt hashes the closing NUL too, where there is room for it.
    key.push(0);
    key.truncate(MAX_PASSWORD);
    let hash = bcrypt::bcrypt(setting.cost, setting.salt, &key);
    Ok(format!(
        "{algorithm}$${}${:02}${}{}",
        setting.version,
        setting.cost,
        BASE64.encode(setting.salt),
        BASE64.encode(&hash[..23])
    ))
}

/// Whether the password belongs to the row; `None` when the row is damaged or asks too much.
pub(super) fn verify(algorithm: Algorithm, password: &str, encoded: &str) -> Option<bool> {
    let again = encode(algorithm, password, behind_name(encoded)?).ok()?;
    Some(same_text(encoded, &again))
}

/// Whether the cost differs.
pub(super) fn must_update(encoded: &str, hashers: &Hashers) -> bool {
    behind_name(encoded)
        .and_then(parse)
        .is_some_and(|setting| setting.cost != hashers.bcrypt_cost)
}

/// Spends what a cheap row saved: `2^(configured - stored) - 1` more runs.
pub(super) fn harden(algorithm: Algorithm, password: &str, encoded: &str, hashers: &Hashers) {
    let Some((salt, setting)) =
        behind_name(encoded).and_then(|salt| parse(salt).map(|setting| (salt, setting)))
    else {
        return;
    };
    let steps = hashers
        .bcrypt_cost
        .min(MAX_COST)
        .saturating_sub(setting.cost);
    for _ in 1..1u32 << steps {
        let _ = std::hint::black_box(encode(algorithm, password, salt));
    }
}
