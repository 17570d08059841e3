//! Tickets of sockets.

use portcullis_core::{LoginId, LoginListStore, LoginStore, Ticket, TicketStore, UserId};
use time::Duration;

use crate::place::Place;
use crate::{NOW, ada, device};

fn ticket(user: UserId, login: LoginId) -> Ticket {
    Ticket {
        user,
        login,
        authenticator: "DeviceTokenAuthentication".to_owned(),
        path: "/ws/".to_owned(),
        session_key: None,
        seal: None,
        expires: NOW + Duration::seconds(30),
    }
}

pub(crate) async fn ticket_is_taken_once_also_at_once(place: Place) {
    let database = place.migrated().await;
    let node = place.database().await;
    let kept = ticket(UserId::Integer(1), LoginId(1));
    database.keep_ticket("t", &kept, NOW).await.unwrap();
    let takes: Vec<_> = (0..20)
        .map(|number| {
            let database = if number % 2 == 0 { &database } else { &node };
            let database = database.clone();
            tokio::spawn(async move { database.take_ticket("t", NOW).await.unwrap() })
        })
        .collect();
    let mut taken = Vec::new();
    for take in takes {
        taken.extend(take.await.unwrap());
    }
    assert_eq!(taken, [kept]);
    assert_eq!(place.count("portcullis_ticket").await, 0);
}

pub(crate) async fn ticket_that_is_over_is_nothing_and_is_swept(place: Place) {
    let database = place.migrated().await;
    let kept = ticket(UserId::Integer(1), LoginId(1));
    for name in ["a", "b"] {
        database.keep_ticket(name, &kept, NOW).await.unwrap();
    }
    let taken = database.take_ticket("a", kept.expires).await.unwrap();
    assert_eq!(taken, None);
    let later = kept.expires + Duration::seconds(1);
    database.keep_ticket("c", &kept, later).await.unwrap();
    assert_eq!(place.count("portcullis_ticket").await, 1, "b is gone");
}

pub(crate) async fn ticket_is_held_as_long_as_its_login(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let login = database.list_logins(&user.id).await.unwrap()[0].id;
    let mut kept = ticket(user.id.clone(), login);
    let holder = database.ticket_holder(&kept, NOW).await.unwrap().unwrap();
    assert_eq!(holder.user.id, user.id);
    let ends = NOW + Duration::hours(10);
    assert_eq!(holder.expires, Some(ends));
    let over = database.ticket_holder(&kept, ends).await.unwrap();
    assert!(over.is_none());
    // Somebody else's login, and a session that is not there.
    kept.user = UserId::Integer(999);
    assert!(database.ticket_holder(&kept, NOW).await.unwrap().is_none());
    kept.user = user.id.clone();
    assert!(database.end_login(login, None, None).await.unwrap());
    assert!(database.ticket_holder(&kept, NOW).await.unwrap().is_none());
    database.log_in(&user, device("d2"), None).await.unwrap();
    assert!(database.ticket_holder(&kept, NOW).await.unwrap().is_none());
}
