//! How long a guard waits, for what.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Duration, Instant, Sleep, sleep};

use super::limits::HttpLimits;

/// What the reading side waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    FirstByte,
    Head,
    NextRequest,
    Linger,
}

/// How fast a body came so far: time counts only while the server waits for the client.
#[derive(Debug, Default)]
struct Pace {
    bytes: u64,
    waited: Duration,
    since: Option<Instant>,
}

/// The timers of one connection, one for each direction.
#[derive(Debug)]
pub(super) struct Timers {
    read: Pin<Box<Sleep>>,
    read_is_for: Option<Wait>,
    write: Option<Pin<Box<Sleep>>>,
    pace: Pace,
}

impl Timers {
    pub(super) fn new(limits: &HttpLimits) -> Self {
        Self {
            read: Box::pin(sleep(limits.http_header_time)),
            read_is_for: None,
            write: None,
            pace: Pace::default(),
        }
    }

    /// Whether the time for `wait` is over; it starts when the one before was for something else.
    pub(super) fn is_over(
        &mut self,
        context: &mut Context<'_>,
        wait: Wait,
        time: Duration,
    ) -> bool {
        if self.read_is_for != Some(wait) {
            self.read.as_mut().reset(Instant::now() + time);
            self.read_is_for = Some(wait);
        }
        self.read.as_mut().poll(context).is_ready()
    }

    /// A new request begins.
    pub(super) fn next_body(&mut self) {
        self.pace = Pace::default();
        self.read_is_for = None;
    }

    /// So many bytes of a body have come.
    pub(super) fn body_came(&mut self, bytes: usize) {
        if let Some(since) = self.pace.since.take() {
            self.pace.waited += since.elapsed();
        }
        self.pace.bytes = self.pace.bytes.saturating_add(bytes as u64);
    }

    /// A body is awaited: whether it came too slowly so far.
    pub(super) fn body_is_late(&mut self, context: &mut Context<'_>, limits: &HttpLimits) -> bool {
        let since = *self.pace.since.get_or_insert_with(Instant::now);
        let rate = u64::from(limits.http_body_rate.max(1));
        let paid = Duration::from_millis(self.pace.bytes.saturating_mul(1000) / rate);
        let allowed = paid.max(limits.http_body_grace);
        let Some(deadline) = since.checked_add(allowed.saturating_sub(self.pace.waited)) else {
            return false;
        };
        self.read_is_for = None;
        self.read.as_mut().reset(deadline);
        self.read.as_mut().poll(context).is_ready()
    }

    /// Fails a write that has been waiting for too long.
    pub(super) fn written<T>(
        &mut self,
        context: &mut Context<'_>,
        limits: &HttpLimits,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write = None;
            return written;
        }
        let time = limits.http_write_time;
        let timer = self.write.get_or_insert_with(|| Box::pin(sleep(time)));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}
