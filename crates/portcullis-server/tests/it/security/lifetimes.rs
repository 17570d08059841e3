//! 4.5: sessions end on the server, when nobody uses them and however they are used.

use portcullis::core::{Clock, SessionStore};
use portcullis_server::Surroundings;
use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::sessions::{SECRET, data_of, encoded, open_session, status_of, stored};
use super::user;
use crate::client::Client;

async fn client(idle: Option<Duration>, absolute: Option<Duration>) -> Client {
    let mut surroundings = Surroundings::default();
    surroundings.session.idle = idle;
    surroundings.session.absolute = absolute;
    Client::with(&surroundings).await
}

/// Moves the end of a session, as Django does when it saves it.
async fn save(client: &Client, key: &str, expires: OffsetDateTime) {
    let file = rusqlite::Connection::open(client.database()).unwrap();
    let at = portcullis::sql::timestamp::write(expires);
    let sql = "UPDATE django_session SET expire_date = ?1 WHERE session_key = ?2";
    assert_eq!(file.execute(sql, (at, key)).unwrap(), 1);
    // What others write is seen within a tenth of a second.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
}

#[tokio::test]
async fn session_that_nobody_uses_is_over_and_gone() {
    let client = client(Some(Duration::minutes(20)), None).await;
    let ada = user(&client, "ada").await;
    let key = open_session(&client, &ada).await;
    // Its row is good for an hour.
    for _ in 0..2 {
        client.clock.advance(Duration::minutes(19));
        assert_eq!(status_of(&client, &key).await, 200);
    }
    client.clock.advance(Duration::minutes(20));
    assert_eq!(status_of(&client, &key).await, 401);
    assert!(client.store.session(&key).await.unwrap().is_none());
}

#[tokio::test]
async fn session_is_over_in_the_end_however_it_is_used_and_saved() {
    let client = client(None, Some(Duration::days(2))).await;
    let ada = user(&client, "ada").await;
    let key = open_session(&client, &ada).await;
    client.clock.advance(Duration::hours(47));
    let end = client.clock.now();
    save(&client, &key, end + Duration::days(14)).await;
    assert_eq!(status_of(&client, &key).await, 200);
    client.clock.advance(Duration::hours(1));
    assert_eq!(status_of(&client, &key).await, 401);
    assert!(client.store.session(&key).await.unwrap().is_none());
}

#[tokio::test]
async fn session_that_django_saves_or_gave_an_end_counts_as_django_says() {
    let client = client(None, None).await;
    let ada = user(&client, "ada").await;
    let saved = open_session(&client, &ada).await;
    let mut data = data_of(&ada, SECRET);
    data.insert("_session_expiry".to_owned(), json!(40 * 86_400));
    let remembered = stored(&client, &ada, encoded(&client, &data, SECRET)).await;
    client.clock.advance(Duration::days(10));
    let now = client.clock.now();
    save(&client, &saved, now + Duration::days(14)).await;
    save(&client, &remembered, now + Duration::days(30)).await;
    // Neither was seen here for longer than a cookie is kept.
    client.clock.advance(Duration::days(13));
    assert_eq!(status_of(&client, &saved).await, 200);
    client.clock.advance(Duration::days(16));
    assert_eq!(status_of(&client, &remembered).await, 200);
    client.clock.advance(Duration::days(2));
    assert_eq!(status_of(&client, &remembered).await, 401);
}
