//! The log: one JSON object a line on standard error; `RUST_LOG` chooses what.

use tracing_subscriber::EnvFilter;

use crate::http::log_panic;

/// Starts the log. Without `RUST_LOG`, it holds warnings, refusals and logins; panics by their place.
///
/// # Errors
/// When a log was started before.
pub fn start_log() -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init()
        .map_err(|error| anyhow::anyhow!("the log cannot be started: {error}"))?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}
