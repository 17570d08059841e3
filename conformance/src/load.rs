//! Reads a folder of cases: `cases/*.yaml` with their `*.golden.json`, and `fixtures/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::case::{Case, Step, Table};
use crate::error::LoadError;
use crate::fixture::Fixture;
use crate::variables::shown;

/// Macros may use macros, so deep.
const DEEPEST: usize = 4;

/// Everything that a folder holds.
#[derive(Debug)]
pub struct Suite {
    /// The rows that the server holds.
    pub fixture: Fixture,
    /// Steps by name, for `use`.
    pub macros: BTreeMap<String, Vec<Step>>,
    /// The cases, by file and then in the file's order.
    pub cases: Vec<Recorded>,
}

/// A case with what was recorded for it.
#[derive(Debug)]
pub struct Recorded {
    /// The case.
    pub case: Case,
    /// The file's name without its ending.
    pub file: String,
    /// The recorded answers; nothing when there are none.
    pub golden: Option<Vec<Value>>,
    /// Whether it reads mail, directly or by a macro.
    pub reads_mail: bool,
}

/// Which cases of a suite are wanted; nothing said means all.
#[derive(Debug, Default)]
pub struct Choice {
    /// Areas or names of files; `*` at the end stands for anything.
    pub areas: Vec<String>,
    /// Parts of `area/name`.
    pub cases: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    area: String,
    #[serde(default = "usual_profile")]
    profile: String,
    cases: Vec<Value>,
}

fn usual_profile() -> String {
    "email".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCase {
    name: String,
    profile: Option<String>,
    instead: Option<u16>,
    #[serde(rename = "why")]
    _why: Option<String>,
    #[serde(default)]
    vars: Table,
    #[serde(default)]
    each: Vec<Table>,
    steps: Vec<Value>,
}

#[derive(Deserialize)]
struct Golden {
    cases: BTreeMap<String, Vec<Value>>,
}

impl Suite {
    /// Reads `cases/` and `fixtures/` below the folder.
    ///
    /// # Errors
    /// Names the file, and the case where there is one.
    pub fn load(folder: &Path) -> Result<Self, LoadError> {
        let fixtures = folder.join("fixtures");
        let fixture = json(&fixtures.join("rest.json"))?;
        let macro_file = fixtures.join("macros.yaml");
        let written: Map<String, Value> = yaml(&macro_file)?;
        let mut macros = BTreeMap::new();
        for (name, rows) in written {
            let rows = rows.as_array().cloned().unwrap_or_default();
            let steps = steps(rows).map_err(|why| LoadError::case(&macro_file, &name, why))?;
            macros.insert(name, steps);
        }
        let mut suite = Self {
            fixture,
            macros,
            cases: Vec::new(),
        };
        for file in case_files(&folder.join("cases"))? {
            suite.add(&file)?;
        }
        Ok(suite)
    }

    fn add(&mut self, path: &Path) -> Result<(), LoadError> {
        let written: CaseFile = yaml(path)?;
        let mut golden: Golden = json(&path.with_extension("golden.json"))?;
        let file = path.file_stem().unwrap_or_default();
        let file = file.to_string_lossy().into_owned();
        let mut names = BTreeSet::new();
        for (at, value) in written.cases.into_iter().enumerate() {
            let label = value["name"]
                .as_str()
                .map_or_else(|| format!("number {}", at + 1), str::to_owned);
            let wrong = |why: String| LoadError::case(path, label.as_str(), why);
            let one: WrittenCase =
                serde_json::from_value(value).map_err(|error| wrong(error.to_string()))?;
            let steps = steps(one.steps).map_err(&wrong)?;
            let reads_mail = self.reads_mail(&steps, 0).map_err(&wrong)?;
            let rows = if one.each.is_empty() {
                vec![Map::new()]
            } else {
                one.each
            };
            for row in rows {
                let suffix = row.get("id").map(|id| format!("-{}", shown(id)));
                let name = format!("{}{}", one.name, suffix.unwrap_or_default());
                if !names.insert(name.clone()) {
                    return Err(wrong(format!("a second case is called {name}")));
                }
                let mut variables = one.vars.clone();
                variables.extend(row);
                self.cases.push(Recorded {
                    golden: golden.cases.remove(&name),
                    file: file.clone(),
                    reads_mail,
                    case: Case {
                        name,
                        area: written.area.clone(),
                        profile: one.profile.as_ref().unwrap_or(&written.profile).clone(),
                        instead: one.instead,
                        variables,
                        steps: steps.clone(),
                    },
                });
            }
        }
        Ok(())
    }

    /// Follows macros, which must be there.
    fn reads_mail(&self, steps: &[Step], depth: usize) -> Result<bool, String> {
        let mut found = false;
        for step in steps {
            match step {
                Step::Mail { .. } => found = true,
                Step::Use { name, .. } => {
                    let inner = self.macros.get(name);
                    let inner = inner.ok_or_else(|| format!("no macro is called {name}"))?;
                    if depth >= DEEPEST {
                        return Err(format!("the macro {name} is used too deep"));
                    }
                    found |= self.reads_mail(inner, depth + 1)?;
                }
                Step::Request(_) | Step::Let(_) | Step::Sleep(_) => {}
            }
        }
        Ok(found)
    }

    /// The cases that are wanted.
    ///
    /// # Errors
    /// When an area or a case is named that is not there.
    pub fn choose(&self, choice: &Choice) -> Result<Vec<&Recorded>, LoadError> {
        for area in &choice.areas {
            if !self.cases.iter().any(|one| one.is_of(area)) {
                return Err(LoadError::Choice(format!("no case is of the area {area}")));
            }
        }
        let wanted = |one: &&Recorded| {
            let label = one.label();
            (choice.areas.is_empty() || choice.areas.iter().any(|area| one.is_of(area)))
                && (choice.cases.is_empty() || choice.cases.iter().any(|part| label.contains(part)))
        };
        let chosen: Vec<&Recorded> = self.cases.iter().filter(wanted).collect();
        if chosen.is_empty() {
            return Err(LoadError::Choice("no case fits".to_owned()));
        }
        Ok(chosen)
    }
}

impl Recorded {
    /// `area/name`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}/{}", self.case.area, self.case.name)
    }

    fn is_of(&self, wanted: &str) -> bool {
        let either = [self.case.area.as_str(), self.file.as_str()];
        match wanted.strip_suffix('*') {
            Some(start) => either.iter().any(|name| name.starts_with(start)),
            None => either.contains(&wanted),
        }
    }
}

fn steps(rows: Vec<Value>) -> Result<Vec<Step>, String> {
    let read = |(at, row)| Step::read(row).map_err(|why| format!("step {}: {why}", at + 1));
    rows.into_iter().enumerate().map(read).collect()
}

fn case_files(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let mut files = Vec::new();
    let wrong = |error| LoadError::file(folder, error);
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if path.extension().is_some_and(|ending| ending == "yaml") {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(LoadError::file(folder, "no *.yaml file is in this folder"));
    }
    files.sort();
    Ok(files)
}

fn yaml<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T, LoadError> {
    let text = fs::read_to_string(file).map_err(|error| LoadError::file(file, error))?;
    serde_saphyr::from_str(&text).map_err(|error| LoadError::file(file, error))
}

fn json<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T, LoadError> {
    let text = fs::read_to_string(file).map_err(|error| LoadError::file(file, error))?;
    serde_json::from_str(&text).map_err(|error| LoadError::file(file, error))
}
