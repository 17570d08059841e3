//! Recorded cases of live data: each a list of requests on fresh rows, with the answers.
//!
//! Events are recorded, too, and not compared here.

mod case;
mod compare;
mod normalise;
mod play;

pub use case::{Case, Step, Strictness, Upload, load};
pub use play::Player;
