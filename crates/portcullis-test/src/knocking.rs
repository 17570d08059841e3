//! The handshake of a socket in a test.

use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::duplex;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::client::Client;
use crate::communicator::Communicator;

/// How many bytes may be under way: a client that does not read is soon noticed.
const LINE_BYTES: usize = 64 * 1024;

/// A handshake that is being put together.
///
/// The protocol is spoken for real, over a line in memory: what a test sees is what a browser would.
#[derive(Debug)]
pub struct Knocking<'c> {
    client: &'c Client,
    request: http::Request<()>,
}

/// There is no socket: the handshake was refused by HTTP.
#[derive(Debug)]
pub struct NoSocket {
    /// The status, such as 403 for a foreign origin, and 404 where no socket is.
    pub status: StatusCode,
    /// The answer's headers.
    pub headers: http::HeaderMap,
}

impl<'c> Knocking<'c> {
    pub(crate) fn new(client: &'c Client, path: &str) -> Self {
        let request = format!("ws://localhost{path}").into_client_request();
        Self {
            client,
            request: request.expect("the path of a test is a URI"),
        }
    }

    /// Adds a header, such as `origin`.
    ///
    /// # Panics
    /// When name or value can be no header's.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        let value = HeaderValue::from_bytes(value.as_ref()).expect("a header's value");
        self.request.headers_mut().append(name, value);
        self
    }

    /// Offers sub-protocols, such as `portcullis.v1` and `bearer.TOKEN`.
    #[must_use]
    pub fn offering(self, protocols: &[&str]) -> Self {
        self.header("sec-websocket-protocol", protocols.join(", "))
    }

    /// Opens the socket; what it says is the communicator's.
    ///
    /// # Errors
    /// [`NoSocket`] when the handshake was refused by HTTP.
    ///
    /// # Panics
    /// When the line breaks.
    pub async fn connect(self) -> Result<Communicator, NoSocket> {
        let Self {
            client,
            mut request,
        } = self;
        let headers = request.headers_mut();
        if let Some(authorization) = client.authorization()
            && !headers.contains_key(header::AUTHORIZATION)
        {
            let value = HeaderValue::from_str(authorization).expect("a token is a header's value");
            headers.insert(header::AUTHORIZATION, value);
        }
        if let Some(value) = client.cookie_header() {
            headers.insert(header::COOKIE, value);
        }
        let (ours, theirs) = duplex(LINE_BYTES);
        let service = TowerToHyperService::new(client.router());
        let serving = http1::Builder::new()
            .serve_connection(TokioIo::new(theirs), service)
            .with_upgrades();
        tokio::spawn(serving);
        match client_async(request, ours).await {
            Ok((stream, response)) => Ok(Communicator::new(stream, &response)),
            Err(Error::Http(response)) => {
                let (parts, _) = response.into_parts();
                Err(NoSocket {
                    status: parts.status,
                    headers: parts.headers,
                })
            }
            Err(error) => panic!("the handshake broke off: {error}"),
        }
    }

    /// Opens the socket, and takes the frame that says who is there.
    ///
    /// # Panics
    /// When they are refused.
    pub async fn enter(self) -> Communicator {
        let connected = self.connect().await;
        let mut communicator =
            connected.unwrap_or_else(|refused| panic!("no socket: {}", refused.status));
        communicator.assert_authenticated().await;
        communicator
    }
}

/// The sub-protocol that was chosen.
pub(crate) fn protocol<B>(response: &Response<B>) -> Option<String> {
    let chosen = response.headers().get(header::SEC_WEBSOCKET_PROTOCOL)?;
    chosen.to_str().ok().map(str::to_owned)
}
