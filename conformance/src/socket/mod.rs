//! Plays recorded WebSocket cases against a server.
//!
//! [`Cases::load`] reads the folder, [`Player::play`] opens the connections of a case by a client that speaks
//! RFC 6455 by hand ([`client`]), so that it can send what no library would, and [`compare`] tells where the
//! events of a connection are others than recorded.

pub mod case;
pub mod client;
pub mod compare;
pub mod play;

pub use case::{Case, Cases};
pub use play::Player;
