//! Section 1: passwords as they are typed and as they are stored.

use portcullis::core::UserStore;
use portcullis::django::password::{self, Algorithm, Hashers};
use serde_json::json;

use super::{ALL, LogIn, PASSWORD, client, hashers, user_with};
use crate::client::Client;

async fn sign_up(client: &Client, name: &str, password: &str) -> u16 {
    let body = json!({ "email": format!("{name}@example.com"), "password": password });
    let answer = client.post("/api/signup/", body).await;
    answer.status.as_u16()
}

async fn log_in(client: &Client, name: &str, password: &str) -> u16 {
    let name = format!("{name}@example.com");
    let answer = LogIn::Token.send(client, &name, password).await;
    answer.status.as_u16()
}

// 1.2: nothing is cut off, at 72 bytes, at a NUL or anywhere.
#[tokio::test]
async fn every_character_of_a_long_password_counts() {
    let client = Client::new().await;
    let long: String = ('a'..='z').cycle().take(1023).chain(['\u{e9}']).collect();
    assert_eq!(sign_up(&client, "ada", &long).await, 201);
    assert_eq!(log_in(&client, "ada", &long).await, 200);
    for length in [72, 73, 128, 1000, 1023] {
        let cut: String = long.chars().take(length).collect();
        assert_eq!(log_in(&client, "ada", &cut).await, 400, "{length}");
    }
    assert_eq!(log_in(&client, "ada", &format!("{long}a")).await, 400);
    let zero = "correct horse 9\0 and more";
    assert_eq!(sign_up(&client, "eve", zero).await, 400);
}

// 1.2: over the cap nothing is hashed, and the log-in costs nobody a try.
#[tokio::test]
async fn password_over_the_cap_is_refused_before_it_is_hashed() {
    let client = client().await;
    client.signup("ada@example.com", PASSWORD).await;
    let jobs = client.hashing.jobs();
    let long = "a 9".repeat(2000);
    assert_eq!(sign_up(&client, "eve", &long).await, 400);
    for way in ALL {
        for name in ["ada@example.com", "nobody"] {
            assert_eq!(way.send(&client, name, &long).await.status, way.refused());
        }
    }
    assert_eq!(client.hashing.jobs(), jobs);
}

// 1.3: byte for byte: blanks at both ends, case, and how an accent is written.
#[tokio::test]
async fn password_is_taken_byte_for_byte() {
    let client = client().await;
    for (name, password) in [
        ("blanks", "  correct horse 9 "),
        ("tabs", "\tcorrect horse 9\n"),
        ("case", "Correct Horse 9"),
        ("composed", "a na\u{ef}ve horse 9"),
        ("decomposed", "a nai\u{308}ve horse 9"),
        ("wide", "\u{ff43}orrect horse 9"),
        ("hidden", "correct\u{200b} horse 9"),
        ("colon", "a:b:c horse 9:"),
    ] {
        assert_eq!(sign_up(&client, name, password).await, 201, "{name}");
        let address = format!("{name}@example.com");
        for way in ALL {
            assert_eq!(
                way.send(&client, &address, password).await.status,
                200,
                "{name} {way:?}"
            );
        }
        for other in [
            password.trim().to_owned(),
            password.to_lowercase(),
            password.replace('\u{ef}', "i\u{308}"),
            password.replace("i\u{308}", "\u{ef}"),
            password.replace('\u{ff43}', "c"),
            password.replace('\u{200b}', ""),
            password.trim_end_matches(':').to_owned(),
        ] {
            let status = log_in(&client, name, &other).await;
            assert_eq!(status == 200, other == password, "{name} {other:?}");
        }
    }
}

/// Columns that no hasher has made, or that cost without end.
fn damaged() -> Vec<String> {
    let good = password::hash(PASSWORD, &hashers()).unwrap();
    let parts: Vec<&str> = good.split('$').collect();
    let [algorithm, iterations, salt, digest] = parts[..] else {
        panic!("{good}");
    };
    let with = |iterations: &str| format!("{algorithm}${iterations}${salt}${digest}");
    let argon2 =
        |costs: &str| format!("argon2$argon2id$v=19${costs}$c2FsdHNhbHQ$aaaaaaaaaaaaaaaaaaaaaa");
    let mut columns = vec![
        PASSWORD.to_owned(),
        "!".to_owned(),
        "$$$".to_owned(),
        "$".repeat(1000),
        "a".repeat(100_000),
        "\0".to_owned(),
        "\u{1f511}$\u{1f511}$\u{1f511}$\u{1f511}".to_owned(),
        algorithm.to_owned(),
        format!("{algorithm}$"),
        format!("{algorithm}$$$"),
        format!("{algorithm}${iterations}$$"),
        format!("{algorithm}${iterations}${salt}$"),
        format!("{algorithm}${iterations}${salt}"),
        format!("{algorithm}${iterations}${salt}$!!!"),
        format!("{algorithm}${iterations}${salt}$\u{e9}"),
        format!("{algorithm}${iterations}$s\u{e4}lt${digest}"),
        format!("{good}$"),
        format!(" {good}"),
        format!("{good}\n"),
        good[..good.len() - 1].to_owned(),
        good.to_uppercase(),
        "bcrypt$$2b$31$zCLQONvhVotGK/NnT8ZxRuVz2KT4ADkf0O57Dg6zhBza/iPc5FMz6".to_owned(),
        "bcrypt$$2b$99$zCLQONvhVotGK/NnT8ZxRuVz2KT4ADkf0O57Dg6zhBza/iPc5FMz6".to_owned(),
        "bcrypt_sha256$$".to_owned(),
        "scrypt$1073741824$salt$8$1$aaaa".to_owned(),
        "scrypt$-1$salt$-1$-1$aaaa".to_owned(),
        "md5$".to_owned(),
        "sha1$$".to_owned(),
    ];
    for iterations in [
        "",
        "0",
        "-1",
        "1e3",
        "4294967295",
        "99999999999999999999",
        "\u{661}",
    ] {
        columns.push(with(iterations));
    }
    for costs in [
        "m=4294967295,t=1,p=1",
        "m=-1,t=1,p=1",
        "m=64,t=4294967295,p=1",
        "m=64,t=0,p=0",
        "",
    ] {
        columns.push(argon2(costs));
    }
    columns
}

// 1.7: a damaged column means a wrong password, by every way in.
#[tokio::test]
async fn damaged_hash_is_a_wrong_password() {
    let client = client().await;
    for (number, column) in damaged().iter().enumerate() {
        let name = format!("user{number}");
        user_with(&client, &name, column).await;
        for way in ALL {
            let answer = way.send(&client, &name, PASSWORD).await;
            let shown: String = column.chars().take(80).collect();
            assert_eq!(answer.status, way.refused(), "{shown:?} {way:?}");
        }
    }
}

// 1.6: a weaker or another hash is made anew by the log-in that has shown the password.
#[tokio::test]
async fn old_hash_is_made_anew_at_the_log_in() {
    let client = client().await;
    let column = |algorithm| {
        let salt = "saltsaltsaltsaltsalt22";
        password::hash_with_salt(PASSWORD, salt, algorithm, &hashers()).unwrap()
    };
    let columns = [
        column(Algorithm::Pbkdf2Sha1),
        column(Algorithm::Argon2),
        column(Algorithm::Scrypt),
        password::hash(
            PASSWORD,
            &Hashers {
                pbkdf2_iterations: 1,
                ..hashers()
            },
        )
        .unwrap(),
    ];
    for (number, old) in columns.iter().enumerate() {
        for way in ALL {
            let name = format!("user{number}-{way:?}");
            let user = user_with(&client, &name, old).await;
            assert_eq!(
                way.send(&client, &name, PASSWORD).await.status,
                200,
                "{old}"
            );
            let id = user.id.to_string();
            let user = client.store.user_by_id(&id).await.unwrap().unwrap();
            let new = user.password.expose_secret();
            assert!(new.starts_with("pbkdf2_sha256$1000$"), "{old}: {new}");
            assert_eq!(
                way.send(&client, &name, PASSWORD).await.status,
                200,
                "{old}"
            );
        }
    }
}
