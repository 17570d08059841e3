//! How much a client may ask of the HTTP side, and how long it may take.

use std::time::Duration;

use clap::Args;

/// Limits of the HTTP side. The defaults are for a server that anybody can reach.
///
/// Times are in seconds on the command line, and may have a fraction.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct HttpLimits {
    /// Bytes of all header lines together; more is 431.
    #[arg(long, env = "PORTCULLIS_HTTP_HEADER_BYTES", default_value_t = 32 * 1024, hide = true, global = true)]
    pub http_header_bytes: usize,
    /// Header lines; more is 431.
    #[arg(
        long,
        env = "PORTCULLIS_HTTP_HEADERS",
        default_value_t = 100,
        hide = true,
        global = true
    )]
    pub http_headers: usize,
    /// Bytes of the request's target; more is 414.
    #[arg(long, env = "PORTCULLIS_HTTP_URI_BYTES", default_value_t = 8 * 1024, hide = true, global = true)]
    pub http_uri_bytes: usize,
    /// From a request's first byte to the end of its header lines; longer is 408. A connection
    /// without a first byte is closed after the same time.
    #[arg(long, env = "PORTCULLIS_HTTP_HEADER_TIME", default_value = "10", value_parser = seconds, hide = true, global = true)]
    pub http_header_time: Duration,
    /// For how long a body may be slower than [`http_body_rate`](Self::http_body_rate).
    #[arg(long, env = "PORTCULLIS_HTTP_BODY_GRACE", default_value = "10", value_parser = seconds, hide = true, global = true)]
    pub http_body_grace: Duration,
    /// Bytes a second that a body must bring on average; less is 408.
    #[arg(
        long,
        env = "PORTCULLIS_HTTP_BODY_RATE",
        default_value_t = 500,
        hide = true,
        global = true
    )]
    pub http_body_rate: u32,
    /// How long a connection is kept between two requests.
    #[arg(long, env = "PORTCULLIS_HTTP_IDLE_TIME", default_value = "75", value_parser = seconds, hide = true, global = true)]
    pub http_idle_time: Duration,
    /// From the end of the header lines to the answer; longer is 408 while the body is still being
    /// sent, and 503 after that.
    #[arg(long, env = "PORTCULLIS_HTTP_REQUEST_TIME", default_value = "60", value_parser = seconds, hide = true, global = true)]
    pub http_request_time: Duration,
    /// How long a client may take none of an answer's bytes before the connection is dropped.
    #[arg(long, env = "PORTCULLIS_HTTP_WRITE_TIME", default_value = "60", value_parser = seconds, hide = true, global = true)]
    pub http_write_time: Duration,
    /// How long requests under way may still take when the server is told to stop.
    #[arg(long, env = "PORTCULLIS_HTTP_STOP_TIME", default_value = "30", value_parser = seconds, hide = true, global = true)]
    pub http_stop_time: Duration,
    /// Connections from one address (one /64 of IPv6); one more is answered 429. Trusted proxies
    /// are not counted.
    #[arg(
        long,
        env = "PORTCULLIS_HTTP_CONNECTIONS_PER_ADDRESS",
        default_value_t = 512,
        hide = true,
        global = true
    )]
    pub http_connections_per_address: usize,
    /// Connections altogether; one more is answered 503.
    #[arg(
        long,
        env = "PORTCULLIS_HTTP_CONNECTIONS",
        default_value_t = 10_000,
        hide = true,
        global = true
    )]
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

/// The longest time that can be set: a day.
const MAX_SECONDS: f64 = 86_400.0;

fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text
        .parse()
        .map_err(|_| "not a number of seconds".to_owned())?;
    if !(number > 0.0 && number <= MAX_SECONDS) {
        return Err(format!("not between 0 and {MAX_SECONDS}"));
    }
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        limits: HttpLimits,
    }

    #[test]
    fn command_line_and_default_agree() {
        let line = Line::try_parse_from(["x"]).unwrap();
        assert_eq!(line.limits, HttpLimits::default());
    }

    #[test]
    fn times_are_positive_seconds() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["0", "-1", "NaN", "inf", "1e9", "ten"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
