//! How many connections there are, altogether and of each address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use portcullis::web::ClientInfo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::limits::HttpLimits;

/// How many clients may be told at the same time that there is no place; others are just closed.
const MAX_TURNED_AWAY: usize = 256;

/// For how long a client that is turned away may read why.
const FAREWELL: Duration = Duration::from_secs(1);

const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\nconnection: close\r\n\
    content-type: application/json\r\ncontent-length: 51\r\n\r\n\
    {\"detail\":\"The service is busy. Please try again.\"}";

const TOO_MANY: &[u8] =
    b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 2\r\nconnection: close\r\n\
    content-type: application/json\r\ncontent-length: 51\r\n\r\n\
    {\"detail\":\"Too many connections from one address.\"}";

/// Connections of each address that has any.
type Counts = Arc<Mutex<HashMap<String, usize>>>;

/// The places for connections.
#[derive(Debug)]
pub(super) struct Connections {
    places: Arc<Semaphore>,
    size: u32,
    per_address: usize,
    uncounted: Box<[IpAddr]>,
    of_address: Counts,
    farewells: Arc<Semaphore>,
}

/// A connection's place, free again when this is dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    _place: OwnedSemaphorePermit,
    counted: Option<(String, Counts)>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPlace {
    Full,
    TooManyOfAddress,
}

impl Connections {
    /// Connections from `uncounted` addresses, which are trusted proxies, count altogether only.
    pub(super) fn new(limits: &HttpLimits, uncounted: &[IpAddr]) -> Self {
        Self {
            places: Arc::new(Semaphore::new(limits.http_connections as usize)),
            size: limits.http_connections,
            per_address: limits.http_connections_per_address,
            uncounted: uncounted.into(),
            of_address: Arc::default(),
            farewells: Arc::new(Semaphore::new(MAX_TURNED_AWAY)),
        }
    }

    /// A place for a connection from `address`.
    pub(super) fn enter(&self, address: IpAddr) -> Result<Ticket, NoPlace> {
        let address = address.to_canonical();
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| NoPlace::Full)?;
        if self.uncounted.contains(&address) {
            return Ok(Ticket {
                _place: place,
                counted: None,
            });
        }
        let info = ClientInfo {
            address: Some(address),
            is_secure: false,
        };
        let key = info.counter_key();
        let mut counts = self
            .of_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(key.clone()).or_default();
        if *count >= self.per_address {
            return Err(NoPlace::TooManyOfAddress);
        }
        *count += 1;
        let counted = Some((key, Arc::clone(&self.of_address)));
        Ok(Ticket {
            _place: place,
            counted,
        })
    }

    /// Tells a client why there is no place for it, and closes.
    pub(super) fn turn_away(&self, mut socket: TcpStream, why: NoPlace) {
        let Ok(permit) = Arc::clone(&self.farewells).try_acquire_owned() else {
            return;
        };
        let words = match why {
            NoPlace::Full => FULL,
            NoPlace::TooManyOfAddress => TOO_MANY,
        };
        tokio::spawn(async move {
            let farewell = async {
                socket.write_all(words).await?;
                socket.shutdown().await?;
                // Closing with bytes unread would take the answer back.
                let mut space = [0; 1024];
                while socket.read(&mut space).await? > 0 {}
                std::io::Result::Ok(())
            };
            drop(timeout(FAREWELL, farewell).await);
            drop(permit);
        });
    }

    /// Waits until every connection has ended.
    pub(super) async fn all_left(&self) {
        drop(self.places.acquire_many(self.size).await);
    }

    /// How many connections there are.
    pub(super) fn count(&self) -> usize {
        (self.size as usize).saturating_sub(self.places.available_permits())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let Some((key, counts)) = self.counted.take() else {
            return;
        };
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_and_given_back() {
        let limits = HttpLimits {
            http_connections: 3,
            http_connections_per_address: 1,
            ..HttpLimits::default()
        };
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let connections = Connections::new(&limits, &[proxy]);
        let client: IpAddr = "203.0.113.9".parse().unwrap();
        let mapped: IpAddr = "::ffff:203.0.113.9".parse().unwrap();
        let ticket = connections.enter(client).unwrap();
        let refused = [client, mapped].map(|address| connections.enter(address).unwrap_err());
        assert_eq!(refused, [NoPlace::TooManyOfAddress; 2]);
        let proxied = [
            connections.enter(proxy).unwrap(),
            connections.enter(proxy).unwrap(),
        ];
        assert_eq!(connections.enter(proxy).unwrap_err(), NoPlace::Full);
        assert_eq!(connections.count(), 3);
        drop((ticket, proxied));
        assert!(connections.of_address.lock().unwrap().is_empty());
        assert!(connections.enter(mapped).is_ok());
    }

    #[test]
    fn lengths_of_the_farewells_are_right() {
        for words in [FULL, TOO_MANY] {
            let text = str::from_utf8(words).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(
                head.ends_with(&format!("content-length: {}", body.len())),
                "{text}"
            );
        }
    }
}
