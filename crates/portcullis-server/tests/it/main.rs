//! The server as a client sees it, over the application and over the real binary.
#![expect(clippy::unwrap_used, reason = "a test stops where its facts end")]

mod accounts;
mod administrators;
mod audit;
mod bad_input;
mod binary;
mod browser;
mod client;
mod command;
mod command_audit;
mod command_check;
mod command_explain;
mod command_token;
mod commands;
mod database_away;
mod devices;
mod docs;
mod http_limits;
mod inside;
mod invitations;
mod kill;
mod login_state;
mod logs;
mod mail;
mod panics;
mod process;
mod rest_auth;
mod security;
mod sessions;
mod settings;
mod settings_effects;
mod settings_refused;
mod shutdown;
mod single_page;
mod smuggling;
mod tokens;
