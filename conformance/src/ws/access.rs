//! The classes of the recorded servers that are not built in: a key in a header, and permissions.

use std::sync::Arc;

use async_trait::async_trait;
use http::StatusCode;
use http::request::Parts;
use portcullis::channels::{ConsumerError, Outcome};
use portcullis::core::{Challenge, Store};
use portcullis::{Ask, AuthError, Authenticated, Authenticator, Permission, Verdict};
use serde_json::json;

use crate::state::{BETA, Room, Rooms};

/// `X-Api-Key: key-alice`.
pub(crate) struct ApiKey(pub(crate) Arc<dyn Store>);

#[async_trait]
impl Authenticator for ApiKey {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Authenticated>, AuthError> {
        let Some(key) = request.headers.get("x-api-key") else {
            return Ok(None);
        };
        let name = match key.as_bytes() {
            b"key-alice" => "alice",
            b"key-bob" => "bob",
            _ => return Err(AuthError::failed("Unknown API key.")),
        };
        let user = self.0.user_by_login_name(name).await?;
        Ok(Some(Authenticated {
            user: user.ok_or(AuthError::failed("Unknown API key."))?.into(),
            login: None,
            credential_digest: None,
            authenticator: self.name(),
        }))
    }

    fn challenge(&self) -> Option<Challenge> {
        Some(Challenge("ApiKey".into()))
    }

    fn name(&self) -> &'static str {
        "ApiKeyAuthentication"
    }
}

/// Those of the group `beta`.
pub(crate) struct IsBeta;

#[async_trait]
impl Permission for IsBeta {
    async fn check(&self, ask: &Ask<'_>) -> Verdict {
        match ask.who().user().is_some_and(|user| user.username == BETA) {
            true => Verdict::Allow,
            false => Verdict::Deny(Some("Only beta testers may connect.".into())),
        }
    }

    fn name(&self) -> String {
        "IsBeta".to_owned()
    }
}

/// Members of the room.
pub(crate) struct IsRoomMember(pub(crate) Rooms);

#[async_trait]
impl Permission for IsRoomMember {
    async fn check(&self, ask: &Ask<'_>) -> Verdict {
        if !ask.has_object() {
            return Verdict::NeedsObject;
        }
        let (user, room) = (ask.who().user(), ask.object::<Room>());
        let is_member = user.zip(room).is_some_and(|(user, room)| {
            let user = user.id.to_string();
            self.0.has_member(room.id, &user)
        });
        Verdict::from_bool(is_member)
    }

    fn name(&self) -> String {
        "IsRoomMember".to_owned()
    }
}

/// Rooms that are still used.
pub(crate) struct NotArchived;

#[async_trait]
impl Permission for NotArchived {
    async fn check(&self, ask: &Ask<'_>) -> Verdict {
        match ask.object::<Room>() {
            None if !ask.has_object() => Verdict::NeedsObject,
            Some(room) if !room.is_archived => Verdict::Allow,
            _ => Verdict::Deny(Some("This room is archived.".into())),
        }
    }

    fn name(&self) -> String {
        "NotArchived".to_owned()
    }
}

/// `X-Raise` says what is raised: DRF's permissions may answer with any status.
pub(crate) async fn raise(request: Parts, outcome: Outcome) -> Result<Outcome, ConsumerError> {
    let what = request.headers.get("x-raise");
    let what = what.map(|what| what.as_bytes()).unwrap_or_default();
    Ok(match what {
        _ if !outcome.is_accepted() => outcome,
        b"throttled" => Outcome::refuse(
            StatusCode::TOO_MANY_REQUESTS,
            "Request was throttled. Expected available in 30 seconds.",
        ),
        b"denied" => Outcome::refuse(StatusCode::FORBIDDEN, "Closed for the night."),
        b"denied_dict" => {
            let data = json!({ "reason": "closed", "until": "08:00" });
            Outcome::refuse_with(StatusCode::FORBIDDEN, data)
        }
        b"not_authenticated" => Outcome::refuse(
            StatusCode::UNAUTHORIZED,
            "Authentication credentials were not provided.",
        ),
        b"teapot" => Outcome::refuse(StatusCode::IM_A_TEAPOT, "I am a teapot."),
        b"crash" => return crash(request, outcome).await,
        _ => outcome,
    })
}

/// Only those of the group `beta`, and a word more for them.
pub(crate) async fn beta(_: Parts, outcome: Outcome) -> Result<Outcome, ConsumerError> {
    Ok(match outcome.user() {
        None => outcome,
        Some(user) if user.username == BETA => {
            outcome.with_data(json!({ "detail": "OK", "tier": "beta" }))
        }
        Some(_) => Outcome::refuse(StatusCode::FORBIDDEN, "Beta access required."),
    })
}

/// The same as Chanx' newest: no word more.
pub(crate) async fn beta_only(_: Parts, outcome: Outcome) -> Result<Outcome, ConsumerError> {
    Ok(match outcome.user() {
        Some(user) if user.username != BETA => {
            Outcome::refuse(StatusCode::FORBIDDEN, "Beta access required.")
        }
        _ => outcome,
    })
}

/// No data, whatever came of it.
pub(crate) async fn empty(_: Parts, outcome: Outcome) -> Result<Outcome, ConsumerError> {
    Ok(outcome.with_data(serde_json::Value::Null))
}

pub(crate) async fn crash(_: Parts, _: Outcome) -> Result<Outcome, ConsumerError> {
    Err(ConsumerError::new("crashed on purpose"))
}

/// A shared word in the query.
pub(crate) async fn sesame(request: Parts, outcome: Outcome) -> Result<Outcome, ConsumerError> {
    Ok(match request.uri.query() {
        Some("word=sesame") => outcome,
        _ => Outcome::refuse_silently(),
    })
}
