//! Who is who: names, addresses, and what people may do.

use serde_json::json;

use super::super::site::{PASSWORD, Way};
use super::super::visitor::Visitor;
use super::tokens::{is_known, knox_token};
use super::{Scenario, both, from_django};

pub(super) const ALL: &[Scenario] = &[
    both(
        "somebody who signed up here logs in by e-mail there",
        signed_up_by_email,
    ),
    from_django(
        "an address that signed up at Django is taken here",
        address_taken,
    ),
    both(
        "a username that is taken there cannot sign up here",
        name_taken,
    ),
    from_django(
        "somebody whom Django made logs in by e-mail here",
        made_by_django,
    ),
    from_django(
        "an address is free here when Django has deleted its user",
        address_freed,
    ),
    from_django("a permission that Django gives counts here", permission),
    from_django(
        "a group's permission counts here, until its user leaves the group",
        group,
    ),
    from_django(
        "a superuser of Django's has every permission here, and loses them",
        superuser,
    ),
];

#[track_caller]
fn sign_up(address: &str, username: &str, email: &str) -> u16 {
    let body = json!({ "username": username, "email": email, "password1": PASSWORD,
                       "password2": PASSWORD });
    let mut browser = Visitor::default();
    browser
        .post(address, "/rest-auth/registration/", &body)
        .status
}

/// Whether somebody can log in by their address, at dj-rest-auth's door.
fn logs_in_by_email(way: &Way<'_>, address: &str) -> bool {
    let body = json!({ "email": way.email(), "password": PASSWORD });
    let mut browser = Visitor::default();
    browser.get(address, "/api/login-set-cookie/").is(200);
    browser.post(address, "/rest-auth/login/", &body).status == 200
}

fn signed_up_by_email(way: &Way<'_>) {
    assert_eq!(sign_up(&way.here, &way.name(), &way.email()), 201);
    assert!(logs_in_by_email(way, &way.there));
    assert!(logs_in_by_email(way, &way.here));
}

fn address_taken(way: &Way<'_>) {
    assert_eq!(sign_up(&way.here, &way.name(), &way.email()), 201);
    let other = format!("{}b", way.name());
    // dj-rest-auth itself refuses addresses that were confirmed, alone.
    assert_eq!(sign_up(&way.there, &other, &way.email()), 400);
}

fn name_taken(way: &Way<'_>) {
    assert_eq!(sign_up(&way.there, &way.name(), &way.email()), 201);
    let other = format!("other.{}", way.email());
    assert_eq!(sign_up(&way.here, &way.name(), &other), 400);
}

fn made_by_django(way: &Way<'_>) {
    way.person();
    assert!(logs_in_by_email(way, &way.there));
}

fn address_freed(way: &Way<'_>) {
    let name = way.person();
    assert_eq!(sign_up(&way.there, "somebody-else", &way.email()), 400);
    way.deed("delete", json!({ "username": name }));
    way.soon(|| sign_up(&way.there, &name, &way.email()) == 201);
    assert!(logs_in_by_email(way, &way.there));
}

fn permission(way: &Way<'_>) {
    let name = way.person();
    assert!(!way.may("auth.add_group"));
    way.deed(
        "give_permission",
        json!({ "username": name, "codename": "add_group" }),
    );
    assert!(way.may("auth.add_group"));
    assert!(!way.may("auth.delete_group"));
}

fn group(way: &Way<'_>) {
    let name = way.person();
    let group = json!({ "username": name, "group": "editors", "codename": "change_group" });
    way.deed("join", group);
    assert!(way.may("auth.change_group"));
    way.deed("leave", json!({ "username": name, "group": "editors" }));
    assert!(!way.may("auth.change_group"));
}

fn superuser(way: &Way<'_>) {
    let name = way.person();
    let token = knox_token(&way.there, &name);
    assert!(is_known(&way.there, &token));
    let make = |email: &str| {
        let body = json!({ "email": email, "password": PASSWORD });
        let mut app = Visitor::default();
        app.send(&way.there, "POST", "/api/administrators/", &token, &body)
            .status
    };
    assert_eq!(make("first.administrator@example.com"), 403);
    let rights = json!({ "username": name, "is_superuser": true, "is_staff": true });
    way.deed("change", rights);
    assert!(way.may("anything.at_all"));
    way.soon(|| make("second.administrator@example.com") == 201);
    let rights = json!({ "username": name, "is_superuser": false, "is_staff": false });
    way.deed("change", rights);
    assert!(!way.may("anything.at_all"));
    way.soon(|| make("third.administrator@example.com") == 403);
}
