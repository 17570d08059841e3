//! What goes out: answers, and messages to groups, each asked about before it is delivered.

use std::any::TypeId;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError};

use futures_util::FutureExt;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::line::End;
use super::{Over, Task};
use crate::connection::Live;
use crate::consumer::{Consumer, Event};
use crate::frame;
use crate::group::{Envelope, Kind};
use crate::mailbox::Item;
use crate::outcome::Outcome;
use crate::settings::Wire;

impl<C: Consumer> Task<C> {
    pub(super) async fn deliver(&mut self, item: Item) -> Result<(), Over> {
        match item {
            Item::Frame(text) => self.write(Message::Text(text)).await,
            Item::Close(code, reason) => Err(End::Close(code, reason).into()),
            Item::Envelope(envelope) => match envelope.kind {
                Kind::Recheck => Box::pin(self.check_now()).await,
                Kind::Event => {
                    may_hear(&self.live).await?;
                    self.handle_event(&envelope);
                    Ok(())
                }
                Kind::Message | Kind::Json => {
                    may_hear(&self.live).await?;
                    self.deliver_copy(&envelope).await
                }
            },
        }
    }

    async fn deliver_copy(&mut self, envelope: &Envelope) -> Result<(), Over> {
        let settings = &self.live.served.settings;
        let is_marked = settings.wire == Wire::Legacy && envelope.kind == Kind::Message;
        let text = if is_marked || settings.camelize {
            let mut content = envelope.content.clone();
            if is_marked {
                let user = self.live.handle().user().map(|user| user.id.to_string());
                let is_mine = user.is_some() && user == envelope.user;
                let is_current = envelope.sender.as_ref() == Some(&self.live.id);
                content.insert("is_mine".to_owned(), json!(is_mine));
                content.insert("is_current".to_owned(), json!(is_current));
            }
            frame::text(content, settings.camelize)
        } else {
            envelope.text.clone()
        };
        let is_completed = settings.send_completion;
        self.write(Message::Text(text)).await?;
        if is_completed {
            let text = frame::text(frame::signal("group_complete"), false);
            self.write(Message::Text(text)).await?;
        }
        Ok(())
    }

    fn handle_event(&mut self, envelope: &Envelope) {
        let live = Arc::clone(&self.live);
        let event = Event(envelope.content.clone());
        let handling = async move {
            let consumer = &live.served.consumer;
            let handled = AssertUnwindSafe(consumer.event(live.handle(), event));
            match handled.catch_unwind().await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "an event was not handled"),
                Err(_) => tracing::error!("a consumer crashed at an event"),
            }
            if live.served.settings.send_completion {
                live.push(frame::signal("event_complete"));
            }
        };
        self.in_flight.push(Box::pin(handling));
    }
}

/// The permission about the object, at every delivery; there is nothing to ask where there is none.
async fn may_hear<C: Consumer>(live: &Live<C>) -> Result<(), Over> {
    if TypeId::of::<C::Object>() == TypeId::of::<()>() {
        return Ok(());
    }
    let access = {
        let access = live.access.read();
        access.unwrap_or_else(PoisonError::into_inner).clone()
    };
    let asked = AssertUnwindSafe(access.allows(&live.object));
    match asked.catch_unwind().await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(refusal)) => Err(Over::refused(Outcome::refused(&refusal))),
        Err(_) => Err(Over::refused(Outcome::crashed())),
    }
}
