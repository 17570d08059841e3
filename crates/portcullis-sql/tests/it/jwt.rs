//! Refresh tokens: families, grace, reuse, storms, and the blacklist.

use portcullis_core::{
    AccountStore, Device, Family, JwtStore, LoginListStore, LoginStore, NewJwtLogin, NewLogin,
    NewPassword, PasswordHash, RefreshToken, Rotated, Rotation, RotationWay, Scheme, User,
};
use portcullis_sql::Database;
use time::{Duration, OffsetDateTime};

use crate::place::Place;
use crate::{NOW, ada};

const GRACE: Duration = Duration::seconds(10);

/// The name of Ada's family.
const FAMILY: &str = "00000000000000000000000000000001";

fn token(jti: &str, now: OffsetDateTime) -> RefreshToken {
    let issued = now.replace_nanosecond(0).unwrap();
    RefreshToken {
        jti: jti.to_owned(),
        issued,
        expires: issued + Duration::days(1),
    }
}

fn family(id: &str) -> Family {
    Family {
        id: id.to_owned(),
        ends: NOW + Duration::days(30),
    }
}

fn login(jti: &str, family: Option<Family>) -> NewLogin {
    NewLogin::Jwt(NewJwtLogin {
        token: token(jti, NOW),
        family,
        device: Device::named("phone"),
        now: NOW,
    })
}

/// Ada, with the family that begins with the token `r1`.
async fn ada_with_family(database: &Database) -> User {
    let user = ada(database).await;
    let login = login("r1", Some(family(FAMILY)));
    database.log_in(&user, login, None).await.unwrap().unwrap();
    user
}

fn rotation(user: &User, old: &str, new: &str, after: Duration) -> Rotation {
    Rotation {
        old: token(old, NOW),
        new: token(new, NOW + after),
        user: Some(user.id.clone()),
        way: RotationWay::Family {
            family: family(FAMILY),
            is_new: false,
            grace: GRACE,
        },
        device: Device::named("phone"),
        now: NOW + after,
    }
}

async fn rotate(database: &Database, rotation: Rotation) -> Rotated {
    database.rotate_refresh(rotation).await.unwrap()
}

fn again(jti: &str, after: Duration) -> Rotated {
    Rotated::Again {
        token: token(jti, NOW + after),
        family: FAMILY.to_owned(),
    }
}

/// Whether access tokens of a family are good.
async fn is_open(database: &Database, user: &User, family: &str) -> bool {
    let bearer = database
        .jwt_bearer(&user.id.to_string(), Some(family))
        .await;
    bearer.unwrap().unwrap().login.is_some()
}

/// How many tokens are out and not dead.
async fn alive(place: &Place) -> i64 {
    place.count("token_blacklist_outstandingtoken").await
        - place.count("token_blacklist_blacklistedtoken").await
}

pub(crate) async fn jwt_login_is_in_the_list_and_its_end_ends_the_tokens(place: Place) {
    let database = place.migrated().await;
    let user = ada_with_family(&database).await;
    let id = user.id.to_string();
    let bearer = database.jwt_bearer(&id, Some(FAMILY)).await.unwrap();
    let logins = database.list_logins(&user.id).await.unwrap();
    let listed = logins.iter().find(|login| login.scheme == Scheme::Jwt);
    assert_eq!(
        bearer.unwrap().login.map(|login| login.id),
        listed.map(|login| login.id)
    );

    assert!(
        database
            .end_login(listed.unwrap().id, None, None)
            .await
            .unwrap()
    );
    let bearer = database.jwt_bearer(&id, Some(FAMILY)).await.unwrap();
    assert_eq!(bearer.unwrap().login, None);
    let standing = database.refresh_standing("r1", None).await.unwrap();
    assert!(standing.is_blacklisted);
    let rotated = rotate(&database, rotation(&user, "r1", "r2", Duration::ZERO));
    assert_eq!(rotated.await, Rotated::Over);
    assert_eq!(alive(&place).await, 0);
}

pub(crate) async fn odd_bearers_are_nobody(place: Place) {
    let database = place.migrated().await;
    let user = ada_with_family(&database).await;
    for odd in [
        "",
        "abc",
        "0",
        "-1",
        "1.0",
        "99999999999",
        "9223372036854775808",
    ] {
        let bearer = database.jwt_bearer(odd, Some(FAMILY)).await.unwrap();
        assert!(bearer.is_none(), "{odd}");
    }
    // Somebody else's family is not theirs.
    for odd in ["", "x", "00000000000000000000000000000009", "\0"] {
        let id = user.id.to_string();
        let bearer = database.jwt_bearer(&id, Some(odd)).await.unwrap();
        assert_eq!(bearer.unwrap().login, None, "{odd}");
    }
}

pub(crate) async fn refresh_token_is_exchanged_once_and_its_successor_goes_on(place: Place) {
    let database = place.migrated().await;
    let user = ada_with_family(&database).await;
    let minute = Duration::minutes(1);
    assert_eq!(
        rotate(&database, rotation(&user, "r1", "r2", Duration::ZERO)).await,
        Rotated::Done
    );
    assert_eq!(
        rotate(&database, rotation(&user, "r2", "r3", minute)).await,
        Rotated::Done
    );
    let standing = database.refresh_standing("r3", None).await.unwrap();
    assert!(!standing.is_blacklisted);
    assert_eq!(standing.family, Some(family(FAMILY)));
    let logins = database.list_logins(&user.id).await.unwrap();
    let jwt = logins.iter().find(|login| login.scheme == Scheme::Jwt);
    let jwt = jwt.unwrap();
    assert_eq!(jwt.last_seen, NOW + minute);
    assert_eq!(jwt.expires, Some(token("r3", NOW + minute).expires));
    assert_eq!(alive(&place).await, 1);
}

pub(crate) async fn same_refresh_within_the_grace_gets_the_same_successor(place: Place) {
    let database = place.migrated().await;
    let user = ada_with_family(&database).await;
    rotate(&database, rotation(&user, "r1", "r2", Duration::ZERO)).await;
    for seconds in [0, 5, 9] {
        let after = Duration::seconds(seconds);
        let rotated = rotate(&database, rotation(&user, "r1", "other", after)).await;
        assert_eq!(rotated, again("r2", Duration::ZERO));
    }
    assert_eq!(alive(&place).await, 1);
}

pub(crate) async fn reuse_after_the_grace_ends_the_family(place: Place) {
    let database = place.migrated().await;
    let user = ada_with_family(&database).await;
    rotate(&database, rotation(&user, "r1", "r2", Duration::ZERO)).await;
    let rotated = rotate(&database, rotation(&user, "r1", "r3", GRACE)).await;
    assert_eq!(rotated, Rotated::Reused);
    let rotated = rotate(&database, rotation(&user, "r2", "r3", GRACE)).await;
    assert_eq!(rotated, Rotated::Over);
    assert!(!is_open(&database, &user, FAMILY).await);
    assert_eq!(alive(&place).await, 0);
    // The device token that Ada has besides stays.
    assert_eq!(database.list_logins(&user.id).await.unwrap().len(), 1);
}

pub(crate) async fn reuse_once_the_successor_was_used_ends_the_family(place: Place) {
    let database = place.migrated().await;
    let user = ada_with_family(&database).await;
    rotate(&database, rotation(&user, "r1", "r2", Duration::ZERO)).await;
    rotate(&database, rotation(&user, "r2", "r3", Duration::SECOND)).await;
    let rotated = rotate(&database, rotation(&user, "r1", "r4", Duration::SECOND)).await;
    assert_eq!(rotated, Rotated::Reused);
    assert_eq!(alive(&place).await, 0);
}

pub(crate) async fn hundred_refreshes_at_once_make_one_successor(place: Place) {
    let database = place.migrated().await;
    let user = ada_with_family(&database).await;
    let storm: Vec<_> = (0..100)
        .map(|number| {
            let rotation = rotation(&user, "r1", &format!("new {number}"), Duration::ZERO);
            let database = database.clone();
            tokio::spawn(async move { (number, rotate(&database, rotation).await) })
        })
        .collect();
    let (mut done, mut again) = (Vec::new(), Vec::new());
    for one in storm {
        match one.await.unwrap() {
            (number, Rotated::Done) => done.push(format!("new {number}")),
            (_, Rotated::Again { token, .. }) => again.push(token.jti),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(done.len(), 1);
    assert_eq!(again, vec![done[0].clone(); 99]);
    assert_eq!(alive(&place).await, 1);
}

pub(crate) async fn token_of_another_server_starts_a_family(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let adopting = |number: u32| {
        let mut rotation = rotation(&user, "django", &format!("new {number}"), Duration::ZERO);
        rotation.way = RotationWay::Family {
            family: family(&format!("{number:032}")),
            is_new: true,
            grace: GRACE,
        };
        rotation
    };
    let storm: Vec<_> = (0..8)
        .map(|number| {
            let (database, rotation) = (database.clone(), adopting(number));
            tokio::spawn(async move { rotate(&database, rotation).await })
        })
        .collect();
    let (mut done, mut families) = (0, Vec::new());
    for one in storm {
        match one.await.unwrap() {
            Rotated::Done => done += 1,
            Rotated::Again { family, .. } => families.push(family),
            other => panic!("{other:?}"),
        }
    }
    families.dedup();
    assert_eq!((done, families.len()), (1, 1));
    assert!(is_open(&database, &user, &families[0]).await);
    assert_eq!(alive(&place).await, 1);
}

pub(crate) async fn token_that_another_server_made_of_ours_stays_in_the_family(place: Place) {
    let database = place.migrated().await;
    let user = ada_with_family(&database).await;
    // Django exchanged `r1` for `r2`, which it knows by its own tables only.
    let standing = database.refresh_standing("r2", Some(FAMILY)).await.unwrap();
    assert_eq!(standing.family, Some(family(FAMILY)));
    let rotated = rotate(&database, rotation(&user, "r2", "r3", Duration::ZERO)).await;
    assert_eq!(rotated, Rotated::Done);
    // The family's end is also that of such tokens.
    assert!(
        database
            .blacklist_refresh(token("r4", NOW), Some(FAMILY), Some(&user.id), NOW, None)
            .await
            .unwrap()
    );
    let rotated = rotate(&database, rotation(&user, "r5", "r6", Duration::ZERO)).await;
    assert_eq!(rotated, Rotated::Over);
    assert_eq!(alive(&place).await, 0);
}

pub(crate) async fn family_has_an_absolute_end(place: Place) {
    let database = place.migrated().await;
    let user = ada_with_family(&database).await;
    let rotated = rotate(&database, rotation(&user, "r1", "r2", Duration::days(30))).await;
    assert_eq!(rotated, Rotated::Over);
    assert_eq!(alive(&place).await, 1);
}

pub(crate) async fn tokens_without_families_are_simplejwts(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let opened = database.log_in(&user, login("r1", None), None).await;
    assert!(opened.unwrap().is_some());
    let alone = |old: &str, new: &str, blacklists_old| {
        let mut rotation = rotation(&user, old, new, Duration::ZERO);
        rotation.way = RotationWay::Alone { blacklists_old };
        rotation
    };
    assert_eq!(
        rotate(&database, alone("r1", "r2", false)).await,
        Rotated::Done
    );
    assert_eq!(
        rotate(&database, alone("r1", "r3", true)).await,
        Rotated::Done
    );
    assert_eq!(
        rotate(&database, alone("r1", "r4", true)).await,
        Rotated::Over
    );
    assert_eq!(
        rotate(&database, alone("r3", "r5", true)).await,
        Rotated::Done
    );
    // `r2` and `r5` are alive, and only the device token is in the list.
    assert_eq!(alive(&place).await, 2);
    assert_eq!(database.list_logins(&user.id).await.unwrap().len(), 1);
}

pub(crate) async fn blacklisted_refresh_token_is_dead_with_its_family(place: Place) {
    let database = place.migrated().await;
    let user = ada_with_family(&database).await;
    for was_alive in [true, false] {
        let ended = database.blacklist_refresh(token("r1", NOW), None, Some(&user.id), NOW, None);
        assert_eq!(ended.await.unwrap(), was_alive);
    }
    assert!(!is_open(&database, &user, FAMILY).await);
    // One that nobody knows gets its rows first, as Django has it; also one of nobody.
    let ended = database.blacklist_refresh(token("unknown", NOW), None, None, NOW, None);
    assert!(ended.await.unwrap());
    assert_eq!(alive(&place).await, 0);
}

pub(crate) async fn changed_password_ends_families_at_once(place: Place) {
    let database = place.migrated().await;
    let user = ada_with_family(&database).await;
    let changed = database.change_password(&user, NewPassword::new(PasswordHash::new("new")));
    // Her device token and her refresh token.
    assert_eq!(changed.await.unwrap().unwrap().tokens, 2);
    assert!(!is_open(&database, &user, FAMILY).await);
    let rotated = rotate(&database, rotation(&user, "r1", "r2", Duration::ZERO)).await;
    assert_eq!(rotated, Rotated::Over);
    assert_eq!(alive(&place).await, 0);
}

pub(crate) async fn change_of_password_and_refreshes_at_once_leave_no_token(place: Place) {
    let database = place.migrated().await;
    let user = ada_with_family(&database).await;
    let storm: Vec<_> = (0..20)
        .map(|number| {
            let rotation = rotation(&user, "r1", &format!("new {number}"), Duration::ZERO);
            let (database, user) = (database.clone(), user.clone());
            tokio::spawn(async move {
                if number == 10 {
                    let changed =
                        database.change_password(&user, NewPassword::new(PasswordHash::new("new")));
                    assert!(changed.await.unwrap().is_some());
                } else {
                    rotate(&database, rotation).await;
                }
            })
        })
        .collect();
    for one in storm {
        one.await.unwrap();
    }
    assert_eq!(alive(&place).await, 0);
}

pub(crate) async fn refresh_tokens_that_are_over_are_swept(place: Place) {
    let database = place.migrated().await;
    let user = ada_with_family(&database).await;
    rotate(&database, rotation(&user, "r1", "r2", Duration::hours(1))).await;
    let cleared = database.clear_expired(NOW + Duration::days(1)).await;
    assert_eq!(cleared.unwrap().refresh_tokens, 1);
    let cleared = database.clear_expired(NOW + Duration::days(2)).await;
    assert_eq!(cleared.unwrap().refresh_tokens, 1);
    for table in [
        "token_blacklist_blacklistedtoken",
        "token_blacklist_outstandingtoken",
        "portcullis_refresh",
        "portcullis_login",
    ] {
        assert_eq!(place.count(table).await, 0, "{table}");
    }
}
