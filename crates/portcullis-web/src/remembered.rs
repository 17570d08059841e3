//! What was worked out of a credential, remembered for a while: signatures are checked once, not at each request.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The longest that anything is remembered, in seconds.
const LONGEST: i64 = 60;

/// How much is remembered; one more, and all is forgotten.
const MOST: usize = 4096;

/// Longer credentials are worked out each time, in bytes.
const LONGEST_CREDENTIAL: usize = 2048;

/// What pure functions of a credential gave, by the credential. Times are Unix seconds of the service's clock.
///
/// Only for what holds until a time that is known: whether a login still stands is asked of the store.
pub(crate) struct Remembered<V> {
    by_credential: Mutex<HashMap<String, Kept<V>>>,
}

struct Kept<V> {
    value: Arc<V>,
    /// When it was worked out: a clock that was set back proves nothing.
    from: i64,
    until: i64,
}

impl<V> Default for Remembered<V> {
    fn default() -> Self {
        Self {
            by_credential: Mutex::default(),
        }
    }
}

impl<V> Remembered<V> {
    /// What was kept for a credential, if it holds at `now`.
    pub(crate) fn get(&self, credential: &str, now: i64) -> Option<Arc<V>> {
        let kept = self.kept();
        let kept = kept.get(credential)?;
        (kept.from <= now && now < kept.until).then(|| Arc::clone(&kept.value))
    }

    /// Keeps what was worked out at `now`, until `until` or a minute has passed.
    pub(crate) fn keep(&self, credential: &str, value: Arc<V>, now: i64, until: i64) {
        let until = until.min(now.saturating_add(LONGEST));
        if until <= now || credential.len() > LONGEST_CREDENTIAL {
            return;
        }
        let mut kept = self.kept();
        if kept.len() >= MOST {
            kept.clear();
        }
        let from = now;
        kept.insert(credential.to_owned(), Kept { value, from, until });
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Kept<V>>> {
        self.by_credential
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> fmt::Debug for Remembered<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Credentials are secrets.
        f.write_str("Remembered(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_between_its_times_and_no_longer_than_a_minute() {
        let remembered = Remembered::default();
        remembered.keep("short", Arc::new(1), 100, 110);
        remembered.keep("long", Arc::new(2), 100, i64::MAX);
        remembered.keep("over", Arc::new(3), 100, 100);
        let known = |credential, now| remembered.get(credential, now).map(|value| *value);
        assert_eq!(known("short", 100), Some(1));
        assert_eq!(known("short", 110), None);
        assert_eq!(known("short", 99), None);
        assert_eq!(known("long", 159), Some(2));
        assert_eq!(known("long", 160), None);
        assert_eq!(known("over", 100), None);
    }

    #[test]
    fn memory_is_bounded() {
        let remembered = Remembered::default();
        for number in 0..3 * MOST {
            remembered.keep(&number.to_string(), Arc::new(()), 0, 10);
        }
        assert!(remembered.kept().len() <= MOST);
        let long = "x".repeat(LONGEST_CREDENTIAL + 1);
        remembered.keep(&long, Arc::new(()), 0, 10);
        assert!(remembered.get(&long, 0).is_none());
    }
}
