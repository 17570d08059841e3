//! The one writer: a thread with the only connection that writes, leased to one transaction at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use portcullis_core::StoreError;
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::statement;
use super::watch::{LOOK_EVERY, Watch};
use crate::cache::Cache;
use crate::failure::{away, refused};
use crate::row::Row;
use crate::sql_error::SqlError;
use crate::value::Value;

/// How many transactions may wait; the next is told that the database is busy.
const QUEUE: usize = 1024;

/// How long a caller waits for its turn and for each statement, and how long the writer waits for
/// a transaction's next statement: longer than SQLite's own timeout, so that a busy database is
/// reported by its own name.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

type Answer<T> = oneshot::Sender<rusqlite::Result<T>>;

/// What the writer is asked to do.
enum Task {
    Serve(Lease),
    /// To tell this cache from now on of what is written.
    Watch(Arc<Cache>),
}

/// A transaction that waits for its turn. It ends when nobody can send orders any more.
struct Lease {
    begun: Answer<()>,
    orders: Receiver<Order>,
}

/// What a transaction asks of the writer.
enum Order {
    Run(Box<dyn FnOnce(&Connection) + Send>),
    Commit(Answer<()>),
}

/// Sends transactions to the writer's thread.
#[derive(Clone)]
pub(super) struct Writer {
    queue: SyncSender<Task>,
}

impl Writer {
    /// Starts the thread, which ends when the last `Writer` is gone.
    pub(super) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (queue, tasks) = sync_channel(QUEUE);
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || work(connection, &tasks))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { queue })
    }

    /// From now on `cache` is told of each commit before it is acknowledged, and of what others write.
    pub(super) fn watch(&self, cache: Arc<Cache>) -> Result<(), StoreError> {
        self.queue
            .try_send(Task::Watch(cache))
            .map_err(|_| away("too many writes are waiting"))
    }

    /// Begins a transaction when the ones before it have ended. One whose caller has gone away
    /// meanwhile does not begin.
    pub(super) async fn begin(&self) -> Result<SqliteTransaction, StoreError> {
        let (begun, turn) = oneshot::channel();
        // One order at a time, and the next is sent after its answer.
        let (sender, orders) = sync_channel(1);
        self.queue
            .try_send(Task::Serve(Lease { begun, orders }))
            .map_err(|_| away("too many writes are waiting"))?;
        wait(PATIENCE, turn).await?;
        Ok(SqliteTransaction {
            orders: sender,
            patience: PATIENCE,
        })
    }
}

/// A transaction that the writer has begun. Dropping it rolls it back and lets the next one begin.
#[derive(Debug)]
pub(crate) struct SqliteTransaction {
    orders: SyncSender<Order>,
    patience: Duration,
}

impl SqliteTransaction {
    /// Lets the caller wait longer for this transaction's statements.
    pub(crate) fn allow(&mut self, time: Duration) {
        self.patience = time + PATIENCE;
    }

    pub(crate) async fn execute(&self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let (sql, values) = (sql.to_owned(), values.to_vec());
        self.run(move |connection| statement::execute(connection, &sql, &values))
            .await
    }

    pub(crate) async fn rows(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let (sql, values) = (sql.to_owned(), values.to_vec());
        self.run(move |connection| statement::rows(connection, &sql, &values))
            .await
    }

    pub(crate) async fn batch(&self, sql: &'static str) -> Result<(), StoreError> {
        self.run(move |connection| connection.execute_batch(sql))
            .await
    }

    /// Durable when this returns `Ok`.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let (answer, result) = oneshot::channel();
        self.send(Order::Commit(answer))?;
        wait(self.patience, result).await
    }

    /// Runs something on the writer's connection, and ends it after `time`; the error is the engine's own.
    pub(crate) async fn run_within<T: Send + 'static>(
        &self,
        time: Duration,
        statement: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, SqlError> {
        let (handle, interrupt) = oneshot::channel();
        let (answer, mut result) = oneshot::channel();
        self.send(Order::Run(Box::new(move |connection| {
            let _ = handle.send(connection.get_interrupt_handle());
            let _ = answer.send(statement(connection));
        })))?;
        let answer = match timeout(time, &mut result).await {
            Ok(answer) => answer,
            Err(_) => {
                // The lease is ours until the answer is here: nobody else's statement is hit.
                if let Ok(interrupt) = interrupt.await {
                    interrupt.interrupt();
                }
                match timeout(self.patience, result).await {
                    Ok(answer) => answer,
                    Err(_) => return Err(away("the writer took too long").into()),
                }
            }
        };
        match answer {
            Ok(done) => done.map_err(|error| SqlError::of_sqlite(&error)),
            Err(_) => Err(away("the writer gave up the transaction").into()),
        }
    }

    /// As [`commit`](Self::commit); the error is the engine's own.
    pub(crate) async fn try_commit(self) -> Result<(), SqlError> {
        let (answer, result) = oneshot::channel();
        self.send(Order::Commit(answer))?;
        match timeout(self.patience, result).await {
            Ok(Ok(done)) => done.map_err(|error| SqlError::of_sqlite(&error)),
            _ => Err(away("the writer took too long").into()),
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        statement: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, result) = oneshot::channel();
        self.send(Order::Run(Box::new(move |connection| {
            // When the caller has gone away, the transaction ends next.
            let _ = answer.send(statement(connection));
        })))?;
        wait(self.patience, result).await
    }

    fn send(&self, order: Order) -> Result<(), StoreError> {
        self.orders
            .try_send(order)
            .map_err(|_| away("the transaction was left open for too long"))
    }
}

async fn wait<T>(
    patience: Duration,
    result: oneshot::Receiver<rusqlite::Result<T>>,
) -> Result<T, StoreError> {
    match timeout(patience, result).await {
        Ok(Ok(answer)) => answer.map_err(|error| refused(&error)),
        Ok(Err(_)) => Err(away("the writer gave up the transaction")),
        Err(_) => Err(away("the writer took too long")),
    }
}

fn work(mut connection: Connection, tasks: &Receiver<Task>) {
    let mut watch = None;
    loop {
        if let Some(watch) = &mut watch {
            Watch::look(watch, &connection);
        }
        let task = match watch {
            Some(_) => tasks.recv_timeout(LOOK_EVERY),
            None => tasks.recv().map_err(RecvTimeoutError::from),
        };
        match task {
            Ok(Task::Serve(lease)) => {
                let served = || serve(&mut connection, lease, watch.as_ref());
                if catch_unwind(AssertUnwindSafe(served)).is_err() {
                    tracing::error!("a database statement panicked");
                }
            }
            Ok(Task::Watch(cache)) => watch = Some(Watch::new(cache)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// One transaction from begin to end; every early return rolls it back.
fn serve(connection: &mut Connection, lease: Lease, watch: Option<&Watch>) {
    let Lease { begun, orders } = lease;
    if begun.is_closed() {
        return;
    }
    let transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => {
            let _ = begun.send(Err(error));
            return;
        }
    };
    if begun.send(Ok(())).is_err() {
        return;
    }
    loop {
        match orders.recv_timeout(PATIENCE) {
            Ok(Order::Run(statement)) => statement(&transaction),
            Ok(Order::Commit(answer)) => {
                let done = transaction.commit();
                // Also when it failed: nobody knows for sure what is in the file then.
                if let Some(watch) = watch {
                    watch.written();
                }
                let _ = answer.send(done);
                return;
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                tracing::error!("a transaction was left open: rolled back");
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> Writer {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE number (value integer)")
            .unwrap();
        Writer::start(connection).unwrap()
    }

    async fn add(transaction: &SqliteTransaction) {
        let sql = "INSERT INTO number VALUES (1)";
        assert_eq!(transaction.execute(sql, &[]).await.unwrap(), 1);
    }

    async fn count(writer: &Writer) -> i64 {
        let transaction = writer.begin().await.unwrap();
        let sql = "SELECT count(*) FROM number";
        transaction.rows(sql, &[]).await.unwrap()[0].get(0).unwrap()
    }

    #[tokio::test]
    async fn panic_undoes_its_transaction_and_leaves_the_writer_at_work() {
        let writer = numbers();
        let command = tokio::spawn({
            let writer = writer.clone();
            async move {
                let transaction = writer.begin().await.unwrap();
                add(&transaction).await;
                panic!("a command with a bug");
            }
        });
        assert!(command.await.unwrap_err().is_panic());
        assert_eq!(count(&writer).await, 0);
    }

    #[tokio::test]
    async fn panic_in_a_statement_leaves_the_writer_at_work() {
        let writer = numbers();
        let transaction = writer.begin().await.unwrap();
        add(&transaction).await;
        let broken = transaction.run(|_| -> rusqlite::Result<()> { panic!("a driver with a bug") });
        assert!(broken.await.is_err());
        assert!(transaction.commit().await.is_err());
        assert_eq!(count(&writer).await, 0);
    }

    #[tokio::test]
    async fn transaction_of_a_caller_who_left_does_not_begin() {
        let writer = numbers();
        let first = writer.begin().await.unwrap();
        add(&first).await;
        let second = timeout(Duration::from_millis(20), writer.begin()).await;
        assert!(second.is_err());
        first.commit().await.unwrap();
        assert_eq!(count(&writer).await, 1);
    }

    #[tokio::test]
    async fn statement_without_its_caller_is_rolled_back() {
        let writer = numbers();
        let transaction = writer.begin().await.unwrap();
        add(&transaction).await;
        let (go, gate) = sync_channel::<()>(0);
        let slow = transaction.run(move |connection| {
            let _ = gate.recv();
            connection.execute_batch("INSERT INTO number VALUES (2)")
        });
        assert!(timeout(Duration::from_millis(20), slow).await.is_err());
        drop(transaction);
        go.send(()).unwrap();
        assert_eq!(count(&writer).await, 0);
    }
}
