//! Asking providers: bounded in time and size, without redirects, and by https alone.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::{Host, Url};

use super::ProviderError;
use super::tls::Tls;

/// How long one answer of a provider may take, from the first byte to the last.
const TIME: Duration = Duration::from_secs(10);

/// The longest answer that is read, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// A client for providers. Nothing that it is asked for comes from a request: only endpoints of settings,
/// and of the documents that these name.
#[derive(Clone)]
pub struct HttpClient {
    tls: Tls,
    time: Duration,
}

/// A request to a provider.
pub struct Outgoing {
    url: Url,
    /// Its media type, and itself; with one, it is a `POST`.
    body: Option<(&'static str, String)>,
    authorization: Option<HeaderValue>,
}

/// What a provider answered.
pub struct Incoming {
    /// Its status.
    pub status: StatusCode,
    body: Bytes,
}

impl HttpClient {
    /// A client that believes the public certificate authorities, and those of a file in PEM.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn new(ca_file: Option<&Path>) -> Result<Self, TlsError> {
        Ok(Self {
            tls: Tls::new(ca_file)?,
            time: TIME,
        })
    }

    /// With another time for one answer; ten seconds otherwise.
    #[must_use]
    pub fn with_time(self, time: Duration) -> Self {
        Self { time, ..self }
    }

    /// Whether a provider may be asked there: by https, or by http on this machine.
    #[must_use]
    pub fn may_ask(url: &Url) -> bool {
        is_allowed(url)
    }

    /// Sends a request, and reads the answer. A redirect is an answer like any other.
    ///
    /// # Errors
    /// [`ProviderError::Away`] when nobody answers in time, [`ProviderError::Answer`] for an answer that is too
    /// long, [`ProviderError::NotOffered`] for an address that is not https, but on this machine.
    pub async fn send(&self, request: Outgoing) -> Result<Incoming, ProviderError> {
        let answer = timeout(self.time, self.exchange(request)).await;
        answer.unwrap_or(Err(ProviderError::Away("not in time")))
    }

    /// The JSON object that a provider answers with.
    ///
    /// # Errors
    /// As [`send`](Self::send); [`ProviderError::Refused`] for a status of 4xx, [`ProviderError::Away`] for one of 5xx.
    pub async fn json(&self, request: Outgoing) -> Result<Map<String, Value>, ProviderError> {
        self.send(request).await?.checked()?.object()
    }

    async fn exchange(&self, request: Outgoing) -> Result<Incoming, ProviderError> {
        let away = |_| ProviderError::Away("no connection");
        let url = &request.url;
        if !is_allowed(url) {
            return Err(ProviderError::NotOffered("an address that is not https"));
        }
        let port = url.port_or_known_default().unwrap_or(443);
        let stream = match url.host() {
            Some(Host::Domain(name)) => TcpStream::connect((name, port)).await,
            Some(Host::Ipv4(address)) => TcpStream::connect((address, port)).await,
            Some(Host::Ipv6(address)) => TcpStream::connect((address, port)).await,
            None => return Err(ProviderError::NotOffered("an address without a host")),
        };
        let stream = stream.map_err(away)?;
        if url.scheme() == "https" {
            let stream = self.tls.connect(url, stream).await?;
            speak(stream, request).await
        } else {
            speak(stream, request).await
        }
    }
}

/// Whether a provider may be asked there: by https, or on this machine.
pub(crate) fn is_allowed(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

async fn speak<S>(stream: S, request: Outgoing) -> Result<Incoming, ProviderError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let away = |_| ProviderError::Away("the connection broke");
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.map_err(away)?;
    // Ends with the sender and the answer.
    tokio::spawn(async move { drop(connection.await) });
    let answer = sender.send_request(request.into_http()?).await;
    let (head, mut body) = answer.map_err(away)?.into_parts();
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(away)?.into_data() {
            if read.len() + data.len() > MAX_BYTES {
                return Err(ProviderError::Answer("longer than a megabyte"));
            }
            read.extend_from_slice(&data);
        }
    }
    Ok(Incoming {
        status: head.status,
        body: read.into(),
    })
}

impl Outgoing {
    /// Asks for what is at an address.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self {
            url,
            body: None,
            authorization: None,
        }
    }

    /// Sends JSON there.
    #[must_use]
    pub fn json(url: Url, value: &Value) -> Self {
        Self {
            url,
            body: Some(("application/json", value.to_string())),
            authorization: None,
        }
    }

    /// Sends a form there.
    #[must_use]
    pub fn form(url: Url, fields: &[(&str, &str)]) -> Self {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        Self {
            url,
            body: Some(("application/x-www-form-urlencoded", form.finish())),
            authorization: None,
        }
    }

    /// With an access token.
    #[must_use]
    pub fn bearer(mut self, token: &str) -> Self {
        self.authorization = secret(&format!("Bearer {token}"));
        self
    }

    /// With a name and a password, each encoded as RFC 6749, 2.3.1 wants it.
    #[must_use]
    pub fn basic(mut self, name: &str, password: &str) -> Self {
        let encoded = |text: &str| -> String {
            url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
        };
        let pair = format!("{}:{}", encoded(name), encoded(password));
        self.authorization = secret(&format!("Basic {}", STANDARD.encode(pair)));
        self
    }

    fn into_http(self) -> Result<Request<Full<Bytes>>, ProviderError> {
        let url = &self.url;
        let host = match url.port() {
            Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
            None => url.host_str().unwrap_or_default().to_owned(),
        };
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let mut request = Request::builder()
            .uri(target)
            .header(HOST, host)
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, "portcullis");
        if let Some(authorization) = self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let body = match self.body {
            Some((media_type, body)) => {
                request = request
                    .method(Method::POST)
                    .header(CONTENT_TYPE, media_type);
                body
            }
            None => String::new(),
        };
        let request = request.body(Full::from(body));
        request.map_err(|_| ProviderError::NotOffered("a request that cannot be written"))
    }
}

/// A header that is not shown; `None` for what no header may hold.
fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl Incoming {
    /// The same, if its status says that it went well.
    ///
    /// # Errors
    /// [`ProviderError::Refused`] for 4xx, [`ProviderError::Away`] for 5xx, [`ProviderError::Answer`] for others.
    pub fn checked(self) -> Result<Self, ProviderError> {
        match self.status.as_u16() {
            200..=299 => Ok(self),
            400..=499 => Err(ProviderError::Refused("by its status")),
            500..=599 => Err(ProviderError::Away("it failed")),
            _ => Err(ProviderError::Answer("neither yes nor no")),
        }
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// [`ProviderError::Answer`] when it is none.
    pub fn value(&self) -> Result<Value, ProviderError> {
        serde_json::from_slice(&self.body).map_err(|_| ProviderError::Answer("no JSON"))
    }

    /// The body as a JSON object.
    ///
    /// # Errors
    /// [`ProviderError::Answer`] when it is none.
    pub fn object(&self) -> Result<Map<String, Value>, ProviderError> {
        match self.value()? {
            Value::Object(object) => Ok(object),
            _ => Err(ProviderError::Answer("no JSON object")),
        }
    }
}

pub use super::tls::TlsError;

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient")
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Form and header hold secrets, and the query may.
        f.debug_struct("Outgoing")
            .field("host", &self.url.host_str())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The body holds tokens.
        f.debug_struct("Incoming")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_this_machine_are_asked() {
        for (url, allowed) in [
            ("https://provider.example/token", true),
            ("http://127.0.0.1:9/token", true),
            ("http://[::1]:9/token", true),
            ("http://localhost/token", true),
            ("http://provider.example/token", false),
            ("http://localhost.provider.example/", false),
            ("ftp://127.0.0.1/", false),
            ("data:text/plain,", false),
        ] {
            assert_eq!(is_allowed(&Url::parse(url).unwrap()), allowed, "{url}");
        }
    }
}
