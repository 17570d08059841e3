//! Django's storage and signing formats as pure functions.
//!
//! Everything a server must read and write to share one database and one
//! `SECRET_KEY` with a Django project: no I/O, no clock, nothing of axum or SQL.
//! Times are parameters (Unix seconds); randomness comes from the operating system.
//!
//! # Features
//! - `jwt-asymmetric`: keys of RSA, ECDSA and Ed25519 for [`jwt`] (`Key::public`, `Key::pair`), verified by
//!   AWS-LC. Off by default; the secrets of HS256, HS384 and HS512 need no feature.
#![forbid(unsafe_code)]

pub mod account_token;
pub mod api_token;
pub mod authorization;
pub mod csrf;
pub mod jwt;
pub mod password;
pub mod permission;
pub mod random;
pub mod session;
pub mod signing;
pub mod validators;
