//! Who is at the other end of the connection, and by which scheme: as the server, or a trusted proxy, saw it.

use std::net::IpAddr;

use http::request::Parts;
use http::{Extensions, header};

/// The address at the other end of a connection, as the server saw it, in a request's extensions.
#[doc(alias = "REMOTE_ADDR")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddress(pub IpAddr);

/// In a request's extensions: it came through a proxy whose word counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThroughProxy;

/// Facts about the client's end, put into a request's extensions before any door.
///
/// Without it a request counts as plain http from nowhere: nothing is believed that headers say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientInfo {
    /// The address at the other end.
    pub address: Option<IpAddr>,
    /// Whether the client used https.
    pub is_secure: bool,
}

impl ClientInfo {
    /// The facts about a request.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or_default()
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.is_secure { "https" } else { "http" }
    }

    /// What stands for the address in counters: IPv4 whole, IPv6 by its /64.
    #[must_use]
    pub fn counter_key(&self) -> String {
        match self.address {
            None => "unknown".to_owned(),
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
                Some(address) => address.to_string(),
                None => {
                    let [a, b, c, d, ..] = address.segments();
                    format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
                }
            },
        }
    }
}

/// The host that a request names, with its port where it has one.
pub(crate) fn host(request: &Parts) -> Option<&str> {
    match request.uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => request.headers.get(header::HOST)?.to_str().ok(),
    }
}
