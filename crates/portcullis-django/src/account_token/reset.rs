//! Password reset tokens: ended by a new password, a login, or another address.

use std::fmt;

use subtle::ConstantTimeEq;

use super::uid::{base36_decode, base36_encode};
use crate::session::Secrets;
use crate::signing::{Algorithm, hex, salted_hmac};

const KEY_SALT: &str = "django.contrib.auth.tokens.PasswordResetTokenGenerator";

/// 2001-01-01T00:00:00, from which the seconds in a token count.
const EPOCH: i64 = 978_307_200;

/// What a reset token is bound to.
#[derive(Clone, Copy)]
pub struct ResetSubject<'a> {
    /// The primary key's text.
    pub primary_key: &'a str,
    /// The `password` column.
    pub password_column: &'a str,
    /// `last_login` as `YYYY-MM-DD HH:MM:SS`, microseconds cut off; empty when there was none.
    pub last_login: &'a str,
    /// The `email` column.
    pub email: &'a str,
    /// Where allauth makes the links, the user's addresses: lower-cased, sorted, joined with `|`.
    /// Empty where Django makes them.
    pub addresses: &'a str,
}

impl ResetSubject<'_> {
    fn token_at(&self, seconds: u64, key: &str) -> String {
        let Self {
            primary_key,
            password_column,
            last_login,
            email,
            addresses,
        } = self;
        let text = format!("{primary_key}{password_column}{last_login}{seconds}{email}{addresses}");
        let digits = hex(&salted_hmac(
            KEY_SALT,
            text.as_bytes(),
            key,
            Algorithm::Sha256,
        ));
        let every_second: String = digits.chars().step_by(2).collect();
        format!("{}-{every_second}", base36_encode(seconds))
    }
}

impl fmt::Debug for ResetSubject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResetSubject")
            .field("primary_key", &self.primary_key)
            .finish_non_exhaustive()
    }
}

/// A token made at `local_now`: Unix seconds *plus the offset of `TIME_ZONE`*, as Django counts here.
///
/// The form is `<base 36 seconds since 2001>-<32 hex digits>`. Times before 2001 count as 2001.
#[doc(alias = "PasswordResetTokenGenerator")]
#[doc(alias = "make_token")]
#[must_use]
pub fn reset_token(subject: &ResetSubject<'_>, secret_key: &str, local_now: i64) -> String {
    subject.token_at(
        u64::try_from(local_now.saturating_sub(EPOCH)).unwrap_or(0),
        secret_key,
    )
}

/// When a token says that it was made, in Unix seconds as its maker counts them; `None` when it says
/// nothing. Nobody has vouched for it before [`check_reset_token`].
///
/// ```
/// assert_eq!(portcullis_django::account_token::reset_token_made_at("0-5a"), Some(978_307_200));
/// ```
#[must_use]
pub fn reset_token_made_at(token: &str) -> Option<i64> {
    let (seconds, _) = token.split_once('-')?;
    let seconds = i64::try_from(base36_decode(seconds)?).ok()?;
    seconds.checked_add(EPOCH)
}

/// Whether a token is good for a user at `local_now`, at most `timeout_seconds` after it was made.
///
/// Exactly the timeout is good, and so are times to come.
#[doc(alias = "check_token")]
#[doc(alias = "PASSWORD_RESET_TIMEOUT")]
#[must_use]
pub fn check_reset_token(
    subject: &ResetSubject<'_>,
    token: &str,
    secrets: Secrets<'_>,
    local_now: i64,
    timeout_seconds: i64,
) -> bool {
    let Some((seconds, digits)) = token.split_once('-') else {
        return false;
    };
    let Some(seconds) = base36_decode(seconds).filter(|_| !digits.contains('-')) else {
        return false;
    };
    let is_of_subject = std::iter::once(&secrets.key)
        .chain(secrets.fallbacks)
        .any(|key| {
            subject
                .token_at(seconds, key)
                .as_bytes()
                .ct_eq(token.as_bytes())
                .into()
        });
    let made_at = i64::try_from(seconds).unwrap_or(i64::MAX);
    is_of_subject && local_now.saturating_sub(EPOCH).saturating_sub(made_at) <= timeout_seconds
}
