//! What can be set, on the command line or by `PORTCULLIS_*`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, about = "One gate for every door.")]
pub struct CommandLine {
    /// What to do; serving is the default.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How.
    #[command(flatten)]
    pub settings: Settings,
}

/// The commands.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Command {
    /// Create and migrate the database, and serve.
    Serve,
    /// Bring the database's tables up to date, and stop.
    Migrate,
    /// Print every door with its authenticators and permission.
    Routes,
}

/// Settings of the server.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// The embedded database file; made when it is not there.
    #[arg(
        long,
        env = "PORTCULLIS_DATABASE",
        default_value = "portcullis.db",
        global = true
    )]
    pub database: PathBuf,
    /// The file with the secret key; made when it is not there, readable by its owner only.
    #[arg(
        long,
        env = "PORTCULLIS_SECRET_KEY_FILE",
        default_value = "portcullis.secret",
        global = true
    )]
    pub secret_key_file: PathBuf,
    /// Address and port to listen on.
    #[arg(
        long,
        env = "PORTCULLIS_LISTEN",
        default_value = "127.0.0.1:8000",
        global = true
    )]
    pub listen: SocketAddr,
}
