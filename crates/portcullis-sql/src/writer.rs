//! The one writer: a thread with the only connection that writes, one transaction a command.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use portcullis_core::StoreError;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;
use tokio::time::timeout;

type Command = Box<dyn FnOnce(&mut Connection) + Send>;

/// How many commands may wait; the next is told that the database is busy.
const QUEUE: usize = 1024;

/// How long a caller waits for its command, in the queue and at work: longer than SQLite's own
/// timeout, so that a busy database is reported by its own name.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Sends commands to the writer's thread.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    queue: SyncSender<Command>,
}

impl Writer {
    /// Starts the thread, which ends when the last `Writer` is gone.
    pub(crate) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (queue, commands) = sync_channel(QUEUE);
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || work(connection, &commands))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { queue })
    }

    /// Runs one command in one transaction: it is durable when this returns `Ok`, or undone.
    ///
    /// A command whose caller has gone away before its turn is not run. After [`PATIENCE`] the
    /// caller gets an error, and a command that was already at work may still commit.
    pub(crate) async fn run<T, E, F>(&self, command: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let command: Command = Box::new(move |connection| {
            if !answer.is_closed() {
                // The caller may have gone away meanwhile: then nobody needs the answer.
                let _ = answer.send(transact(connection, command));
            }
        });
        let away = |text: &str| E::from(StoreError::Unavailable(text.to_owned()));
        self.queue
            .try_send(command)
            .map_err(|_| away("too many writes are waiting"))?;
        match timeout(PATIENCE, result).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(away("the command failed")),
            Err(_) => Err(away("the command took too long")),
        }
    }
}

fn transact<T, E: From<StoreError>>(
    connection: &mut Connection,
    command: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let failed = |error: rusqlite::Error| E::from(unavailable(&error));
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    // An early return drops the transaction, which rolls it back.
    let value = command(&transaction)?;
    transaction.commit().map_err(failed)?;
    Ok(value)
}

fn work(mut connection: Connection, commands: &Receiver<Command>) {
    while let Ok(command) = commands.recv() {
        if catch_unwind(AssertUnwindSafe(|| command(&mut connection))).is_err() {
            tracing::error!("a database command panicked");
        }
    }
}

/// The store's error for one of SQLite's, which goes to the log.
pub(crate) fn unavailable(error: &rusqlite::Error) -> StoreError {
    tracing::error!(cause = %error, "the database refused");
    StoreError::Unavailable(error.to_string())
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

    fn add(transaction: &Transaction<'_>) -> Result<usize, StoreError> {
        transaction
            .execute("INSERT INTO number VALUES (1)", [])
            .map_err(|error| unavailable(&error))
    }

    async fn count(writer: &Writer) -> i64 {
        let all = |transaction: &Transaction<'_>| {
            transaction
                .query_row("SELECT count(*) FROM number", [], |row| row.get(0))
                .map_err(|error| unavailable(&error))
        };
        writer.run(all).await.unwrap()
    }

    #[tokio::test]
    async fn panic_undoes_its_command_and_leaves_the_writer_at_work() {
        let writer = numbers();
        let answer: Result<(), StoreError> = writer
            .run(|transaction| {
                add(transaction)?;
                panic!("a command with a bug");
            })
            .await;
        assert!(matches!(answer, Err(StoreError::Unavailable(_))));
        assert_eq!(count(&writer).await, 0);
        assert_eq!(writer.run(add).await.unwrap(), 1);
        assert_eq!(count(&writer).await, 1);
    }

    #[tokio::test]
    async fn command_of_a_caller_who_left_is_not_run() {
        let writer = numbers();
        let (go, gate) = sync_channel::<()>(0);
        let first = tokio::spawn({
            let writer = writer.clone();
            async move {
                writer
                    .run(move |_| {
                        let _ = gate.recv();
                        Ok::<_, StoreError>(())
                    })
                    .await
            }
        });
        tokio::task::yield_now().await;
        let waiting = timeout(Duration::from_millis(20), writer.run(add)).await;
        assert!(waiting.is_err());
        go.send(()).unwrap();
        first.await.unwrap().unwrap();
        assert_eq!(count(&writer).await, 0);
    }
}
