//! A project's own user table without `username`: people are known by their address.

use portcullis_core::{
    AccountStore, CreateAccountError, EmailStore, ProfileChange, UserStore, no_mails,
};
use portcullis_sql::Database;

use crate::place::Place;
use crate::{NOW, account};

const TABLE: &str = "people_person";

/// The stock tables under another name, as `AbstractUser` with `username = None` makes them.
async fn migrated(place: &Place, is_unique: bool) -> Result<Database, portcullis_core::StoreError> {
    let stock = place.django_tables().replace("auth_user", TABLE);
    let lines = stock.lines().filter(|line| !line.contains("username"));
    let mut ddl = lines.collect::<Vec<_>>().join("\n");
    // Where the constraint of the name was the last, a comma is left.
    ddl = ddl.replace("PRIMARY KEY (id),\n);", "PRIMARY KEY (id)\n);");
    place.run(&ddl).await;
    if is_unique {
        let unique = format!("CREATE UNIQUE INDEX person_email ON {TABLE} (email)");
        place.run(&unique).await;
    }
    let database = place.database().await.with_user_table(TABLE).await?;
    database.migrate(NOW).await?;
    Ok(database)
}

pub(crate) async fn people_without_a_username_are_known_by_their_address(place: Place) {
    let database = migrated(&place, true).await.unwrap();
    let mut wanted = account("Ada@example.com");
    wanted.username = "not written".to_owned();
    let made = database.create_account(wanted, None, &no_mails).await;
    let ada = made.unwrap();
    assert_eq!(
        (ada.username.as_str(), ada.email.as_str()),
        ("Ada@example.com", "Ada@example.com")
    );
    for name in ["Ada@example.com", "ada@EXAMPLE.com"] {
        let found = database.user_by_login_name(name).await.unwrap();
        assert_eq!(found.as_ref(), Some(&ada), "{name}");
    }
    assert_eq!(
        database.user_by_login_name("not written").await.unwrap(),
        None
    );

    // Neither the same in other letters, nor nobody's.
    for taken in ["ada@example.COM", ""] {
        let again = database
            .create_account(account(taken), None, &no_mails)
            .await;
        assert!(matches!(again, Err(CreateAccountError::Taken)), "{taken:?}");
    }

    // A name that is an address is not changed without a mail.
    let change = ProfileChange {
        username: Some("eve@example.com".to_owned()),
        first_name: Some("Ada".to_owned()),
        last_name: None,
    };
    let changed = database
        .change_profile(&ada.id, change)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (changed.email.as_str(), changed.first_name.as_str()),
        ("Ada@example.com", "Ada")
    );

    let begun = database.begin_email_change(&ada, "Ada@example.org", NOW, &no_mails);
    begun.await.unwrap();
    let addresses = database.email_addresses(&ada).await.unwrap();
    let wanted = addresses.iter().find(|a| a.email == "ada@example.org");
    let verified = database.verify_email(wanted.unwrap().id, &no_mails, None);
    let moved = verified.await.unwrap().unwrap().user;
    assert_eq!(
        (moved.username.as_str(), moved.email.as_str()),
        ("ada@example.org", "ada@example.org")
    );
    let found = database
        .user_by_login_name("ADA@example.org")
        .await
        .unwrap();
    assert_eq!(found, Some(moved));
    assert_eq!(
        database
            .user_by_login_name("ada@example.com")
            .await
            .unwrap(),
        None
    );

    // What Django makes is found, too.
    place
        .run(&format!(
            "INSERT INTO {TABLE} (password, is_superuser, last_name, email, is_staff, is_active, \
             date_joined, first_name) VALUES ('!', FALSE, '', 'Bob@example.com', FALSE, TRUE, \
             '2026-01-01 00:00:00+00:00', '')"
        ))
        .await;
    let bob = database
        .user_by_login_name("bob@example.com")
        .await
        .unwrap();
    assert_eq!(bob.unwrap().email, "Bob@example.com");
}

pub(crate) async fn without_a_username_addresses_must_be_unique(place: Place) {
    let refused = migrated(&place, false).await.unwrap_err().to_string();
    assert!(refused.contains("email is not unique"), "{refused}");
}
