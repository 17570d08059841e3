//! Sockets as a client sees them, over a real line.
#![expect(clippy::unwrap_used, reason = "a test stops where its facts end")]
#![expect(
    clippy::print_stdout,
    reason = "tests tell what they measured, and what was left out"
)]

mod doors;
mod limits;
mod noticing;
mod redis_layer;
mod redis_server;
mod rounds;
mod service;
