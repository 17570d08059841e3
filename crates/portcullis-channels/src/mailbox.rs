//! What waits to be written to one connection: bounded in messages and in bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::group::Envelope;
use crate::settings::SocketSettings;

/// One thing to do for the connection's task.
#[derive(Debug)]
pub(crate) enum Item {
    Frame(Utf8Bytes),
    Envelope(Arc<Envelope>),
    Close(u16, String),
}

impl Item {
    fn size(&self) -> usize {
        match self {
            Self::Frame(text) => text.len(),
            Self::Envelope(envelope) => envelope.text.len(),
            Self::Close(..) => 0,
        }
    }
}

/// The sending end: never waits. One message too many marks the connection as too slow.
#[derive(Clone, Debug)]
pub(crate) struct Mailbox(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    items: UnboundedSender<Item>,
    messages: AtomicUsize,
    bytes: AtomicUsize,
    max_messages: usize,
    max_bytes: usize,
    is_over: AtomicBool,
    over: Notify,
}

/// The end of the connection's task.
#[derive(Debug)]
pub(crate) struct Inbox {
    items: UnboundedReceiver<Item>,
    mailbox: Mailbox,
}

impl Mailbox {
    pub(crate) fn new(settings: &SocketSettings) -> (Self, Inbox) {
        let (sender, receiver) = unbounded_channel();
        let mailbox = Self(Arc::new(Shared {
            items: sender,
            messages: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            max_messages: settings.queue_max_messages,
            max_bytes: settings.queue_max_bytes,
            is_over: AtomicBool::new(false),
            over: Notify::new(),
        }));
        let inbox = Inbox {
            items: receiver,
            mailbox: mailbox.clone(),
        };
        (mailbox, inbox)
    }

    /// Puts something in; where it is full, nothing is put in any more, and the connection ends.
    pub(crate) fn put(&self, item: Item) {
        let shared = &self.0;
        if shared.is_over.load(Ordering::Acquire) {
            return;
        }
        let size = item.size();
        let messages = shared.messages.fetch_add(1, Ordering::AcqRel);
        let bytes = shared.bytes.fetch_add(size, Ordering::AcqRel);
        // A message that is alone may be larger than the queue.
        let is_full = messages >= shared.max_messages
            || (messages > 0 && bytes.saturating_add(size) > shared.max_bytes);
        if is_full {
            shared.is_over.store(true, Ordering::Release);
            shared.over.notify_one();
        } else {
            // A connection that has ended needs nothing any more.
            let _ = shared.items.send(item);
        }
    }

    /// Returns when the reader was too slow.
    pub(crate) async fn overflowed(&self) {
        while !self.0.is_over.load(Ordering::Acquire) {
            self.0.over.notified().await;
        }
    }

    /// Discards whatever is put in from now on.
    pub(crate) fn shut(&self) {
        self.0.is_over.store(true, Ordering::Release);
    }
}

impl Inbox {
    /// The next thing to do. Safe to drop while it waits.
    pub(crate) async fn take(&mut self) -> Option<Item> {
        let item = self.items.recv().await?;
        let shared = &self.mailbox.0;
        shared.messages.fetch_sub(1, Ordering::AcqRel);
        shared.bytes.fetch_sub(item.size(), Ordering::AcqRel);
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn full_queue_marks_the_connection_and_takes_no_more() {
        let settings = SocketSettings {
            queue_max_messages: 2,
            ..SocketSettings::default()
        };
        let (mailbox, mut inbox) = Mailbox::new(&settings);
        for text in ["a", "b", "c", "d"] {
            mailbox.put(Item::Frame(text.into()));
        }
        mailbox.overflowed().await;
        for want in ["a", "b"] {
            let item = inbox.take().await;
            assert!(matches!(item, Some(Item::Frame(text)) if text.as_str() == want));
        }
        assert!(inbox.items.try_recv().is_err());
    }
}
