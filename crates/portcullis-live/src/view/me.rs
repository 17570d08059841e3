//! `me/`: who somebody is, as a row of the user model.

use axum::response::{IntoResponse, Response};
use portcullis_core::{Principal, UserId};
use serde_json::{Map, Value as Json, json};

use crate::error::LiveError;
use crate::live::Live;
use crate::read::portrait;

/// The user model's name.
const USER: &str = "auth.user";

pub(super) async fn view(live: Live, who: Principal) -> Response {
    match answer(&live, &who).await {
        Ok(answer) => axum::Json(answer).into_response(),
        Err(error) => error.respond(live.inner.settings.debug),
    }
}

async fn answer(live: &Live, who: &Principal) -> Result<Json, LiveError> {
    let Some(user) = who.user() else {
        return Err(LiveError::denied("Authentication required."));
    };
    let key = match &user.id {
        UserId::Integer(id) => json!(id),
        other => json!(other.to_string()),
    };
    let model = live.inner.registry.model(USER);
    let record = live.load(USER, &key).await?;
    let (Some(model), Some(record)) = (model, record) else {
        // The user is no live model: the name is what is known.
        let data = json!({ "id": key, "repr": { "str": user.username, "img": null } });
        return Ok(json!({ "model_name": USER, "data": data }));
    };
    let mut data = Map::new();
    data.insert(model.pk().name().to_owned(), key);
    data.insert("repr".to_owned(), portrait(model, &record));
    Ok(json!({ "model_name": model.name(), "data": data }))
}
