//! Who says what: defaults, the file, the environment, flags; the later is stronger.

use std::collections::BTreeMap;

use super::fault::{SettingsError, Source};
use super::file::File;
use super::given::Given;
use super::kind::{Kind, Wrong};
use super::nearest::nearest;

/// What all environment variables of ours start with.
pub(crate) const PREFIX: &str = "PORTCULLIS_";

/// Variables that start like ours and are no settings.
const NOT_SETTINGS: [&str; 2] = ["PORTCULLIS_CONFIG", "PORTCULLIS_WITHOUT_POSTGRES"];

/// The environment variable of a setting.
#[must_use]
pub(crate) fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "_"))
}

/// The flag of a setting, without its dashes.
#[must_use]
pub(crate) fn flag_of(key: &str) -> String {
    key.replace(['.', '_'], "-")
}

/// The places where settings are said, and the faults that were found in them.
#[derive(Debug)]
pub(crate) struct Layers {
    pub(crate) file: File,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) flags: BTreeMap<String, String>,
    pub(crate) sources: BTreeMap<&'static str, Source>,
    pub(crate) faults: Vec<(Source, String)>,
}

impl Layers {
    pub(crate) fn new(
        mut file: File,
        environment: BTreeMap<String, String>,
        flags: BTreeMap<String, String>,
        keys: &[&'static str],
    ) -> Self {
        let mut faults = std::mem::take(&mut file.faults);
        let variables: Vec<String> = keys.iter().map(|key| variable_of(key)).collect();
        for name in environment.keys() {
            let is_ours = variables.contains(name) || NOT_SETTINGS.contains(&name.as_str());
            // Others may use the prefix for things of theirs: only what looks mistyped is refused.
            let Some(rest) = name.strip_prefix(PREFIX).filter(|_| !is_ours) else {
                continue;
            };
            let ours = variables
                .iter()
                .filter_map(|name| name.strip_prefix(PREFIX));
            if let Some(near) = nearest(rest, ours) {
                let fault = format!("{name}: unknown setting; did you mean {PREFIX}{near}?");
                faults.push((Source::Environment(name.clone()), fault));
            }
        }
        Self {
            file,
            environment,
            flags,
            sources: BTreeMap::new(),
            faults,
        }
    }

    /// The value of a setting: the strongest that was said, or its default.
    pub(crate) fn take<K: Kind>(&mut self, key: &'static str, default: K) -> K {
        let from_file = self.file.values.remove(key);
        let mut value = default;
        let mut source = Source::Default;
        // The file's value is looked at also where something stronger was said.
        for (given, place) in from_file.into_iter().chain(self.outside(key)) {
            match K::read(&given) {
                Ok(read) => (value, source) = (read, place),
                Err(wrong) => {
                    let fault = sentence::<K>(key, &given, &place, wrong);
                    self.faults.push((place, fault));
                }
            }
        }
        self.sources.insert(key, source);
        value
    }

    /// What the environment or, stronger, the command line says.
    fn outside(&self, key: &str) -> Option<(Given, Source)> {
        if let Some(text) = self.flags.get(key) {
            let flag = Source::Flag(format!("--{}", flag_of(key)));
            return Some((Given::Text(text.clone()), flag));
        }
        let mut names = vec![variable_of(key)];
        if key == "database_url" {
            names.push("DATABASE_URL".to_owned());
        }
        names.into_iter().find_map(|name| {
            let text = self.environment.get(&name)?;
            // An empty variable is one that is not set; but an empty secret is a mistake.
            let is_secret = matches!(key, "secret_key" | "jwt.signing_key");
            let says_something = !text.is_empty() || is_secret;
            says_something.then(|| (Given::Text(text.clone()), Source::Environment(name)))
        })
    }

    /// The faults, if there are any.
    pub(crate) fn into_result(self) -> Result<BTreeMap<&'static str, Source>, SettingsError> {
        if self.faults.is_empty() {
            return Ok(self.sources);
        }
        let mut faults = self.faults;
        // Those of the file first, in its order.
        faults.sort_by_key(|(place, _)| match place {
            Source::File { line, .. } => *line,
            _ => usize::MAX,
        });
        let sentences = faults.into_iter().map(|(_, sentence)| sentence);
        Err(SettingsError(sentences.collect()))
    }
}

/// Says where, what was found, and what is wanted.
fn sentence<K: Kind>(key: &str, given: &Given, place: &Source, wrong: Wrong) -> String {
    // The place names the setting already, unless it is a line.
    let subject = match place {
        Source::File { .. } => format!("{place}: {key}"),
        _ => place.to_string(),
    };
    match wrong {
        Wrong::Because(why) => format!("{subject}: {why}"),
        Wrong::Kind if K::IS_SECRET => {
            format!("{subject} is not understood; it wants {}", K::wanted())
        }
        Wrong::Kind => format!("{subject} is {given}; it wants {}", K::wanted()),
    }
}
