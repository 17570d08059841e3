//! Section 4: sessions and their cookies.

use portcullis::User;
use portcullis::core::{
    AccountStore, Clock, Device, LoginStore, NewLogin, NewPassword, NewSession, PasswordHash,
    SecretKeys, SessionStore,
};
use portcullis::django::password;
use portcullis::django::session::{
    self, BACKEND, HASH, MODEL_BACKEND, Secrets, USER_ID, auth_hash,
};
use portcullis_server::Surroundings;
use serde_json::{Map, Value, json};
use time::Duration;

use super::{PASSWORD, hashers, user};
use crate::client::Client;
use crate::sessions::Browser;

pub(super) const SECRET: &str = "a secret of the tests";

/// What a session of a user holds, whose password and secret vouch for it.
pub(super) fn data_of(user: &User, secret: &str) -> Map<String, Value> {
    let pairs = [
        (USER_ID, user.id.to_string()),
        (BACKEND, MODEL_BACKEND.to_owned()),
        (HASH, auth_hash(user.password.expose_secret(), secret)),
    ];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), Value::String(value)));
    pairs.into_iter().collect()
}

pub(super) fn encoded(client: &Client, data: &Map<String, Value>, secret: &str) -> String {
    let fallbacks = &[];
    let secrets = Secrets {
        key: secret,
        fallbacks,
    };
    session::encode(data, secrets, client.clock.now().unix_timestamp())
}

/// Puts a session with this column into the database; its key.
pub(super) async fn stored(client: &Client, user: &User, data: String) -> String {
    let key = session::new_key();
    let now = client.clock.now();
    let login = NewLogin::Session(NewSession {
        key: key.clone(),
        data,
        replaces: None,
        device: Device::default(),
        now,
        expires: now + Duration::hours(1),
    });
    let opened = client.store.log_in(user, login, None).await.unwrap();
    assert!(opened.is_some());
    key
}

/// Opens a session as a log-in does; its key.
pub(crate) async fn open_session(client: &Client, user: &User) -> String {
    stored(
        client,
        user,
        encoded(client, &data_of(user, SECRET), SECRET),
    )
    .await
}

/// The status of `/api/user/` with that session cookie.
pub(super) async fn status_of(client: &Client, key: &str) -> u16 {
    let mut browser = Browser::new(client);
    browser
        .cookies
        .push(("sessionid".to_owned(), key.to_owned()));
    let answer = browser.send("GET", "/api/user/", &[], "").await;
    answer.status.as_u16()
}

// 4.1: a session of the attacker's own, put into the victim's browser.
#[tokio::test]
async fn attackers_session_never_becomes_the_victims() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    let eve = user(&client, "eve").await;
    let mut data = data_of(&eve, SECRET);
    data.insert("planted".to_owned(), json!("by eve"));
    let planted = stored(&client, &eve, encoded(&client, &data, SECRET)).await;
    assert_eq!(status_of(&client, &planted).await, 200);

    let mut victim = Browser::new(&client);
    victim
        .cookies
        .push(("sessionid".to_owned(), planted.clone()));
    assert_eq!(victim.log_in().await.status, 200);
    let own = victim.cookie("sessionid").unwrap().to_owned();
    assert_ne!(own, planted);
    // The row is gone, and nothing of it went over.
    assert!(client.store.session(&planted).await.unwrap().is_none());
    assert_eq!(status_of(&client, &planted).await, 401);
    let row = client.store.session(&own).await.unwrap().unwrap();
    let secrets = Secrets {
        key: SECRET,
        fallbacks: &[],
    };
    assert!(!session::decode(&row.data, secrets).contains_key("planted"));
}

// 4.1: an anonymous one, which the attacker knows the key of, is left behind too.
#[tokio::test]
async fn anonymous_session_gets_a_new_key_at_the_log_in() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    let eve = user(&client, "eve").await;
    let data = Map::from_iter([("cart".to_owned(), json!([1]))]);
    let known = stored(&client, &eve, encoded(&client, &data, SECRET)).await;
    assert_eq!(status_of(&client, &known).await, 401);
    let mut victim = Browser::new(&client);
    victim.cookies.push(("sessionid".to_owned(), known.clone()));
    assert_eq!(victim.log_in().await.status, 200);
    let own = victim.cookie("sessionid").unwrap();
    assert_ne!(own, known);
    assert!(client.store.session(&known).await.unwrap().is_none());
    let row = client.store.session(own).await.unwrap().unwrap();
    let secrets = Secrets {
        key: SECRET,
        fallbacks: &[],
    };
    assert_eq!(session::decode(&row.data, secrets)["cart"], json!([1]));
}

// 4.2: also where the request itself moved the session to a new key, as a rotated secret makes it.
#[tokio::test]
async fn log_out_ends_the_session_that_moved_on_the_way() {
    let keys = SecretKeys::new(SECRET, vec!["an older secret of the tests".to_owned()]);
    let client = Client::with_keys(&Surroundings::default(), keys).await;
    let ada = user(&client, "ada").await;
    let older = "an older secret of the tests";
    let data = data_of(&ada, older);
    let key = stored(&client, &ada, encoded(&client, &data, older)).await;
    let mut browser = Browser::new(&client);
    browser.send("GET", "/api/login-set-cookie/", &[], "").await;
    // The log-out is the first request of the session since the secret was rotated.
    browser.cookies.push(("sessionid".to_owned(), key.clone()));
    assert_eq!(browser.post("/api/logout/", "").await.status, 204);
    assert_eq!(browser.cookie("sessionid"), None);
    assert_eq!(status_of(&client, &key).await, 401);
    let file = rusqlite::Connection::open(client.database()).unwrap();
    let left: i64 = file
        .query_row("SELECT count(*) FROM django_session", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}

// 4.3: whoever is closed, or has another password, is nobody at the next request.
#[tokio::test]
async fn session_ends_with_its_user_and_password() {
    let client = Client::new().await;
    let ada = user(&client, "ada").await;
    let (first, second) = (
        open_session(&client, &ada).await,
        open_session(&client, &ada).await,
    );
    assert_eq!(status_of(&client, &first).await, 200);
    client.store.set_active(&ada.id, false).await.unwrap();
    assert_eq!(status_of(&client, &first).await, 401);
    client.store.set_active(&ada.id, true).await.unwrap();
    let hash = password::hash("another horse 9", &hashers()).unwrap();
    let changed = client
        .store
        .change_password(&ada, NewPassword::new(PasswordHash::new(hash)));
    assert!(changed.await.unwrap().is_some());
    for key in [first, second] {
        assert_eq!(status_of(&client, &key).await, 401);
    }
    // A row that another server writes back is vouched for by the old password.
    let file = rusqlite::Connection::open(client.database()).unwrap();
    let (key, data) = (
        session::new_key(),
        encoded(&client, &data_of(&ada, SECRET), SECRET),
    );
    let sql = "INSERT INTO django_session VALUES (?1, ?2, '2026-02-01 00:00:00')";
    file.execute(sql, (&key, data)).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(status_of(&client, &key).await, 401);
}

// 4.4: other hosts cannot set them, scripts cannot read them, and they never go over http.
#[tokio::test]
async fn cookies_of_https_are_of_this_host_alone() {
    let surroundings = Surroundings {
        is_https: true,
        ..Surroundings::default()
    };
    let client = Client::with(&surroundings).await;
    user(&client, "ada").await;
    let body = json!({ "username": "ada", "password": PASSWORD }).to_string();
    let mut browser = Browser::new(&client);
    browser.send("GET", "/api/login-set-cookie/", &[], "").await;
    let token = browser.cookie("__Host-csrftoken").unwrap().to_owned();
    let headers = [("X-CSRFToken", token.as_str())];
    let answer = browser.send("POST", "/api/login/", &headers, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let lines = answer.headers.get_all("set-cookie").iter();
    let lines: Vec<&str> = lines.map(|line| line.to_str().unwrap()).collect();
    assert_eq!(lines.len(), 2);
    for line in lines {
        assert!(line.starts_with("__Host-"), "{line}");
        assert!(line.contains("; Path=/; SameSite=Lax; Secure"), "{line}");
        assert!(!line.contains("Domain"), "{line}");
        let is_session = line.starts_with("__Host-sessionid=");
        assert_eq!(line.contains("; HttpOnly"), is_session, "{line}");
    }
}

// 4.6: no cache keeps what depends on who asks, refusals included.
#[tokio::test]
async fn answers_that_depend_on_a_credential_are_not_cached() {
    let client = Client::new().await;
    let token = client.signup("ada@example.com", PASSWORD).await;
    let mut browser = Browser::new(&client);
    browser.log_in().await;
    let session = format!("sessionid={}", browser.cookie("sessionid").unwrap());
    let token = format!("Token {token}");
    for (name, value) in [
        ("Authorization", token.as_str()),
        ("Authorization", "Token wrong"),
        ("Cookie", session.as_str()),
        ("Cookie", "sessionid=wrong"),
        ("X-Nothing", ""),
    ] {
        for path in ["/api/user/", "/api/validate/", "/api/login-set-cookie/"] {
            let mut other = Browser::new(&client);
            let answer = other.send("GET", path, &[(name, value)], "").await;
            let shown = format!("{path} {name}: {answer:?}");
            let vary: Vec<_> = answer.headers.get_all("vary").iter().collect();
            let vary = format!("{vary:?}");
            if name != "X-Nothing" || path != "/api/login-set-cookie/" {
                assert_eq!(answer.header("cache-control"), "no-store", "{shown}");
                assert!(vary.contains("Authorization"), "{shown}");
            }
            let asks_the_session = !value.starts_with("Token");
            assert!(vary.contains("Cookie") || !asks_the_session, "{shown}");
        }
    }
}

// 4.7: whatever stands in the row.
#[tokio::test]
async fn damaged_foreign_and_odd_session_data_is_nobody() {
    let client = Client::new().await;
    let ada = user(&client, "ada").await;
    let good = data_of(&ada, SECRET);
    let text = encoded(&client, &good, SECRET);
    assert_eq!(
        status_of(&client, &stored(&client, &ada, text.clone()).await).await,
        200
    );
    let mut columns = vec![
        String::new(),
        ":".to_owned(),
        ":::".to_owned(),
        "\0".to_owned(),
        "{}".to_owned(),
        "\u{1f511}".repeat(100),
        text[1..].to_owned(),
        text[..text.len() - 1].to_owned(),
        text.replace(':', ";"),
        format!(".{text}"),
        text.clone() + &text,
        "a".repeat(1_000_000),
        encoded(&client, &good, "the secret of another site"),
    ];
    let odd = [
        Value::Null,
        json!(true),
        json!(1.5),
        json!(-1),
        json!(18_446_744_073_709_551_615_u64),
        json!([]),
        json!({ "id": 1 }),
        json!(""),
        json!("1 OR 1=1"),
        json!("a".repeat(10_000)),
        json!("\0"),
        json!("99999999999999999999"),
    ];
    for name in [USER_ID, BACKEND, HASH] {
        let mut data = good.clone();
        data.remove(name);
        columns.push(encoded(&client, &data, SECRET));
        for value in &odd {
            data.insert(name.to_owned(), value.clone());
            columns.push(encoded(&client, &data, SECRET));
        }
    }
    for column in columns {
        let shown: String = column.chars().take(80).collect();
        let key = stored(&client, &ada, column).await;
        assert_eq!(status_of(&client, &key).await, 401, "{shown}");
    }
}

// 4.7, 4.8: the cookie itself.
#[tokio::test]
async fn two_cookies_never_mix_two_people() {
    let client = Client::new().await;
    let (ada, eve) = (user(&client, "ada").await, user(&client, "eve").await);
    let of_ada = open_session(&client, &ada).await;
    let of_eve = open_session(&client, &eve).await;
    let upper = of_ada.to_uppercase();
    for (lines, status) in [
        (vec![format!("sessionid={of_ada}; sessionid={of_eve}")], 401),
        (vec![format!("sessionid={of_eve}; sessionid={of_ada}")], 401),
        (
            vec![format!("sessionid={of_ada}"), format!("sessionid={of_eve}")],
            401,
        ),
        (vec![format!("sessionid={of_ada}; sessionid=")], 401),
        (vec![format!("SessionID={of_ada}")], 401),
        (vec![format!("sessionid ={of_ada}")], 401),
        (vec![format!("__Host-sessionid={of_ada}")], 401),
        (vec![format!("sessionid={upper}")], 401),
        (vec![format!("sessionid={of_ada}{}", "a".repeat(8000))], 401),
        (vec![format!("sessionid={of_ada}; SessionID={of_eve}")], 200),
        (vec![format!("sessionid={of_ada}; sessionid={of_ada}")], 200),
    ] {
        let mut browser = Browser::new(&client);
        let headers: Vec<_> = lines.iter().map(|line| ("Cookie", line.as_str())).collect();
        let answer = browser.send("GET", "/api/user/", &headers, "").await;
        assert_eq!(answer.status, status, "{lines:?}");
        if status == 200 {
            assert_eq!(answer.body["email"], "ada@example.com");
        }
    }
}
