//! The recorded answers of the real packages, both directions.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod account_tokens;
mod api_tokens;
mod csrf;
mod jwt;
mod jwt_attacks;
mod jwt_key_ids;
mod jwt_keys;
mod passwords;
mod permissions;
mod sessions;
mod signing;
mod validators;
mod vectors;
