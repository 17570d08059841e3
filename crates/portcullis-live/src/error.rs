//! Why a live request ends early, and the envelope that tells it.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use portcullis_core::StoreError;
use portcullis_sql::{Constraint, SqlError};
use portcullis_web::Refusal;
use serde_json::{Map, Value as Json, json};

/// What is wrong with a form: for each field, in order, what to tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormErrors(pub Vec<(String, Vec<String>)>);

impl FormErrors {
    /// One error of one field.
    #[must_use]
    pub fn of(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self(vec![(field.into(), vec![message.into()])])
    }

    /// One more error.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        match self.0.iter_mut().find(|(name, _)| name == field) {
            Some((_, messages)) => messages.push(message.into()),
            None => self.0.push((field.to_owned(), vec![message.into()])),
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn to_json(&self) -> Json {
        let fields = self.0.iter().map(|(name, messages)| {
            let messages = messages.iter().map(|text| told(text, "validation_error"));
            (name.clone(), Json::Array(messages.collect()))
        });
        Json::Object(fields.collect::<Map<_, _>>())
    }
}

/// An answer that is no success. Nothing was changed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LiveError {
    /// 400: the query or a value in it is wrong.
    #[doc(alias = "ValidationError")]
    Invalid(String),
    /// 400: fields of a form are wrong.
    Form(FormErrors),
    /// 400: forms of a list are wrong, one entry for each.
    Forms(Vec<FormErrors>),
    /// 400: one row was asked for, and there are several.
    #[doc(alias = "MultipleObjectsReturned")]
    Several(String),
    /// 400: no JSON.
    Unreadable(String),
    /// 403; the text is for `debug` alone.
    #[doc(alias = "PermissionDenied")]
    Denied(String),
    /// 404.
    NotFound(String),
    /// 409: the text is for `debug`, and what may be said of it always.
    Conflict(String, String),
    /// 415.
    MediaType(String),
    /// 400: the statement took longer than it may.
    TooSlow,
    /// 500: the application's own function failed. The name is told, the text under `debug` alone.
    Failed(String, String),
    /// Any other status with `{"error": …}`.
    Plain(StatusCode, String),
    /// The door's refusals: 413, 503.
    Refused(Refusal),
}

fn told(message: &str, code: &str) -> Json {
    json!({ "message": message, "code": code })
}

impl LiveError {
    /// 400 with a text.
    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::Invalid(text.into())
    }

    /// 403 with a text that only `debug` shows.
    pub(crate) fn denied(text: impl Into<String>) -> Self {
        Self::Denied(text.into())
    }

    /// The answer, with details of refusals and failures only when `is_debug`.
    pub(crate) fn respond(self, is_debug: bool) -> Response {
        let safe = |detail: Json, safe: &str| match is_debug {
            true => detail,
            false => Json::String(safe.to_owned()),
        };
        let (status, name, detail) = match self {
            Self::Invalid(text) => (
                StatusCode::BAD_REQUEST,
                "ValidationError".to_owned(),
                told(&text, "validation_error"),
            ),
            Self::Form(errors) => (
                StatusCode::BAD_REQUEST,
                "ValidationError".to_owned(),
                errors.to_json(),
            ),
            Self::Forms(forms) => (
                StatusCode::BAD_REQUEST,
                "ValidationError".to_owned(),
                forms.iter().map(FormErrors::to_json).collect(),
            ),
            Self::Several(text) => (
                StatusCode::BAD_REQUEST,
                "MultipleObjectsReturned".to_owned(),
                told(&text, "multiple_objects_returned"),
            ),
            Self::Unreadable(text) => (
                StatusCode::BAD_REQUEST,
                "ParseError".to_owned(),
                Json::String(text),
            ),
            Self::Denied(text) => (
                StatusCode::FORBIDDEN,
                "PermissionDenied".to_owned(),
                safe(told(&text, "permission_denied"), "Permission denied"),
            ),
            Self::NotFound(text) => (
                StatusCode::NOT_FOUND,
                "NotFound".to_owned(),
                told(&text, "not_found"),
            ),
            Self::Conflict(text, short) => (
                StatusCode::CONFLICT,
                "ConflictError".to_owned(),
                safe(told(&text, "conflict"), &short),
            ),
            Self::MediaType(text) => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UnsupportedMediaType".to_owned(),
                Json::String(text),
            ),
            Self::TooSlow => (
                StatusCode::BAD_REQUEST,
                "QueryTimeout".to_owned(),
                told("The query took too long.", "query_timeout"),
            ),
            Self::Failed(name, text) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                name,
                safe(Json::String(text), "Internal server error"),
            ),
            Self::Plain(status, text) => {
                return (status, axum::Json(json!({ "error": text }))).into_response();
            }
            Self::Refused(refusal) => return refusal.into_response(),
        };
        let body = json!({ "status": status.as_u16(), "type": name, "detail": detail });
        (status, axum::Json(body)).into_response()
    }
}

impl From<SqlError> for LiveError {
    fn from(error: SqlError) -> Self {
        match error {
            SqlError::Constraint(Constraint::ForeignKey, text) => Self::Conflict(
                text,
                "Cannot delete this object because other objects depend on it.".to_owned(),
            ),
            SqlError::Constraint(_, text) => {
                Self::Conflict(text, "A database conflict occurred.".to_owned())
            }
            SqlError::Data(_) => Self::invalid("Invalid data for the given field."),
            SqlError::TooSlow => Self::TooSlow,
            SqlError::Store(error) => error.into(),
            _ => Self::Refused(Refusal::Unavailable),
        }
    }
}

impl From<StoreError> for LiveError {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<FormErrors> for LiveError {
    fn from(errors: FormErrors) -> Self {
        Self::Form(errors)
    }
}

impl From<Refusal> for LiveError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed(text) => Self::Unreadable(text),
            Refusal::UnsupportedMediaType(kind) => {
                Self::MediaType(format!("Unsupported media type \"{kind}\" in request."))
            }
            other => Self::Refused(other),
        }
    }
}
