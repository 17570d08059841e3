//! A Django project has the tables of the packages that it installed; without the others the server works.

use std::process::Stdio;

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Server, status};

const PASSWORD: &str = "correct horse 9";
const NEW: &str = "another staple 8";
const JSON: &str = "Content-Type: application/json\r\n";

/// A server on a database without these tables.
fn without(tables: &[&str]) -> (TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let words = ["--pbkdf2-iterations", "1000"];
    drop(Server::start_with(folder.path(), &words));
    let database = Connection::open(folder.path().join("portcullis.db")).unwrap();
    for table in tables {
        let sql = format!("DROP TABLE {table}");
        database.execute_batch(&sql).unwrap();
    }
    drop(database);
    let server = Server::start_logging(folder.path(), &words, "error", Stdio::inherit());
    (folder, server)
}

fn post(server: &Server, path: &str, authorization: &str, body: &Value) -> (u16, Value) {
    let headers = match authorization {
        "" => JSON.to_owned(),
        token => format!("{JSON}Authorization: {token}\r\n"),
    };
    let answer = server.send("POST", path, &headers, &body.to_string());
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    (
        status(&answer),
        serde_json::from_str(body).unwrap_or_default(),
    )
}

fn user(server: &Server, authorization: &str) -> u16 {
    let headers = format!("Authorization: {authorization}\r\n");
    status(&server.send("GET", "/api/user/", &headers, ""))
}

/// Sign-up, log-ins, JWTs, a change of password and log-outs.
fn walk(server: &Server) {
    let first = format!("Token {}", server.signup("ada@example.com", PASSWORD));
    assert_eq!(user(server, &first), 200);
    let log_in = |password: &str| {
        let body = json!({ "username": "ada@example.com", "password": password });
        let (status, body) = post(server, "/api/token/", "", &body);
        assert_eq!(status, 200, "{body}");
        format!("Token {}", body["token"].as_str().unwrap())
    };
    let second = log_in(PASSWORD);
    assert_eq!(user(server, &second), 200);
    let body = json!({ "username": "ada@example.com", "password": PASSWORD });
    let (status, pair) = post(server, "/jwt/token/", "", &body);
    assert_eq!(status, 200, "{pair}");
    let refresh = json!({ "refresh": pair["refresh"] });
    let (status, pair) = post(server, "/jwt/refresh/", "", &refresh);
    assert_eq!(status, 200, "{pair}");
    let bearer = format!("Bearer {}", pair["access"].as_str().unwrap());
    assert_eq!(user(server, &bearer), 200);
    assert_eq!(
        post(server, "/api/auth/logout/", &second, &json!({})).0,
        204
    );
    assert_eq!(user(server, &second), 401);
    let body = json!({ "old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW });
    let (status, body) = post(server, "/rest-auth/password/change/", &first, &body);
    assert_eq!(status, 200, "{body}");
    assert_eq!(user(server, &first), 401);
    assert_eq!(user(server, &bearer), 401);
    assert_eq!(
        post(
            server,
            "/jwt/refresh/",
            "",
            &json!({ "refresh": pair["refresh"] })
        )
        .0,
        401
    );
    let third = log_in(NEW);
    assert_eq!(post(server, "/knox/logoutall/", &third, &json!({})).0, 204);
    assert_eq!(user(server, &third), 401);
    let body = json!({ "username": "ada@example.com", "password": NEW });
    let (_, pair) = post(server, "/jwt/token/", "", &body);
    let refresh = json!({ "refresh": pair["refresh"] });
    assert_eq!(post(server, "/jwt/blacklist/", "", &refresh).0, 200);
    assert_eq!(post(server, "/jwt/refresh/", "", &refresh).0, 401);
    let body = json!({ "email": "ada@example.com" });
    assert_eq!(post(server, "/rest-auth/password/reset/", "", &body).0, 200);
}

#[test]
fn works_without_allauth() {
    let (_folder, server) = without(&["account_emailconfirmation", "account_emailaddress"]);
    walk(&server);
}

#[test]
fn works_without_knox() {
    let (_folder, server) = without(&["knox_authtoken"]);
    walk(&server);
}

#[test]
fn works_without_tokens_of_drf() {
    let (_folder, server) = without(&["authtoken_token"]);
    walk(&server);
}

#[test]
fn works_without_a_blacklist() {
    let tables = [
        "token_blacklist_blacklistedtoken",
        "token_blacklist_outstandingtoken",
    ];
    let (_folder, server) = without(&tables);
    walk(&server);
}

#[test]
fn works_without_any_of_them() {
    let (_folder, server) = without(&[
        "account_emailconfirmation",
        "account_emailaddress",
        "knox_authtoken",
        "authtoken_token",
        "token_blacklist_blacklistedtoken",
        "token_blacklist_outstandingtoken",
    ]);
    walk(&server);
}
