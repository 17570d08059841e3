//! Every authenticator against the same matrix and the same damaged headers, and log-ins that others forge.
#![expect(clippy::unwrap_used, reason = "a test stops where its facts end")]

mod authorization_headers;
mod devices;
mod jwt;
mod login_csrf;
mod login_doors;
mod matrix;
mod rounds;
mod social;
mod tickets;
