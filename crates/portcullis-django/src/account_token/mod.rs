//! The keys in account mails: password reset, and e-mail confirmation.

mod confirmation;
mod reset;
mod uid;

pub use confirmation::{confirmation_key, confirmed_row};
pub use reset::{ResetSubject, check_reset_token, reset_token, reset_token_made_at};
pub use uid::{base36_decode, base36_encode, uid_decode, uid_encode};
