//! All connections of a process: how many there are, and how they are told that it ends.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// How many connections there are, and whether they are to end; clones share it.
#[derive(Clone)]
pub(crate) struct Lives(Arc<Shared>);

struct Shared {
    open: watch::Sender<usize>,
    stop: watch::Sender<Option<u16>>,
}

impl Default for Lives {
    fn default() -> Self {
        Self(Arc::new(Shared {
            open: watch::Sender::new(0),
            stop: watch::Sender::new(None),
        }))
    }
}

impl Lives {
    /// Counts a connection, until what is returned is dropped; `None` where there are as many as may be, or all are
    /// to end.
    pub(crate) fn begin(&self, most: usize) -> Option<Life> {
        if self.0.stop.borrow().is_some() {
            return None;
        }
        let is_counted = self.0.open.send_if_modified(|open| {
            let has_room = *open < most;
            *open += usize::from(has_room);
            has_room
        });
        is_counted.then(|| Life {
            lives: self.clone(),
            stopping: self.0.stop.subscribe(),
        })
    }

    pub(crate) fn count(&self) -> usize {
        *self.0.open.borrow()
    }

    /// Closes all with a code, and waits until they are gone, for so long at most; how many are left.
    pub(crate) async fn end(&self, code: u16, patience: Duration) -> usize {
        self.0.stop.send_replace(Some(code));
        let mut open = self.0.open.subscribe();
        let _ = timeout(patience, open.wait_for(|open| *open == 0)).await;
        self.count()
    }
}

impl fmt::Debug for Lives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lives").field(&self.count()).finish()
    }
}

/// One connection that is counted.
#[derive(Debug)]
pub(crate) struct Life {
    lives: Lives,
    stopping: watch::Receiver<Option<u16>>,
}

impl Life {
    /// The code to close with, when all are to end. Safe to drop while it waits.
    pub(crate) async fn ended(&mut self) -> u16 {
        // The sender is in `lives`, and outlives this.
        let told = self.stopping.wait_for(Option::is_some).await;
        told.ok().and_then(|code| *code).unwrap_or(1001)
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.lives
            .0
            .open
            .send_modify(|open| *open = open.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn connections_are_counted_and_told() {
        let lives = Lives::default();
        let mut first = lives.begin(2).unwrap();
        let second = lives.begin(2).unwrap();
        assert!(lives.begin(2).is_none());
        drop(second);
        assert_eq!(lives.count(), 1);
        let told = tokio::spawn(async move { first.ended().await });
        assert_eq!(lives.end(1012, Duration::from_secs(5)).await, 0);
        assert_eq!(told.await.unwrap(), 1012);
        assert!(lives.begin(2).is_none(), "nobody begins at the end");
    }
}
