//! Stands between a socket and hyper: only judged heads pass, and only in time.
//!
//! The guard follows where each request ends, so that every head is judged and none is hidden in a
//! body. A chunked request is the last of its connection: then nobody has to agree about its end.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Duration;

use super::exchange::{Exchange, Refused, Verdict};
use super::head::{Framing, judge};
use super::limits::HttpLimits;
use super::scan::Scan;
use super::timers::{Timers, Wait};

/// What hyper gets instead of a head that is refused; the application knows by the verdict.
const STAND_IN: &[u8] = b"GET / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";

/// For how long a client that was refused may still send, so that it gets to read the answer.
const LINGER: Duration = Duration::from_secs(2);

/// How many bytes it may still send.
const LINGER_BYTES: usize = 4 * 1024 * 1024;

/// Where the connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Head,
    /// So many bytes of a body are to come.
    Body(u64),
    /// The rest of the connection is one chunked body.
    Rest,
    /// Nothing is read any more.
    Refused,
}

/// A socket behind its guard.
#[derive(Debug)]
pub(super) struct Guard<S> {
    socket: S,
    exchange: Arc<Exchange>,
    limits: Arc<HttpLimits>,
    place: Place,
    scan: Scan,
    /// Read from the socket, not yet judged.
    unread: BytesMut,
    /// Judged, not yet read by hyper.
    judged: Bytes,
    is_first: bool,
    has_skipped_line: bool,
    timers: Timers,
    lingered: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Guard<S> {
    pub(super) fn new(socket: S, exchange: Arc<Exchange>, limits: Arc<HttpLimits>) -> Self {
        Self {
            timers: Timers::new(&limits),
            socket,
            exchange,
            limits,
            place: Place::Head,
            scan: Scan::default(),
            unread: BytesMut::new(),
            judged: Bytes::new(),
            is_first: true,
            has_skipped_line: false,
            lingered: 0,
        }
    }

    /// Judges the head in `unread`; `false` when more of it is to come.
    fn take_head(&mut self) -> bool {
        if self.unread.starts_with(b"\r\n") && !self.has_skipped_line {
            // Some clients end a body with an empty line too many.
            self.unread.advance(2);
            self.has_skipped_line = true;
            self.scan = Scan::default();
        }
        let judgement = match self.scan.end(&self.unread, &self.limits) {
            Ok(None) => return false,
            Ok(Some(length)) => judge(self.unread.split_to(length).freeze(), &self.limits),
            Err(refused) => Err(refused),
        };
        match judgement {
            Ok((head, framing)) => self.pass(head, framing),
            Err(refused) => self.refuse(refused),
        }
        true
    }

    fn pass(&mut self, head: Bytes, framing: Framing) {
        let (place, verdict) = match framing {
            Framing::Length(0) => (Place::Head, Verdict::Pass),
            Framing::Length(length) => (Place::Body(length), Verdict::Pass),
            Framing::Chunked => (Place::Rest, Verdict::PassAsLast),
        };
        self.judged = head;
        self.place = place;
        self.scan = Scan::default();
        self.has_skipped_line = false;
        self.is_first = false;
        self.timers.next_body();
        self.exchange.set_body_open(place != Place::Head);
        self.exchange.judged(verdict);
    }

    fn refuse(&mut self, refused: Refused) {
        self.judged = Bytes::from_static(STAND_IN);
        self.unread.clear();
        self.place = Place::Refused;
        self.exchange.judged(Verdict::Refuse(refused));
    }

    /// Reads some bytes of a head.
    fn fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut space = [0; 4096];
        let mut space = ReadBuf::new(&mut space);
        ready!(Pin::new(&mut self.socket).poll_read(context, &mut space))?;
        let bytes = space.filled();
        if !bytes.is_empty() {
            self.exchange.begin();
        }
        self.unread.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    /// A head is awaited. `true` when it does not come in time.
    fn head_is_late(&mut self, context: &mut Context<'_>) -> bool {
        if self.exchange.is_busy(context) {
            // The client waits for us.
            return false;
        }
        let (wait, time) = match (self.unread.is_empty(), self.is_first) {
            (true, true) => (Wait::FirstByte, self.limits.http_header_time),
            (true, false) => (Wait::NextRequest, self.limits.http_idle_time),
            (false, _) => (Wait::Head, self.limits.http_header_time),
        };
        self.timers.is_over(context, wait, time)
    }

    /// Reads body bytes, at most `most`.
    fn read_body(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
        most: u64,
    ) -> Poll<io::Result<u64>> {
        let mut space = [0; 8192];
        let most = usize::try_from(most)
            .unwrap_or(usize::MAX)
            .min(buffer.remaining());
        let count = if self.unread.is_empty() {
            let length = most.min(space.len());
            let mut part = ReadBuf::new(space.get_mut(..length).unwrap_or_default());
            let read = Pin::new(&mut self.socket).poll_read(context, &mut part);
            if read.is_pending() && self.timers.body_is_late(context, &self.limits) {
                self.exchange.body_is_too_slow();
                self.place = Place::Refused;
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            ready!(read)?;
            buffer.put_slice(part.filled());
            part.filled().len()
        } else {
            let count = most.min(self.unread.len());
            buffer.put_slice(&self.unread.split_to(count));
            count
        };
        self.timers.body_came(count);
        Poll::Ready(Ok(count as u64))
    }

    /// Reads and forgets what a refused client still sends, for a while: a socket that is closed
    /// with bytes unread takes the answer back.
    fn linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut space = [0; 4096];
        while self.lingered < LINGER_BYTES && !self.timers.is_over(context, Wait::Linger, LINGER) {
            let mut space = ReadBuf::new(&mut space);
            match ready!(Pin::new(&mut self.socket).poll_read(context, &mut space)) {
                Ok(()) if !space.filled().is_empty() => self.lingered += space.filled().len(),
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Guard<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if !this.judged.is_empty() {
                let count = this.judged.len().min(buffer.remaining());
                buffer.put_slice(&this.judged.split_to(count));
                return Poll::Ready(Ok(()));
            }
            if this.exchange.is_upgraded() {
                if this.unread.is_empty() {
                    return Pin::new(&mut this.socket).poll_read(context, buffer);
                }
                this.judged = this.unread.split().freeze();
                continue;
            }
            match this.place {
                Place::Refused => return Poll::Pending,
                Place::Head => {
                    if !this.unread.is_empty() && this.take_head() {
                        continue;
                    }
                    match this.fill(context) {
                        Poll::Ready(Ok(0)) => return Poll::Ready(Ok(())),
                        Poll::Ready(Ok(_)) => {}
                        Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                        Poll::Pending if !this.head_is_late(context) => return Poll::Pending,
                        Poll::Pending if this.unread.is_empty() => return Poll::Ready(Ok(())),
                        Poll::Pending => this.refuse(Refused::TOO_SLOW),
                    }
                }
                Place::Rest => {
                    ready!(this.read_body(context, buffer, u64::MAX))?;
                    return Poll::Ready(Ok(()));
                }
                Place::Body(left) => {
                    let left = left.saturating_sub(ready!(this.read_body(context, buffer, left))?);
                    this.place = if left == 0 {
                        Place::Head
                    } else {
                        Place::Body(left)
                    };
                    this.exchange.set_body_open(left > 0);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.socket).poll_write(context, bytes);
        this.timers.written(context, &this.limits, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.socket).poll_write_vectored(context, parts);
        this.timers.written(context, &this.limits, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.socket).poll_flush(context);
        this.timers.written(context, &this.limits, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.socket).poll_shutdown(context))?;
        if this.place != Place::Head {
            ready!(this.linger(context));
        }
        Poll::Ready(Ok(()))
    }
}
