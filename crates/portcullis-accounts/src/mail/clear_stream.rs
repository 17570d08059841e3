//! A connection that begins in clear and goes on in TLS, without taking one for the other.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The first byte of a TLS handshake; no SMTP command begins with it.
const HANDSHAKE: u8 = 0x16;

/// Gives no byte in advance while the connection is in clear.
///
/// lettre 0.11 keeps what it has read beyond the answer to STARTTLS, and takes it for the answers to
/// what it asks in TLS: somebody on the way could say that a mail was taken. Byte by byte, what was
/// slipped in is left for the handshake, which fails at it. (RFC 3207 wants it discarded.)
#[derive(Debug)]
pub(super) struct ClearStream {
    tcp: TcpStream,
    is_tls: bool,
}

impl ClearStream {
    /// A connection on which nothing was said.
    pub(super) fn new(tcp: TcpStream) -> Self {
        let is_tls = false;
        Self { tcp, is_tls }
    }
}

impl AsyncTokioStream for ClearStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.peer_addr()
    }
}

impl AsyncRead for ClearStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_tls || buffer.remaining() <= 1 {
            return Pin::new(&mut self.tcp).poll_read(cx, buffer);
        }
        let mut byte = [0];
        let mut byte = ReadBuf::new(&mut byte);
        ready!(Pin::new(&mut self.tcp).poll_read(cx, &mut byte))?;
        buffer.put_slice(byte.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ClearStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.is_tls |= bytes.first() == Some(&HANDSHAKE);
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
