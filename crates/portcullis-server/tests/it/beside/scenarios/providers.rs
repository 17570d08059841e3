//! Accounts at providers: rows of allauth, whoever wrote them.

use portcullis_test::Person;
use serde_json::json;

use super::super::site::{PASSWORD, Way};
use super::super::visitor::Visitor;
use super::{Scenario, from_django};

pub(super) const ALL: &[Scenario] = &[
    from_django(
        "an account that allauth has linked logs in here by its provider",
        linked_by_allauth,
    ),
    from_django(
        "an account that a log-in here has made is seen by allauth",
        made_here,
    ),
    from_django(
        "an address of a user of Django's takes nobody over",
        address_alone,
    ),
];

/// Logs in by the provider at ours; the status of the callback.
fn log_in(way: &Way<'_>, browser: &mut Visitor, person: &Person) -> u16 {
    let begun = browser.post(
        &way.there,
        "/api/social/club/start/",
        &json!({ "callback": "server" }),
    );
    let url = begun.is(200).text("authorization_url");
    let query = way.site.provider.consent(&url, person);
    let path = format!("/api/social/club/callback/?{query}");
    browser.get(&way.there, &path).status
}

fn somebody(way: &Way<'_>) -> Person {
    Person::named(&format!("somebody{}", way.name())).with_email("elsewhere@example.org")
}

fn linked_by_allauth(way: &Way<'_>) {
    let name = way.person();
    let person = somebody(way);
    let link = json!({ "username": name, "provider": "club", "uid": person.subject });
    way.deed("link", link);
    let mut browser = Visitor::default();
    assert_eq!(log_in(way, &mut browser, &person), 303);
    // The session is good at Django, and the user is who Django linked.
    let user = browser.get(&way.here, "/rest-auth/user/").is(200);
    assert_eq!(user.text("email"), way.email());
    let links = way.deed("links", json!({ "username": name }));
    assert_eq!(links[0][1], person.subject);
    assert_eq!(links[0][2], person.subject);
}

fn made_here(way: &Way<'_>) {
    let person = Person::named(&way.name());
    let mut browser = Visitor::default();
    assert_eq!(log_in(way, &mut browser, &person), 303);
    let user = browser.get(&way.here, "/rest-auth/user/").is(200);
    assert_eq!(user.text("email"), way.email());
    let links = way.deed("links", json!({ "username": way.email() }));
    let subject = &person.subject;
    assert_eq!(links, json!([["club", subject, subject]]));
    let look = way.deed("look", json!({ "username": way.email() }));
    assert_eq!(look["addresses"], json!([[way.email(), true, true]]));
    // Without a password, until one is asked for.
    let body = json!({ "username": way.email(), "password": PASSWORD });
    let mut nobody = Visitor::default();
    nobody.get(&way.here, "/api/login-set-cookie/");
    let refused = nobody.post(&way.here, "/rest-auth/login/", &body);
    assert_eq!(refused.status, 400);
}

fn address_alone(way: &Way<'_>) {
    way.person();
    let mallory = Person::named(&format!("mallory{}", way.name())).with_email(&way.email());
    let mut browser = Visitor::default();
    assert_eq!(log_in(way, &mut browser, &mallory), 400);
    assert!(!browser.cookies.contains_key("sessionid"));
}
