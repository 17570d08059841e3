//! The server: settings from a file, the environment and the command line, the commands, and the wiring of all parts.
//!
//! Reading order: [`CommandLine`] and [`Settings`], then [`run`], and [`serve`], which opens the
//! database and builds the [`app`].
#![forbid(unsafe_code)]

mod app;
mod command_line;
mod commands;
mod http;
mod log;
mod page;
mod secret_key;
mod settings;
mod sockets;

pub use app::{Services, SocialProviders, Surroundings, app, doors};
pub use command_line::{
    Beside, Command, CommandLine, Flags, MailCommand, PasswordFrom, TokenCommand,
};
pub use commands::{exit_status, migrate, routes, run, serve};
pub use http::{HttpLimits, RequestId, log_panic, serve as serve_http};
pub use log::start_log;
pub use secret_key::{SecretKey, SecretKeyError};
pub use settings::{
    AtLeastOne, AuthenticationClass, BackendPath, ConfirmEmailLink, CookieDomain, CookieName,
    DatabaseUrl, Host, JwtSecret, LayerUrl, Line, MailFrom, MailVia, Moment, Origin, OriginRegex,
    Password, PermissionClass, Port, ProviderName, PublicUrl, ResetPasswordLink, SafeUrl, Seconds,
    Settings, SettingsError, Source, TableName, TokenPrefix, Whole, ZoneName, example,
};
