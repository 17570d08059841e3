//! Writes that come together, in one transaction.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use portcullis_core::StoreError;

/// What waits to be written, one value for each key.
///
/// Whoever comes while somebody writes leaves theirs behind and goes on; the writer takes them along.
#[derive(Clone)]
pub(crate) struct Batches<K, V>(Arc<Mutex<Waiting<K, V>>>);

struct Waiting<K, V> {
    values: BTreeMap<K, V>,
    is_written: bool,
}

impl<K: Ord, V> Batches<K, V> {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Waiting {
            values: BTreeMap::new(),
            is_written: false,
        })))
    }

    /// Has a value written by `write`, here or by who writes already.
    pub(crate) async fn write<F>(
        &self,
        key: K,
        value: V,
        mut write: impl FnMut(BTreeMap<K, V>) -> F,
    ) -> Result<(), StoreError>
    where
        F: Future<Output = Result<(), StoreError>>,
    {
        {
            let mut waiting = self.waiting();
            waiting.values.insert(key, value);
            if std::mem::replace(&mut waiting.is_written, true) {
                return Ok(());
            }
        }
        // When this request is abandoned, the next one writes what is left.
        let mut turn = Turn {
            batches: self,
            is_over: false,
        };
        while let Some(batch) = turn.next_batch() {
            write(batch).await?;
        }
        Ok(())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> fmt::Debug for Batches<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Batches(..)")
    }
}

/// The turn of the one that writes.
struct Turn<'b, K: Ord, V> {
    batches: &'b Batches<K, V>,
    is_over: bool,
}

impl<K: Ord, V> Turn<'_, K, V> {
    /// What waits to be written; the turn is over with the look that finds nothing.
    fn next_batch(&mut self) -> Option<BTreeMap<K, V>> {
        let mut waiting = self.batches.waiting();
        let batch = std::mem::take(&mut waiting.values);
        self.is_over = batch.is_empty();
        waiting.is_written = !self.is_over;
        (!self.is_over).then_some(batch)
    }
}

impl<K: Ord, V> Drop for Turn<'_, K, V> {
    fn drop(&mut self) {
        if !self.is_over {
            self.batches.waiting().is_written = false;
        }
    }
}
