//! Every order of authenticators against every kind of permission.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Json;
use portcullis::{
    Access, AllowAny, Ask, Authenticator, Doors, Fields, IsAdminUser, IsAuthenticated,
    IsAuthenticatedOrReadOnly, Permission, PermissionExt, Verdict, get,
};
use serde_json::{Value, json};

use crate::app::App;

pub(crate) fn doors(app: &App) -> Doors {
    let mut doors = app.doors();
    for (order, authenticators) in orders(app) {
        for kind in [
            "any",
            "in",
            "admin",
            "readonly",
            "in-and-custom",
            "admin-or-custom",
            "not-admin",
        ] {
            let door = doors
                .route(&format!("/guard/{order}/{kind}/"), get(answer).post(posted))
                .authenticated_by(authenticators.clone())
                .api(app.api("Guard"));
            doors = match kind {
                "any" => door.require(AllowAny),
                "in" => door.require(IsAuthenticated),
                "admin" => door.require(IsAdminUser),
                "readonly" => door.require(IsAuthenticatedOrReadOnly),
                "in-and-custom" => door.require(IsAuthenticated.and(ReadOnly)),
                "admin-or-custom" => door.require(IsAdminUser.or(ReadOnly)),
                _ => door.require(IsAuthenticated.and(IsAdminUser.not())),
            };
        }
    }
    doors
}

fn orders(app: &App) -> Vec<(&'static str, Vec<Arc<dyn Authenticator>>)> {
    let (session, basic, token) = (&app.session, &app.basic, &app.token);
    let orders: [(&str, Vec<&Arc<dyn Authenticator>>); 12] = [
        ("none", vec![]),
        ("session", vec![session]),
        ("basic", vec![basic]),
        ("token", vec![token]),
        ("knox", vec![&app.knox]),
        ("jwt", vec![&app.jwt]),
        ("session-basic", vec![session, basic]),
        ("basic-session", vec![basic, session]),
        ("session-token", vec![session, token]),
        ("token-session", vec![token, session]),
        ("jwt-token-session", vec![&app.jwt, token, session]),
        ("token-knox", vec![token, &app.knox]),
    ];
    orders
        .map(|(name, list)| (name, list.into_iter().cloned().collect()))
        .to_vec()
}

/// Looking is allowed, and refusals say why.
struct ReadOnly;

#[async_trait]
impl Permission for ReadOnly {
    async fn check(&self, ask: &Ask<'_>) -> Verdict {
        if ask.action().is_read_only() {
            Verdict::Allow
        } else {
            Verdict::Deny(Some("This resource is read-only.".into()))
        }
    }

    fn name(&self) -> String {
        "ReadOnly".to_owned()
    }
}

async fn posted(access: Access, _: Fields) -> Json<Value> {
    answer(access).await
}

/// Who came in, and by which of the recorded classes.
async fn answer(access: Access) -> Json<Value> {
    let by = access.authenticated().map(|proof| proof.authenticator);
    let (class, auth) = match by {
        Some("TokenAuthentication") => (by, Some("Token")),
        // knox calls its class as DRF calls its own.
        Some("DeviceTokenAuthentication") => (Some("TokenAuthentication"), Some("AuthToken")),
        Some("JWTAuthentication") => (by, Some("AccessToken")),
        _ => (by, None),
    };
    let user = access.who().user().map(|user| &user.username);
    Json(json!({ "user": user, "auth": auth, "by": class }))
}
