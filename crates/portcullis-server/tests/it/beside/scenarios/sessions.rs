//! Sessions and CSRF tokens.

use serde_json::json;

use super::super::site::{PASSWORD, Way};
use super::super::visitor::Visitor;
use super::{Scenario, both, from_django};

pub(super) const ALL: &[Scenario] = &[
    both(
        "a session is logged in at the other server",
        opened_here_valid_there,
    ),
    both(
        "a session comes back to where it was opened",
        there_and_back,
    ),
    both(
        "a session by dj-rest-auth is logged in at the other server",
        by_rest_auth,
    ),
    both("a log-out there ends the session here", logged_out_there),
    both(
        "a log-out by dj-rest-auth there ends the session here",
        logged_out_by_rest_auth,
    ),
    both(
        "a second log-in there leaves one session",
        logged_in_again_there,
    ),
    both(
        "another person's log-in there takes the session over",
        another_person_there,
    ),
    both(
        "a CSRF cookie of here is good for a form there",
        csrf_cookie,
    ),
    both(
        "a masked CSRF token of here is refused with another cookie there",
        csrf_of_another,
    ),
    both(
        "an anonymous cookie of here becomes a session there",
        anonymous_cookie,
    ),
    both(
        "a log-in writes last_login, which the other server reads",
        last_login,
    ),
    both(
        "a session that was cut short is nobody's on either side",
        damaged_cookie,
    ),
    from_django(
        "what Django keeps in a session outlives a log-in here",
        data_is_kept,
    ),
    from_django(
        "sessions that an administrator deletes end here",
        deleted_by_django,
    ),
    from_django(
        "a deactivated user is nobody here, and somebody again later",
        deactivated,
    ),
    from_django("a deleted user is nobody here", deleted_user),
];

/// Opens a session at `/api/login/`, with the CSRF cookie that it wants.
#[track_caller]
pub(super) fn log_in(visitor: &mut Visitor, address: &str, name: &str, password: &str) {
    visitor.get(address, "/api/login-set-cookie/").is(200);
    let body = json!({ "email": name, "password": password });
    visitor.post(address, "/api/login/", &body).is(200);
}

/// Whether the visitor's session is somebody's.
pub(super) fn is_known(visitor: &mut Visitor, address: &str) -> bool {
    // Not with the answer's cookies: a refusal takes the session away.
    let mut copy = Visitor {
        cookies: visitor.cookies.clone(),
    };
    copy.get(address, "/api/user/").status == 200
}

fn opened_here_valid_there(way: &Way<'_>) {
    let mut browser = Visitor::default();
    log_in(&mut browser, &way.here, &way.person(), PASSWORD);
    let answer = browser.get(&way.there, "/api/user/").is(200);
    assert_eq!(answer.text("email"), way.email());
}

fn there_and_back(way: &Way<'_>) {
    let mut browser = Visitor::default();
    log_in(&mut browser, &way.here, &way.person(), PASSWORD);
    for address in [&way.there, &way.here, &way.there, &way.here] {
        browser.get(address, "/api/user/").is(200);
    }
}

fn by_rest_auth(way: &Way<'_>) {
    let mut browser = Visitor::default();
    browser.get(&way.here, "/api/login-set-cookie/").is(200);
    let body = json!({ "username": way.person(), "password": PASSWORD });
    browser.post(&way.here, "/rest-auth/login/", &body).is(200);
    browser.get(&way.there, "/rest-auth/user/").is(200);
    browser.get(&way.there, "/api/user/").is(200);
}

fn logged_out_there(way: &Way<'_>) {
    let mut browser = Visitor::default();
    log_in(&mut browser, &way.here, &way.person(), PASSWORD);
    browser.get(&way.here, "/api/user/").is(200);
    let mut copy = Visitor {
        cookies: browser.cookies.clone(),
    };
    browser.post(&way.there, "/api/logout/", &json!({})).is(204);
    assert!(!browser.cookies.contains_key("sessionid"));
    way.soon(|| !is_known(&mut copy, &way.here));
}

fn logged_out_by_rest_auth(way: &Way<'_>) {
    let mut browser = Visitor::default();
    log_in(&mut browser, &way.here, &way.person(), PASSWORD);
    browser.get(&way.here, "/api/user/").is(200);
    let mut copy = Visitor {
        cookies: browser.cookies.clone(),
    };
    browser
        .post(&way.there, "/rest-auth/logout/", &json!({}))
        .is(200);
    way.soon(|| !is_known(&mut copy, &way.here));
}

fn logged_in_again_there(way: &Way<'_>) {
    let name = way.person();
    let mut browser = Visitor::default();
    log_in(&mut browser, &way.here, &name, PASSWORD);
    log_in(&mut browser, &way.there, &name, PASSWORD);
    browser.get(&way.here, "/api/user/").is(200);
    browser.get(&way.there, "/api/user/").is(200);
    let ended = way.deed("end_sessions", json!({ "username": name }));
    assert_eq!(ended, 1);
}

fn another_person_there(way: &Way<'_>) {
    let name = way.person();
    let other = format!("{name}b");
    way.deed("make", json!({ "username": other, "password": PASSWORD }));
    let mut browser = Visitor::default();
    log_in(&mut browser, &way.here, &name, PASSWORD);
    let mut copy = Visitor {
        cookies: browser.cookies.clone(),
    };
    log_in(&mut browser, &way.there, &other, PASSWORD);
    let answer = browser.get(&way.here, "/api/user/").is(200);
    assert_eq!(answer.text("email"), format!("{other}@example.com"));
    way.soon(|| !is_known(&mut copy, &way.here));
}

fn csrf_cookie(way: &Way<'_>) {
    let mut browser = Visitor::default();
    browser.get(&way.here, "/api/login-set-cookie/").is(200);
    let body = json!({ "email": way.person(), "password": PASSWORD });
    browser.post(&way.there, "/api/login/", &body).is(200);
    // The new one of there is good here.
    browser.post(&way.here, "/api/logout/", &json!({})).is(204);
}

fn csrf_of_another(way: &Way<'_>) {
    let mut browser = Visitor::default();
    log_in(&mut browser, &way.here, &way.person(), PASSWORD);
    browser.cookies.remove("csrftoken");
    browser.post(&way.there, "/api/logout/", &json!({})).is(403);
    browser.get(&way.here, "/api/user/").is(200);
}

fn anonymous_cookie(way: &Way<'_>) {
    let mut browser = Visitor::default();
    let nobody = "nobodyssessionnobodyssessionnobo";
    browser
        .cookies
        .insert("sessionid".to_owned(), nobody.to_owned());
    log_in(&mut browser, &way.there, &way.person(), PASSWORD);
    assert_ne!(browser.cookies["sessionid"], nobody);
    browser.get(&way.here, "/api/user/").is(200);
}

fn last_login(way: &Way<'_>) {
    let name = way.person();
    assert!(way.look()["last_login"].is_null());
    let mut browser = Visitor::default();
    log_in(&mut browser, &way.here, &name, PASSWORD);
    let first = way.look()["last_login"].as_str().unwrap().to_owned();
    let mut other = Visitor::default();
    log_in(&mut other, &way.there, &name, PASSWORD);
    let second = way.look()["last_login"].as_str().unwrap().to_owned();
    assert!(second > first, "{first} {second}");
}

fn damaged_cookie(way: &Way<'_>) {
    let mut browser = Visitor::default();
    log_in(&mut browser, &way.here, &way.person(), PASSWORD);
    let cut = browser.cookies["sessionid"][..31].to_owned();
    browser.cookies.insert("sessionid".to_owned(), cut);
    for address in [&way.here, &way.there] {
        assert!(!is_known(&mut browser, address));
    }
}

fn data_is_kept(way: &Way<'_>) {
    let name = way.person();
    let mut browser = Visitor::default();
    log_in(&mut browser, &way.here, &name, PASSWORD);
    let key = browser.cookies["sessionid"].clone();
    way.deed(
        "put_session_data",
        json!({ "key": key, "basket": ["tea", "Zoë"] }),
    );
    log_in(&mut browser, &way.there, &name, PASSWORD);
    let key = browser.cookies["sessionid"].clone();
    let data = way.deed("session_data", json!({ "key": key }));
    assert_eq!(data["basket"], json!(["tea", "Zoë"]));
}

fn deleted_by_django(way: &Way<'_>) {
    let name = way.person();
    let mut browser = Visitor::default();
    log_in(&mut browser, &way.there, &name, PASSWORD);
    browser.get(&way.there, "/api/user/").is(200);
    assert_eq!(way.deed("end_sessions", json!({ "username": name })), 1);
    way.soon(|| !is_known(&mut browser, &way.there));
}

fn deactivated(way: &Way<'_>) {
    let name = way.person();
    let mut browser = Visitor::default();
    log_in(&mut browser, &way.there, &name, PASSWORD);
    browser.get(&way.there, "/api/user/").is(200);
    way.deed("change", json!({ "username": name, "is_active": false }));
    way.soon(|| !is_known(&mut browser, &way.there));
    let mut other = Visitor::default();
    other.get(&way.there, "/api/login-set-cookie/").is(200);
    let body = json!({ "email": name, "password": PASSWORD });
    other.post(&way.there, "/api/login/", &body).is(400);
    way.deed("change", json!({ "username": name, "is_active": true }));
    way.soon(|| is_known(&mut browser, &way.there));
}

fn deleted_user(way: &Way<'_>) {
    let name = way.person();
    let mut browser = Visitor::default();
    log_in(&mut browser, &way.here, &name, PASSWORD);
    browser.get(&way.there, "/api/user/").is(200);
    way.deed("delete", json!({ "username": name }));
    way.soon(|| !is_known(&mut browser, &way.there));
}
