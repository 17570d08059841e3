//! What happens to rows, told after it is durable: keys only, and who saw the row before.
//!
//! A write notes its changes while its transaction is open (`notes`), with who saw the rows until then
//! (`before`); the commit hands them to every [`ChangeListener`]. Who may hear of it is decided at delivery,
//! by the row as it is then (`after`).

mod before;
mod bus;
mod change;
mod fingerprint;
mod interests;
mod notes;
mod outside;

pub use bus::ChangeListener;
pub use change::{Change, ChangeKind};

pub(crate) use before::Seen;
pub(crate) use bus::Bus;
pub(crate) use fingerprint::Fingerprint;
pub(crate) use interests::{Interests, News};
pub(crate) use notes::Notes;
pub(crate) use outside::Writing;
