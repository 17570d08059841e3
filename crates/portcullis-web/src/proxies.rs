//! Whose word counts about the client's address and scheme: nobody's, until a proxy is named.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;

use crate::client::{ClientInfo, PeerAddress};

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
        let info = proxies.info(peer.map(|PeerAddress(address)| *address), request.headers());
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
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let chain = header("x-forwarded-for").unwrap_or_default();
        // From the right: each proxy wrote down who it was called by; the first that is none of
        // ours is the client.
        let hops = chain
            .rsplit(',')
            .filter_map(|hop| hop.trim().parse::<IpAddr>().ok());
        let named = match self {
            Self::Addresses(_) => hops.clone().find(|hop| !self.trusts(Some(*hop))),
            Self::DangerEverybody => hops.clone().next(),
        };
        ClientInfo {
            address: named.or(peer),
            is_secure: header("x-forwarded-proto") == Some("https"),
        }
    }

    fn trusts(&self, peer: Option<IpAddr>) -> bool {
        match self {
            Self::Addresses(addresses) => peer.is_some_and(|peer| addresses.contains(&peer)),
            Self::DangerEverybody => true,
        }
    }
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
}
