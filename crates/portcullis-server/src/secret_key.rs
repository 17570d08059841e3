//! The secret key: made once, kept in a file that only its owner may read.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use portcullis::django::random;

/// How many characters a new key has: 64 of a 62-letter alphabet are 381 bits.
const LENGTH: usize = 64;

/// The fewest characters a key may have.
const MIN_LENGTH: usize = 50;

/// The fewest different characters a key may have: fewer is a pattern and no secret.
const MIN_DIFFERENT: usize = 5;

/// Django's `SECRET_KEY`.
///
/// # Security
/// Prints as `SecretKey(..)`; reading it is a named call.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(String);

/// Why there is no usable key.
#[derive(Debug)]
#[non_exhaustive]
pub enum SecretKeyError {
    /// The file cannot be read or written.
    File(std::io::Error),
    /// The key is too short, or made of a few characters.
    Weak,
    /// The key is one that a template ships.
    Example,
}

impl fmt::Display for SecretKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => write!(f, "the secret key file cannot be used: {error}"),
            Self::Weak => write!(
                f,
                "the secret key has fewer than {MIN_LENGTH} characters or fewer than \
                 {MIN_DIFFERENT} different ones; without one, a new one is made"
            ),
            Self::Example => f.write_str("the secret key is an example from a template"),
        }
    }
}

impl std::error::Error for SecretKeyError {}

impl SecretKey {
    /// Reads the key from `path`; makes the file, with mode 0600, when it is not there.
    ///
    /// # Errors
    /// When the file cannot be used, or what it holds is no secret.
    pub fn load_or_create(path: &Path) -> Result<Self, SecretKeyError> {
        match Self::load(path)? {
            Some(key) => {
                if others_may_read(path) {
                    tracing::warn!(
                        file = %path.display(),
                        "others may read the secret key: chmod 600 it"
                    );
                }
                Ok(key)
            }
            None => Self::create(path),
        }
    }

    /// Reads the key from `path`; `None` when there is no such file.
    ///
    /// # Errors
    /// When the file cannot be used, or what it holds is no secret.
    pub fn load(path: &Path) -> Result<Option<Self>, SecretKeyError> {
        match fs::read_to_string(path) {
            Ok(text) => Self::new(text.trim_end_matches(['\r', '\n'])).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(SecretKeyError::File(error)),
        }
    }

    /// Takes a key, if it is one.
    ///
    /// # Errors
    /// When it is short, made of a few characters, or known.
    pub fn new(text: &str) -> Result<Self, SecretKeyError> {
        if is_example(text) {
            return Err(SecretKeyError::Example);
        }
        if text.chars().count() < MIN_LENGTH || !Self::is_varied(text) {
            return Err(SecretKeyError::Weak);
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether a text, however long, is neither a template's example nor made of a few characters.
    pub(crate) fn is_varied(text: &str) -> bool {
        let different: std::collections::BTreeSet<char> = text.chars().collect();
        different.len() >= MIN_DIFFERENT && !is_example(text)
    }

    /// The key itself, to sign with.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }

    /// Writes a new key beside the final name first, so that a crash leaves no half of one.
    fn create(path: &Path) -> Result<Self, SecretKeyError> {
        let key = random::text(LENGTH, random::ALPHANUMERIC);
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".{}", random::hex(4)));
        let written =
            write_private(Path::new(&draft), &key).and_then(|()| fs::hard_link(&draft, path));
        let _ = fs::remove_file(&draft);
        match written {
            Ok(()) => Self::new(&key),
            // Another process made it in the meantime: theirs counts.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Self::load_or_create(path),
            Err(error) => Err(SecretKeyError::File(error)),
        }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

fn is_example(text: &str) -> bool {
    text.starts_with("django-insecure-")
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Whether others than its owner may read a file.
#[cfg(unix)]
pub(crate) fn others_may_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
pub(crate) fn others_may_read(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let made = SecretKey::load_or_create(&path).unwrap();
        assert_eq!(made.expose_secret().len(), LENGTH);
        assert_eq!(SecretKey::load_or_create(&path).unwrap(), made);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }

    #[test]
    fn weak_and_example_keys_are_refused() {
        for text in ["", "short", &"a".repeat(64), &"ab".repeat(40)] {
            assert!(
                matches!(SecretKey::new(text), Err(SecretKeyError::Weak)),
                "{text}"
            );
        }
        let example = format!("django-insecure-{}", random::text(50, random::ALPHANUMERIC));
        assert!(matches!(
            SecretKey::new(&example),
            Err(SecretKeyError::Example)
        ));
    }
}
