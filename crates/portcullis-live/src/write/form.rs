//! What a client writes, field by field: rights, hooks, types, bounds, and what it refers to.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::references::{Wanted, missing_keys, reference};
use crate::error::{FormErrors, LiveError};
use crate::hook::Data;
use crate::job::Job;
use crate::model::{Field, Kind, ManyToMany};
use crate::query::Arithmetic;
use crate::session::Session;
use crate::value::clean;

/// Whether all fields are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A new row.
    Create,
    /// Some fields of a row.
    Partial,
}

/// Data that may be written as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Valid {
    /// Values of own fields in their one form.
    pub(crate) fields: Map<String, Json>,
    /// The keys of many-to-many relations.
    pub(crate) many: Vec<(String, Vec<Json>)>,
    /// Fields that are computed of the row itself.
    pub(crate) arithmetic: Vec<(String, Arithmetic)>,
}

/// The client's data without what may not be written.
///
/// # Errors
/// 400 for unknown fields, where they are errors.
pub(crate) fn writable(
    job: &Job<'_>,
    data: &Data,
    allowed: &BTreeSet<String>,
) -> Result<Data, LiveError> {
    if job.refuses_unknown {
        let mut names = job.model.names();
        names.sort_unstable();
        let mut unknown: Vec<&str> = data.keys().map(String::as_str).collect();
        unknown.retain(|name| !names.contains(name));
        unknown.sort_unstable();
        if !unknown.is_empty() {
            let unknown: String = unknown.join(", ").chars().take(500).collect();
            return Err(LiveError::Invalid(format!(
                "Unknown field(s): {unknown}. Valid fields are: {}",
                names.join(", ")
            )));
        }
    }
    let kept = data.iter().filter(|(name, _)| allowed.contains(*name));
    Ok(kept
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect())
}

/// A row's data between the hooks.
struct Draft {
    data: Data,
    /// What the client sent and no hook has changed: it is bound by the client's rights.
    sent: Data,
    valid: Valid,
    errors: FormErrors,
}

/// Validates rows that passed [`writable`]: hooks, types, references; unique keys are checked later.
///
/// # Errors
/// What is wrong, for each row.
pub(crate) async fn validate(
    job: &Job<'_>,
    rows: Vec<Data>,
    mode: Mode,
    session: &mut Session<'_>,
) -> Result<Vec<Result<Valid, FormErrors>>, LiveError> {
    let mut drafts = Vec::with_capacity(rows.len());
    for sent in rows {
        drafts.push(draft(job, sent)?);
    }
    let mut wanted = Vec::new();
    for (index, draft) in drafts.iter_mut().enumerate() {
        if draft.errors.is_empty() {
            fields(job, draft, mode, index, &mut wanted);
        }
    }
    let missing = missing_keys(job, &wanted, session).await?;
    for (index, field, message) in missing {
        if let Some(draft) = drafts.get_mut(index) {
            draft.errors.add(&field, message);
        }
    }
    for draft in &mut drafts {
        if draft.errors.is_empty() {
            post_hooks(job, draft);
        }
    }
    Ok(drafts
        .into_iter()
        .map(|draft| match draft.errors.is_empty() {
            true => Ok(draft.valid),
            false => Err(draft.errors),
        })
        .collect())
}

/// Takes expressions out, and runs the pre hooks.
fn draft(job: &Job<'_>, sent: Data) -> Result<Draft, LiveError> {
    let mut data = Data::new();
    let mut valid = Valid::default();
    for (name, value) in &sent {
        if Arithmetic::is_claimed(value) {
            let visible = &job.rights.of(job.model).visible;
            for read in Arithmetic::names(value) {
                if !visible.contains(&read) {
                    return Err(LiveError::denied(
                        "No permission to read a field referenced in an F expression",
                    ));
                }
            }
            if let Some(expression) = Arithmetic::of_value(name, value)? {
                valid.arithmetic.push((name.clone(), expression));
                continue;
            }
        }
        data.insert(name.clone(), value.clone());
    }
    let mut errors = FormErrors::default();
    for hook in &job.model.pre_hooks {
        match hook(data.clone(), job.who()) {
            Ok(changed) => data = changed,
            Err(refused) => {
                errors = refused;
                break;
            }
        }
    }
    Ok(Draft {
        data,
        sent,
        valid,
        errors,
    })
}

fn fields(job: &Job<'_>, draft: &mut Draft, mode: Mode, index: usize, wanted: &mut Vec<Wanted>) {
    for field in &job.model.fields {
        if field.is_read_only() {
            continue;
        }
        let name = field.name();
        if draft.valid.arithmetic.iter().any(|(own, _)| own == name) {
            continue;
        }
        match draft.data.get(name) {
            None if mode == Mode::Create && is_required(field) => {
                draft.errors.add(name, "This field is required.");
            }
            None => {}
            Some(value) => match field_value(job, field, value) {
                Ok(value) => {
                    if let (Some(reference), false) = (&field.reference, value.is_null()) {
                        wanted.push(Wanted {
                            row: index,
                            field: name.to_owned(),
                            model: reference.model.clone(),
                            keys: vec![value.clone()],
                            is_bound: draft.sent.get(name) == draft.data.get(name),
                        });
                    }
                    draft.valid.fields.insert(name.to_owned(), value);
                }
                Err(message) => draft.errors.add(name, message),
            },
        }
    }
    for many in &job.model.many_to_many {
        let name = &many.name;
        match draft.data.get(name) {
            None if mode == Mode::Create && !many.is_blank => {
                draft.errors.add(name, "This field is required.");
            }
            None => {}
            Some(value) => match keys(job, many, value) {
                Ok(keys) => {
                    wanted.push(Wanted {
                        row: index,
                        field: name.clone(),
                        model: many.model.clone(),
                        keys: keys.clone(),
                        is_bound: draft.sent.get(name) == draft.data.get(name),
                    });
                    draft.valid.many.push((name.clone(), keys));
                }
                Err(message) => draft.errors.add(name, message),
            },
        }
    }
}

fn is_required(field: &Field) -> bool {
    field.default.is_none() && !field.is_null && !field.is_blank
}

/// One field's value in its one form.
pub(crate) fn field_value(job: &Job<'_>, field: &Field, value: &Json) -> Result<Json, String> {
    let is_empty = value.as_str() == Some("");
    if value.is_null() {
        return match field.is_null {
            true => Ok(Json::Null),
            false => Err("This field may not be null.".to_owned()),
        };
    }
    if field.reference.is_some() {
        let target = job.rights.registry.target(field);
        return match (is_empty && field.is_null, target) {
            (true, _) => Ok(Json::Null),
            (false, Some(target)) => reference(target, value),
            (false, None) => Err("This relation cannot be written.".to_owned()),
        };
    }
    if !field.choices.is_empty() {
        let text = match value {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        let found = field.choices.iter().any(|(choice, _)| *choice == text);
        return match (found, is_empty && field.is_blank) {
            (true, _) | (_, true) => Ok(Json::String(text)),
            _ => {
                let short: String = text.chars().take(100).collect();
                Err(format!("\"{short}\" is not a valid choice."))
            }
        };
    }
    if let Kind::File { .. } = field.kind() {
        return file(job, field, value);
    }
    if field.kind().is_text() && value.as_str().is_some_and(|text| text.trim().is_empty()) {
        return match field.is_blank {
            true => Ok(Json::String(String::new())),
            false => Err("This field may not be blank.".to_owned()),
        };
    }
    // As DRF: nothing is nothing, where a number would be.
    if is_empty
        && field.is_null
        && matches!(
            field.kind(),
            Kind::Integer | Kind::Decimal { .. } | Kind::Boolean
        )
    {
        return Ok(Json::Null);
    }
    let value = clean(field.kind(), value)?;
    for validator in &field.validators {
        validator(&value)?;
    }
    Ok(value)
}

/// The path of a stored file, as text or in an object.
fn file(job: &Job<'_>, field: &Field, value: &Json) -> Result<Json, String> {
    let path = match value {
        Json::Object(map) => map.get("file_path").unwrap_or(&Json::Null),
        other => other,
    };
    if path.as_str() == Some("") {
        return Err("The submitted file path is empty.".to_owned());
    }
    let path = clean(field.kind(), path)?;
    match path.as_str().and_then(|path| job.live.file_size(path)) {
        Some(_) => Ok(path),
        None => Err("File not found at the specified path.".to_owned()),
    }
}

fn keys(job: &Job<'_>, many: &ManyToMany, value: &Json) -> Result<Vec<Json>, String> {
    let items = match value {
        Json::Array(items) => items,
        Json::Null => return Err("This field may not be null.".to_owned()),
        other => {
            let kind = super::references::python_type(other);
            return Err(format!("Expected a list of items but got type \"{kind}\"."));
        }
    };
    if items.len() > crate::query::caps::LIST_ITEMS {
        return Err("There are too many items in this list.".to_owned());
    }
    let Some(target) = job.rights.registry.model(&many.model) else {
        return Err("This relation cannot be written.".to_owned());
    };
    let mut keys: Vec<Json> = Vec::new();
    for item in items {
        let key = reference(target, item)?;
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(keys)
}

/// Runs the post hooks on validated data; what they change is validated again.
fn post_hooks(job: &Job<'_>, draft: &mut Draft) {
    if job.model.post_hooks.is_empty() {
        return;
    }
    let mut data = draft.valid.fields.clone();
    for (name, keys) in &draft.valid.many {
        data.insert(name.clone(), Json::Array(keys.clone()));
    }
    let before = data.clone();
    for hook in &job.model.post_hooks {
        match hook(data, job.who()) {
            Ok(changed) => data = changed,
            Err(refused) => {
                draft.errors = refused;
                return;
            }
        }
    }
    draft.valid.fields.retain(|name, _| data.contains_key(name));
    draft.valid.many.retain(|(name, _)| data.contains_key(name));
    for (name, value) in data
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(*value))
    {
        if let Some(field) = job.model.field(name) {
            match field_value(job, field, value) {
                Ok(value) => drop(draft.valid.fields.insert(name.clone(), value)),
                Err(message) => draft.errors.add(name, message),
            }
        } else if let Some(many) = job.model.many_to_many.iter().find(|m| m.name == *name) {
            match keys(job, many, value) {
                Ok(keys) => {
                    draft.valid.many.retain(|(own, _)| own != name);
                    draft.valid.many.push((name.clone(), keys));
                }
                Err(message) => draft.errors.add(name, message),
            }
        }
    }
}
