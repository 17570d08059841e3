//! Clients that go away in the middle of a command.

use portcullis_core::AccountStore;
use tokio::time::{Duration, timeout};

use crate::place::Place;
use crate::{account, device};

pub(crate) async fn abandoned_command_happens_whole_or_not_at_all(place: Place) {
    let database = place.migrated().await;
    let mut answered = 0;
    for number in 0_u32..60 {
        let email = format!("user{number}@example.com");
        let command = database.create_account(account(&email), device(&email));
        let patience = Duration::from_micros(u64::from(number * 100));
        answered += i64::from(timeout(patience, command).await.is_ok());
    }
    // Nothing is left locked, and all connections are back.
    let after = database.create_account(account("ada@example.com"), device("d1"));
    after.await.unwrap();
    answered += 1;
    let made = place.count("auth_user").await;
    assert!(made >= answered, "{answered} were answered, {made} made");
    for table in ["portcullis_email", "knox_authtoken", "portcullis_login"] {
        assert_eq!(place.count(table).await, made, "{table}");
    }
}
