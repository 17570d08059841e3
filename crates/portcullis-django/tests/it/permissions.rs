//! Permissions and names against Django's own.

use crate::vectors;
use portcullis_django::password::{self, Hashers};
use portcullis_django::permission::{self, Holder};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn set(list: &Value) -> BTreeSet<String> {
    let list = list.as_array().into_iter().flatten();
    list.map(|name| name.as_str().unwrap().to_owned()).collect()
}

fn holder(scenario: &Value, groups: &Value) -> Holder {
    if scenario.is_null() {
        return Holder::anonymous();
    }
    let names = scenario["groups"].as_array().unwrap();
    let of_group = |name: &Value| set(&groups[name.as_str().unwrap()]);
    Holder {
        is_active: scenario["is_active"].as_bool().unwrap(),
        is_superuser: scenario["is_superuser"].as_bool().unwrap(),
        user_permissions: set(&scenario["direct"]),
        group_permissions: names.iter().flat_map(of_group).collect(),
    }
}

fn compare(got: &Value, want: &Value) -> Result<(), String> {
    if got == want {
        Ok(())
    } else {
        Err(format!("got {got}, want {want}"))
    }
}

/// What `ModelBackend` does with the pieces: exact name, password, then `is_active`.
fn authenticate(input: &Value) -> Option<Value> {
    let (name, text) = (input["username"].as_str()?, input["password"].as_str()?);
    let users = input["users"].as_array()?;
    let user = users.iter().find(|user| user["username"] == name)?;
    let hashers = Hashers {
        pbkdf2_iterations: 1,
        ..Hashers::default()
    };
    let stored = user["password"]
        .as_str()
        .map_or_else(password::unusable, |text| {
            password::hash(text, &hashers).unwrap()
        });
    let matches = password::verify(text, &stored, &hashers).matches;
    (matches && user["is_active"] == true).then(|| user["username"].clone())
}

fn check(groups: &Value, op: &str, input: &Value, expect: &Value) -> Result<(), String> {
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    let user = holder(&input["scenario"], groups);
    let with_object = input["obj"] == true;
    match op {
        "permissions_of" => {
            let every: BTreeSet<String> = ["a.b".to_owned(), "c.d".to_owned()].into();
            let check = |got: BTreeSet<String>, name: &str| match &expect[name] {
                // A superuser's list is the whole table, given as a sentence.
                Value::String(_) => compare(&json!(got), &json!(every)),
                want => compare(&json!(got), want),
            };
            check(user.all_permissions(&every), "all")?;
            check(user.permissions_from_groups(&every), "group")?;
            check(user.permissions_in_person(&every), "direct")?;
            // No backend lists permissions on an object.
            check(BTreeSet::new(), "with_obj")
        }
        "has_perm" => compare(
            &json!({"result": user.has_perm(text("perm"), with_object)}),
            expect,
        ),
        "has_perms" => {
            let list = input["perms"].as_array().unwrap().iter();
            let result = user.has_perms(list.filter_map(Value::as_str), with_object);
            compare(&json!({"result": result}), expect)
        }
        "has_module_perms" => compare(
            &json!({"result": user.has_module_perms(text("app_label"))}),
            expect,
        ),
        "normalize_email" => compare(
            &json!({"email": permission::normalize_email(text("email"))}),
            expect,
        ),
        "normalize_username" => {
            let username = permission::normalize_username(text("username"));
            compare(&json!({"username": username}), expect)
        }
        "authenticate" => compare(&json!({"username": authenticate(input)}), expect),
        "codename" => {
            let (app, class) = text("model").split_once('.').unwrap();
            let rows = permission::model_permissions(class, text("verbose_name"));
            let content_type = [app.to_owned(), permission::model_name(class)];
            compare(&json!({"content_type": content_type, "rows": rows}), expect)
        }
        _ => Err(format!("unknown op {op}")),
    }
}

#[test]
fn vectors_of_permissions() {
    let groups = vectors::load("permissions")["scenario"]["groups"].clone();
    vectors::run("permissions", |op, input, expect| {
        check(&groups, op, input, expect)
    });
}
