//! `serializerOptions`: which fields, how deep, which page.

use serde_json::{Map, Value as Json};

use super::caps;
use crate::error::LiveError;

/// How the answer is to look.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// Paths such as `site__name`; empty for all.
    pub(crate) fields: Vec<String>,
    pub(crate) depth: usize,
    /// `Some(None)` lifts the default limit.
    pub(crate) limit: Option<Option<usize>>,
    pub(crate) offset: usize,
}

impl Options {
    pub(crate) fn read(json: Option<&Json>) -> Result<Self, LiveError> {
        let map = match json {
            None | Some(Json::Null) => return Ok(Self::default()),
            Some(Json::Object(map)) => map,
            Some(_) => return Err(LiveError::invalid("serializerOptions is an object.")),
        };
        let limit = match map.get("limit") {
            None => None,
            Some(_) => Some(number(map, "limit")?),
        };
        Ok(Self {
            fields: texts(map.get("fields"), "fields")?,
            depth: number(map, "depth")?.unwrap_or_default(),
            limit,
            offset: number(map, "offset")?.unwrap_or_default(),
        })
    }
}

/// A list of texts; none for null.
pub(crate) fn texts(json: Option<&Json>, name: &str) -> Result<Vec<String>, LiveError> {
    let wrong = || LiveError::Invalid(format!("{name} is a list of texts."));
    let items = match json {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(Json::Array(items)) => items,
        Some(_) => return Err(wrong()),
    };
    if items.len() > caps::FIELDS {
        return Err(LiveError::Invalid(format!(
            "{name} may have {} entries.",
            caps::FIELDS
        )));
    }
    items
        .iter()
        .map(|item| match item.as_str() {
            Some(text) if text.split("__").count() <= caps::PATH_PARTS => Ok(text.to_owned()),
            Some(_) => Err(LiveError::Invalid(format!("A path in {name} is too long."))),
            None => Err(wrong()),
        })
        .collect()
}

/// A number, or a text that is one; none for null.
fn number(map: &Map<String, Json>, name: &str) -> Result<Option<usize>, LiveError> {
    let wrong = || LiveError::Invalid(format!("{name} is a number, zero or more."));
    let number = match map.get(name) {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::Number(number)) => number.as_u64().ok_or_else(wrong)?,
        Some(Json::String(text)) => text.trim().parse().map_err(|_| wrong())?,
        Some(_) => return Err(wrong()),
    };
    // Beyond it there is no row; databases count to it.
    match i64::try_from(number)
        .ok()
        .and_then(|n| usize::try_from(n).ok())
    {
        Some(number) => Ok(Some(number)),
        None => Err(wrong()),
    }
}
