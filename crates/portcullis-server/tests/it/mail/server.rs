//! A mail server that ends with the test, and an outbox whose mail is sent to it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use portcullis::accounts::Mailer;
use portcullis::accounts::mail::{MailSettings, SmtpSecurity, SmtpSettings, SmtpTransport};
use portcullis::core::{Clock, ManualClock, OutboxStore, OutgoingMail};
use portcullis::sql::Database;
use tempfile::TempDir;
use time::macros::datetime;

/// Debian's Python, which has Debian's aiosmtpd.
const PYTHON: &str = "/usr/bin/python3";

/// Whether the person who runs the tests wants none that need a mail server.
pub(super) fn is_left_out() -> bool {
    std::env::var_os("PORTCULLIS_WITHOUT_MAIL").is_some_and(|value| value == "1")
}

/// A running mail server; what it does is in `server.py`.
pub(super) struct MailServer {
    child: Child,
    folder: PathBuf,
    pub(super) port: u16,
}

impl MailServer {
    /// One that keeps its mail, and its certificate `cert.pem`, in this folder.
    ///
    /// # Panics
    /// When Debian's packages for it are not there.
    pub(super) fn start(folder: &Path, tls: &str, port: u16) -> Self {
        let certificate = certificate(folder);
        let mut command = Command::new(PYTHON);
        command.arg("-W").arg("ignore");
        command.arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/it/mail/server.py"
        ));
        command.arg(folder).arg(port.to_string()).arg(tls);
        if tls != "none" {
            command.args(&certificate);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let port = line
            .trim()
            .parse()
            .expect("apt-get install python3-aiosmtpd, or cargo xtask test --without mail");
        Self {
            child,
            folder: folder.to_owned(),
            port,
        }
    }

    /// The mails it has kept, each with its recipients.
    pub(super) fn mails(&self) -> Vec<(String, String)> {
        mails(&self.folder)
    }

    /// The commands that clients have said.
    pub(super) fn lines(&self) -> String {
        std::fs::read_to_string(self.folder.join("lines")).unwrap_or_default()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The mails that servers have kept in a folder: recipients and text.
pub(super) fn mails(folder: &Path) -> Vec<(String, String)> {
    let files = std::fs::read_dir(folder).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|end| end == "eml"));
    let read = |path: PathBuf| {
        let recipients = std::fs::read_to_string(path.with_extension("to")).unwrap();
        (recipients, std::fs::read_to_string(path).unwrap())
    };
    paths.map(read).collect()
}

/// A certificate for this machine that no authority has signed, and its key.
fn certificate(folder: &Path) -> [PathBuf; 2] {
    let paths = [folder.join("cert.pem"), folder.join("key.pem")];
    if paths[0].exists() {
        return paths;
    }
    let names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
    let status = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ])
        .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args([
            "-addext",
            names,
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .arg("-out")
        .arg(&paths[0])
        .arg("-keyout")
        .arg(&paths[1])
        .stderr(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    paths
}

/// An outbox, and a mailer that empties it into a mail server.
pub(super) struct Post {
    pub(super) mailer: Mailer,
    pub(super) store: Arc<dyn OutboxStore>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) folder: Arc<TempDir>,
}

impl Post {
    pub(super) async fn new(smtp: SmtpSettings) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Self::in_folder(smtp, folder).await
    }

    /// Several of one folder are several nodes.
    pub(super) async fn in_folder(smtp: SmtpSettings, folder: Arc<TempDir>) -> Self {
        let clock = Arc::new(ManualClock::new(datetime!(2026-01-02 03:04:05 UTC)));
        let (database, _) = Database::open_sqlite(&folder.path().join("test.db")).unwrap();
        database.migrate(clock.now()).await.unwrap();
        let transport = Arc::new(SmtpTransport::new(smtp).unwrap());
        let mut settings = MailSettings::new("noreply@example.com", "https://example.com");
        settings.timeout = Duration::from_secs(2);
        Self {
            mailer: Mailer::new(settings, transport, clock.clone()).unwrap(),
            store: Arc::new(database),
            clock,
            folder,
        }
    }

    pub(super) async fn enqueue(&self, addresses: &[&str]) {
        let mails: Vec<OutgoingMail> = addresses
            .iter()
            .map(|address| self.mailer.test(address).unwrap())
            .collect();
        self.store.enqueue_mails(&mails).await.unwrap();
    }

    /// Sends what is due once; how many were taken.
    pub(super) async fn deliver(&self) -> usize {
        self.mailer.deliver_due(&self.store).await.unwrap()
    }

    /// What the outbox says about each mail: recipient, attempts, `sent`, `given up` or `waits`, and
    /// the last error.
    pub(super) fn outbox(&self) -> Vec<String> {
        let path = self.folder.path().join("test.db");
        let database = rusqlite::Connection::open(path).unwrap();
        let sql = "SELECT recipient || ' ' || attempts || CASE WHEN sent IS NOT NULL THEN ' sent' \
                   WHEN given_up IS NOT NULL THEN ' given up: ' || last_error \
                   ELSE ' waits: ' || COALESCE(last_error, '') END FROM portcullis_outbox ORDER BY id";
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

/// How the mail server of a test is reached, with the name and password that it wants.
pub(super) fn smtp(port: u16, security: SmtpSecurity, folder: &Path) -> SmtpSettings {
    let is_encrypted = security != SmtpSecurity::DangerPlain;
    SmtpSettings {
        host: "localhost".to_owned(),
        port,
        security,
        credentials: is_encrypted.then(|| ("ada".to_owned(), "secret".to_owned())),
        ca_file: is_encrypted.then(|| folder.join("cert.pem")),
        hello: None,
    }
}
