//! Asking why: a door's decision about somebody, without a request and without the handler.

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http::{Extensions, Method, Request, StatusCode};
use portcullis_core::{Ask, Authenticated, Verdict};
use tower::ServiceExt;

use crate::doors::Doors;
use crate::gate;
use crate::refusal::Refusal;
use crate::way::Door;

/// What a door says to somebody, and why.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The door's path as it was declared, such as `/reports/{id}/`.
    pub route: String,
    /// The names of the authenticators that it asks, in order.
    pub authenticators: String,
    /// The permission's name.
    pub permission: String,
    /// The verdict of each permission that it is made of.
    pub verdicts: Vec<(String, Verdict)>,
    /// Why the request would end before the handler, if it would.
    pub refusal: Option<Refusal>,
    /// Whether the handler decides again when it has loaded an object.
    pub needs_object: bool,
}

/// The place of a door in the list, as an answer's extension.
#[derive(Clone, Copy)]
struct Place(usize);

impl Doors {
    /// The authenticators, by name, of the door at a path; `None` where no door is.
    pub async fn authenticators_at(&self, path: &str) -> Option<Vec<&'static str>> {
        let door = self.find(path).await?;
        let names = door.authenticators.iter();
        Some(names.map(|authenticator| authenticator.name()).collect())
    }

    /// What the door at a path decides about a request of somebody, or of nobody.
    ///
    /// It is the decision itself, up to the handler; credentials, CSRF tokens, throttles and bodies are left out.
    /// `None`: there is no door at that path.
    pub async fn explain(
        &self,
        who: Option<Authenticated>,
        method: &Method,
        path: &str,
    ) -> Option<Explanation> {
        let door = self.find(path).await?;
        let access = door.access(who, door.action(method));
        let ask = Ask::new(access.who(), &access.action);
        let verdicts = door.permission.explain(&ask).await;
        let needs_object = door.permission.check(&ask).await == Verdict::NeedsObject;
        let refusal = match door.permit(&access).await {
            Err(refusal) => Some(refusal),
            Ok(()) if !door.has_handler(method) => {
                Some(Refusal::MethodNotAllowed(method.to_string()))
            }
            Ok(()) => None,
        };
        Some(Explanation {
            route: door.path.clone(),
            authenticators: gate::names(&door.authenticators),
            permission: door.permission.name(),
            verdicts,
            refusal,
            needs_object,
        })
    }

    /// The door at a path, found as axum finds it.
    async fn find(&self, path: &str) -> Option<&Door> {
        let mut router = Router::new();
        for (place, (door, _)) in self.doors.iter().enumerate() {
            let found = move || async move { marked(Place(place)) };
            router = router.route(&door.path, any(found));
        }
        let request = Request::builder().uri(path).body(Body::empty()).ok()?;
        let Ok(response) = router.oneshot(request).await;
        let Place(place) = *response.extensions().get::<Place>()?;
        self.doors.get(place).map(|(door, _)| door)
    }
}

fn marked(place: Place) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let extensions: &mut Extensions = response.extensions_mut();
    extensions.insert(place);
    response
}

#[cfg(test)]
mod tests {
    use portcullis_core::{IsAdminUser, IsAuthenticated, PermissionExt};

    use super::*;
    use crate::gate::Gate;
    use crate::methods::get;

    #[tokio::test]
    async fn explanation_names_each_part_of_the_permission() {
        let handler = || async { "never run" };
        let doors = Gate::new(vec![])
            .doors()
            .route("/reports/{id}/", get(handler))
            .require(IsAuthenticated.or(IsAdminUser));
        let explained = doors.explain(None, &Method::GET, "/reports/7/").await;
        let explained = explained.unwrap();
        assert_eq!(explained.route, "/reports/{id}/");
        let deny = Verdict::Deny(None);
        assert_eq!(
            explained.verdicts,
            [
                ("IsAuthenticated".to_owned(), deny.clone()),
                ("IsAdminUser".to_owned(), deny)
            ]
        );
        let status = explained.refusal.map(|refusal| refusal.status());
        assert_eq!(status, Some(StatusCode::FORBIDDEN));
        assert!(
            doors
                .explain(None, &Method::GET, "/reports/")
                .await
                .is_none()
        );
    }

    #[tokio::test]
    async fn method_without_a_handler_is_refused_after_the_permission() {
        let doors = Gate::new(vec![])
            .doors()
            .route("/a/", get(|| async {}))
            .open();
        let explained = doors.explain(None, &Method::POST, "/a/").await.unwrap();
        let status = explained.refusal.map(|refusal| refusal.status());
        assert_eq!(status, Some(StatusCode::METHOD_NOT_ALLOWED));
    }
}
