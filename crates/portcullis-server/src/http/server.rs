//! Accepts connections, serves them, and stops without breaking off what is under way.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use super::connections::{Connections, Ticket};
use super::exchange::{AnswerBody, Exchange, UnderWay, Verdict, close_after};
use super::guard::Guard;
use super::limits::HttpLimits;
use super::watch::RequestTime;

/// How long to wait when the system has no socket left.
const NO_SOCKET: Duration = Duration::from_millis(500);

/// Serves `app` until `stop` ends; then finishes the requests under way, for
/// [`http_stop_time`](HttpLimits::http_stop_time) at most.
///
/// Connections from `proxies` are not counted by address.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    limits: HttpLimits,
    proxies: &[IpAddr],
    stop: impl Future<Output = ()>,
) {
    let limits = Arc::new(limits);
    let connections = Connections::new(&limits, proxies);
    let (stopping, has_stopped) = watch::channel(());
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                wait_after(&error).await;
                continue;
            }
        };
        match connections.enter(peer.ip()) {
            Ok(ticket) => {
                let connection = Connection {
                    app: app.clone(),
                    limits: Arc::clone(&limits),
                    peer,
                    exchange: Arc::default(),
                };
                tokio::spawn(connection.run(socket, ticket, has_stopped.clone()));
            }
            Err(why) => {
                tracing::warn!(address = %peer.ip(), ?why, "connection refused");
                connections.turn_away(socket, why);
            }
        }
    }
    drop(listener);
    drop(stopping);
    if timeout(limits.http_stop_time, connections.all_left())
        .await
        .is_err()
    {
        let count = connections.count();
        tracing::warn!(count, "connections were broken off");
    }
}

/// A connection that failed while it was accepted is its client's matter; all else may pass.
async fn wait_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    ) {
        tracing::error!(%error, "no connection can be accepted");
        sleep(NO_SOCKET).await;
    }
}

/// One connection, and what its requests are answered with.
struct Connection {
    app: Router,
    limits: Arc<HttpLimits>,
    peer: SocketAddr,
    exchange: Arc<Exchange>,
}

impl Connection {
    async fn run(self, socket: TcpStream, ticket: Ticket, mut has_stopped: watch::Receiver<()>) {
        drop(socket.set_nodelay(true));
        let exchange = Arc::clone(&self.exchange);
        let limits = Arc::clone(&self.limits);
        let guard = Guard::new(socket, Arc::clone(&exchange), Arc::clone(&limits));
        let service = service_fn(|request| self.answer(request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // The guard counts and measures; hyper has room for what it lets through.
            .header_read_timeout(None)
            .max_headers(limits.http_headers + 1)
            .max_buf_size(limits.http_header_bytes + limits.http_uri_bytes + 16 * 1024)
            .serve_connection(TokioIo::new(guard), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            _ = has_stopped.changed() => {
                if !exchange.has_begun() {
                    return;
                }
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if ended.is_err() {
            // The error could quote what was sent.
            tracing::debug!(address = %self.peer.ip(), "connection broke");
        }
        drop(ticket);
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<AnswerBody>, Infallible> {
        let verdict = self.exchange.next_verdict();
        let under_way = UnderWay(Arc::clone(&self.exchange));
        let mut request = request.map(Body::new);
        let extensions = request.extensions_mut();
        extensions.insert(ConnectInfo(self.peer));
        extensions.insert(RequestTime {
            exchange: Arc::clone(&self.exchange),
            limit: self.limits.http_request_time,
        });
        if let Verdict::Refuse(refused) = verdict {
            extensions.insert(refused);
        }
        let mut response = match self.app.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            self.exchange.upgrade();
        } else if verdict != Verdict::Pass {
            close_after(&mut response);
        }
        Ok(response.map(|body| AnswerBody {
            body,
            _under_way: under_way,
        }))
    }
}
