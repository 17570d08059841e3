//! The permission classes that many models need.

use portcullis_core::Principal;

use super::{Actions, ModelPermission};
use crate::model::Names;
use crate::rule::Rule;

/// Everything for everybody who came through the door.
#[doc(alias = "AllowAllPermission")]
#[derive(Clone, Copy, Debug)]
pub struct AllowAll;

/// Everything for staff, nothing for others.
#[doc(alias = "IsStaffPermission")]
#[derive(Clone, Copy, Debug)]
pub struct StaffOnly;

/// Everybody who came through the door may look, and nobody may write.
#[derive(Clone, Copy, Debug)]
pub struct ReadOnly;

fn is_staff(who: &Principal) -> bool {
    who.user().is_some_and(|user| user.is_staff)
}

impl ModelPermission for AllowAll {
    fn filter(&self, _: &Principal) -> Rule {
        Rule::Everything
    }

    fn actions(&self, _: &Principal) -> Actions {
        Actions::ALL
    }

    fn visible(&self, _: &Principal) -> Names {
        Names::All
    }

    fn editable(&self, _: &Principal) -> Names {
        Names::All
    }

    fn creatable(&self, _: &Principal) -> Names {
        Names::All
    }
}

impl ModelPermission for StaffOnly {
    fn filter(&self, who: &Principal) -> Rule {
        match is_staff(who) {
            true => Rule::Everything,
            false => Rule::Nothing,
        }
    }

    fn actions(&self, who: &Principal) -> Actions {
        match is_staff(who) {
            true => Actions::ALL,
            false => Actions::NONE,
        }
    }

    fn visible(&self, who: &Principal) -> Names {
        match is_staff(who) {
            true => Names::All,
            false => Names::none(),
        }
    }

    fn editable(&self, who: &Principal) -> Names {
        self.visible(who)
    }

    fn creatable(&self, who: &Principal) -> Names {
        self.visible(who)
    }
}

impl ModelPermission for ReadOnly {
    fn filter(&self, _: &Principal) -> Rule {
        Rule::Everything
    }

    fn actions(&self, _: &Principal) -> Actions {
        Actions::READ
    }

    fn visible(&self, _: &Principal) -> Names {
        Names::All
    }

    fn editable(&self, _: &Principal) -> Names {
        Names::none()
    }

    fn creatable(&self, _: &Principal) -> Names {
        Names::none()
    }
}
