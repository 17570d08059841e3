//! The server as a client sees it, over the application and over the real binary.
#![expect(clippy::unwrap_used, reason = "a test stops where its facts end")]

mod accounts;
mod admin;
mod administrators;
mod audit;
mod bad_input;
mod beside;
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
mod docs_checked;
mod forward_auth;
mod http_limits;
mod inside;
mod invitations;
mod kill;
mod login_state;
mod logins_of_users;
mod logs;
mod mail;
mod missing_tables;
mod panics;
mod process;
#[path = "../../../portcullis-channels/tests/it/redis_server.rs"]
mod redis_server;
mod rest_auth;
mod security;
mod sessions;
mod settings;
mod settings_effects;
mod settings_refused;
mod shutdown;
mod single_page;
mod smuggling;
mod social;
mod sockets;
mod tokens;
