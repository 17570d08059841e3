//! Which routes there are, and the one permission before all of them.

use std::sync::Arc;

use axum::extract::{Path, Request};
use portcullis_core::{Ask, Permission, Verdict};
use portcullis_web::{Access, Api, Doors, Gate, get, post};

use super::{actions, ast, forms, me, schema, schema_gate};
use crate::live::Live;

impl Live {
    /// The doors of all routes, behind a gate's authenticators.
    #[must_use]
    pub fn doors(&self, gate: &Gate) -> Doors {
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
        self.schema_doors(doors).grouped("Live data")
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
pub(crate) struct Shared(pub(crate) Arc<dyn Permission>);

#[async_trait::async_trait]
impl Permission for Shared {
    async fn check(&self, ask: &Ask<'_>) -> Verdict {
        self.0.check(ask).await
    }

    fn name(&self) -> String {
        self.0.name()
    }
}
