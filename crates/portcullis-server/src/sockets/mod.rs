//! The server's own sockets: `/ws/`, and the door for tickets.

mod account;

use std::sync::Arc;

use portcullis::channels::{Channels, Event, SocketDoors, SocketSettings, Tickets};
use portcullis::core::{Clock, Revocations, Store};
use portcullis::web::Sessions;
use portcullis::{Doors, Gate, IsAuthenticated};
use serde_json::Value;

use account::AccountSocket;

/// What a user's connections are told when one of their logins has ended.
const LOGINS_CHANGED: &str = "logins_changed";

/// Connects sockets with what ends credentials: who may not be there any more is closed, and who stays hears
/// of their list of logins.
pub(crate) fn listen(channels: &Channels, revocations: &Revocations) {
    channels.listen_and_tell(revocations, |_| {
        Some(Event::new(LOGINS_CHANGED, Value::Null))
    });
}

/// The doors of sockets.
pub(crate) fn doors(
    gate: &Gate,
    channels: Channels,
    settings: &SocketSettings,
    (store, clock, sessions): (&Arc<dyn Store>, &Arc<dyn Clock>, &Sessions),
) -> Doors {
    let tickets =
        Tickets::new(Arc::clone(store), Arc::clone(clock)).with_sessions(sessions.clone());
    let channels = channels
        .with_clock(Arc::clone(clock))
        .with_standings(Arc::clone(store) as _)
        .with_tickets(tickets.clone());
    let account = AccountSocket {
        store: Arc::clone(store),
        clock: Arc::clone(clock),
    };
    let socket = channels.socket(account).settings(settings.clone());
    gate.doors()
        .socket("/ws/", socket)
        .require(IsAuthenticated)
        .merge(tickets.doors(gate))
        .grouped("Sockets")
}
