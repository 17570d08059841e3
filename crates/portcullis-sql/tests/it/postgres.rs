//! A real PostgreSQL server for the length of a test, in a temporary folder.

use std::env;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx_core::connection::Connection as _;
use sqlx_core::raw_sql::raw_sql;
use sqlx_core::sql_str::AssertSqlSafe;
use sqlx_postgres::PgConnection;

/// Runs the server until its standard input is closed: by us, or by the system when we are killed.
const WATCHDOG: &str = r#"
set -eu
cd /
folder=$(mktemp -d "${TMPDIR:-/tmp}/portcullis-postgres.XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
"$1/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$folder/log" 2>&1 ||
    { cat "$folder/log" >&2; exit 1; }
"$1/postgres" -D "$folder/data" -p "$2" -k "$folder" -c listen_addresses=127.0.0.1 \
    -c fsync=off -c max_connections=60 </dev/null >>"$folder/log" 2>&1 &
cat >/dev/null || true
kill -INT $!
wait
"#;

/// How long a server may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that stops when this is dropped or its process ends.
pub(crate) struct Server {
    watchdog: Child,
    port: u16,
}

impl Server {
    /// `None` when the person who runs the tests wants none.
    ///
    /// # Panics
    /// When there is none, or it does not start.
    pub(crate) fn start() -> Option<Self> {
        if env::var_os("PORTCULLIS_WITHOUT_POSTGRES").is_some_and(|value| value == "1") {
            return None;
        }
        let Some(programs) = programs() else {
            panic!(
                "PostgreSQL is not installed: `apt-get install postgresql`, \
                 or set PORTCULLIS_WITHOUT_POSTGRES=1 to skip its tests"
            );
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let watchdog = as_other_than_root()
            .args(["sh", "-c", WATCHDOG, "sh"])
            .arg(programs)
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self { watchdog, port })
    }

    /// Makes an empty database, when the server is up; its URL.
    pub(crate) async fn create_database(&mut self, name: &str) -> String {
        let mut connection = self.connect().await;
        raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut connection)
            .await
            .unwrap();
        self.url(name)
    }

    async fn connect(&mut self) -> PgConnection {
        let until = Instant::now() + PATIENCE;
        loop {
            match PgConnection::connect(&self.url("postgres")).await {
                Ok(connection) => return connection,
                Err(error) => assert!(
                    Instant::now() < until && self.watchdog.try_wait().unwrap().is_none(),
                    "PostgreSQL does not start: {error}"
                ),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn url(&self, name: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

/// `env`, as the user postgres when we are root: the server refuses to be.
fn as_other_than_root() -> Command {
    let id = Command::new("id").arg("-u").output();
    if id.is_ok_and(|output| output.stdout == b"0\n") {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "env"]);
        return command;
    }
    Command::new("env")
}

/// The folder of `initdb` and `postgres`, of the newest version where there are several.
fn programs() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = env::split_paths(&path).collect();
    if let Ok(versions) = Path::new("/usr/lib/postgresql").read_dir() {
        let mut versions: Vec<_> = versions
            .flatten()
            .map(|entry| entry.path().join("bin"))
            .collect();
        versions.sort();
        folders.extend(versions.into_iter().rev());
    }
    folders
        .into_iter()
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}
