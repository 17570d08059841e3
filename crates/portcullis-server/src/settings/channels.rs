//! Sockets as settings: what carries their messages, and what one may cost.

use std::fmt;
use std::time::Duration;

use portcullis::channels::{Channels, Rate, SocketSettings};

use super::Settings;
use super::given::Given;
use super::kind::{Kind, Wrong, quoted};

/// What carries messages to groups of sockets: this process, or a Redis that many nodes share.
///
/// # Security
/// Prints without its password; the whole is a named call.
#[derive(Clone, PartialEq, Eq)]
pub struct LayerUrl(Option<String>);

impl LayerUrl {
    /// Groups of this process alone.
    pub const MEMORY: Self = Self(None);

    /// The URL of the Redis, with its password.
    #[must_use]
    pub fn expose_secret(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Whether it holds a password.
    pub(crate) fn has_password(&self) -> bool {
        self.0.as_ref().is_some_and(|url| *url != self.to_string())
    }
}

impl fmt::Display for LayerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(url) = &self.0 else {
            return f.write_str("memory");
        };
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        match rest.rsplit_once('@') {
            Some((_, place)) => write!(f, "{scheme}://…@{place}"),
            None => write!(f, "{scheme}://{rest}"),
        }
    }
}

impl fmt::Debug for LayerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LayerUrl({self})")
    }
}

impl Kind for LayerUrl {
    const IS_SECRET: bool = true;

    fn wanted() -> String {
        "\"memory\" or \"redis://HOST:PORT/NUMBER\"".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        match given.text().ok_or(Wrong::Kind)?.trim() {
            "memory" => Ok(Self::MEMORY),
            text if text.starts_with("rediss://") => {
                let why =
                    "TLS to Redis is not spoken: write \"redis://…\", on a line that nobody reads";
                Err(Wrong::Because(why.to_owned()))
            }
            text if text
                .strip_prefix("redis://")
                .is_some_and(|rest| !rest.is_empty()) =>
            {
                Ok(Self(Some(text.to_owned())))
            }
            _ => Err(Wrong::Kind),
        }
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

impl Settings {
    /// What carries messages to groups. Redis may be away: it is looked for again and again.
    ///
    /// # Errors
    /// When the URL cannot be read.
    pub(crate) fn channels(&self) -> anyhow::Result<Channels> {
        use portcullis::channels::RedisLayer;
        Ok(match self.channel_layer.expose_secret() {
            None => Channels::memory(),
            Some(url) => {
                let layer = RedisLayer::start(url, &self.channels_namespace.0)?;
                Channels::new(std::sync::Arc::new(layer))
            }
        })
    }

    pub(super) fn sockets(&self) -> SocketSettings {
        let rate = self.channels_messages.get();
        let mut trusted = self.csrf_trusted_origins.clone();
        trusted.extend(self.cors_origins.iter().filter(|o| o.0 != "*").cloned());
        SocketSettings {
            trusted_origins: trusted.into_iter().map(|origin| origin.0).collect(),
            query_token: self.channels_query_token,
            first_message_timeout: self.channels_first_message_time.get(),
            max_message_bytes: usize::try_from(self.channels_message_bytes.get())
                .unwrap_or(usize::MAX),
            message_rate: (rate > 0).then_some(Rate {
                count: rate,
                per: Duration::from_secs(10),
            }),
            sockets: self.channels_sockets.get(),
            sockets_per_address: self.channels_sockets_per_address.get(),
            sockets_per_user: self.channels_sockets_per_user.get(),
            ping_interval: self.channels_ping_interval.get(),
            pong_timeout: self.channels_pong_timeout.get(),
            revalidate_interval: self.channels_revalidate_interval.get(),
            revalidate_grace: self.channels_revalidate_grace.get(),
            ..SocketSettings::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redis_is_shown_without_its_password() {
        let read = |text: &str| LayerUrl::read(&Given::Text(text.to_owned()));
        let url = read("redis://:hunter2@db:6379/1").unwrap();
        assert_eq!(url.to_string(), "redis://…@db:6379/1");
        assert!(url.has_password() && !format!("{url:?}").contains("hunter2"));
        assert_eq!(read("memory").unwrap(), LayerUrl::MEMORY);
        for wrong in ["", "redis://", "db:6379", "rediss://db", "postgres://db"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
