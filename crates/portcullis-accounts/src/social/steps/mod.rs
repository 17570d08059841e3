//! The usual steps, each a file.

mod by_email;
mod known;
mod sign_up;

use std::sync::Arc;

pub use by_email::ByEmail;
pub use known::Known;
pub use sign_up::SignUp;

use super::Step;

/// The steps of a fresh install, in their order.
pub(super) fn usual() -> Vec<Arc<dyn Step>> {
    vec![Arc::new(Known), Arc::new(ByEmail), Arc::new(SignUp)]
}
