//! Second factors of an account: having one, and proving again who one is before risky acts.

mod doors;
mod fresh;

use portcullis_web::FieldErrors;

/// A password was right, and is not enough.
pub(crate) fn needed() -> FieldErrors {
    let text = "A second factor is needed: the code of your authenticator app, or a recovery code.";
    FieldErrors::one("code", text)
}

/// The same for every code that is not good.
pub(crate) fn wrong_code() -> FieldErrors {
    FieldErrors::one("code", "This code is wrong, or was used.")
}
