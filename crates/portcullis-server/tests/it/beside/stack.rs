//! Django and its packages, installed once and kept in the user's cache folder.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

/// Whether the person who runs the tests wants none that need Django.
pub(super) fn is_left_out() -> bool {
    env::var_os("PORTCULLIS_WITHOUT_DJANGO").is_some_and(|value| value == "1")
}

/// The folder of the Django project.
pub(super) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/django")
}

/// The Python that has Django and its packages.
///
/// # Panics
/// When they cannot be installed.
pub(super) fn python() -> PathBuf {
    let wanted = project().join("requirements.txt");
    let pins = fs::read(&wanted).unwrap();
    let digest = Sha256::digest(&pins);
    let name: String = digest
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let home = env::var_os("XDG_CACHE_HOME").map_or_else(
        || PathBuf::from(env::var_os("HOME").unwrap()).join(".cache"),
        PathBuf::from,
    );
    let folder = home.join(format!("portcullis-django-{name}"));
    fs::create_dir_all(&folder).unwrap();
    // Tests of other processes wait here until it is installed.
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let python = folder.join("venv/bin/python");
    let done = folder.join("installed");
    if !done.exists() {
        run(Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(folder.join("venv")));
        let words = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
        ];
        run(Command::new(&python).args(words).arg(&wanted));
        File::create(&done).unwrap();
    }
    python
}

fn run(command: &mut Command) {
    let status = command.stdin(Stdio::null()).status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "Django cannot be installed: `apt-get install python3-venv python3-pip`, \
         or set PORTCULLIS_WITHOUT_DJANGO=1 to skip its tests"
    );
}
