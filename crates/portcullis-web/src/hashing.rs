//! Password hashing on threads of its own, so that it never holds up a request that hashes nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// The queue is full, or the job failed; the client hears 503 and when to come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// A bounded pool of hashing threads.
///
/// A job waits in the queue, never on the executor; when the queue is full, it is refused at once.
#[derive(Clone, Debug)]
pub struct HashingPool {
    queue: SyncSender<Job>,
    jobs: Arc<AtomicU64>,
}

impl HashingPool {
    /// Starts `threads` threads with room for `queue` waiting jobs.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(threads: usize, queue: usize) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel::<Job>(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        for number in 0..threads.max(1) {
            let receiver = Arc::clone(&receiver);
            thread::Builder::new()
                .name(format!("hashing-{number}"))
                .spawn(move || work(&receiver))?;
        }
        Ok(Self {
            queue: sender,
            jobs: Arc::default(),
        })
    }

    /// How many jobs were taken since the start, over all clones: to show that answers which must
    /// not be told apart cost the same. It orders nothing else.
    #[must_use]
    pub fn jobs(&self) -> u64 {
        self.jobs.load(Ordering::Relaxed)
    }

    /// Runs a job on the pool.
    ///
    /// # Errors
    /// [`Busy`] when the queue is full or the job panicked.
    pub async fn run<T, F>(&self, job: F) -> Result<T, Busy>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let job: Job = Box::new(move || {
            // Nobody waits any more when the client hung up: then the work is saved.
            if !answer.is_closed() {
                let _ = answer.send(job());
            }
        });
        self.queue.try_send(job).map_err(|_| Busy)?;
        self.jobs.fetch_add(1, Ordering::Relaxed);
        result.await.map_err(|_| Busy)
    }
}

fn work(receiver: &Mutex<Receiver<Job>>) {
    loop {
        let job = receiver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        match job {
            // A panic ends its job and not the thread; the waiting request gets `Busy`.
            Ok(job) => {
                if catch_unwind(AssertUnwindSafe(job)).is_err() {
                    tracing::error!("a hashing job panicked");
                }
            }
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn full_queue_refuses_at_once() {
        let pool = HashingPool::start(1, 1).unwrap();
        let (started, has_started) = oneshot::channel();
        let (release, gate) = std::sync::mpsc::channel::<()>();
        let running = tokio::spawn({
            let pool = pool.clone();
            async move {
                pool.run(move || {
                    let _ = started.send(());
                    let _ = gate.recv();
                    1
                })
                .await
            }
        });
        has_started.await.unwrap();
        let mut waiting = Box::pin(pool.run(|| 2));
        // Polled once: the job is now in the queue's only place.
        assert!(futures_poll_once(&mut waiting).await.is_none());
        assert_eq!(pool.run(|| 3).await, Err(Busy));
        release.send(()).unwrap();
        assert_eq!(running.await.unwrap(), Ok(1));
        assert_eq!(waiting.await, Ok(2));
    }

    #[tokio::test]
    async fn panicking_job_ends_only_itself() {
        let pool = HashingPool::start(1, 4).unwrap();
        assert_eq!(pool.run(|| -> u8 { panic!("broken job") }).await, Err(Busy));
        assert_eq!(pool.run(|| 5).await, Ok(5));
        assert_eq!(pool.jobs(), 2);
    }

    async fn futures_poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
                std::task::Poll::Ready(output) => Some(output),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }
}
