//! One condition: an expression, a lookup, and the value that the client gave.

use portcullis_sql::{Dialect, Value};
use serde_json::Value as Json;

use super::json_path::JsonPlace;
use super::moments::part;
use super::statement::Statement;
use crate::error::LiveError;
use crate::model::Kind;
use crate::query::caps;
use crate::value::{bind, given};

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    Exact,
    Compare(&'static str),
    Range,
    In,
    IsNull,
    Text(TextLookup),
    HasKey,
}

/// Where in a text something is looked for, and whether capitals matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TextLookup {
    before: &'static str,
    after: &'static str,
    ignores_case: bool,
}

impl Lookup {
    pub(crate) fn of(word: &str) -> Option<Self> {
        let text = |before, after, ignores_case| {
            Self::Text(TextLookup {
                before,
                after,
                ignores_case,
            })
        };
        Some(match word {
            "exact" => Self::Exact,
            "gt" => Self::Compare(">"),
            "gte" => Self::Compare(">="),
            "lt" => Self::Compare("<"),
            "lte" => Self::Compare("<="),
            "range" => Self::Range,
            "in" => Self::In,
            "isnull" => Self::IsNull,
            "iexact" => text("", "", true),
            "contains" => text("%", "%", false),
            "icontains" => text("%", "%", true),
            "startswith" => text("", "%", false),
            "istartswith" => text("", "%", true),
            "endswith" => text("%", "", false),
            "iendswith" => text("%", "", true),
            _ => return None,
        })
    }

    /// The lookup of a search.
    pub(crate) const CONTAINS: Self = Self::Text(TextLookup {
        before: "%",
        after: "%",
        ignores_case: true,
    });
}

/// An expression with its words taken in: parts of dates, keys of JSON, and the lookup at the end.
pub(crate) enum Subject {
    Plain(String, Kind),
    /// Below a JSON field, or the whole of it.
    Json(JsonPlace, bool),
}

/// Reads the words behind a field. `None` for words that mean nothing there.
pub(crate) fn subject(
    statement: &mut Statement,
    expression: String,
    kind: &Kind,
    words: &[String],
) -> Result<Option<(Subject, Lookup)>, LiveError> {
    let (lookup, words) = match words.split_last() {
        Some((last, rest)) if *kind == Kind::Json && last == "has_key" => (Lookup::HasKey, rest),
        Some((last, rest)) => match Lookup::of(last) {
            Some(lookup) => (lookup, rest),
            None => (Lookup::Exact, words),
        },
        None => (Lookup::Exact, words),
    };
    if *kind == Kind::Json {
        let place = JsonPlace::new(statement, &expression, words)?;
        return Ok(Some((Subject::Json(place, words.is_empty()), lookup)));
    }
    let (mut expression, mut kind) = (expression, kind.clone());
    for word in words {
        let Some(found) = part(statement.dialect, &expression, &kind, word) else {
            return Ok(None);
        };
        (expression, kind) = found;
    }
    Ok(Some((Subject::Plain(expression, kind), lookup)))
}

/// The condition in SQL; NULL where the expression is.
///
/// # Errors
/// 400 for values of the wrong type.
pub(crate) fn condition(
    statement: &mut Statement,
    subject: &Subject,
    lookup: Lookup,
    value: &Json,
) -> Result<String, LiveError> {
    match subject {
        Subject::Plain(expression, kind) => plain(statement, expression, kind, lookup, value),
        Subject::Json(place, _) => json(statement, place, lookup, value),
    }
}

fn plain(
    statement: &mut Statement,
    expression: &str,
    kind: &Kind,
    lookup: Lookup,
    value: &Json,
) -> Result<String, LiveError> {
    let read = |value: &Json| given(kind, value).map_err(LiveError::Invalid);
    Ok(match lookup {
        Lookup::IsNull => null_test(expression, value)?,
        Lookup::Exact if value.is_null() => format!("({expression} IS NULL)"),
        Lookup::Exact => {
            let value = read(value)?;
            let place = bind(statement, kind, &value);
            format!("({expression} = {place})")
        }
        Lookup::Compare(operator) => {
            let value = read(value)?;
            let place = bind(statement, kind, &value);
            format!("({expression} {operator} {place})")
        }
        Lookup::Range => {
            let Some([low, high]) = value.as_array().map(Vec::as_slice) else {
                return Err(LiveError::invalid("A range is a list of two values."));
            };
            let (low, high) = (read(low)?, read(high)?);
            let (low, high) = (bind(statement, kind, &low), bind(statement, kind, &high));
            format!("({expression} BETWEEN {low} AND {high})")
        }
        Lookup::In => {
            let items = list(value)?;
            let mut places = Vec::with_capacity(items.len());
            for item in items.iter().filter(|item| !item.is_null()) {
                let item = read(item)?;
                places.push(bind(statement, kind, &item));
            }
            match places.is_empty() {
                true => "(1=0)".to_owned(),
                false => format!("({expression} IN ({}))", places.join(", ")),
            }
        }
        Lookup::Text(text) => {
            if value.is_null() && text.before.is_empty() && text.after.is_empty() {
                return Ok(format!("({expression} IS NULL)"));
            }
            let wanted = given(&Kind::LongText, value).map_err(LiveError::Invalid)?;
            let wanted = wanted.as_str().unwrap_or_default();
            let as_text = match (kind.is_text(), statement.dialect) {
                (true, _) => expression.to_owned(),
                (false, _) => format!("CAST({expression} AS text)"),
            };
            // On SQLite they are stored without hyphens.
            let wanted = match (kind, statement.dialect) {
                (Kind::Uuid, Dialect::Sqlite) => wanted.replace('-', ""),
                _ => wanted.to_owned(),
            };
            like(statement, &as_text, text, &wanted)
        }
        Lookup::HasKey => return Err(LiveError::invalid("Only JSON fields have keys.")),
    })
}

fn json(
    statement: &mut Statement,
    place: &JsonPlace,
    lookup: Lookup,
    value: &Json,
) -> Result<String, LiveError> {
    let number_or_text = |value: &Json| match value {
        Json::Number(_) | Json::String(_) => Ok(()),
        _ => Err(LiveError::invalid("A number or a text is compared with.")),
    };
    Ok(match lookup {
        Lookup::Exact => place.equals(statement, &no_nul(value)?),
        Lookup::Compare(operator) => {
            number_or_text(value)?;
            place.compares(statement, operator, &no_nul(value)?)
        }
        Lookup::Range => {
            let Some([low, high]) = value.as_array().map(Vec::as_slice) else {
                return Err(LiveError::invalid("A range is a list of two values."));
            };
            number_or_text(low)?;
            number_or_text(high)?;
            let low = place.compares(statement, ">=", &no_nul(low)?);
            let high = place.compares(statement, "<=", &no_nul(high)?);
            format!("({low} AND {high})")
        }
        Lookup::In => {
            let mut equal = Vec::new();
            for item in list(value)? {
                equal.push(place.equals(statement, &no_nul(item)?));
            }
            match equal.is_empty() {
                true => "(1=0)".to_owned(),
                false => format!("({})", equal.join(" OR ")),
            }
        }
        Lookup::IsNull => match null_wanted(value)? {
            true => format!("(NOT {})", place.exists()),
            false => place.exists(),
        },
        Lookup::Text(text) => {
            let wanted = given(&Kind::LongText, value).map_err(LiveError::Invalid)?;
            let as_text = format!("CAST({} AS text)", place.text);
            like(
                statement,
                &as_text,
                text,
                wanted.as_str().unwrap_or_default(),
            )
        }
        Lookup::HasKey => {
            let key = given(&Kind::LongText, value).map_err(LiveError::Invalid)?;
            let key = vec![key.as_str().unwrap_or_default().to_owned()];
            JsonPlace::new(statement, &place.value, &key)?.exists()
        }
    })
}

fn no_nul(value: &Json) -> Result<Json, LiveError> {
    given(&Kind::Json, value).map_err(LiveError::Invalid)
}

fn list(value: &Json) -> Result<&Vec<Json>, LiveError> {
    let items = value
        .as_array()
        .ok_or_else(|| LiveError::invalid("A list of values is needed."))?;
    match items.len() > caps::LIST_ITEMS {
        true => Err(LiveError::Invalid(format!(
            "A list may have {} values.",
            caps::LIST_ITEMS
        ))),
        false => Ok(items),
    }
}

fn null_wanted(value: &Json) -> Result<bool, LiveError> {
    value
        .as_bool()
        .ok_or_else(|| LiveError::invalid("isnull is compared with true or false."))
}

fn null_test(expression: &str, value: &Json) -> Result<String, LiveError> {
    Ok(match null_wanted(value)? {
        true => format!("({expression} IS NULL)"),
        false => format!("({expression} IS NOT NULL)"),
    })
}

/// `LIKE` with the client's text taken literally. On SQLite it never minds the capitals of ASCII.
fn like(statement: &mut Statement, expression: &str, lookup: TextLookup, wanted: &str) -> String {
    let escaped = wanted
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    let pattern = format!("{}{escaped}{}", lookup.before, lookup.after);
    let place = statement.bind(Value::Text(pattern));
    match (statement.dialect, lookup.ignores_case) {
        (Dialect::Postgres, true) => {
            format!("(UPPER({expression}) LIKE UPPER({place}) ESCAPE '\\')")
        }
        _ => format!("({expression} LIKE {place} ESCAPE '\\')"),
    }
}
