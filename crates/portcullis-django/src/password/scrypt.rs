//! `scrypt$<N>$<salt>$<r>$<p>$<base64>`.

use super::{Algorithm, HashError, Hashers, ScryptCost, salt, same_text};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Memory a row may ask for, in bytes. Django stops at OpenSSL's 32 MiB unless told otherwise.
pub const MAX_MEMORY: u64 = 256 * 1024 * 1024;

/// Work a row may ask for (`N * r * p`): about twelve times Django's default.
pub const MAX_WORK: u64 = 1 << 23;

/// A stored row, taken apart.
struct Row<'a> {
    salt: &'a str,
    cost: ScryptCost,
}

fn parse(encoded: &str) -> Option<Row<'_>> {
    let mut parts = encoded.split('$').skip(1);
    let (work, salt) = (parts.next()?, parts.next()?);
    let (block, parallel) = (parts.next()?, parts.next()?);
    parts.next()?;
    if parts.next().is_some() {
        return None;
    }
    Some(Row {
        salt,
        cost: ScryptCost {
            work_factor: work.parse().ok()?,
            block_size: block.parse().ok()?,
            parallelism: parallel.parse().ok()?,
        },
    })
}

/// The parameters for the library, `None` when out of bounds.
fn params(cost: ScryptCost) -> Option<scrypt::Params> {
    let (n, r, p) = (
        u64::from(cost.work_factor),
        u64::from(cost.block_size),
        u64::from(cost.parallelism),
    );
    let memory = n.checked_mul(r)?.checked_add(r.checked_mul(p)?)?;
    let memory = memory.checked_mul(128)?;
    let work = n.checked_mul(r)?.checked_mul(p)?;
    if n < 2 || !n.is_power_of_two() || memory > MAX_MEMORY || work > MAX_WORK {
        return None;
    }
    let log_n = u8::try_from(n.trailing_zeros()).ok()?;
    scrypt::Params::new(log_n, cost.block_size, cost.parallelism, 64).ok()
}

/// Hashes `password`: 64 bytes.
pub(super) fn encode(password: &str, salt: &str, cost: ScryptCost) -> Result<String, HashError> {
    salt::check(salt)?;
    let too_much = HashError::Cost(Algorithm::Scrypt);
    let params = params(cost).ok_or_else(|| too_much.clone())?;
    let mut tag = [0u8; 64];
    scrypt::scrypt(password.as_bytes(), salt.as_bytes(), &params, &mut tag)
        .map_err(|_| too_much)?;
    Ok(format!(
        "scrypt${}${salt}${}${}${}",
        cost.work_factor,
        cost.block_size,
        cost.parallelism,
        STANDARD.encode(tag)
    ))
}

/// Whether the password belongs to the row; `None` when the row is damaged or asks too much.
pub(super) fn verify(password: &str, encoded: &str) -> Option<bool> {
    let row = parse(encoded)?;
    let again = encode(password, row.salt, row.cost).ok()?;
    Some(same_text(encoded, &again))
}

/// Whether any of the three costs differs; the salt's length plays no part.
pub(super) fn must_update(encoded: &str, hashers: &Hashers) -> bool {
    parse(encoded).is_some_and(|row| row.cost != hashers.scrypt)
}
