//! Which routes there are, and the one permission before all of them.

use std::sync::Arc;

use axum::extract::{Path, Request};
use portcullis_core::{Action, Ask, PasswordHash, Permission, Principal, User, UserId, Verdict};
use portcullis_web::{Access, Api, Doors, Gate, get, post};
use time::OffsetDateTime;

use super::{actions, ast, forms, me, schema, schema_gate};
use crate::live::Live;

/// The access permission cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "the permission {0} decides by what is done, and every live query is a POST: take one that only \
     looks at who asks, such as IsAuthenticated, and say in the models' permissions what may be done"
)]
pub struct GateError(String);

impl Live {
    /// The doors of all routes, behind a gate's authenticators.
    ///
    /// # Errors
    /// [`GateError`] when the access permission decides by the action.
    pub async fn doors(&self, gate: &Gate) -> Result<Doors, GateError> {
        if looks_at_action(self.inner.access.as_ref()).await {
            return Err(GateError(self.inner.access.name()));
        }
        let path = |path: &str| format!("{}{path}", self.inner.settings.mount);
        let access = || Shared(Arc::clone(&self.inner.access));
        let api = |name: &str| Api::new(name);
        let mut doors = gate.doors();

        let live = self.clone();
        doors = doors
            .route(
                &path("{model}/"),
                post(
                    move |access: Access, Path(name): Path<String>, request: Request| {
                        ast::view(live.clone(), name, access.who().clone(), request)
                    },
                ),
            )
            .api(api("Model"))
            .require(access());
        let live = self.clone();
        doors = doors
            .route(
                &path("{model}/validate/"),
                post(
                    move |access: Access, Path(name): Path<String>, request: Request| {
                        forms::validation(live.clone(), name, access.who().clone(), request)
                    },
                ),
            )
            .api(api("Validate"))
            .require(access());
        let live = self.clone();
        doors = doors
            .route(
                &path("{model}/field-permissions/"),
                get(move |access: Access, Path(name): Path<String>| {
                    let response = forms::permissions(&live, &name, access.who());
                    async move { response }
                }),
            )
            .api(api("Field Permissions"))
            .require(access());
        let live = self.clone();
        doors = doors
            .route(
                &path("actions/{name}/"),
                post(
                    move |access: Access, Path(name): Path<String>, request: Request| {
                        actions::call(live.clone(), name, access.who().clone(), request)
                    },
                ),
            )
            .api(api("Action"))
            .require(access());
        let live = self.clone();
        doors = doors
            .route(
                &path("me/"),
                get(move |access: Access| me::view(live.clone(), access.who().clone())),
            )
            .api(api("Me"));
        doors = match self.inner.settings.open_routes {
            true => doors.open(),
            false => doors.require(access()),
        };
        Ok(self.schema_doors(doors).grouped("Live data"))
    }

    /// The routes from which clients are generated.
    fn schema_doors(&self, mut doors: Doors) -> Doors {
        let path = |path: &str| format!("{}{path}", self.inner.settings.mount);
        let is_open = schema_gate::is_open(&self.inner);
        let close = |doors: Doors| match is_open {
            true => doors.open(),
            false => doors.require(Shared(Arc::clone(&self.inner.access))),
        };
        let live = self.clone();
        doors = doors
            .route(
                &path("models/"),
                get(move |request: Request| {
                    let refused = schema_gate::refusal(&live.inner, request.headers());
                    let response = refused.unwrap_or_else(|| schema::names(&live));
                    async move { response }
                }),
            )
            .api(Api::new("Model List"));
        doors = close(doors);
        let live = self.clone();
        doors = doors
            .route(
                &path("actions-schema/"),
                get(move |request: Request| {
                    let refused = schema_gate::refusal(&live.inner, request.headers());
                    let response = refused.unwrap_or_else(|| actions::schema(&live));
                    async move { response }
                }),
            )
            .api(Api::new("Action Schema"));
        doors = close(doors);
        let live = self.clone();
        doors = doors
            .route(
                &path("{model}/get-schema/"),
                get(
                    move |access: Access, Path(name): Path<String>, request: Request| {
                        let refused = schema_gate::refusal(&live.inner, request.headers());
                        let view = || schema::view(&live, &name, access.who(), is_open);
                        let response = refused.unwrap_or_else(view);
                        async move { response }
                    },
                ),
            )
            .api(Api::new("Schema"));
        close(doors)
    }
}

/// The access permission on many doors.
struct Shared(Arc<dyn Permission>);

#[async_trait::async_trait]
impl Permission for Shared {
    async fn check(&self, ask: &Ask<'_>) -> Verdict {
        self.0.check(ask).await
    }

    fn name(&self) -> String {
        self.0.name()
    }
}

/// Tries a permission with several actions, by somebody and by nobody.
async fn looks_at_action(permission: &dyn Permission) -> bool {
    let custom = Action::Custom("probe".to_owned());
    let actions = [
        Action::Read,
        Action::Create,
        Action::Update,
        Action::Delete,
        Action::Subscribe,
        Action::Connect,
        custom,
    ];
    for who in [Principal::Anonymous, somebody()] {
        let mut first = None;
        for action in &actions {
            let verdict = permission.check(&Ask::new(&who, action)).await;
            let is_allowed = matches!(verdict, Verdict::Allow);
            if *first.get_or_insert(is_allowed) != is_allowed {
                return true;
            }
        }
    }
    false
}

/// A user who is in no database.
fn somebody() -> Principal {
    Principal::User(User {
        id: UserId::Integer(-1),
        username: String::new(),
        email: String::new(),
        first_name: String::new(),
        last_name: String::new(),
        password: PasswordHash::new(""),
        is_active: true,
        is_staff: false,
        is_superuser: false,
        date_joined: OffsetDateTime::UNIX_EPOCH,
        last_login: None,
    })
}
