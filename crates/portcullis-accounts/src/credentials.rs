//! Is this the password? Equal work for every answer.

use portcullis_core::PasswordHash;
use portcullis_django::password::{self, Hashers};

/// Whether `typed` is the stored password, and its new hash where the stored one is out of date.
///
/// Without a stored hash (no such user) the work of the preferred hasher is done all the same.
#[doc(alias = "check_password")]
pub(crate) fn check(
    stored: Option<&PasswordHash>,
    typed: &str,
    hashers: &Hashers,
) -> (bool, Option<PasswordHash>) {
    let Some(stored) = stored else {
        password::dummy_work(hashers);
        return (false, None);
    };
    let verification = password::verify(typed, stored.expose_secret(), hashers);
    if !(verification.matches && verification.must_update) {
        return (verification.matches, None);
    }
    // A hash that cannot be made anew stays as it is: the password was right all the same.
    let rehashed = password::hash(typed, hashers).ok().map(PasswordHash::new);
    (true, rehashed)
}
