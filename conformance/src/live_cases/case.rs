//! The files of cases.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::LoadError;

/// How exactly an answer must be the recorded one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strictness {
    /// All of it.
    #[default]
    Strict,
    /// But for the texts of errors.
    NoDetail,
    /// The status alone.
    Status,
}

/// A file of cases.
#[derive(Debug, Deserialize)]
struct File {
    #[serde(default = "prod")]
    profile: String,
    cases: Vec<Case>,
}

/// A case: steps on freshly reset rows.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// Such as `lookup.iexact`.
    pub id: String,
    /// What it shows.
    pub about: String,
    /// The settings of the server that it was recorded with.
    #[serde(default = "prod")]
    pub profile: String,
    /// `quirk` for faults of the recorded server, which are not to be copied.
    #[serde(default)]
    pub class: Option<String>,
    /// For all of its steps.
    #[serde(default)]
    pub compare: Strictness,
    /// The requests.
    pub steps: Vec<Step>,
}

/// A request and its recorded answer.
#[derive(Clone, Debug, Deserialize)]
pub struct Step {
    /// The user whose token is sent.
    #[serde(rename = "as")]
    pub user: Option<String>,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// Headers besides the token's and the body's.
    #[serde(default)]
    pub headers: Map<String, Value>,
    /// A body in JSON, which may be null.
    #[serde(default, deserialize_with = "present")]
    pub json: Option<Value>,
    /// A form.
    pub form: Option<Map<String, Value>>,
    /// A body as it is.
    pub raw: Option<String>,
    /// What the raw body is said to be.
    pub content_type: Option<String>,
    /// Files of a multipart form.
    #[serde(default)]
    pub files: Vec<Upload>,
    /// Headers of the answer that are compared.
    #[serde(default)]
    pub watch: Vec<String>,
    /// In place of the case's.
    pub compare: Option<Strictness>,
    /// What was answered.
    pub expect: Map<String, Value>,
}

/// A file of a multipart form.
#[derive(Clone, Debug, Deserialize)]
pub struct Upload {
    /// The field's name.
    pub field: String,
    /// The file's.
    pub filename: String,
    /// Its content.
    pub text: String,
}

fn prod() -> String {
    "prod".to_owned()
}

/// Tells null from nothing.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// All cases of a folder, file by file.
///
/// # Errors
/// When a file cannot be read, or is none of cases.
pub fn load(folder: &Path) -> Result<Vec<Case>, LoadError> {
    let wrong = |path: &Path, why: &dyn std::fmt::Display| LoadError::file(path, why);
    let entries = fs::read_dir(folder).map_err(|error| wrong(folder, &error))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|error| wrong(folder, &error))?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|error| wrong(&path, &error))?;
        let file: File = serde_json::from_str(&text).map_err(|error| wrong(&path, &error))?;
        cases.extend(file.cases.into_iter().map(|case| Case {
            profile: file.profile.clone(),
            ..case
        }));
    }
    Ok(cases)
}
