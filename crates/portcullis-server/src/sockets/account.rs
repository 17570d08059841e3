//! `/ws/`: greets, answers, and tells people about their account while they look.

use std::sync::Arc;

use portcullis::channels::{Connection, Consumer, ConsumerError, Event};
use portcullis::core::{Clock, ListedLogin, Store};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a browser may say.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "action", content = "payload", rename_all = "snake_case")]
pub(crate) enum Said {
    /// Is somebody there?
    Ping,
    /// Sends the text back.
    Echo {
        /// Any text.
        text: String,
    },
    /// Wants the list of one's own logins.
    Logins,
}

/// What it is told.
#[derive(JsonSchema, Serialize)]
#[serde(tag = "action", content = "payload", rename_all = "snake_case")]
pub(crate) enum Told {
    /// The first words to whoever comes in.
    Welcome {
        /// Who they are.
        username: String,
    },
    /// Yes.
    Pong,
    /// The text that came.
    Echo {
        /// As it was.
        text: String,
    },
    /// One's own logins that are not over, the newest first; also sent whenever one of them ended.
    Logins {
        /// Each with its number, by which `/api/devices/` ends it.
        logins: Vec<Login>,
    },
}

/// One login.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Login {
    /// Its number.
    id: i64,
    /// What the client calls itself.
    device: String,
    /// Such as `session`, `device` or `jwt`.
    scheme: String,
}

/// The consumer.
pub(super) struct AccountSocket {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
}

impl AccountSocket {
    async fn send_logins(&self, c: &Connection<Self>) -> Result<(), ConsumerError> {
        let Some(user) = c.user() else {
            return Ok(());
        };
        let now = self.clock.now();
        let logins = self.store.list_logins(&user.id).await?.into_iter();
        let logins = logins
            .filter(|login| login.expires.is_none_or(|expires| expires > now))
            .map(|login: ListedLogin| Login {
                id: login.id.0,
                device: login.device,
                scheme: login.scheme.to_string(),
            });
        c.send(Told::Logins {
            logins: logins.collect(),
        })
    }
}

impl Consumer for AccountSocket {
    type In = Said;
    type Out = Told;
    type Object = ();

    async fn connected(&self, c: Connection<Self>) -> Result<(), ConsumerError> {
        let username = c.user().map(|user| user.username).unwrap_or_default();
        c.send(Told::Welcome { username })
    }

    async fn receive(&self, c: Connection<Self>, said: Said) -> Result<(), ConsumerError> {
        match said {
            Said::Ping => c.send(Told::Pong),
            Said::Echo { text } => c.send(Told::Echo { text }),
            Said::Logins => self.send_logins(&c).await,
        }
    }

    async fn event(&self, c: Connection<Self>, _: Event) -> Result<(), ConsumerError> {
        self.send_logins(&c).await
    }
}
