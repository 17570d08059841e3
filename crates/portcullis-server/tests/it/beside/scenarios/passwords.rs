//! Passwords: changed, set anew by a link, and addresses confirmed by one.

use serde_json::json;

use super::super::site::{PASSWORD, Way};
use super::super::visitor::Visitor;
use super::sessions::{is_known, log_in};
use super::{Scenario, both, from_django};

const NEW: &str = "another staple 8";

pub(super) const ALL: &[Scenario] = &[
    both("a password that was changed here is the one there", changed),
    both(
        "a changed password ends the other sessions there",
        changed_ends_sessions,
    ),
    both(
        "a changed password keeps the session that it was changed in, there too",
        changed_keeps_own,
    ),
    both("somebody who signed up here logs in there", signed_up),
    both("a reset link of here is used there", reset_link),
    both(
        "a reset link of here is used once, on either side",
        reset_link_once,
    ),
    both(
        "a log-in there ends a reset link of here",
        reset_link_after_log_in,
    ),
    both("a confirmation key of here is used there", confirmation_key),
    both(
        "a confirmation key of here is used once, on either side",
        confirmation_key_once,
    ),
    both("a name that was changed here is the one there", profile),
    from_django(
        "a password that an administrator sets ends sessions here",
        set_by_django,
    ),
    from_django("an unusable password logs nobody in here", unusable),
];

/// Changes the visitor's password at dj-rest-auth's door.
#[track_caller]
fn change(browser: &mut Visitor, address: &str) {
    let body = json!({ "old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW });
    browser
        .post(address, "/rest-auth/password/change/", &body)
        .is(200);
}

fn logs_in(address: &str, name: &str, password: &str) -> bool {
    let mut browser = Visitor::default();
    browser.get(address, "/api/login-set-cookie/").is(200);
    let body = json!({ "email": name, "password": password });
    browser.post(address, "/api/login/", &body).status == 200
}

fn changed(way: &Way<'_>) {
    let name = way.person();
    assert!(logs_in(&way.there, &name, PASSWORD));
    let mut browser = Visitor::default();
    log_in(&mut browser, &way.here, &name, PASSWORD);
    change(&mut browser, &way.here);
    way.soon(|| logs_in(&way.there, &name, NEW));
    assert!(!logs_in(&way.there, &name, PASSWORD));
}

fn changed_ends_sessions(way: &Way<'_>) {
    let name = way.person();
    let mut others = [Visitor::default(), Visitor::default()];
    log_in(&mut others[0], &way.here, &name, PASSWORD);
    log_in(&mut others[1], &way.there, &name, PASSWORD);
    for other in &mut others {
        other.get(&way.there, "/api/user/").is(200);
    }
    let mut browser = Visitor::default();
    log_in(&mut browser, &way.here, &name, PASSWORD);
    change(&mut browser, &way.here);
    way.soon(|| others.iter_mut().all(|other| !is_known(other, &way.there)));
}

fn changed_keeps_own(way: &Way<'_>) {
    let mut browser = Visitor::default();
    log_in(&mut browser, &way.here, &way.person(), PASSWORD);
    browser.get(&way.there, "/api/user/").is(200);
    change(&mut browser, &way.here);
    // At once: whoever is sent on is still logged in.
    browser.get(&way.there, "/api/user/").is(200);
    browser.get(&way.here, "/api/user/").is(200);
}

fn signed_up(way: &Way<'_>) {
    sign_up(way, &way.here);
    assert!(logs_in(&way.there, &way.name(), PASSWORD));
    assert!(logs_in(&way.here, &way.name(), PASSWORD));
}

#[track_caller]
fn sign_up(way: &Way<'_>, address: &str) {
    let body = json!({ "username": way.name(), "email": way.email(), "password1": PASSWORD,
                       "password2": PASSWORD });
    Visitor::default()
        .post(address, "/rest-auth/registration/", &body)
        .is(201);
}

/// Asks for a link; its uid and token, out of the mail.
#[track_caller]
fn ask_for_link(way: &Way<'_>, address: &str) -> (String, String) {
    let body = json!({ "email": way.email() });
    Visitor::default()
        .post(address, "/rest-auth/password/reset/", &body)
        .is(200);
    let mail = way.mail_to(&way.email());
    let link = mail.split("/reset/").nth(1).unwrap();
    let mut parts = link.split('/').map(str::to_owned);
    (parts.next().unwrap(), parts.next().unwrap())
}

fn use_link(address: &str, (uid, token): &(String, String)) -> u16 {
    let body = json!({ "uid": uid, "token": token, "new_password1": NEW, "new_password2": NEW });
    Visitor::default()
        .post(address, "/rest-auth/password/reset/confirm/", &body)
        .status
}

fn reset_link(way: &Way<'_>) {
    let name = way.person();
    let link = ask_for_link(way, &way.here);
    assert_eq!(use_link(&way.there, &link), 200);
    assert!(logs_in(&way.there, &name, NEW));
    way.soon(|| logs_in(&way.here, &name, NEW));
}

fn reset_link_once(way: &Way<'_>) {
    way.person();
    let link = ask_for_link(way, &way.here);
    assert_eq!(use_link(&way.there, &link), 200);
    way.soon(|| use_link(&way.here, &link) == 400);
    assert_eq!(use_link(&way.there, &link), 400);
}

fn reset_link_after_log_in(way: &Way<'_>) {
    let name = way.person();
    let link = ask_for_link(way, &way.here);
    assert!(logs_in(&way.there, &name, PASSWORD));
    way.soon(|| use_link(&way.here, &link) == 400);
    assert_eq!(use_link(&way.there, &link), 400);
}

/// Signs up; the key of the mail.
#[track_caller]
fn confirmation_of_sign_up(way: &Way<'_>, address: &str) -> String {
    sign_up(way, address);
    let mail = way.mail_to(&way.email());
    let words = ["/accounts/confirm-email/", "/account-confirm-email/"];
    let rest = words
        .iter()
        .find_map(|word| mail.split(word).nth(1))
        .unwrap();
    rest.split('/').next().unwrap().replace("%3A", ":")
}

fn use_key(address: &str, key: &str) -> u16 {
    let path = "/rest-auth/registration/verify-email/";
    Visitor::default()
        .post(address, path, &json!({ "key": key }))
        .status
}

fn confirmation_key(way: &Way<'_>) {
    let key = confirmation_of_sign_up(way, &way.here);
    assert_eq!(way.look()["addresses"], json!([[way.email(), false, true]]));
    assert_eq!(use_key(&way.there, &key), 200);
    assert_eq!(way.look()["addresses"], json!([[way.email(), true, true]]));
}

fn confirmation_key_once(way: &Way<'_>) {
    let key = confirmation_of_sign_up(way, &way.here);
    assert_eq!(use_key(&way.there, &key), 200);
    assert_eq!(use_key(&way.here, &key), 404);
    assert_eq!(use_key(&way.there, &key), 404);
}

fn profile(way: &Way<'_>) {
    let mut browser = Visitor::default();
    log_in(&mut browser, &way.here, &way.person(), PASSWORD);
    browser.get(&way.there, "/rest-auth/user/").is(200);
    let body = json!({ "first_name": "Zoë" });
    browser
        .send(&way.here, "PATCH", "/rest-auth/user/", "", &body)
        .is(200);
    way.soon(|| browser.get(&way.there, "/rest-auth/user/").body["first_name"] == "Zoë");
}

fn set_by_django(way: &Way<'_>) {
    let name = way.person();
    let mut browser = Visitor::default();
    log_in(&mut browser, &way.there, &name, PASSWORD);
    browser.get(&way.there, "/api/user/").is(200);
    way.deed("set_password", json!({ "username": name, "password": NEW }));
    way.soon(|| !is_known(&mut browser, &way.there));
    way.soon(|| logs_in(&way.there, &name, NEW));
}

fn unusable(way: &Way<'_>) {
    let name = way.name();
    way.deed("make", json!({ "username": name, "password": null }));
    assert!(!logs_in(&way.there, &name, ""));
    assert!(!logs_in(&way.there, &name, "None"));
}
