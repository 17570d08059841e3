//! Django's CSRF protection: secrets, masked tokens, and the check of a request.

mod check;
mod origin;
mod token;

pub use check::{Request, check, check_origin, is_safe};
pub use origin::TrustedOrigins;
pub use token::{
    MalformedToken, SECRET_LENGTH, TOKEN_LENGTH, mask, matches, new_secret, new_token, secret_of,
    well_formed,
};
