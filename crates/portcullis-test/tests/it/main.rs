//! Every authenticator against the same matrix, through one door.
#![expect(clippy::unwrap_used, reason = "a test stops where its facts end")]

mod matrix;
