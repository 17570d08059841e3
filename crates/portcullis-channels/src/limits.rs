//! How many connections somebody has and opens, and how fast one may talk.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::settings::Rate;

/// A bucket that holds so many, and fills steadily.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    rate: Rate,
    left: f64,
    seen: Instant,
}

impl Bucket {
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            rate,
            left: f64::from(rate.count),
            seen: Instant::now(),
        }
    }

    /// Takes one.
    ///
    /// # Errors
    /// How many seconds to wait for it.
    pub(crate) fn take(&mut self) -> Result<(), u64> {
        self.fill();
        if self.left >= 1.0 {
            self.left -= 1.0;
            return Ok(());
        }
        let one = self.rate.per.as_secs_f64() / f64::from(self.rate.count.max(1));
        Err(((1.0 - self.left) * one).ceil().max(1.0) as u64)
    }

    /// Whether one could be taken.
    fn peek(&mut self) -> Result<(), u64> {
        self.clone().take()
    }

    fn fill(&mut self) {
        let now = Instant::now();
        let passed = now.duration_since(self.seen).as_secs_f64();
        let per = self.rate.per.as_secs_f64().max(f64::EPSILON);
        let count = f64::from(self.rate.count);
        self.left = (self.left + passed / per * count).min(count);
        self.seen = now;
    }

    fn is_full(&mut self) -> bool {
        self.fill();
        self.left >= f64::from(self.rate.count)
    }
}

/// The connections of everybody, at all sockets that share it.
#[derive(Clone, Debug, Default)]
pub struct ConnectionLimits(Arc<Mutex<HashMap<String, Seat>>>);

#[derive(Debug)]
struct Seat {
    open: u32,
    opened: Bucket,
}

/// How many keys are kept before those that say nothing any more are dropped.
const SWEEP_AT: usize = 10_000;

impl ConnectionLimits {
    /// Counts a connection in, until what is returned is dropped.
    ///
    /// # Errors
    /// How many seconds to wait, where somebody has or opens too many.
    pub(crate) fn enter(&self, key: &str, open: u32, rate: Rate) -> Result<Place, u64> {
        let mut seats = self.seats();
        if seats.len() >= SWEEP_AT {
            seats.retain(|_, seat| seat.open > 0 || !seat.opened.is_full());
        }
        let seat = seats.entry(key.to_owned()).or_insert_with(|| Seat {
            open: 0,
            opened: Bucket::new(rate),
        });
        if seat.open >= open {
            return Err(Duration::from_secs(1).as_secs());
        }
        seat.opened.take()?;
        seat.open += 1;
        Ok(Place {
            limits: self.clone(),
            key: key.to_owned(),
        })
    }

    /// Counts a connection of an address in, however often it is opened.
    pub(crate) fn arrive(&self, kind: &str, address: &str, most: u32) -> Option<Place> {
        let rate = Rate {
            count: u32::MAX,
            per: Duration::from_secs(1),
        };
        self.enter(&format!("{kind} {address}"), most, rate).ok()
    }

    /// Whether an address may try once more, or after how many seconds.
    pub(crate) fn may_try(&self, address: &str) -> Result<(), u64> {
        match self.seats().get_mut(&refusals(address)) {
            Some(seat) => seat.opened.peek(),
            None => Ok(()),
        }
    }

    /// Counts a refusal.
    pub(crate) fn refused(&self, address: &str, rate: Rate) {
        let mut seats = self.seats();
        let seat = seats.entry(refusals(address)).or_insert_with(|| Seat {
            open: 0,
            opened: Bucket::new(rate),
        });
        // One too many was let in beside others, and is counted all the same.
        let _ = seat.opened.take();
    }

    /// Forgets how many were opened; those that are open still count.
    pub fn forget(&self) {
        for seat in self.seats().values_mut() {
            seat.opened = Bucket::new(seat.opened.rate);
        }
    }

    fn seats(&self) -> MutexGuard<'_, HashMap<String, Seat>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refusals(address: &str) -> String {
    format!("refused {address}")
}

/// A connection that is counted in; dropping it makes room at once.
#[derive(Debug)]
pub(crate) struct Place {
    limits: ConnectionLimits,
    key: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut seats = self.limits.seats();
        if let Some(seat) = seats.get_mut(&self.key) {
            seat.open = seat.open.saturating_sub(1);
            if seat.open == 0 && seat.opened.is_full() {
                seats.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        count: 3,
        per: Duration::from_secs(60),
    };

    #[tokio::test(start_paused = true)]
    async fn closing_makes_room_and_time_brings_openings_back() {
        let limits = ConnectionLimits::default();
        let first = limits.enter("ann", 1, RATE).unwrap();
        assert_eq!(limits.enter("ann", 1, RATE).unwrap_err(), 1);
        assert!(limits.enter("ben", 1, RATE).is_ok());
        drop(first);
        drop(limits.enter("ann", 1, RATE).unwrap());
        drop(limits.enter("ann", 1, RATE).unwrap());
        assert_eq!(limits.enter("ann", 1, RATE).unwrap_err(), 20);
        tokio::time::advance(Duration::from_secs(20)).await;
        assert!(limits.enter("ann", 1, RATE).is_ok());
    }
}
