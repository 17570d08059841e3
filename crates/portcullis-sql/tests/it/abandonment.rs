//! Clients that go away in the middle of a command: its future is dropped.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use portcullis_core::{AccountStore, no_mails};

use crate::place::Place;
use crate::{account, device};

pub(crate) async fn abandoned_command_happens_whole_or_not_at_all(place: Place) {
    let database = place.migrated().await;
    let (mut answered, mut abandoned) = (0, 0);
    for number in 0..80 {
        let email = format!("user{number}@example.com");
        let command = database.create_account(account(&email), Some(device(&email)), &no_mails);
        match abandon(command, number / 4).await {
            Some(made) => {
                made.unwrap();
                answered += 1;
            }
            None => abandoned += 1,
        }
    }
    assert!(abandoned >= 4, "only {abandoned} were abandoned");
    // Nothing is left locked, and all connections are back.
    let after = database.create_account(account("ada@example.com"), Some(device("d1")), &no_mails);
    after.await.unwrap();
    answered += 1;
    let made = place.count("auth_user").await;
    assert!(made >= answered, "{answered} were answered, {made} made");
    for table in ["portcullis_email", "knox_authtoken", "portcullis_login"] {
        assert_eq!(place.count(table).await, made, "{table}");
    }
}

/// The command's answer, or `None` when it waited more often than that and was dropped.
async fn abandon<F: Future>(command: F, waits: u32) -> Option<F::Output> {
    let mut command = pin!(command);
    let mut waited = 0;
    poll_fn(|context| {
        if let Poll::Ready(answer) = command.as_mut().poll(context) {
            return Poll::Ready(Some(answer));
        }
        waited += 1;
        if waited > waits {
            return Poll::Ready(None);
        }
        Poll::Pending
    })
    .await
}
