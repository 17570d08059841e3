//! The log: one JSON object a line on standard error; `RUST_LOG` chooses what.

use tracing_subscriber::EnvFilter;

use crate::http::log_panic;

/// Starts the log. Without `RUST_LOG`, it holds what is of this level or graver; at `info` that is
/// warnings, refusals and logins. Panics are logged by their place.
///
/// # Errors
/// When a log was started before.
pub fn start_log(level: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init()
        .map_err(|error| anyhow::anyhow!("the log cannot be started: {error}"))?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}
