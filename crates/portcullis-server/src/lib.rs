//! The server: settings from the command line and the environment, and the wiring of all parts.
//!
//! Reading order: [`Settings`], then [`serve`], which opens the database and builds the [`app`].
#![forbid(unsafe_code)]

mod app;
mod commands;
mod http;
mod log;
mod page;
mod secret_key;
mod settings;

pub use app::{Services, Surroundings, app, doors};
pub use commands::{migrate, routes, serve};
pub use http::{HttpLimits, RequestId, log_panic, serve as serve_http};
pub use log::start_log;
pub use secret_key::{SecretKey, SecretKeyError};
pub use settings::{Command, CommandLine, Settings};
