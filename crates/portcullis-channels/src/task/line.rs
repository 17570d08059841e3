//! The line itself: frames in and out, and a close that the client gets to see.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::mailbox::Mailbox;
use crate::settings::SocketSettings;

/// The read buffer of a connection; the library's own is thirty-two times as large, idle or not.
const BUFFER_BYTES: usize = 4096;
/// How long the client has to answer a close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// The longest reason that fits into a close frame.
const MAX_REASON_BYTES: usize = 123;

/// Why a connection ends.
#[derive(Debug)]
pub(crate) enum End {
    /// The client closed it.
    Closed,
    /// The line broke.
    Broken,
    /// We close it.
    Close(u16, String),
}

impl End {
    pub(crate) fn close(code: u16) -> Self {
        Self::Close(code, String::new())
    }
}

/// An upgraded connection.
pub(crate) struct Line {
    stream: WebSocketStream<TokioIo<Upgraded>>,
}

impl Line {
    pub(crate) async fn new(upgraded: Upgraded, settings: &SocketSettings) -> Self {
        let limit = Some(settings.max_message_bytes);
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER_BYTES)
            .write_buffer_size(0)
            .max_message_size(limit)
            .max_frame_size(limit);
        let io = TokioIo::new(upgraded);
        let stream = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
        Self { stream }
    }

    /// The next message. Safe to drop while it waits.
    pub(crate) async fn next(&mut self) -> Result<Message, End> {
        match self.stream.next().await {
            Some(Ok(Message::Close(_))) => {
                // The library has put its answer into the buffer.
                let _ = timeout(CLOSE_TIMEOUT, self.stream.flush()).await;
                Err(End::Closed)
            }
            Some(Ok(message)) => Ok(message),
            None => Err(End::Broken),
            Some(Err(error)) => Err(match error {
                Error::Capacity(_) => End::close(1009),
                Error::Utf8(_) => End::close(1007),
                Error::Protocol(error) => match error {
                    tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake => End::Broken,
                    _ => End::close(1002),
                },
                _ => End::Broken,
            }),
        }
    }

    /// Writes a message, unless its reader is too slow.
    pub(crate) async fn write(
        &mut self,
        message: Message,
        mailbox: &Mailbox,
        patience: Duration,
    ) -> Result<(), End> {
        tokio::select! {
            sent = timeout(patience, self.stream.send(message)) => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(End::Broken),
                Err(_) => Err(End::close(1013)),
            },
            () = mailbox.overflowed() => Err(End::close(1013)),
        }
    }

    /// Writes a last text before the close; what comes of it does not matter any more.
    pub(crate) async fn write_last(&mut self, text: Utf8Bytes) {
        let _ = timeout(CLOSE_TIMEOUT, self.stream.send(Message::Text(text))).await;
    }

    /// Ends the line. What the client still sends is read and dropped for a moment: a line that is cut
    /// while something comes in takes the close frame with it.
    pub(crate) async fn end(mut self, end: End) {
        if let End::Close(code, reason) = end {
            let frame = CloseFrame {
                code: CloseCode::from(code),
                reason: shortened(reason).into(),
            };
            let close = self.stream.send(Message::Close(Some(frame)));
            if !matches!(timeout(CLOSE_TIMEOUT, close).await, Ok(Ok(()))) {
                return;
            }
            let _ = timeout(CLOSE_TIMEOUT, self.drain()).await;
        }
        let _ = timeout(CLOSE_TIMEOUT, self.stream.get_mut().shutdown()).await;
    }

    async fn drain(&mut self) {
        loop {
            match self.stream.next().await {
                // The client has said good-bye, too: nothing may follow.
                Some(Ok(Message::Close(_))) | None => return,
                Some(Ok(_)) => {}
                Some(Err(_)) => break,
            }
        }
        let mut dropped = [0; 1024];
        while let Ok(1..) = self.stream.get_mut().read(&mut dropped).await {}
    }
}

fn shortened(mut reason: String) -> String {
    let end = reason.floor_char_boundary(MAX_REASON_BYTES);
    reason.truncate(end);
    reason
}
