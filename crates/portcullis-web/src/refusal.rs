//! How a request ends early: DRF's exceptions as one type, and DRF's JSON on the wire.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use portcullis_core::{Challenge, StoreError};
use serde_json::{Value, json};

use crate::fields::FieldErrors;
use crate::hashing::Busy;

/// A refusal, as the client sees it: a status, a challenge where there is one, and `{"detail": "…"}`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// 401 with a challenge, 403 where no authenticator has one: nobody is logged in.
    NotAuthenticated(Option<Challenge>),
    /// 401 with a challenge: credentials were sent, and they are wrong.
    AuthenticationFailed(Cow<'static, str>, Option<Challenge>),
    /// The same, with a body of the authenticator's own: the text of a JSON object.
    AuthenticationFailedJson(String, Option<Challenge>),
    /// 403: known, and not allowed.
    PermissionDenied(Option<Cow<'static, str>>),
    /// 404.
    NotFound,
    /// 405, with the method that was tried.
    MethodNotAllowed(String),
    /// 403: a CSRF token is missing or wrong; the reason says which.
    CsrfFailed(String),
    /// 406: the answer cannot be written as the client wants it.
    NotAcceptable,
    /// 400: the body cannot be read at all.
    #[doc(alias = "ParseError")]
    Malformed(String),
    /// 400: fields are missing or wrong.
    #[doc(alias = "ValidationError")]
    Invalid(FieldErrors),
    /// 413: the body is over the cap.
    TooLarge,
    /// 415, with the media type that was sent.
    UnsupportedMediaType(String),
    /// 415, with the `Content-Encoding` that was sent: bodies are read as they are.
    UnsupportedEncoding(String),
    /// 429 with `Retry-After`, in seconds.
    Throttled(i64),
    /// 503 with `Retry-After`: a queue is full or the database is away. Never "logged out".
    Unavailable,
}

const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("2");

impl Refusal {
    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotAuthenticated(Some(_))
            | Self::AuthenticationFailed(_, Some(_))
            | Self::AuthenticationFailedJson(_, Some(_)) => StatusCode::UNAUTHORIZED,
            Self::NotAuthenticated(None)
            | Self::AuthenticationFailed(_, None)
            | Self::AuthenticationFailedJson(_, None)
            | Self::PermissionDenied(_)
            | Self::CsrfFailed(_) => StatusCode::FORBIDDEN,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Malformed(_) | Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType(_) | Self::UnsupportedEncoding(_) => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Self::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The body of the answer, such as `{"detail": "Not found."}`.
    #[must_use]
    pub fn body(&self) -> Value {
        match self {
            Self::Invalid(errors) => errors.to_json(),
            Self::AuthenticationFailedJson(body, _) => serde_json::from_str(body)
                .unwrap_or_else(|_| json!({ "detail": "Incorrect authentication credentials." })),
            _ => json!({ "detail": self.detail() }),
        }
    }

    pub(crate) fn detail(&self) -> Cow<'static, str> {
        match self {
            Self::NotAuthenticated(_) => "Authentication credentials were not provided.".into(),
            Self::AuthenticationFailed(detail, _) => detail.clone(),
            Self::AuthenticationFailedJson(body, _) => body.clone().into(),
            Self::PermissionDenied(detail) => detail
                .clone()
                .unwrap_or("You do not have permission to perform this action.".into()),
            Self::NotFound => "Not found.".into(),
            Self::MethodNotAllowed(method) => format!("Method \"{method}\" not allowed.").into(),
            Self::CsrfFailed(reason) => format!("CSRF Failed: {reason}").into(),
            Self::NotAcceptable => "Could not satisfy the request Accept header.".into(),
            Self::Malformed(detail) => detail.clone().into(),
            Self::Invalid(_) => "Invalid input.".into(),
            Self::TooLarge => "The request body is too large.".into(),
            Self::UnsupportedMediaType(kind) => {
                format!("Unsupported media type \"{kind}\" in request.").into()
            }
            Self::UnsupportedEncoding(coding) => {
                format!("Unsupported content encoding \"{coding}\" in request.").into()
            }
            Self::Throttled(seconds) => {
                let unit = if *seconds == 1 { "second" } else { "seconds" };
                let text =
                    format!("Request was throttled. Expected available in {seconds} {unit}.");
                text.into()
            }
            Self::Unavailable => "The service is busy. Please try again.".into(),
        }
    }

    fn challenge(&self) -> Option<&Challenge> {
        match self {
            Self::NotAuthenticated(challenge)
            | Self::AuthenticationFailed(_, challenge)
            | Self::AuthenticationFailedJson(_, challenge) => challenge.as_ref(),
            _ => None,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status(), axum::Json(self.body())).into_response();
        self.add_headers(response.headers_mut());
        response
    }
}

impl Refusal {
    /// The headers of the answer besides its body's: challenge, `Retry-After`.
    pub(crate) fn add_headers(&self, headers: &mut HeaderMap) {
        if let Some(value) = self
            .challenge()
            .and_then(|c| HeaderValue::from_str(&c.0).ok())
        {
            headers.insert(header::WWW_AUTHENTICATE, value);
        }
        match self {
            Self::Unavailable => drop(headers.insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS)),
            Self::UnsupportedEncoding(_) => {
                drop(headers.insert(header::ACCEPT_ENCODING, IDENTITY));
            }
            Self::Throttled(seconds) => {
                drop(headers.insert(header::RETRY_AFTER, (*seconds).into()));
            }
            _ => {}
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "store failed");
        Self::Unavailable
    }
}

impl From<Busy> for Refusal {
    fn from(_: Busy) -> Self {
        tracing::warn!("hashing queue is full");
        Self::Unavailable
    }
}

impl From<FieldErrors> for Refusal {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}
