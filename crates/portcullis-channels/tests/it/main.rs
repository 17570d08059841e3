//! Sockets as a client sees them, over a real line.
#![expect(clippy::unwrap_used, reason = "a test stops where its facts end")]

mod described;
mod doors;
mod idle;
mod limits;
mod noticing;
mod redis_layer;
mod redis_server;
mod rfc6455;
mod rounds;
mod service;
