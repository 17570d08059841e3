//! How much a client may ask of the HTTP side, and how long it may take.

use std::time::Duration;

/// Limits of the HTTP side. The defaults are for a server that anybody can reach.
///
/// Settings name them `http.header_bytes` and so on; times are in seconds there, and may have a fraction.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpLimits {
    /// Bytes of all header lines together; more is 431.
    pub http_header_bytes: usize,
    /// Header lines; more is 431.
    pub http_headers: usize,
    /// Bytes of the request's target; more is 414.
    pub http_uri_bytes: usize,
    /// From a request's first byte to the end of its header lines; longer is 408. A connection
    /// without a first byte is closed after the same time.
    pub http_header_time: Duration,
    /// For how long a body may be slower than [`http_body_rate`](Self::http_body_rate).
    pub http_body_grace: Duration,
    /// Bytes a second that a body must bring on average; less is 408.
    pub http_body_rate: u32,
    /// How long a connection is kept between two requests.
    pub http_idle_time: Duration,
    /// From the end of the header lines to the answer; longer is 408 while the body is still being
    /// sent, and 503 after that.
    pub http_request_time: Duration,
    /// How long a client may take none of an answer's bytes before the connection is dropped.
    pub http_write_time: Duration,
    /// How long requests under way may still take when the server is told to stop.
    pub http_stop_time: Duration,
    /// Connections from one address (one /64 of IPv6); one more is answered 429. Trusted proxies
    /// are not counted.
    pub http_connections_per_address: usize,
    /// Connections altogether; one more is answered 503.
    pub http_connections: u32,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            http_header_bytes: 32 * 1024,
            http_headers: 100,
            http_uri_bytes: 8 * 1024,
            http_header_time: Duration::from_secs(10),
            http_body_grace: Duration::from_secs(10),
            http_body_rate: 500,
            http_idle_time: Duration::from_secs(75),
            http_request_time: Duration::from_secs(60),
            http_write_time: Duration::from_secs(60),
            http_stop_time: Duration::from_secs(30),
            http_connections_per_address: 512,
            http_connections: 10_000,
        }
    }
}
