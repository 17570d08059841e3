//! `portcullis.toml`: its settings with their lines, and the names that are none.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use portcullis::live::LiveSettings;
use toml::de::{DeTable, DeValue};

use super::fault::{SettingsError, Source};
use super::given::Given;
use super::live;
use super::nearest::nearest;

/// The file in the current folder, when none is named.
pub(crate) const DEFAULT_PATH: &str = "portcullis.toml";

/// The largest file that is read, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// What a file says: a value and its place for each setting, by dotted name.
#[derive(Debug, Default)]
pub(crate) struct File {
    pub(crate) values: BTreeMap<String, (Given, Source)>,
    pub(crate) faults: Vec<(Source, String)>,
    pub(crate) path: Option<PathBuf>,
    /// The table `[live]`, which has tables of its own.
    pub(crate) live: Option<LiveSettings>,
}

/// Reads a file. The default one may be missing; one that was named may not.
pub(crate) fn read(named: Option<&Path>, keys: &[&'static str]) -> Result<File, SettingsError> {
    let path = named.unwrap_or(Path::new(DEFAULT_PATH));
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => {
            return Ok(File::default());
        }
        Err(error) => {
            let fault = format!("{} cannot be read: {error}", path.display());
            return Err(SettingsError::one(fault));
        }
    };
    if bytes.len() > MAX_BYTES {
        let fault = format!("{} is larger than {MAX_BYTES} bytes", path.display());
        return Err(SettingsError::one(fault));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| SettingsError::one(format!("{} is not a text in UTF-8", path.display())))?;
    parse(path, &text, keys)
}

fn parse(path: &Path, text: &str, keys: &[&'static str]) -> Result<File, SettingsError> {
    let place = |span: Range<usize>| Source::File {
        path: path.to_owned(),
        line: line_at(text, span.start),
    };
    let table = DeTable::parse(text).map_err(|error| {
        let at = place(error.span().unwrap_or(0..0));
        let message = error.message().replace('\n', ", ");
        SettingsError::one(format!("{at}: {message}"))
    })?;
    let mut file = File {
        path: Some(path.to_owned()),
        ..File::default()
    };
    for (key, value) in table.get_ref() {
        let (name, at) = (key.get_ref().as_ref(), place(key.span()));
        let below = format!("{name}.");
        let is_table = keys.iter().any(|known| known.starts_with(&below));
        match value.get_ref() {
            DeValue::Table(_) if name == "live" => match live::read(value.get_ref()) {
                Ok(settings) => file.live = Some(settings),
                Err(why) => file
                    .faults
                    .push((at.clone(), format!("{at}: [live]: {why}"))),
            },
            DeValue::Table(entries) if is_table => {
                for (key, value) in entries {
                    let (name, at) = (format!("{below}{}", key.get_ref()), place(key.span()));
                    file.take(name, Given::of_toml(value.get_ref()), at, keys);
                }
            }
            other if is_table => {
                let given = Given::of_toml(other);
                let fault = format!(
                    "{at}: {name} is {given}, but is a table: write [{name}] and its settings below"
                );
                file.faults.push((at, fault));
            }
            other => file.take(name.to_owned(), Given::of_toml(other), at, keys),
        }
    }
    Ok(file)
}

impl File {
    fn take(&mut self, name: String, given: Given, at: Source, keys: &[&'static str]) {
        if name == "secret_key" {
            let fault = format!(
                "{at}: the secret key does not belong in this file: set PORTCULLIS_SECRET_KEY, or \
                 name a file of its own with secret_key_file"
            );
            self.faults.push((at, fault));
        } else if keys.contains(&name.as_str()) {
            self.values.insert(name, (given, at));
        } else {
            let fault = format!("{at}: {}", unknown(&name, keys));
            self.faults.push((at, fault));
        }
    }
}

/// The sentence about a name that is no setting.
pub(crate) fn unknown(name: &str, keys: &[&'static str]) -> String {
    let short: String = name.chars().take(80).collect();
    let hint = match meant(name, keys) {
        Some(meant) => format!("did you mean {meant:?}?"),
        None => "`portcullis settings` lists those that there are".to_owned(),
    };
    format!("unknown setting {short:?}; {hint}")
}

/// Django's names of settings that have another one here.
const DJANGO_NAMES: &[(&str, &str)] = &[
    (
        "account_email_notifications",
        "accounts.email_notifications",
    ),
    ("account_email_verification", "accounts.email_verification"),
    ("account_login_methods", "accounts.login_names"),
    (
        "logout_on_password_change",
        "rest_auth.log_out_on_password_change",
    ),
    ("old_password_field_enabled", "rest_auth.old_password"),
    ("password_reset_timeout", "accounts.reset_seconds"),
    ("rest_session_login", "rest_auth.session_login"),
    ("session_login", "rest_auth.session_login"),
    ("cors_allow_credentials", "cors.credentials"),
    ("cors_allowed_origin_regexes", "cors.origin_regexes"),
    ("cors_allowed_origins", "cors.origins"),
    ("csrf_cookie_domain", "cookie_domain"),
    ("session_cookie_domain", "cookie_domain"),
    ("databases", "database_url"),
    ("default_from_email", "mail.from"),
    ("email_backend", "mail.transport"),
    ("email_file_path", "mail.folder"),
    ("email_host", "mail.host"),
    ("email_host_password", "mail.password"),
    ("email_host_user", "mail.user"),
    ("email_port", "mail.port"),
    ("email_subject_prefix", "mail.subject_prefix"),
    ("email_timeout", "mail.timeout_seconds"),
    ("email_use_ssl", "mail.security"),
    ("email_use_tls", "mail.security"),
    ("access_token_lifetime", "jwt.access_token_lifetime"),
    ("device_token_ttl_seconds", "device.token_ttl_seconds"),
    ("token_ttl", "device.token_ttl_seconds"),
];

fn meant<'k>(name: &str, keys: &[&'k str]) -> Option<&'k str> {
    let lower = name.to_lowercase();
    if let Some((_, ours)) = DJANGO_NAMES.iter().find(|(django, _)| *django == lower) {
        return Some(ours);
    }
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    // The right name at the wrong place comes first.
    if let Some(key) = keys.iter().find(|key| last(key) == last(&lower)) {
        return Some(key);
    }
    nearest(&lower, keys.iter().copied())
}

/// The line of a byte, from 1.
fn line_at(text: &str, byte: usize) -> usize {
    let before = text.as_bytes().iter().take(byte);
    before.filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &[&str] = &["listen", "cors.origins", "compat.authtoken"];

    fn faults(text: &str) -> Vec<String> {
        match parse(Path::new("a.toml"), text, KEYS) {
            Ok(file) => file.faults.into_iter().map(|(_, fault)| fault).collect(),
            Err(error) => error.0,
        }
    }

    #[test]
    fn lines_are_counted_from_one() {
        assert_eq!(
            faults("\n\nlisten = 1\n[cors]\norigin = 2\n"),
            ["a.toml line 5: unknown setting \"cors.origin\"; did you mean \"cors.origins\"?"]
        );
    }

    #[test]
    fn name_at_the_wrong_place_is_led_to_the_right_one() {
        assert_eq!(
            faults("authtoken = true"),
            ["a.toml line 1: unknown setting \"authtoken\"; did you mean \"compat.authtoken\"?"]
        );
    }

    #[test]
    fn what_is_no_toml_is_told_with_its_line() {
        let faults = faults("listen = 1\nlisten = ");
        assert!(faults[0].starts_with("a.toml line 2: "), "{faults:?}");
    }
}
