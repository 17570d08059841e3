//! The hub: browsers hear of changes by the Pusher protocol, version 7, each what they may see.
//!
//! Reading order: `door` is where a browser asks for a signature, `consumer` the socket that it connects to, `incoming`
//! what it sends there, `state` who hears which channel, `deliver` how it is decided about each receiver of a
//! change, `api` where other programs publish.

mod access;
mod api;
mod channel;
mod consumer;
mod deliver;
mod door;
mod frames;
mod handle;
mod holder;
mod incoming;
mod join;
mod nodes;
mod presence;
mod publish;
mod settings;
mod signature;
mod signed;
mod signin;
mod state;
mod verify;

pub use access::{ChannelAccess, Joining};
pub use handle::Hub;
pub use settings::HubSettings;
