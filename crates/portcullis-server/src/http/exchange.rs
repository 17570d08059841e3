//! What the guard of a connection tells the application, and the other way round.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use axum::Json;
use axum::body::{Body, Bytes, HttpBody};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use http_body::{Frame, SizeHint};
use serde_json::json;

/// A request that goes no further than the HTTP side; the connection ends with the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) detail: &'static str,
}

impl Refused {
    pub(super) const fn bad(detail: &'static str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            detail,
        }
    }

    pub(super) const TOO_SLOW: Self = Self {
        status: StatusCode::REQUEST_TIMEOUT,
        detail: "The request took too long.",
    };
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(json!({ "detail": self.detail }))).into_response();
        close_after(&mut response);
        response
    }
}

/// Makes an answer the last one of its connection.
pub(super) fn close_after(response: &mut Response) {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
}

/// What the guard found in a request's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may be answered, and another one may follow.
    Pass,
    /// It may be answered; what follows on the connection is not looked at.
    PassAsLast,
    /// It is answered with this.
    Refuse(Refused),
}

/// One connection's state, shared by its guard and the requests on it.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    /// One for each head that was given to hyper and is not yet at the application.
    verdicts: Mutex<VecDeque<Verdict>>,
    /// Requests whose answers are not yet written.
    under_way: AtomicUsize,
    /// The guard, which has nothing to time while a request is under way.
    waiting: Mutex<Option<Waker>>,
    has_begun: AtomicBool,
    is_body_open: AtomicBool,
    is_body_too_slow: AtomicBool,
    is_upgraded: AtomicBool,
}

impl Exchange {
    pub(super) fn judged(&self, verdict: Verdict) {
        self.under_way.fetch_add(1, Ordering::AcqRel);
        self.verdicts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(verdict);
    }

    /// The verdict on the next request. There is one for each: a request without one was not seen
    /// by the guard, and is refused.
    pub(super) fn next_verdict(&self) -> Verdict {
        self.verdicts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
            .unwrap_or(Verdict::Refuse(Refused::bad("The request is malformed.")))
    }

    /// Whether a request is under way; wakes when that is over.
    pub(super) fn is_busy(&self, context: &Context<'_>) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_busy = self.under_way.load(Ordering::Acquire) > 0;
        *waiting = is_busy.then(|| context.waker().clone());
        is_busy
    }

    /// A first byte of some request has come.
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Acquire)
    }

    pub(super) fn begin(&self) {
        self.has_begun.store(true, Ordering::Release);
    }

    /// More of the body is to come, or may be.
    pub(super) fn is_body_open(&self) -> bool {
        self.is_body_open.load(Ordering::Acquire)
    }

    pub(super) fn set_body_open(&self, is_open: bool) {
        self.is_body_open.store(is_open, Ordering::Release);
    }

    pub(super) fn is_body_too_slow(&self) -> bool {
        self.is_body_too_slow.load(Ordering::Acquire)
    }

    pub(super) fn body_is_too_slow(&self) {
        self.is_body_too_slow.store(true, Ordering::Release);
    }

    /// The connection speaks another protocol from here on.
    pub(super) fn is_upgraded(&self) -> bool {
        self.is_upgraded.load(Ordering::Acquire)
    }

    pub(super) fn upgrade(&self) {
        self.is_upgraded.store(true, Ordering::Release);
    }
}

/// Counts one request as under way until it is dropped.
#[derive(Debug)]
pub(super) struct UnderWay(pub(super) Arc<Exchange>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::AcqRel);
        let mut waiting = self
            .0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(waker) = waiting.take() {
            waker.wake();
        }
    }
}

/// An answer's body; its request is under way until it is written.
#[derive(Debug)]
pub(super) struct AnswerBody {
    pub(super) body: Body,
    pub(super) _under_way: UnderWay,
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
