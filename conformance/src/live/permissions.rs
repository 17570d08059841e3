//! Who may do what with the models of the recorded server.

use portcullis::Principal;
use portcullis::core::UserId;
use portcullis::live::{
    ActionPermission, Actions, Bulk, Data, ModelPermission, Names, Record, Rule,
};
use serde_json::{Value, json};

fn is_staff(who: &Principal) -> bool {
    who.user().is_some_and(|user| user.is_staff)
}

/// The key of whoever asks; null for nobody, which equals nothing.
fn key(who: &Principal) -> Value {
    match who.user().map(|user| &user.id) {
        Some(UserId::Integer(id)) => json!(id),
        Some(other) => json!(other.to_string()),
        None => Value::Null,
    }
}

/// Rows that refer to whoever asks.
fn own(field: &str, who: &Principal) -> Rule {
    match key(who) {
        Value::Null => Rule::Nothing,
        key => Rule::is(field, key),
    }
}

const CRATE_VISIBLE: [&str; 22] = [
    "id",
    "site",
    "owner",
    "parent",
    "labels",
    "name",
    "quantity",
    "weight",
    "unit_price",
    "ratio",
    "state",
    "fragile",
    "packed_at",
    "due",
    "cutoff",
    "extra",
    "manual",
    "tracking",
    "created_at",
    "line_total",
    "headline",
    "movements",
];

const CRATE_WRITABLE: [&str; 16] = [
    "site",
    "parent",
    "labels",
    "name",
    "quantity",
    "weight",
    "unit_price",
    "ratio",
    "state",
    "fragile",
    "packed_at",
    "due",
    "cutoff",
    "extra",
    "manual",
    "tracking",
];

/// What the model of crates shows.
pub(crate) fn crate_fields() -> impl Iterator<Item = &'static str> {
    CRATE_VISIBLE.into_iter().chain(["secret_note"])
}

/// Members see crates of open sites and their own, and write their own.
pub(crate) struct CrateMember;

impl ModelPermission for CrateMember {
    fn filter(&self, who: &Principal) -> Rule {
        Rule::is("site__is_open", true).or(own("owner", who))
    }

    fn exclude(&self, _: &Principal) -> Rule {
        Rule::starts_with("name", "~")
    }

    fn actions(&self, _: &Principal) -> Actions {
        Actions::ALL
    }

    fn object_actions(&self, who: &Principal, row: &Record) -> Actions {
        match who.user().is_some() && *row.get("owner") == key(who) {
            true => Actions::ALL,
            false => Actions::READ,
        }
    }

    fn bulk(&self, who: &Principal, _: Actions) -> Bulk {
        Bulk::Rows(own("owner", who))
    }

    fn visible(&self, _: &Principal) -> Names {
        Names::of(CRATE_VISIBLE)
    }

    fn editable(&self, _: &Principal) -> Names {
        let fixed = |name: &&str| !matches!(*name, "site" | "tracking");
        Names::of(CRATE_WRITABLE.into_iter().filter(fixed))
    }

    fn creatable(&self, _: &Principal) -> Names {
        Names::of(CRATE_WRITABLE)
    }
}

/// Reading for everybody, of these fields, or of all.
pub(crate) struct Readers(pub(crate) Option<&'static [&'static str]>);

impl ModelPermission for Readers {
    fn filter(&self, _: &Principal) -> Rule {
        Rule::Everything
    }

    fn actions(&self, _: &Principal) -> Actions {
        Actions::READ
    }

    fn visible(&self, _: &Principal) -> Names {
        match self.0 {
            Some(names) => Names::of(names.iter().copied()),
            None => Names::All,
        }
    }

    fn editable(&self, _: &Principal) -> Names {
        Names::none()
    }

    fn creatable(&self, _: &Principal) -> Names {
        Names::none()
    }
}

/// Users who are active, by name.
pub(crate) struct UserDirectory;

impl ModelPermission for UserDirectory {
    fn filter(&self, _: &Principal) -> Rule {
        Rule::is("is_active", true)
    }

    fn actions(&self, _: &Principal) -> Actions {
        Actions::READ
    }

    fn visible(&self, _: &Principal) -> Names {
        Names::of(["id", "username"])
    }

    fn editable(&self, _: &Principal) -> Names {
        Names::none()
    }

    fn creatable(&self, _: &Principal) -> Names {
        Names::none()
    }
}

/// Everybody reads and writes memos; the author changes and removes them.
pub(crate) struct MemoAuthor;

impl ModelPermission for MemoAuthor {
    fn filter(&self, _: &Principal) -> Rule {
        Rule::Everything
    }

    fn actions(&self, _: &Principal) -> Actions {
        Actions::READ | Actions::CREATE
    }

    fn object_actions(&self, who: &Principal, row: &Record) -> Actions {
        match who.user().is_some() && *row.get("author") == key(who) {
            true => Actions::READ | Actions::UPDATE | Actions::DELETE,
            false => Actions::READ,
        }
    }

    fn visible(&self, _: &Principal) -> Names {
        Names::All
    }

    fn editable(&self, _: &Principal) -> Names {
        Names::of(["text", "pinned"])
    }

    fn creatable(&self, _: &Principal) -> Names {
        Names::of(["text"])
    }
}

/// An action for staff.
pub(crate) struct StaffAction;

impl ActionPermission for StaffAction {
    fn name(&self) -> String {
        "ValidatedStaffAction".to_owned()
    }

    fn may_call(&self, who: &Principal) -> bool {
        is_staff(who)
    }
}

/// Refuses large amounts, once they are validated.
pub(crate) struct SmallAmounts;

impl ActionPermission for SmallAmounts {
    fn name(&self) -> String {
        "ValidatedSmallAmounts".to_owned()
    }

    fn may_call_with(&self, _: &Principal, input: &Data) -> bool {
        let amount = input.get("amount").and_then(Value::as_i64);
        amount.unwrap_or_default() <= 100
    }
}
