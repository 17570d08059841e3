//! A test kit for services that Portcullis guards: an app on a database of its own, clients with
//! cookie jars, and a clock that stands still; behind the feature `social`, a provider that can misbehave.
//!
//! ```
//! use portcullis::{CurrentUser, get};
//! use portcullis_test::TestApp;
//!
//! async fn report(CurrentUser(user): CurrentUser) -> String {
//!     format!("report of {}", user.username)
//! }
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let app = TestApp::new(|parts| parts.gate.doors().route("/report/", get(report)).into_router()).await;
//! let answer = app.as_user("ada").await.get("/report/").await;
//! assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "report of ada"));
//! app.anonymous().get("/report/").await.assert_refused(401, "Authentication credentials were not provided.");
//! # });
//! ```
#![forbid(unsafe_code)]

mod answer;
mod app;
mod client;
mod communicator;
mod knocking;
#[cfg(feature = "social")]
mod provider;

pub use answer::Answer;
pub use app::{TestApp, TestParts};
pub use client::{Client, Request};
pub use communicator::{Communicator, Frame};
pub use knocking::{Knocking, NoSocket};
#[cfg(feature = "social")]
pub use provider::{CLIENT_ID, CLIENT_SECRET, FakeProvider, Manner, Manners, Person, Signing};
