//! Case files: steps, and the events that each is followed by.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::LoadError;

/// One recorded case.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// Its name, which no other case has.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// Which of the recorded servers it is of.
    pub profile: String,
    /// What to do, in order.
    pub steps: Vec<Value>,
    /// What the recorded server did.
    recorded: Option<Recording>,
    /// What is wanted where that is something else.
    required: Option<Recording>,
}

#[derive(Clone, Debug, Deserialize)]
struct Recording {
    segments: Vec<Segment>,
}

/// What came after one step: the events of each connection, or a placeholder for them.
#[derive(Clone, Debug, Deserialize)]
pub struct Segment {
    /// The place of the step.
    pub step: usize,
    /// By the connection's name.
    pub events: Map<String, Value>,
}

impl Case {
    /// What is wanted.
    #[must_use]
    pub fn wanted(&self) -> &[Segment] {
        let wanted = self.required.as_ref().or(self.recorded.as_ref());
        wanted.map_or(&[], |recording| &recording.segments)
    }
}

/// All cases of a folder, and what they start from.
#[derive(Clone, Debug)]
pub struct Cases {
    /// Users, keys and HTTP steps.
    pub fixtures: Value,
    /// In the order of their files.
    pub cases: Vec<Case>,
}

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

impl Cases {
    /// Reads `fixtures.json` and the files in `cases/`.
    ///
    /// # Errors
    /// When a file cannot be read, or is no such file.
    pub fn load(folder: &Path) -> Result<Self, LoadError> {
        let fixtures = read(&folder.join("fixtures.json"))?;
        let place = folder.join("cases");
        let entries = fs::read_dir(&place).map_err(|error| fault(&place, &error))?;
        let mut files = Vec::new();
        for entry in entries {
            files.push(entry.map_err(|error| fault(&place, &error))?.path());
        }
        files.sort();
        let mut cases = Vec::new();
        for path in files {
            let file: File = read(&path)?;
            cases.extend(file.cases);
        }
        Ok(Self { fixtures, cases })
    }
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, LoadError> {
    let text = fs::read_to_string(path).map_err(|error| fault(path, &error))?;
    serde_json::from_str(&text).map_err(|error| fault(path, &error))
}

fn fault(path: &Path, error: &dyn std::error::Error) -> LoadError {
    LoadError::file(path, error)
}
