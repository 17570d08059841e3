//! `argon2$argon2id$v=19$m=102400,t=2,p=8$<salt>$<tag>`: the word `argon2` and a PHC string.

use super::{Algorithm, Argon2Cost, Argon2Variety, HashError, Hashers, salt};
use argon2::{Argon2, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use subtle::ConstantTimeEq;

/// Memory a row may ask for, in KiB (256 MiB).
pub const MAX_MEMORY_KIB: u32 = 256 * 1024;

/// Memory times passes a row may ask for, in KiB: about twenty times Django's default.
pub const MAX_WORK_KIB: u64 = 4 * 1024 * 1024;

/// Longest tag that is computed, in bytes; the column could not hold a longer one.
const MAX_TAG: usize = 128;

/// A stored row, taken apart; salt and tag still in base64.
struct Row<'a> {
    version: u32,
    cost: Argon2Cost,
    salt: &'a str,
    tag: &'a str,
}

fn parse(encoded: &str) -> Option<Row<'_>> {
    let mut parts = encoded.strip_prefix("argon2$")?.split('$');
    let variety = Argon2Variety::from_name(parts.next()?)?;
    let mut costs = parts.next()?;
    // Strings of the first version of argon2 do not name it.
    let mut version = 16;
    if let Some(text) = costs.strip_prefix("v=") {
        version = number(text)?;
        costs = parts.next()?;
    }
    let (salt, tag) = (parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let mut costs = costs.split(',');
    let memory_kib = number(costs.next()?.strip_prefix("m=")?)?;
    let time = number(costs.next()?.strip_prefix("t=")?)?;
    let parallelism = number(costs.next()?.strip_prefix("p=")?)?;
    if costs.next().is_some() {
        return None;
    }
    Some(Row {
        version,
        cost: Argon2Cost {
            variety,
            memory_kib,
            time,
            parallelism,
            tag_length: tag.len() * 3 / 4,
        },
        salt,
        tag,
    })
}

/// A decimal number as the reference code writes it: digits only, no leading zero.
fn number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.parse().ok()
}

/// The tag, `None` when the costs are out of bounds.
fn tag(password: &str, salt: &[u8], cost: Argon2Cost, version: u32) -> Option<Vec<u8>> {
    let work = u64::from(cost.memory_kib) * u64::from(cost.time);
    if cost.memory_kib > MAX_MEMORY_KIB || work > MAX_WORK_KIB || cost.tag_length > MAX_TAG {
        return None;
    }
    let algorithm = match cost.variety {
        Argon2Variety::D => argon2::Algorithm::Argon2d,
        Argon2Variety::I => argon2::Algorithm::Argon2i,
        Argon2Variety::Id => argon2::Algorithm::Argon2id,
    };
    let length = Some(cost.tag_length);
    let params = Params::new(cost.memory_kib, cost.time, cost.parallelism, length).ok()?;
    let version = Version::try_from(version).ok()?;
    let mut out = vec![0u8; cost.tag_length];
    Argon2::new(algorithm, version, params)
        .hash_password_into(password.as_bytes(), salt, &mut out)
        .ok()?;
    Some(out)
}

/// Hashes `password` with version 19 (1.3) of argon2.
pub(super) fn encode(password: &str, salt: &str, cost: Argon2Cost) -> Result<String, HashError> {
    salt::check(salt)?;
    let tag = tag(password, salt.as_bytes(), cost, 19).ok_or(HashError::Cost(Algorithm::Argon2))?;
    Ok(format!(
        "argon2${}$v=19$m={},t={},p={}${}${}",
        cost.variety.name(),
        cost.memory_kib,
        cost.time,
        cost.parallelism,
        STANDARD_NO_PAD.encode(salt),
        STANDARD_NO_PAD.encode(tag)
    ))
}

/// Whether the password belongs to the row; `None` when the row is damaged or asks too much.
pub(super) fn verify(password: &str, encoded: &str) -> Option<bool> {
    let row = parse(encoded)?;
    let salt = STANDARD_NO_PAD.decode(row.salt).ok()?;
    let stored = STANDARD_NO_PAD.decode(row.tag).ok()?;
    let again = tag(password, &salt, row.cost, row.version)?;
    Some(stored.ct_eq(&again).into())
}

/// Whether variety, version, tag length or a cost differs, or the salt is too short.
pub(super) fn must_update(encoded: &str, hashers: &Hashers) -> bool {
    parse(encoded).is_some_and(|row| {
        row.version != 19 || row.cost != hashers.argon2 || salt::too_short(row.salt.len() * 3 / 4)
    })
}
