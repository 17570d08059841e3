//! Whose word counts about the client's address and scheme: nobody's, until a proxy is named.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;

use crate::client::{ClientInfo, PeerAddress, ThroughProxy};

/// The proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
#[doc(alias = "SECURE_PROXY_SSL_HEADER")]
#[doc(alias = "NUM_PROXIES")]
#[derive(Clone, Debug)]
pub enum TrustedProxies {
    /// Requests that come from these addresses. Empty: nobody is believed.
    Addresses(Arc<[IpAddr]>),
    /// Everybody: for tests, where no request comes from outside.
    DangerEverybody,
}

impl Default for TrustedProxies {
    fn default() -> Self {
        Self::Addresses(Arc::from([]))
    }
}

impl TrustedProxies {
    /// Puts the [`ClientInfo`] into every request, for `axum::middleware::from_fn_with_state`.
    ///
    /// The address is that of the connection, where the server gives it ([`PeerAddress`]).
    pub async fn identify(
        State(proxies): State<Self>,
        mut request: Request,
        next: Next,
    ) -> Response {
        let peer = request.extensions().get::<PeerAddress>();
        let peer = peer.map(|PeerAddress(address)| *address);
        let info = proxies.info(peer, request.headers());
        if proxies.trusts(peer) {
            request.extensions_mut().insert(ThroughProxy);
        }
        request.extensions_mut().insert(info);
        next.run(request).await
    }

    fn info(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> ClientInfo {
        if !self.trusts(peer) {
            return ClientInfo {
                address: peer,
                is_secure: false,
            };
        }
        let client = match self {
            Self::Addresses(_) => self.client(headers),
            Self::DangerEverybody => hops(headers).next().flatten(),
        };
        // A proxy may add a line of its own instead of replacing the client's: the last one counts.
        let scheme = headers.get_all("x-forwarded-proto").iter().next_back();
        ClientInfo {
            address: client.or(peer),
            is_secure: scheme.is_some_and(|scheme| scheme == "https"),
        }
    }

    /// From the right: each proxy wrote down who it was called by; the first that is none of ours
    /// is the client. What is left of something that is no address was written by anybody.
    fn client(&self, headers: &HeaderMap) -> Option<IpAddr> {
        hops(headers)
            .map_while(|hop| hop)
            .find(|hop| !self.trusts(Some(*hop)))
    }

    fn trusts(&self, peer: Option<IpAddr>) -> bool {
        match self {
            Self::Addresses(addresses) => peer.is_some_and(|peer| {
                // A listener on both families shows IPv4 as IPv6.
                let peer = peer.to_canonical();
                addresses.iter().any(|known| known.to_canonical() == peer)
            }),
            Self::DangerEverybody => true,
        }
    }
}

/// The addresses of all `X-Forwarded-For` lines from the right; `None` for what is no address.
fn hops(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',').map(hop))
}

/// An address, also with a port, as some proxies write it.
fn hop(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse::<IpAddr>().ok();
    address.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(chain: &'static str) -> HeaderMap {
        let chain = ("x-forwarded-for".parse().unwrap(), chain.parse().unwrap());
        let scheme = (
            "x-forwarded-proto".parse().unwrap(),
            "https".parse().unwrap(),
        );
        [chain, scheme].into_iter().collect()
    }

    #[test]
    fn strangers_are_not_believed() {
        let stranger: IpAddr = "203.0.113.9".parse().unwrap();
        let info = TrustedProxies::default().info(Some(stranger), &headers("10.0.0.1"));
        assert_eq!(
            info,
            ClientInfo {
                address: Some(stranger),
                is_secure: false
            }
        );
    }

    #[test]
    fn first_address_that_is_no_proxy_is_the_client() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let proxies = TrustedProxies::Addresses(Arc::from([proxy]));
        let info = proxies.info(Some(proxy), &headers("198.51.100.7, 203.0.113.9, 10.0.0.1"));
        let client = "203.0.113.9".parse().unwrap();
        assert_eq!(
            info,
            ClientInfo {
                address: Some(client),
                is_secure: true
            }
        );
        let info = proxies.info(Some(proxy), &headers("nonsense"));
        assert_eq!(info.address, Some(proxy));
    }

    #[test]
    fn what_the_client_wrote_itself_is_not_believed() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let proxies = TrustedProxies::Addresses(Arc::from([proxy]));
        let client: IpAddr = "203.0.113.9".parse().unwrap();
        // A proxy that adds a line of its own below the client's.
        let mut two = headers("198.51.100.7");
        two.append("x-forwarded-for", "203.0.113.9".parse().unwrap());
        two.append("x-forwarded-proto", "http".parse().unwrap());
        let believed = ClientInfo {
            address: Some(client),
            is_secure: false,
        };
        assert_eq!(proxies.info(Some(proxy), &two), believed);
        let mapped = "::ffff:10.0.0.1".parse().unwrap();
        assert_eq!(proxies.info(Some(mapped), &two), believed);
        // Proxies that write ports, or something that is no address.
        for (chain, address) in [
            ("198.51.100.7, 203.0.113.9:4711", client),
            (
                "198.51.100.7, [2001:db8::1]:443",
                "2001:db8::1".parse().unwrap(),
            ),
            (
                "198.51.100.7, [2001:db8::1]",
                "2001:db8::1".parse().unwrap(),
            ),
            ("198.51.100.7, unknown", proxy),
            ("198.51.100.7, unknown, 10.0.0.1", proxy),
        ] {
            let info = proxies.info(Some(proxy), &headers(chain));
            assert_eq!(info.address, Some(address), "{chain}");
        }
    }
}
