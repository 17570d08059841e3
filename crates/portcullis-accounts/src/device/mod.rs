//! Device tokens as knox' clients know them: one for each log-in, each ended by itself.
//!
//! Reading order: [`DeviceTokens`] (what they are like), `login` (issuing and ending them), `doors`.

mod doors;
mod login;
mod tokens;

pub use login::{DeviceLogIn, DeviceToken};
pub use tokens::DeviceTokens;
