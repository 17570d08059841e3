//! What can be set, on the command line or by `PORTCULLIS_*`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use http::Uri;
use portcullis::web::TrustedProxies;

use crate::app::Surroundings;
use crate::http::HttpLimits;

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
    /// How browsers reach this server, such as `https://example.com`: sets the allowed host, and
    /// makes cookies secure on https.
    #[arg(long, env = "PORTCULLIS_PUBLIC_URL", global = true)]
    pub public_url: Option<Uri>,
    /// A proxy whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; may be repeated.
    #[arg(
        long,
        env = "PORTCULLIS_TRUSTED_PROXY",
        value_delimiter = ',',
        global = true
    )]
    pub trusted_proxy: Vec<IpAddr>,
    /// Limits of the HTTP side.
    #[command(flatten)]
    pub http: HttpLimits,
}

impl Settings {
    /// What these settings say about the server's surroundings.
    #[must_use]
    pub fn surroundings(&self) -> Surroundings {
        let host = self
            .public_url
            .as_ref()
            .and_then(|url| url.host())
            .map(str::to_owned);
        let is_https = self.public_url.as_ref().and_then(Uri::scheme_str) == Some("https");
        let loopback = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
        Surroundings {
            is_https,
            allowed_hosts: host
                .map(|host| loopback.into_iter().chain([host]).collect())
                .unwrap_or_default(),
            trusted_proxies: TrustedProxies::Addresses(self.trusted_proxy.clone().into()),
        }
    }
}
