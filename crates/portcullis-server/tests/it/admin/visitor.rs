//! Somebody at the admin site with a browser, as far as cookies and forms go.

use std::cell::RefCell;
use std::collections::BTreeMap;

use axum::body::Body;
use http::Request;
use serde_json::json;
use url::form_urlencoded::Serializer;

use super::tables::database;
use crate::client::{Answer, Client};

pub(super) const PASSWORD: &str = "correct horse 9";

/// What staff hold who add and change users.
pub(super) const CHANGERS: [&str; 3] = ["view_user", "change_user", "add_user"];

/// A browser with its cookies.
pub(super) struct Visitor<'a> {
    client: &'a Client,
    cookies: RefCell<BTreeMap<String, String>>,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self {
            client,
            cookies: RefCell::default(),
        }
    }

    /// Somebody with that address, logged in at the site.
    pub(super) async fn logged_in(client: &'a Client, email: &str) -> Self {
        let visitor = Self::new(client);
        let answer = visitor.log_in(email, PASSWORD, "/admin/").await;
        assert_eq!(answer.status, 302, "{answer:?}");
        visitor
    }

    pub(super) async fn log_in(&self, name: &str, password: &str, next: &str) -> Answer {
        self.get("/admin/login/").await;
        let fields = [("username", name), ("password", password), ("next", next)];
        self.post("/admin/login/", &fields).await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    /// With the CSRF token of the cookie.
    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.cookies.borrow().get("csrftoken").cloned();
        let token = token.unwrap_or_default();
        let mut form = Serializer::new(String::new());
        form.append_pair("csrfmiddlewaretoken", &token);
        form.extend_pairs(fields);
        self.send("POST", path, Some(form.finish())).await
    }

    pub(super) async fn send(&self, method: &str, path: &str, form: Option<String>) -> Answer {
        let cookies = self.cookies.borrow().clone();
        let cookies = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("Cookie", cookies.collect::<Vec<_>>().join("; "));
        if form.is_some() {
            request = request.header("Content-Type", "application/x-www-form-urlencoded");
        }
        let body = Body::from(form.unwrap_or_default());
        let answer = self.client.send(request.body(body).unwrap()).await;
        for set in answer.headers.get_all("set-cookie") {
            let (pair, _) = set.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let mut cookies = self.cookies.borrow_mut();
            cookies.insert(name.to_owned(), value.trim_matches('"').to_owned());
        }
        answer
    }
}

/// An account; its key.
pub(super) async fn account(client: &Client, email: &str, changes: &str) -> i64 {
    let body = json!({ "email": email, "password": PASSWORD });
    let made = client.post("/api/signup/", body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let database = database(client);
    if !changes.is_empty() {
        let sql = format!("UPDATE auth_user SET {changes} WHERE email = ?1");
        assert_eq!(database.execute(&sql, [email]).unwrap(), 1);
    }
    let sql = "SELECT id FROM auth_user WHERE email = ?1";
    database.query_row(sql, [email], |row| row.get(0)).unwrap()
}

/// Staff who hold these permissions, such as `view_user`.
pub(super) async fn staff(client: &Client, email: &str, permissions: &[&str]) -> i64 {
    let id = account(client, email, "is_staff = 1").await;
    for codename in permissions {
        let sql = "INSERT INTO auth_user_user_permissions (user_id, permission_id) \
                   SELECT ?1, id FROM auth_permission WHERE codename = ?2";
        let held = database(client).execute(sql, (id, codename)).unwrap();
        assert_eq!(held, 1, "{codename}");
    }
    id
}

/// Somebody who may do everything, logged in at the site.
pub(super) async fn superuser<'a>(client: &'a Client) -> Visitor<'a> {
    let changes = "is_staff = 1, is_superuser = 1";
    account(client, "root@example.com", changes).await;
    Visitor::logged_in(client, "root@example.com").await
}

/// The page of an answer.
pub(super) fn text_of(answer: &Answer) -> &str {
    answer.body.as_str().expect("a page")
}

/// The version that a form was shown with.
pub(super) fn version_in(answer: &Answer) -> String {
    let (_, rest) = text_of(answer)
        .split_once("name=\"version\" value=\"")
        .expect("a form");
    rest.split_once('"').unwrap().0.to_owned()
}
