//! Sockets as a client sees them, over a real line.
#![expect(clippy::unwrap_used, reason = "a test stops where its facts end")]

mod doors;
mod limits;
mod noticing;
mod service;
