//! The runner, and what the server `rest` answers to the recorded cases.
#![expect(clippy::unwrap_used, reason = "a test stops where its facts end")]

mod case_files;
mod live;
mod normalising;
mod rest;
mod ws;
