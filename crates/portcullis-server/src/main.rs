//! Portcullis as one binary: `portcullis serve`, `migrate`, `routes`.
#![forbid(unsafe_code)]

use clap::Parser;
use portcullis_server::{Command, CommandLine};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let line = CommandLine::parse();
    portcullis_server::start_log()?;
    match line.command.unwrap_or(Command::Serve) {
        Command::Serve => portcullis_server::serve(&line.settings).await,
        Command::Migrate => portcullis_server::migrate(&line.settings).await,
        Command::Routes => portcullis_server::routes(&line.settings),
    }
}
