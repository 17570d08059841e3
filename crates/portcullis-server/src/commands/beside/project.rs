//! What a database cannot tell: the settings of the Django project, asked of its own `manage.py`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde_json::Value;

/// What is run in the project's shell; prints one line that begins with [`MARK`].
const PROGRAM: &str = include_str!("project.py");

const MARK: &str = "portcullis: ";

/// The settings of a Django project.
pub(super) struct Project(Value);

impl Project {
    /// Asks the project in a folder with a `manage.py`, by that Python or the project's own.
    ///
    /// # Errors
    /// When there is none, or it cannot be asked.
    pub(super) fn ask(folder: &Path, python: Option<&Path>) -> anyhow::Result<Self> {
        if !folder.join("manage.py").exists() {
            bail!("there is no manage.py in {}", folder.display());
        }
        let folder = folder.canonicalize()?;
        let python = python.map_or_else(|| python_of(&folder), Path::to_owned);
        let output = Command::new(&python)
            .args(["manage.py", "shell", "-c", PROGRAM])
            .current_dir(&folder)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot run {}; name one by --python", python.display()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let found = text.lines().find_map(|line| line.strip_prefix(MARK));
        let Some(found) = found.and_then(|line| serde_json::from_str(line).ok()) else {
            let error = String::from_utf8_lossy(&output.stderr);
            let last = error.lines().last().unwrap_or("it said nothing");
            bail!(
                "manage.py cannot be asked by {}: {last} (--python names another)",
                python.display()
            );
        };
        Ok(Self(found))
    }

    pub(super) fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or_default()
    }

    pub(super) fn number(&self, key: &str) -> Option<i64> {
        self.0[key].as_i64()
    }

    pub(super) fn is(&self, key: &str) -> bool {
        self.0[key].as_bool().unwrap_or_default()
    }

    pub(super) fn texts(&self, key: &str) -> Vec<&str> {
        let list = self.0[key].as_array();
        list.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    /// Installed packages, each with its version.
    pub(super) fn packages(&self) -> Vec<String> {
        let packages = self.0["packages"].as_object();
        let packages = packages.into_iter().flatten();
        packages
            .map(|(name, version)| format!("{name} {}", version.as_str().unwrap_or("?")))
            .collect()
    }
}

/// The Python of a virtual environment in the folder, or the one on the path.
fn python_of(folder: &Path) -> PathBuf {
    let inside = [".venv/bin/python", "venv/bin/python", "env/bin/python"];
    let mut inside = inside.iter().map(|path| folder.join(path));
    inside
        .find(|path| path.exists())
        .unwrap_or_else(|| "python".into())
}
