//! Rooms with members. REST and the socket of a room stand behind one permission, [`IsMember`]: whoever is taken
//! out of a room is out of its socket at once.
//!
//! `rooms` keeps rooms and what was said, `views` are the doors, `socket` is the talk, `presence` who is there.
#![forbid(unsafe_code)]

mod presence;
mod rooms;
mod socket;
mod views;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use portcullis::accounts::EmailVerification;
use portcullis::channels::{Channels, Socket, SocketDoors};
use portcullis::core::{Clock, Store};
use portcullis::web::{Passwords, delete};
use portcullis::{AccountSettings, Accounts, Gate, IsAuthenticated, PermissionExt, get, post};

pub use rooms::{IsMember, Message, Room, Rooms};
use socket::Talk;

/// What the service is made of.
#[derive(Clone)]
pub struct Chat {
    /// Users and their log-ins.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The rooms.
    pub rooms: Rooms,
    /// What its sockets share.
    pub channels: Channels,
}

impl std::fmt::Debug for Chat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chat(..)")
    }
}

impl Chat {
    /// Its rooms in a file, which is made when it is not there.
    ///
    /// # Errors
    /// When the file is no database.
    pub fn open(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        channels: Channels,
        file: &Path,
    ) -> anyhow::Result<Self> {
        let channels = channels
            .with_clock(Arc::clone(&clock))
            .with_standings(Arc::clone(&store) as _);
        Ok(Self {
            store,
            clock,
            rooms: Rooms::open(file)?,
            channels,
        })
    }

    /// The service, with accounts of its own.
    pub fn router(self, gate: &Gate, accounts: &Accounts) -> Router {
        let member = || IsAuthenticated.and(IsMember(self.rooms.clone()));
        gate.doors()
            .route("/", get(views::page))
            .open()
            .route("/chat.js", get(views::script))
            .open()
            .route("/api/rooms/", post(views::create).get(views::list))
            .route("/api/rooms/{id}/messages/", get(views::messages))
            .require(member())
            .route("/api/rooms/{id}/members/", post(views::add_member))
            .require(member())
            .route(
                "/api/rooms/{id}/members/{name}/",
                delete(views::remove_member),
            )
            .require(member())
            .socket("/ws/rooms/{id}/", self.socket())
            .require(member())
            .merge(accounts.doors(gate))
            .into_router()
            .layer(axum::Extension(self))
    }

    /// The socket of a room.
    fn socket(&self) -> Socket<Talk> {
        let rooms = self.rooms.clone();
        let talk = Talk::new(self.rooms.clone());
        self.channels.socket(talk).object("id", move |id: i64| {
            let rooms = rooms.clone();
            async move { rooms.room(id).await }
        })
    }
}

/// The doors of accounts, for people who only chat.
#[must_use]
pub fn accounts(
    passwords: Passwords,
    sessions: portcullis::web::Sessions,
    clock: Arc<dyn Clock>,
) -> Accounts {
    let settings = AccountSettings {
        email_verification: EmailVerification::None,
        ..AccountSettings::default()
    };
    Accounts::new(passwords, sessions, clock, settings)
}
