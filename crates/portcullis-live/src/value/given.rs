//! What a client compares a field with: more lenient than forms, and never an error of the server.

use serde_json::{Value as Json, json};

use super::clean::clean;
use super::decimal::Decimal;
use super::hyphenated;
use crate::model::Kind;

/// The value in its one form, or what is wrong with it.
pub(crate) fn given(kind: &Kind, value: &Json) -> Result<Json, String> {
    match kind {
        Kind::Auto | Kind::Integer => integer(value),
        Kind::Real => clean(kind, value).map_err(|_| wrong(value, "number")),
        Kind::Decimal { .. } => {
            let text = match value {
                Json::Number(number) => number.to_string(),
                Json::String(text) if text.len() <= 100 => text.clone(),
                _ => String::new(),
            };
            let decimal = Decimal::parse(&text).ok_or_else(|| wrong(value, "decimal number"))?;
            Ok(Json::String(decimal.to_text(decimal.places())))
        }
        Kind::Text { .. } | Kind::LongText | Kind::Email { .. } | Kind::File { .. } => text(value),
        Kind::Boolean => boolean(value),
        Kind::Date => clean(kind, value).map_err(|_| wrong(value, "date")),
        Kind::Time => clean(kind, value).map_err(|_| wrong(value, "time")),
        Kind::DateTime => clean(kind, value).map_err(|_| wrong(value, "date and time")),
        Kind::Uuid => {
            let uuid = value.as_str().and_then(hyphenated);
            uuid.map(Json::String).ok_or_else(|| wrong(value, "UUID"))
        }
        Kind::Json => clean(kind, value),
    }
}

fn integer(value: &Json) -> Result<Json, String> {
    match value {
        Json::Bool(is_one) => Ok(json!(i64::from(*is_one))),
        // Compared as it is: nothing equals 1.5, and 2 is more.
        Json::Number(number) if number.as_i64().is_some() || number.as_f64().is_some() => {
            Ok(value.clone())
        }
        Json::String(text) => match text.trim().parse::<i64>() {
            Ok(integer) => Ok(json!(integer)),
            Err(_) => Err(wrong(value, "integer")),
        },
        _ => Err(wrong(value, "integer")),
    }
}

/// Django's words for true and false, which are fewer than those of forms.
fn boolean(value: &Json) -> Result<Json, String> {
    let is_true = match value {
        Json::Bool(truth) => Some(*truth),
        Json::Number(number) if number.as_f64() == Some(1.0) => Some(true),
        Json::Number(number) if number.as_f64() == Some(0.0) => Some(false),
        Json::String(text) => match text.as_str() {
            "True" | "t" | "1" => Some(true),
            "False" | "f" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    };
    is_true
        .map(Json::Bool)
        .ok_or_else(|| wrong(value, "boolean"))
}

fn text(value: &Json) -> Result<Json, String> {
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::Null | Json::Array(_) | Json::Object(_) => return Err(wrong(value, "text")),
    };
    match text.contains('\0') {
        true => Err("Null characters are not allowed.".to_owned()),
        false => Ok(Json::String(text)),
    }
}

/// Repeats what was sent, cut short.
fn wrong(value: &Json, what: &str) -> String {
    let text = match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let short: String = text.chars().take(100).collect();
    let article = match what.starts_with(['a', 'e', 'i', 'o']) {
        true => "an",
        false => "a",
    };
    format!("“{short}” is not {article} valid {what}.")
}
