//! JWTs and knox' device tokens at the doors of the server, and what settings make of them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use http::Request;
use portcullis::core::SecretKeys;
use portcullis::django::jwt::BackendError;
use portcullis::django::signing::base64url_decode;
use portcullis_server::Settings;
use serde_json::{Value, json};

use crate::client::{Answer, Client};

const PASSWORD: &str = "correct horse 9";
const SECRET: &str = "a secret of the tests, with more than 50 characters in it";

/// An Ed25519 pair, made for these tests.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIMiuPDoeu7z9H2nLs+F7aq+vaAspwUhQo+qPJ98AGfUz
-----END PRIVATE KEY-----
";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAPJNLByg1vzQG4I/rsRqUvRQihfihP14fqZC72JTEs6c=
-----END PUBLIC KEY-----
";

fn settings(said: &[(&str, &str)]) -> Settings {
    let flags = said
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let empty = tempfile::NamedTempFile::new().unwrap();
    Settings::load(Some(empty.path()), BTreeMap::new(), flags.collect()).unwrap()
}

fn secret_keys() -> SecretKeys {
    SecretKeys::new(SECRET, Vec::new())
}

/// A server with these settings, at which Ada has signed up.
async fn client(said: &[(&str, &str)]) -> Client {
    let settings = settings(said);
    let backend = settings.jwt_backend(&secret_keys()).unwrap();
    let client = Client::with_jwt(&settings.surroundings(), backend).await;
    client.signup("ada@example.com", PASSWORD).await;
    client
}

async fn log_in(client: &Client) -> (String, String) {
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let answer = client.post("/jwt/token/", body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let text = |name: &str| answer.body[name].as_str().unwrap().to_owned();
    (text("access"), text("refresh"))
}

async fn user(client: &Client, access: &str) -> u16 {
    let answer = client.get("/api/user/", &format!("Bearer {access}")).await;
    answer.status.as_u16()
}

fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&base64url_decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn person_logs_in_for_a_pair_refreshes_and_logs_out() {
    let client = client(&[]).await;
    let (access, refresh) = log_in(&client).await;
    assert_eq!(user(&client, &access).await, 200);
    let renewed = client
        .post("/jwt/refresh/", json!({ "refresh": refresh }))
        .await;
    assert_eq!(renewed.status, 200, "{renewed:?}");
    let access = renewed.body["access"].as_str().unwrap();
    let bearer = format!("Bearer {access}");
    let out = client.call("POST", "/api/auth/logout/", &bearer).await;
    assert_eq!(out.status, 204, "{out:?}");
    assert_eq!(user(&client, access).await, 401);
    let refresh = renewed.body["refresh"].as_str().unwrap();
    let late = client
        .post("/jwt/refresh/", json!({ "refresh": refresh }))
        .await;
    assert_eq!(late.status, 401, "{late:?}");
}

#[tokio::test]
async fn claims_are_ours_or_the_public_urls_or_simplejwts() {
    let said = |access: &str| {
        let claims = part(access, 1);
        (claims["iss"].clone(), claims["aud"].clone())
    };
    let ours = log_in(&client(&[]).await).await.0;
    assert_eq!(said(&ours), (json!("portcullis"), json!("portcullis")));
    let url = [
        ("public_url", "http://shop.example"),
        ("jwt.audience", "till"),
        ("allowed_hosts", "localhost"),
    ];
    let of_url = log_in(&client(&url).await).await.0;
    assert_eq!(said(&of_url), (json!("http://shop.example"), json!("till")));
    let plain = client(&[("compat.jwt_plain_claims", "true")]).await;
    assert_eq!(said(&log_in(&plain).await.0), (json!(null), json!(null)));

    let strict = settings(&[]).jwt_backend(&secret_keys()).unwrap();
    let now = part(&plain_token(&plain).await, 1)["iat"].as_i64().unwrap();
    let refused = strict.decode(&plain_token(&plain).await, now);
    assert_eq!(refused, Err(BackendError::Invalid));
}

async fn plain_token(client: &Client) -> String {
    log_in(client).await.0
}

#[tokio::test]
async fn lifetimes_and_grace_are_as_they_are_set() {
    let client = client(&[
        ("jwt.access_token_lifetime", "60"),
        ("jwt.refresh_grace", "0"),
    ])
    .await;
    let (access, refresh) = log_in(&client).await;
    client.clock.advance(time::Duration::seconds(60));
    assert_eq!(user(&client, &access).await, 401);
    for status in [200, 401] {
        let body = json!({ "refresh": refresh });
        assert_eq!(client.post("/jwt/refresh/", body).await.status, status);
    }
}

#[tokio::test]
async fn blanks_around_a_password_count_unless_compat_cuts_them_off() {
    let body = json!({ "email": "ada@example.com", "password": format!(" {PASSWORD} ") });
    for (trims, status) in [("false", 401), ("true", 200)] {
        let client = client(&[("compat.trim_passwords", trims)]).await;
        let answer = client.post("/jwt/token/", body.clone()).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

#[tokio::test]
async fn without_families_an_old_refresh_token_ends_nothing_else() {
    let client = client(&[("compat.refresh_without_families", "true")]).await;
    let (access, refresh) = log_in(&client).await;
    for status in [200, 401] {
        let body = json!({ "refresh": refresh });
        assert_eq!(client.post("/jwt/refresh/", body).await.status, status);
    }
    assert_eq!(user(&client, &access).await, 200);
}

/// Writes a file beside the test's others.
fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> String {
    let path: PathBuf = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[tokio::test]
async fn key_pair_signs_and_its_public_key_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (private, public) = (
        file(&folder, "private.pem", PRIVATE),
        file(&folder, "public.pem", PUBLIC),
    );
    let pair = [
        ("jwt.algorithm", "EdDSA"),
        ("jwt.private_key_file", private.as_str()),
        ("jwt.public_key_file", public.as_str()),
    ];
    let client = client(&pair).await;
    let (access, _) = log_in(&client).await;
    assert_eq!(user(&client, &access).await, 200);
    let jwks = client.get("/.well-known/jwks.json", "").await;
    let key = &jwks.body["keys"][0];
    assert_eq!((&key["kty"], &key["alg"]), (&json!("OKP"), &json!("EdDSA")));
    assert_eq!(part(&access, 0)["kid"], key["kid"]);

    // After a change to a secret the old pair's tokens are good until the date.
    let now = part(&access, 1)["iat"].as_i64().unwrap();
    for (until, is_good) in [
        ("2026-01-02T03:04:06Z", true),
        ("2026-01-02T03:04:05Z", false),
    ] {
        let changed = settings(&[
            ("jwt.older_public_key_files", public.as_str()),
            ("jwt.older_keys_until", until),
        ]);
        let backend = changed.jwt_backend(&secret_keys()).unwrap();
        assert_eq!(backend.decode(&access, now).is_ok(), is_good, "{until}");
    }
}

#[test]
fn keys_that_do_not_fit_are_told_by_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let (private, public) = (
        file(&folder, "private.pem", PRIVATE),
        file(&folder, "public.pem", "no key"),
    );
    let fault = |said: &[(&str, &str)]| {
        let error = settings(said).jwt_backend(&secret_keys()).unwrap_err();
        format!("{error:#}")
    };
    let told = fault(&[
        ("jwt.algorithm", "EdDSA"),
        ("jwt.private_key_file", &private),
        ("jwt.public_key_file", &public),
    ]);
    assert!(told.contains("public.pem"), "{told}");
    let told = fault(&[
        ("jwt.older_public_key_files", "nowhere.pem"),
        ("jwt.older_keys_until", "2027-01-01T00:00:00Z"),
    ]);
    assert!(told.contains("cannot read nowhere.pem"), "{told}");
}

#[tokio::test]
async fn device_tokens_are_as_they_are_set() {
    let client = client(&[
        ("device.token_prefix", "shop_"),
        ("device.token_checksum", "true"),
        ("device.token_limit_per_user", "2"),
        ("device.login_shows_user", "true"),
    ])
    .await;
    // ada@example.com:correct horse 9
    let basic = "Basic YWRhQGV4YW1wbGUuY29tOmNvcnJlY3QgaG9yc2UgOQ==";
    let answer = knox(&client, "/knox/login/", basic).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let token = answer.body["token"].as_str().unwrap().to_owned();
    assert_eq!((token.len(), &token[..5]), (77, "shop_"));
    assert_eq!(
        answer.body["user"],
        json!({ "username": "ada@example.com" })
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    let answer = client.get("/api/user/", &format!("Token {token}")).await;
    assert_eq!(answer.status, 200);

    // With that of the sign-up these are two; the limit holds at every door.
    let answer = knox(&client, "/knox/login/", basic).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let answer = client.post("/api/token/", body).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    let token = format!("Token {token}");
    assert_eq!(knox(&client, "/knox/logoutall/", &token).await.status, 204);
    assert_eq!(knox(&client, "/knox/login/", basic).await.status, 200);
}

async fn knox(client: &Client, path: &str, authorization: &str) -> Answer {
    let request = Request::builder().method("POST").uri(path);
    let request = request.header("Authorization", authorization);
    client
        .send(request.body(axum::body::Body::empty()).unwrap())
        .await
}

#[tokio::test]
async fn device_token_that_is_used_goes_on() {
    let client = client(&[
        ("device.token_ttl_seconds", "100"),
        ("device.auto_refresh", "true"),
        ("device.auto_refresh_max_ttl_seconds", "250"),
        ("device.min_refresh_interval_seconds", "10"),
    ])
    .await;
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let answer = client.post("/api/token/", body).await;
    let token = format!("Token {}", answer.body["token"].as_str().unwrap());
    for (seconds, status) in [(90, 200), (90, 200), (60, 200), (20, 401)] {
        client.clock.advance(time::Duration::seconds(seconds));
        assert_eq!(client.get("/api/user/", &token).await.status, status);
    }
}
