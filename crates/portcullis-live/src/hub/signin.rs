//! `pusher:signin`: whose connection it is, by a signature.

use portcullis_channels::Connection;
use serde_json::{Value as Json, json};

use super::consumer::HubConsumer;
use super::frames;
use super::signature::of_user;
use super::state::Inner;

impl Inner {
    /// Ends the connections of a user who was signed in.
    pub(super) fn terminate(&self, user: &str) {
        let theirs: Vec<_> = {
            let state = self.state();
            let sockets = state.sockets.iter();
            sockets
                .filter(|(_, socket)| socket.user.as_deref() == Some(user))
                .map(|(id, socket)| (id.clone(), socket.connection.clone()))
                .collect()
        };
        for (id, connection) in theirs {
            self.disconnect(&id);
            connection.close(4009, "terminated by the application");
        }
    }
}

/// Remembers whose connection it is, so that a publisher can end it.
pub(super) fn take(inner: &Inner, c: &Connection<HubConsumer>, id: &str, data: &Json) {
    let word = |name: &str| data.get(name).and_then(Json::as_str).unwrap_or_default();
    let user_data = word("user_data");
    let is_signed = inner.signer.is_auth(word("auth"), &of_user(id, user_data));
    let user: Option<Json> = serde_json::from_str(user_data).ok();
    let user = user.and_then(|user| user.get("id")?.as_str().map(str::to_owned));
    match user.filter(|user| is_signed && !user.is_empty()) {
        Some(user) => {
            if let Some(socket) = inner.state().sockets.get_mut(id) {
                socket.user = Some(user);
            }
            let told = json!({ "user_data": user_data });
            c.send_text(&frames::event("pusher:signin_success", None, &told));
        }
        None => {
            inner.disconnect(id);
            c.send_text(&frames::error(Some(4009), "Connection not authorized"));
            c.close(4009, "Connection not authorized");
        }
    }
}
