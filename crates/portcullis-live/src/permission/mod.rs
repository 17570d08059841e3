//! Who may do what with a model: rows, fields, actions.

mod actions;
mod builtin;
mod rights;

pub use actions::Actions;
pub use builtin::{AllowAll, ReadOnly, StaffOnly};

pub(crate) use rights::{Rights, shown_rows};

use portcullis_core::Principal;

use crate::model::{Names, Record};
use crate::rule::Rule;

/// How a permission decides about a write to two rows or more.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Bulk {
    /// By [`ModelPermission::object_actions`] of each row.
    EachObject,
    /// Every row must be let through by this rule.
    Rows(Rule),
}

/// A permission class of a model. What several of them grant adds up; what one of them excludes stays hidden.
///
/// Its functions decide by who asks and do not wait for anything: they are asked several times for each request.
#[doc(alias = "AbstractPermission")]
pub trait ModelPermission: Send + Sync {
    /// The rows that this class lets through; a row that any class lets through can be seen.
    #[doc(alias = "filter_queryset")]
    fn filter(&self, who: &Principal) -> Rule;

    /// The rows that are hidden whatever other classes let through.
    #[doc(alias = "exclude_from_queryset")]
    fn exclude(&self, who: &Principal) -> Rule {
        let _ = who;
        Rule::Nothing
    }

    /// What may be done with the model.
    #[doc(alias = "allowed_actions")]
    fn actions(&self, who: &Principal) -> Actions;

    /// What may be done with a row, by its own fields.
    #[doc(alias = "allowed_object_actions")]
    fn object_actions(&self, who: &Principal, row: &Record) -> Actions {
        let _ = row;
        self.actions(who)
    }

    /// How it is decided about an update or a deletion of two rows or more.
    #[doc(alias = "bulk_operation_allowed")]
    fn bulk(&self, who: &Principal, action: Actions) -> Bulk {
        let _ = (who, action);
        Bulk::EachObject
    }

    /// The fields that can be seen, filtered by, ordered by and counted, where this class grants reading.
    #[doc(alias = "visible_fields")]
    fn visible(&self, who: &Principal) -> Names;

    /// The fields that an update may write, where this class grants it.
    #[doc(alias = "editable_fields")]
    fn editable(&self, who: &Principal) -> Names;

    /// The fields that a creation may write, where this class grants it.
    #[doc(alias = "create_fields")]
    fn creatable(&self, who: &Principal) -> Names;
}
