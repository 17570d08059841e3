//! Who came to a page, what they may do, and what every page shows about that.

use http::request::Parts;
use portcullis_core::{Administrator, Device, Rights, User, UserSheet};
use portcullis_web::{Access, device_of};
use serde_json::{Value, json};

use crate::site::Admin;
use crate::trouble::Trouble;

/// Somebody of the staff at a page.
pub(crate) struct Visit {
    pub(crate) user: User,
    pub(crate) rights: Rights,
    /// What permissions about users are called, such as `auth` and `user`.
    pub(crate) model: (String, String),
    /// For the forms of the page.
    csrf: String,
}

impl Visit {
    /// Looks them up, as they are in the database now.
    ///
    /// # Errors
    /// 403 for nobody and for those who are staff no more, 503 when the database fails.
    pub(crate) async fn new(
        site: &Admin,
        request: &Parts,
        access: &Access,
    ) -> Result<Self, Trouble> {
        let user = access.who().user().cloned();
        let user = user.ok_or_else(Trouble::forbidden)?;
        let rights = site.store().rights(&user.id).await?;
        if !rights.is_staff {
            return Err(Trouble::forbidden());
        }
        Ok(Self {
            user,
            rights,
            model: site.store().user_model().await?,
            csrf: site.accounts().sessions().csrf().ensure_cookie(request),
        })
    }

    /// Whether they may `add`, `change`, `delete` or `view` users.
    pub(crate) fn may_with_users(&self, word: &str) -> bool {
        let (app, model) = &self.model;
        self.rights.hold(&format!("{app}.{word}_{model}"))
    }

    /// Whether they may see users: those who may change them may.
    #[doc(alias = "has_view_or_change_permission")]
    pub(crate) fn may_see_users(&self) -> bool {
        self.may_with_users("view") || self.may_with_users("change")
    }

    /// Whether they may add users: who may must also be able to change them, as in Django.
    pub(crate) fn adds_users(&self) -> bool {
        self.may_with_users("add") && self.may_with_users("change")
    }

    /// Whether they may change that user: nobody who may do more than they.
    pub(crate) fn changes(&self, sheet: &UserSheet) -> bool {
        self.may_with_users("change") && self.rights.cover(&sheet.rights)
    }

    /// Whether they may see groups.
    pub(crate) fn may_see_groups(&self) -> bool {
        self.rights.hold("auth.view_group") || self.rights.hold("auth.change_group")
    }

    /// Who they are to the commands of the store.
    pub(crate) fn administrator(&self, site: &Admin, request: &Parts) -> Administrator {
        let name = format!("administrator {}", self.user.username);
        Administrator {
            user: self.user.id.clone(),
            device: Device::named(&name).at(device_of(request).address),
            now: site.now(),
        }
    }

    /// The values of a page: its own, and those of the layout.
    pub(crate) fn page(&self, site: &Admin, title: &str, mut own: Value) -> Value {
        let shared = json!({
            "site": site.settings().title,
            "title": title,
            "csrf": self.csrf,
            "visitor": self.user.username,
            "sees_users": self.may_see_users(),
            "sees_groups": self.may_see_groups(),
            "sees_audit": self.rights.is_superuser,
        });
        if let (Value::Object(own), Value::Object(shared)) = (&mut own, shared) {
            own.extend(shared);
        }
        own
    }
}
