//! Recorded cases of live data: each a list of requests on fresh rows, with the answers.
//!
//! Events are recorded, too, and compared where the player listens to a hub.

mod case;
mod compare;
mod events;
mod normalise;
mod play;

pub use case::{Case, Step, Strictness, Upload, load};
pub use events::Listener;
pub use play::Player;
