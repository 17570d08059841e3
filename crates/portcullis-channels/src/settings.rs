//! How a socket behaves: messages, ways in, limits, and where to do as older clients expect.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// How a refused or ended connection is closed.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum CloseStyle {
    /// 4000 and the status: 4401, 4403, 4404, 4429.
    #[default]
    Status,
    /// 1000 for every refusal, as Chanx did before 2.12.
    Legacy,
}

/// Which shapes messages have.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Wire {
    /// Answers carry the `ref` of their message, and errors begin with the action.
    #[default]
    Current,
    /// As Chanx 0.5: errors begin with `"message"`, `ref` is nothing, messages of groups have `is_mine` and
    /// `is_current`.
    Legacy,
}

/// Which pages may open a socket.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum OriginPolicy {
    /// Where the browser adds the credentials by itself, its `Origin` must be the socket's own or a trusted one.
    #[default]
    Ambient,
    /// Every handshake has an `Origin`, and it is a trusted one or of an allowed host.
    #[doc(alias = "OriginValidator")]
    #[doc(alias = "AllowedHostsOriginValidator")]
    Strict,
    /// None is looked at: a foreign page may use the cookie of whoever looks at it.
    DangerOff,
}

/// So many in so long: a bucket that fills steadily.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many at once.
    pub count: u32,
    /// In how long they come back, in seconds.
    #[serde(rename = "seconds", deserialize_with = "seconds")]
    pub per: Duration,
}

/// The settings of a socket. Durations are in seconds, with fractions.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SocketSettings {
    /// Tells the outcome of authentication in a frame.
    pub send_authentication_message: bool,
    /// Sends `complete` after each handled message, `group_complete` and `event_complete` after others'.
    pub send_completion: bool,
    /// Keys are `camelCase` on the wire and `snake_case` here; values are left alone.
    #[doc(alias = "CAMELIZE")]
    pub camelize: bool,
    /// How refused connections are closed.
    pub close_style: CloseStyle,
    /// Which shapes messages have.
    pub wire: Wire,
    /// Counts as a `POST`: what a cookie authenticates then owes a CSRF token.
    #[doc(alias = "auth_method")]
    pub is_post: bool,
    /// Takes a token as `?token=`. URLs get into logs of servers on the way: off by default.
    pub query_token: bool,
    /// Takes a token as the sub-protocol `bearer.TOKEN`, and chooses `portcullis.v1` where it is offered.
    pub sub_protocol: bool,
    /// Waits for `{"action": "authenticate", "token": …}` where nothing was sent with the handshake and the
    /// door wants somebody.
    pub first_message: bool,
    /// Takes `authenticate` on an open connection, as a renewal.
    pub renewal: bool,
    /// How long the first message is waited for.
    #[serde(deserialize_with = "seconds")]
    pub first_message_timeout: Duration,
    /// The cap of the first message, in bytes.
    pub first_message_max_bytes: usize,
    /// Which pages may open it.
    pub origin: OriginPolicy,
    /// Origins such as `https://app.example`, `https://*.example:8443` or `https://.example`.
    pub trusted_origins: Vec<String>,
    /// Hosts whose pages may, by whichever scheme and port; for [`OriginPolicy::Strict`].
    pub allowed_hosts: Vec<String>,
    /// The cap of a message, counted while it is read, its fragments together.
    pub max_message_bytes: usize,
    /// How many messages of a connection are handled at a time; more are not read meanwhile.
    pub max_in_flight: usize,
    /// How many messages a connection may send.
    pub message_rate: Option<Rate>,
    /// How many answers in a row may say so before the connection is closed.
    pub throttle_tolerance: u32,
    /// How many pings a connection may send.
    pub ping_rate: Rate,
    /// How many connections a user may have at a time; an address, where nobody is logged in.
    pub sockets_per_user: u32,
    /// How many connections a user may open; an address, where nobody is logged in.
    pub connection_rate: Rate,
    /// How many connections there may be from an address, IPv6 by its /64, whoever they are of.
    pub sockets_per_address: u32,
    /// How many connections the process may have, at all its sockets.
    pub sockets: u32,
    /// How many handshakes of an address may end in a refusal; beyond, they are not looked at.
    pub refusal_rate: Rate,
    /// How many connections of an address may be waiting for their first message.
    pub waiting_per_address: u32,
    /// How many messages may wait for a slow reader.
    pub queue_max_messages: usize,
    /// How many bytes may wait for a slow reader.
    pub queue_max_bytes: usize,
    /// How often a silent connection is pinged.
    #[serde(deserialize_with = "seconds")]
    pub ping_interval: Duration,
    /// How long nothing may come after a ping.
    #[serde(deserialize_with = "seconds")]
    pub pong_timeout: Duration,
    /// How often credentials, permission and object are checked again; zero is never.
    #[serde(deserialize_with = "seconds")]
    pub revalidate_interval: Duration,
    /// How long connections are kept while the database does not answer.
    #[serde(deserialize_with = "seconds")]
    pub revalidate_grace: Duration,
}

impl Default for SocketSettings {
    fn default() -> Self {
        Self {
            send_authentication_message: true,
            send_completion: false,
            camelize: false,
            close_style: CloseStyle::Status,
            wire: Wire::Current,
            is_post: false,
            query_token: false,
            sub_protocol: true,
            first_message: true,
            renewal: true,
            first_message_timeout: Duration::from_secs(10),
            first_message_max_bytes: 8192,
            origin: OriginPolicy::Ambient,
            trusted_origins: Vec::new(),
            allowed_hosts: Vec::new(),
            max_message_bytes: 1024 * 1024,
            max_in_flight: 16,
            message_rate: None,
            throttle_tolerance: 20,
            ping_rate: Rate {
                count: 100,
                per: Duration::from_secs(10),
            },
            sockets_per_user: 50,
            connection_rate: Rate {
                count: 60,
                per: Duration::from_secs(60),
            },
            sockets_per_address: 512,
            sockets: 20_000,
            refusal_rate: Rate {
                count: 30,
                per: Duration::from_secs(60),
            },
            waiting_per_address: 20,
            queue_max_messages: 1000,
            queue_max_bytes: 1024 * 1024,
            ping_interval: Duration::from_secs(20),
            pong_timeout: Duration::from_secs(30),
            revalidate_interval: Duration::from_secs(60),
            revalidate_grace: Duration::from_secs(120),
        }
    }
}

/// A number of seconds, with fractions.
fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(from)?;
    Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom)
}
