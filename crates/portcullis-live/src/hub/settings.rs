//! How the hub behaves.

use std::time::Duration;

use portcullis_channels::{Rate, SocketSettings};
use serde::Deserialize;

/// Settings of a [`Hub`](super::Hub).
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HubSettings {
    /// The application's name in the publish API's paths.
    #[doc(alias = "PUSHER_APP_ID")]
    pub app_id: String,
    /// What browsers name when they connect, and signatures begin with. No secret.
    #[doc(alias = "PUSHER_KEY")]
    pub key: String,
    /// What signs: of letters and digits, and at least 32 of them.
    #[doc(alias = "PUSHER_SECRET")]
    pub secret: String,
    /// Whether channels without a prefix can be heard by everybody who knows the key. Changes of rows are never told there.
    pub public_channels: bool,
    /// Whether those who hear a channel of the application's own may send to the others.
    pub client_events: bool,
    /// How many events of its own a connection may send in a second.
    pub client_events_per_second: u32,
    /// How many bytes the data of one event may have.
    pub max_event_bytes: usize,
    /// How many channels one connection may hear.
    pub channels_per_connection: usize,
    /// How many members a presence channel may have.
    pub members_per_channel: usize,
    /// After how many seconds of silence a client asks whether the hub is there.
    pub activity_timeout: u32,
    /// How old what is known of somebody's login may be when a change of rows is told, in milliseconds; a minute at least where
    /// only their authenticator knows. What this process hears of is looked at before, whatever this is.
    pub verified_for_ms: u64,
    /// The limits of its connections. What the protocol does otherwise, such as messages about authentication, stays off.
    pub socket: SocketSettings,
}

impl Default for HubSettings {
    fn default() -> Self {
        Self {
            app_id: "portcullis".to_owned(),
            key: "portcullis".to_owned(),
            secret: String::new(),
            public_channels: true,
            client_events: true,
            client_events_per_second: 10,
            max_event_bytes: 10 * 1024,
            channels_per_connection: 100,
            members_per_channel: 100,
            activity_timeout: 120,
            verified_for_ms: 1000,
            socket: socket(),
        }
    }
}

impl HubSettings {
    /// The settings of the socket, with what the protocol has of its own.
    pub(super) fn of_protocol(&self) -> SocketSettings {
        SocketSettings {
            send_authentication_message: false,
            send_completion: false,
            camelize: false,
            query_token: false,
            sub_protocol: false,
            first_message: false,
            renewal: false,
            message_rate: None,
            // The hub itself looks again at whoever is behind what is heard.
            revalidate_interval: Duration::ZERO,
            ..self.socket.clone()
        }
    }
}

/// Sockets of nobody in particular: who they are is said for each channel.
fn socket() -> SocketSettings {
    SocketSettings {
        max_message_bytes: 32 * 1024,
        sockets_per_user: 512,
        connection_rate: Rate {
            count: 600,
            per: Duration::from_secs(60),
        },
        queue_max_messages: 5000,
        queue_max_bytes: 4 * 1024 * 1024,
        ..SocketSettings::default()
    }
}

impl std::fmt::Debug for HubSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The secret stays out.
        f.debug_struct("HubSettings")
            .field("app_id", &self.app_id)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
