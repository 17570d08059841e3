//! Signed cookies: a text, its time, and a signature bound to the cookie's name.

use super::{SignatureError, Signer};

const KEY_PREFIX: &str = "django.http.cookies";

/// The salt of the current form; the length keeps name and salt apart.
fn salt_of(name: &str, salt: &str) -> String {
    format!(
        "django.http.cookies.v2:{}:{salt}{name}",
        salt.chars().count()
    )
}

/// The value of a signed cookie, made at `now` (Unix seconds).
#[doc(alias = "set_signed_cookie")]
#[must_use]
pub fn sign_cookie(name: &str, value: &str, salt: &str, key: &str, now: i64) -> String {
    let key = format!("{KEY_PREFIX}{key}");
    Signer::new(&key, &[], &salt_of(name, salt)).sign_at(value, now)
}

/// Reads a signed cookie at `now`; with `legacy`, also one in the form of older releases.
///
/// # Errors
/// [`SignatureError`]; one that is only too old in the current form is not tried in the older.
#[doc(alias = "get_signed_cookie")]
#[doc(alias = "SIGNED_COOKIE_LEGACY_SALT_FALLBACK")]
pub fn unsign_cookie<'t>(
    cookie: &'t str,
    (name, salt): (&str, &str),
    (key, fallback_keys): (&str, &[&str]),
    (max_age, now): (Option<f64>, f64),
    legacy: bool,
) -> Result<&'t str, SignatureError> {
    let key = format!("{KEY_PREFIX}{key}");
    let fallback_keys: Vec<String> = fallback_keys
        .iter()
        .map(|key| format!("{KEY_PREFIX}{key}"))
        .collect();
    let fallback_keys: Vec<&str> = fallback_keys.iter().map(String::as_str).collect();
    let unsign =
        |salt: &str| Signer::new(&key, &fallback_keys, salt).unsign_at(cookie, max_age, now);
    match unsign(&salt_of(name, salt)) {
        Err(SignatureError::Bad) if legacy => unsign(&format!("{name}{salt}")),
        verdict => verdict,
    }
}
