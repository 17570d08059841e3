//! Links for a new password: which is the newest.

use portcullis_core::{NewResetLink, OutboxStore, OutgoingMail, ResetStore, UserId};
use time::{Duration, OffsetDateTime};

use crate::place::Place;
use crate::{NOW, ada};

fn link(user: &UserId, made: OffsetDateTime) -> NewResetLink {
    let mut mail = OutgoingMail::to_nobody(made);
    mail.recipient = "ada@example.com".to_owned();
    NewResetLink {
        user: user.clone(),
        made,
        mail,
    }
}

pub(crate) async fn newest_reset_link_of_each_user_is_kept_with_its_mail(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await.id;
    let newest = async |user| database.newest_reset_link(user).await.unwrap();
    assert_eq!(newest(&user).await, None);
    let later = NOW + Duration::minutes(1);
    // What comes late does not set it back.
    for made in [NOW, later, NOW] {
        let link = link(&user, made);
        database.send_reset_links(&[link], made).await.unwrap();
    }
    assert_eq!(newest(&user).await, Some(later));
    assert_eq!(newest(&UserId::Integer(99)).await, None);
    assert_eq!(database.due_mail(later, 10).await.unwrap().len(), 3);
    database.send_reset_links(&[], later).await.unwrap();
    assert_eq!(newest(&user).await, Some(later));
    assert!(database.due_mail(later, 10).await.unwrap().is_empty());
    assert_eq!(place.count("portcullis_outbox").await, 4);
}
