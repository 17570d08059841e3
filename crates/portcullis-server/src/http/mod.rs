//! The HTTP side: connections, what is believed of their bytes, and what holds for every request.
//!
//! Reading order: [`HttpLimits`]; [`serve`] accepts; `guard` stands before hyper and lets only a
//! head pass that `scan` has found and `head` has judged; `exchange` is what the guard tells the application about it;
//! `watch` and `trace` are the layers around all doors.

mod connections;
mod exchange;
mod guard;
mod head;
mod hsts;
mod limits;
mod panics;
mod request_id;
mod scan;
mod server;
mod timers;
mod trace;
mod watch;

pub use limits::HttpLimits;
pub use panics::log_panic;
pub use request_id::RequestId;
pub use server::serve;

pub(crate) use hsts::hsts;
pub(crate) use panics::panicked;
pub(crate) use trace::trace;
pub(crate) use watch::watch;
