//! Templates: built in, and a folder's instead where it has one of the same name.

use std::collections::BTreeMap;
use std::path::Path;

use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};

use super::settings::MailSettingsError;

/// The largest template that is read, in bytes.
const MAX_BYTES: u64 = 256 * 1024;

/// What a mail tells about; its templates are `<name>_subject.txt`, `<name>.txt` and `<name>.html`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    ConfirmEmail,
    ResetPassword,
    AccountExists,
    PasswordChanged,
    EmailChanged,
    FactorsChanged,
    SocialLinked,
    UnknownAccount,
    Invitation,
    Test,
}

impl Kind {
    const ALL: [Self; 10] = [
        Self::ConfirmEmail,
        Self::ResetPassword,
        Self::AccountExists,
        Self::PasswordChanged,
        Self::EmailChanged,
        Self::FactorsChanged,
        Self::SocialLinked,
        Self::UnknownAccount,
        Self::Invitation,
        Self::Test,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ConfirmEmail => "confirm_email",
            Self::ResetPassword => "reset_password",
            Self::AccountExists => "account_exists",
            Self::PasswordChanged => "password_changed",
            Self::EmailChanged => "email_changed",
            Self::FactorsChanged => "factors_changed",
            Self::SocialLinked => "social_linked",
            Self::UnknownAccount => "unknown_account",
            Self::Invitation => "invitation",
            Self::Test => "test",
        }
    }
}

/// The values that templates have; each is there in every one, empty where it means nothing.
const VALUES: [&str; 7] = [
    "site", "base_url", "email", "username", "link", "good_for", "what",
];

macro_rules! built_in {
    ($($name:literal)+) => {
        [$(
            (concat!($name, "_subject.txt"), include_str!(concat!("templates/", $name, "_subject.txt"))),
            (concat!($name, ".txt"), include_str!(concat!("templates/", $name, ".txt"))),
            (concat!($name, ".html"), include_str!(concat!("templates/", $name, ".html"))),
        )+]
    };
}

/// File name and source.
const BUILT_IN: [(&str, &str); 30] = built_in!(
    "confirm_email" "reset_password" "account_exists" "password_changed" "email_changed"
    "factors_changed" "social_linked"     "unknown_account" "invitation" "test"
);

/// What all HTML is put into; a folder may have its own.
const LAYOUT: (&str, &str) = ("layout.html", include_str!("templates/layout.html"));

/// A template of the folder that cannot be used; the built-in one is used instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFault {
    /// The file's name.
    pub file: String,
    /// What is wrong, with the line.
    pub why: String,
}

/// The three texts of a mail.
pub(super) struct Rendered {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

/// All templates, tried out when they are read.
#[derive(Debug)]
pub(super) struct Templates {
    environment: Environment<'static>,
    built_in: Environment<'static>,
    pub(super) faults: Vec<TemplateFault>,
}

impl Templates {
    /// The built-in templates, and a folder's.
    pub(super) fn load(folder: Option<&Path>) -> Result<Self, MailSettingsError> {
        let built_in = environment();
        let mut templates = Self {
            environment: built_in.clone(),
            built_in,
            faults: Vec::new(),
        };
        if let Some(folder) = folder {
            if !folder.is_dir() {
                let why = format!("there is no folder {} with templates", folder.display());
                return Err(MailSettingsError::File(why));
            }
            templates.add_folder(folder);
        }
        Ok(templates)
    }

    fn add_folder(&mut self, folder: &Path) {
        let names = BUILT_IN.iter().map(|(name, _)| *name);
        for name in std::iter::once(LAYOUT.0).chain(names) {
            let path = folder.join(name);
            if !path.exists() {
                continue;
            }
            if let Err(why) = self.add(name, &path) {
                let file = name.to_owned();
                self.faults.push(TemplateFault { file, why });
            }
        }
    }

    /// Takes one file, if every mail that uses it can be written with it.
    fn add(&mut self, name: &'static str, path: &Path) -> Result<(), String> {
        let size = std::fs::metadata(path).map_err(|error| error.to_string())?;
        if size.len() > MAX_BYTES {
            return Err(format!("it is larger than {MAX_BYTES} bytes"));
        }
        let source = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let mut tried = self.environment.clone();
        let added = tried.add_template_owned(name, source);
        added.map_err(|error| error.to_string())?;
        let sample = values(&VALUES.map(|name| (name, "sample")));
        for kind in Kind::ALL {
            render(&tried, kind, &sample).map_err(|error| error.to_string())?;
        }
        self.environment = tried;
        Ok(())
    }

    /// Writes a mail; with the built-in templates where a folder's fails on these values.
    pub(super) fn render(&self, kind: Kind, given: &[(&'static str, &str)]) -> Rendered {
        let given = values(given);
        let written = render(&self.environment, kind, &given).or_else(|error| {
            tracing::error!(kind = kind.name(), %error, "the built-in template is used");
            render(&self.built_in, kind, &given)
        });
        written.expect("built-in templates have all their values")
    }
}

/// An environment with the built-in templates.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    // A name that is mistyped is a fault, not a gap in a mail.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, source) in BUILT_IN.into_iter().chain([LAYOUT]) {
        let added = environment.add_template(name, source);
        added.expect("built-in templates can be read");
    }
    environment
}

fn values(given: &[(&'static str, &str)]) -> Value {
    let mut values: BTreeMap<&str, &str> = VALUES.iter().map(|name| (*name, "")).collect();
    values.extend(given.iter().copied());
    Value::from_pairs(values)
}

fn render(
    environment: &Environment<'_>,
    kind: Kind,
    values: &Value,
) -> Result<Rendered, minijinja::Error> {
    let part = |suffix: &str| {
        let name = format!("{}{suffix}", kind.name());
        environment.get_template(&name)?.render(values.clone())
    };
    let subject = one_line(&part("_subject.txt")?);
    if subject.is_empty() {
        let why = format!("the subject of {} is empty", kind.name());
        return Err(minijinja::Error::new(ErrorKind::InvalidOperation, why));
    }
    Ok(Rendered {
        subject,
        text: part(".txt")?,
        html: part(".html")?,
    })
}

/// A header's value: words with single spaces, and nothing that ends a line.
pub(super) fn one_line(text: &str) -> String {
    let clean = text.replace(|c: char| c.is_control(), " ");
    let words: Vec<&str> = clean.split_whitespace().collect();
    words.join(" ")
}
