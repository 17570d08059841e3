//! Actions: functions of the application that clients call by name.

mod call;
mod definition;
mod field;

pub(crate) use call::perform;
pub use definition::{Action, ActionPermission, Call};
pub use field::ActionField;
