//! The form of a user: what is typed, what is wrong with it, and what it shows.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_core::{PermissionRow, Rights, UserForm, UserSheet};
use portcullis_django::validators::{
    MAX_USERNAME_LENGTH, UsernameAlphabet, validate_email, validate_username,
};
use serde_json::{Value, json};

use crate::query::Values;
use crate::site::Admin;
use crate::trouble::Trouble;
use crate::visit::Visit;

/// What is wrong, by the name of the field; the empty name is the form's own.
pub(crate) type Faults = BTreeMap<&'static str, String>;

const MAX_EMAIL: usize = 254;

/// The widest given and family names of Django's table, in characters.
const MAX_NAMES: usize = 150;

/// A log-in name, and what is wrong with it.
pub(super) fn username(fields: &Values, faults: &mut Faults) -> String {
    let name = fields.text("username").trim().to_owned();
    if name.is_empty() {
        faults.insert("username", "This field is required.".to_owned());
    } else if name.chars().count() > MAX_USERNAME_LENGTH {
        let text = format!("Ensure this value has at most {MAX_USERNAME_LENGTH} characters.");
        faults.insert("username", text);
    } else if let Err(error) = validate_username(&name, UsernameAlphabet::Unicode) {
        faults.insert("username", error.message);
    }
    name
}

/// An address, or nothing, and what is wrong with it.
pub(super) fn email(fields: &Values, faults: &mut Faults) -> String {
    let email = fields.text("email").trim().to_owned();
    if email.chars().count() > MAX_EMAIL {
        let text = format!("Ensure this value has at most {MAX_EMAIL} characters.");
        faults.insert("email", text);
    } else if !email.is_empty()
        && let Err(error) = validate_email(&email)
    {
        faults.insert("email", error.message);
    }
    // As Django's `normalize_email` does.
    match email.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()),
        None => email,
    }
}

/// What the form of a user says. A log-in name that was there before may stay, whatever it is like.
pub(super) fn read(fields: &Values, shown: &UserSheet) -> (UserForm, Faults) {
    let mut faults = Faults::new();
    let mut username = username(fields, &mut faults);
    if fields.text("username") == shown.user.username {
        faults.remove("username");
        username.clone_from(&shown.user.username);
    }
    let mut name = |field: &'static str| {
        let name = fields.text(field).trim().to_owned();
        if name.chars().count() > MAX_NAMES {
            let text = format!("Ensure this value has at most {MAX_NAMES} characters.");
            faults.insert(field, text);
        }
        name
    };
    let (first_name, last_name) = (name("first_name"), name("last_name"));
    let mut email = email(fields, &mut faults);
    if fields.text("email") == shown.user.email {
        faults.remove("email");
        email.clone_from(&shown.user.email);
    }
    let form = UserForm {
        username,
        email,
        first_name,
        last_name,
        is_active: fields.flag("is_active") == Some(true),
        is_staff: fields.flag("is_staff") == Some(true),
        is_superuser: fields.flag("is_superuser") == Some(true),
        groups: fields.numbers("groups"),
        permissions: fields.numbers("permissions"),
    };
    (form, faults)
}

/// A user's form as it is in the database.
pub(super) fn of(sheet: &UserSheet) -> UserForm {
    let user = &sheet.user;
    UserForm {
        username: user.username.clone(),
        email: user.email.clone(),
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
        is_active: user.is_active,
        is_staff: user.is_staff,
        is_superuser: user.is_superuser,
        groups: sheet.groups.iter().map(|group| group.id).collect(),
        permissions: sheet.permissions.iter().map(|row| row.id).collect(),
    }
}

/// What the form shows: `form` in its fields, and where `now` differs, what is stored.
pub(super) async fn values(
    site: &Admin,
    visit: &Visit,
    form: &UserForm,
    now: &UserSheet,
    faults: &Faults,
) -> Result<Value, Trouble> {
    let stored = of(now);
    let text = |name: &str, label: &str, max: usize, typed: &str, stored: &str| {
        json!({
            "name": name, "label": label, "max": max, "value": typed,
            "fault": faults.get(name), "now": (typed != stored).then_some(stored),
        })
    };
    let flag = |name: &str, label: &str, help: &str, typed: bool, stored: bool| {
        json!({
            "name": name, "label": label, "help": help, "is_on": typed, "fault": faults.get(name),
            "now": (typed != stored).then_some(if stored { "yes" } else { "no" }),
        })
    };
    let texts = [
        text(
            "username",
            "Username",
            MAX_USERNAME_LENGTH,
            &form.username,
            &stored.username,
        ),
        text(
            "email",
            "E-mail address",
            MAX_EMAIL,
            &form.email,
            &stored.email,
        ),
        text(
            "first_name",
            "First name",
            MAX_NAMES,
            &form.first_name,
            &stored.first_name,
        ),
        text(
            "last_name",
            "Last name",
            MAX_NAMES,
            &form.last_name,
            &stored.last_name,
        ),
    ];
    let mut flags = vec![
        flag(
            "is_active",
            "Active",
            "May log in. Take this away instead of deleting accounts.",
            form.is_active,
            stored.is_active,
        ),
        flag(
            "is_staff",
            "Staff status",
            "May log in to this admin site.",
            form.is_staff,
            stored.is_staff,
        ),
    ];
    if visit.rights.is_superuser {
        flags.push(flag(
            "is_superuser",
            "Superuser status",
            "Has all permissions without being given them.",
            form.is_superuser,
            stored.is_superuser,
        ));
    }
    let mut groups = Vec::new();
    for group in site.store().all_groups().await? {
        let can_give =
            visit.rights.is_superuser || gives_group(site, &visit.rights, group.id).await?;
        groups.push(json!({
            "id": group.id, "name": group.name, "can_give": can_give,
            "is_on": form.groups.contains(&group.id),
        }));
    }
    let permissions = permission_choices(site, &visit.rights, &form.permissions).await?;
    Ok(json!({
        "texts": texts, "flags": flags, "groups": groups, "permissions": permissions,
        "version": now.version, "fault": faults.get(""),
    }))
}

async fn gives_group(site: &Admin, rights: &Rights, id: i64) -> Result<bool, Trouble> {
    let sheet = site.store().group_sheet(id).await?;
    Ok(sheet.is_none_or(|sheet| rights.cover(&sheet.rights())))
}

/// Every permission, with whether it is chosen and whether whoever looks may give it.
pub(crate) async fn permission_choices(
    site: &Admin,
    rights: &Rights,
    chosen: &BTreeSet<i64>,
) -> Result<Vec<Value>, Trouble> {
    let all = site.store().all_permissions().await?;
    let choice = |row: &PermissionRow| {
        json!({
            "id": row.id,
            "name": format!("{} | {} | {}", row.app_label, row.model, row.name),
            "is_on": chosen.contains(&row.id),
            "can_give": rights.hold(&row.perm()),
        })
    };
    Ok(all.iter().map(choice).collect())
}
