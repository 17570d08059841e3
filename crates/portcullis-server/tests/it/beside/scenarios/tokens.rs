//! DRF's tokens, knox', simplejwt's, and HTTP Basic.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::site::{PASSWORD, Way};
use super::super::visitor::{Answer, Visitor};
use super::{Scenario, both, from_django};

pub(super) const ALL: &[Scenario] = &[
    both("a knox token is good at the other server", knox),
    both("a knox token that is ended there is over here", knox_ended),
    both(
        "all knox tokens that are ended there are over here",
        knox_all_ended,
    ),
    both("JWTs are good at the other server", jwt),
    both("a JWT is refreshed at the other server", jwt_refreshed),
    both(
        "a refresh token that was exchanged there is dead here",
        jwt_exchanged,
    ),
    both(
        "a refresh token that is blacklisted there is dead here",
        jwt_blacklisted,
    ),
    both("a JWT that was altered is refused at both", jwt_altered),
    both("a JWT verifies at the other server", jwt_verified),
    both("name and password in the header are good at both", basic),
    from_django("a token of DRF is good here", authtoken),
    from_django("tokens of a deactivated user are refused here", inactive),
    from_django(
        "tokens that an administrator deletes are refused here",
        deleted,
    ),
];

fn user(address: &str, authorization: &str) -> Answer {
    Visitor::default().send(address, "GET", "/api/user/", authorization, &Value::Null)
}

/// Whether a header is somebody's.
pub(super) fn is_known(address: &str, authorization: &str) -> bool {
    user(address, authorization).status == 200
}

fn basic_of(name: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{PASSWORD}")))
}

/// A new knox token.
#[track_caller]
pub(super) fn knox_token(address: &str, name: &str) -> String {
    let mut app = Visitor::default();
    let answer = app.send(address, "POST", "/knox/login/", &basic_of(name), &json!({}));
    format!("Token {}", answer.is(200).text("token"))
}

/// A new token of DRF.
#[track_caller]
pub(super) fn authtoken_of(address: &str, name: &str) -> String {
    let body = json!({ "username": name, "password": PASSWORD });
    let answer = Visitor::default()
        .post(address, "/api/token/", &body)
        .is(200);
    format!("Token {}", answer.text("token"))
}

/// A new pair of JWTs: access, refresh.
#[track_caller]
pub(super) fn pair(address: &str, name: &str) -> (String, String) {
    let body = json!({ "username": name, "password": PASSWORD });
    let answer = Visitor::default()
        .post(address, "/jwt/token/", &body)
        .is(200);
    (
        format!("Bearer {}", answer.text("access")),
        answer.text("refresh"),
    )
}

pub(super) fn refresh(address: &str, refresh: &str) -> Answer {
    Visitor::default().post(address, "/jwt/refresh/", &json!({ "refresh": refresh }))
}

fn knox(way: &Way<'_>) {
    let token = knox_token(&way.here, &way.person());
    assert_eq!(user(&way.there, &token).is(200).text("email"), way.email());
    user(&way.here, &token).is(200);
}

fn knox_ended(way: &Way<'_>) {
    let token = knox_token(&way.here, &way.person());
    user(&way.here, &token).is(200);
    let mut app = Visitor::default();
    app.send(&way.there, "POST", "/knox/logout/", &token, &json!({}))
        .is(204);
    way.soon(|| !is_known(&way.here, &token));
}

fn knox_all_ended(way: &Way<'_>) {
    let name = way.person();
    let tokens = [knox_token(&way.here, &name), knox_token(&way.there, &name)];
    for token in &tokens {
        user(&way.here, token).is(200);
    }
    let mut app = Visitor::default();
    app.send(
        &way.there,
        "POST",
        "/knox/logoutall/",
        &tokens[0],
        &json!({}),
    )
    .is(204);
    way.soon(|| tokens.iter().all(|token| !is_known(&way.here, token)));
}

fn jwt(way: &Way<'_>) {
    let (access, _) = pair(&way.here, &way.person());
    assert_eq!(user(&way.there, &access).is(200).text("email"), way.email());
    user(&way.here, &access).is(200);
}

fn jwt_refreshed(way: &Way<'_>) {
    let (_, first) = pair(&way.here, &way.person());
    let second = refresh(&way.there, &first).is(200);
    let access = format!("Bearer {}", second.text("access"));
    user(&way.here, &access).is(200);
    let third = refresh(&way.here, &second.text("refresh")).is(200);
    let fourth = refresh(&way.there, &third.text("refresh")).is(200);
    let access = format!("Bearer {}", fourth.text("access"));
    user(&way.here, &access).is(200);
}

fn jwt_exchanged(way: &Way<'_>) {
    let (_, first) = pair(&way.here, &way.person());
    refresh(&way.there, &first).is(200);
    refresh(&way.here, &first).is(401);
}

fn jwt_blacklisted(way: &Way<'_>) {
    let (_, token) = pair(&way.here, &way.person());
    let mut app = Visitor::default();
    app.post(&way.there, "/jwt/blacklist/", &json!({ "refresh": token }))
        .is(200);
    refresh(&way.here, &token).is(401);
    refresh(&way.there, &token).is(401);
}

fn jwt_altered(way: &Way<'_>) {
    let (access, _) = pair(&way.here, &way.person());
    let cut = &access[..access.len() - 1];
    for address in [&way.here, &way.there] {
        user(address, cut).is(401);
    }
}

fn jwt_verified(way: &Way<'_>) {
    let (access, refresh) = pair(&way.here, &way.person());
    let access = access.replace("Bearer ", "");
    for token in [access, refresh] {
        let body = json!({ "token": token });
        Visitor::default()
            .post(&way.there, "/jwt/verify/", &body)
            .is(200);
    }
}

fn basic(way: &Way<'_>) {
    let basic = basic_of(&way.person());
    for address in [&way.here, &way.there] {
        assert_eq!(user(address, &basic).is(200).text("email"), way.email());
    }
}

fn authtoken(way: &Way<'_>) {
    let token = authtoken_of(&way.here, &way.person());
    assert_eq!(user(&way.there, &token).is(200).text("email"), way.email());
}

fn inactive(way: &Way<'_>) {
    let name = way.person();
    let (access, token) = pair(&way.there, &name);
    let all = [
        knox_token(&way.there, &name),
        authtoken_of(&way.here, &name),
        access,
    ];
    for token in &all {
        user(&way.there, token).is(200);
    }
    way.deed("change", json!({ "username": name, "is_active": false }));
    way.soon(|| all.iter().all(|token| !is_known(&way.there, token)));
    refresh(&way.there, &token).is(401);
}

fn deleted(way: &Way<'_>) {
    let name = way.person();
    let all = [
        knox_token(&way.there, &name),
        authtoken_of(&way.here, &name),
    ];
    for token in &all {
        user(&way.there, token).is(200);
    }
    way.deed("end_tokens", json!({ "username": name }));
    way.soon(|| all.iter().all(|token| !is_known(&way.there, token)));
}
