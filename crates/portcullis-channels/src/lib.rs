//! WebSockets behind the same doors as everything else.
//!
//! Reading order: [`Consumer`] is what one writes, [`Connection`] what it talks to, [`Channels`] what all
//! sockets share, [`Socket`] an endpoint, put on a door by [`SocketDoors::socket`]. Inside, `admission` asks the door,
//! `handshake` changes the protocol, and `task` is the life of one connection.
//!
//! Authenticators and permissions are those of the door. Refusals are told in a frame after the handshake,
//! since browsers do not show the answer to a refused one, and connections are checked again while they live.
#![forbid(unsafe_code)]

mod admission;
mod asyncapi;
mod camel;
mod channels;
mod connection;
mod consumer;
mod credentials;
mod description;
mod frame;
mod group;
mod handshake;
mod hearing;
mod kept_head;
mod layer;
mod limits;
mod lives;
mod lookup;
mod mailbox;
mod origin;
mod outcome;
mod rounds;
mod schema;
mod settings;
mod socket;
mod task;
mod tickets;
mod topic;
mod validation;

pub use asyncapi::AsyncApi;
pub use channels::Channels;
pub use connection::Connection;
pub use consumer::{Consumer, ConsumerError, Event};
pub use frame::FrameText;
pub use group::{ConnectionId, Envelope, Group};
pub use hearing::Hearing;
pub use layer::{ChannelLayer, LayerError, Member, MemoryLayer};
#[cfg(feature = "redis")]
pub use layer::{RedisLayer, RedisUrlError};
pub use limits::ConnectionLimits;
pub use outcome::Outcome;
pub use settings::{CloseStyle, OriginPolicy, Rate, SocketSettings, Wire};
pub use socket::{Socket, SocketDoors};
pub use tickets::Tickets;
pub use topic::Topic;
