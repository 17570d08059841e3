//! What comes of asking the door: a status and the words for the client.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::StatusCode;
use http::request::Parts;
use portcullis_core::User;
use portcullis_web::Refusal;
use serde_json::{Value, json};

use crate::consumer::ConsumerError;
use crate::settings::CloseStyle;

/// The outcome of authentication and permission at a socket.
#[doc(alias = "AuthenticationResult")]
#[derive(Clone, Debug)]
pub struct Outcome {
    status: Option<StatusCode>,
    data: Value,
    user: Option<User>,
    /// The database was away: nothing is known about the credentials.
    is_unknown: bool,
}

impl Outcome {
    pub(crate) fn accepted(user: Option<User>) -> Self {
        Self {
            status: Some(StatusCode::OK),
            data: json!({ "detail": "OK" }),
            user,
            is_unknown: false,
        }
    }

    pub(crate) fn refused(refusal: &Refusal) -> Self {
        Self {
            status: Some(refusal.status()),
            data: refusal.body(),
            user: None,
            is_unknown: matches!(refusal, Refusal::Unavailable),
        }
    }

    /// Something crashed; the client hears nothing of the cause.
    pub(crate) fn crashed() -> Self {
        Self {
            status: Some(StatusCode::INTERNAL_SERVER_ERROR),
            data: json!({ "detail": "Internal server error" }),
            user: None,
            is_unknown: false,
        }
    }

    /// A refusal with a sentence.
    #[must_use]
    pub fn refuse(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::refuse_with(status, json!({ "detail": detail.into() }))
    }

    /// A refusal with data of one's own.
    #[must_use]
    pub fn refuse_with(status: StatusCode, data: Value) -> Self {
        Self {
            status: Some(status),
            data,
            user: None,
            is_unknown: false,
        }
    }

    /// A refusal that only closes: no frame is sent, and the code is 4401.
    #[must_use]
    pub fn refuse_silently() -> Self {
        Self {
            status: None,
            data: Value::Null,
            user: None,
            is_unknown: false,
        }
    }

    /// The same with other data in its frame, as [`Value::Null`].
    #[must_use]
    pub fn with_data(self, data: Value) -> Self {
        Self { data, ..self }
    }

    /// Whether they may enter.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.status.is_some_and(|status| status.is_success())
    }

    /// Who it is; `None` for nobody, and for whoever was refused.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// The status, as a request for a document would have got it.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// What the frame says.
    #[must_use]
    pub fn data(&self) -> &Value {
        &self.data
    }

    pub(crate) fn is_unknown(&self) -> bool {
        self.is_unknown
    }

    /// The code of the close frame.
    pub(crate) fn close_code(&self, style: CloseStyle) -> u16 {
        match (style, self.status) {
            (CloseStyle::Legacy, _) => 1000,
            (CloseStyle::Status, _) if self.is_unknown => 1013,
            (CloseStyle::Status, None) => 4401,
            (CloseStyle::Status, Some(status)) => 4000 + status.as_u16(),
        }
    }
}

type Concluded = Pin<Box<dyn Future<Output = Result<Outcome, ConsumerError>> + Send>>;

/// What has the last word about an outcome; see [`Socket::concluding`](crate::Socket::concluding).
#[derive(Clone)]
pub(crate) struct Hook(Arc<dyn Fn(Parts, Outcome) -> Concluded + Send + Sync>);

impl Hook {
    pub(crate) fn new<F, Fut>(conclude: F) -> Self
    where
        F: Fn(Parts, Outcome) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Outcome, ConsumerError>> + Send + 'static,
    {
        Self(Arc::new(move |request, outcome| {
            Box::pin(conclude(request, outcome))
        }))
    }

    /// The last word. It may refuse whom the door let in, never the other way round.
    pub(crate) async fn conclude(&self, request: &Parts, outcome: Outcome) -> Outcome {
        let was_accepted = outcome.is_accepted();
        match (self.0)(request.clone(), outcome).await {
            Ok(concluded) if concluded.is_accepted() && !was_accepted => {
                tracing::error!("a hook accepts whom the door refused: refused");
                Outcome::crashed()
            }
            Ok(concluded) => concluded,
            Err(error) => {
                tracing::error!(%error, "the outcome's hook failed");
                Outcome::crashed()
            }
        }
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook(..)")
    }
}
