//! A real Redis for the length of a test, which can be killed and started again.

use std::env;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Runs the server until its standard input is closed: by us, or by the system when we are killed.
const WATCHDOG: &str = r#"
redis-server --port "$1" --dir "$2" --bind 127.0.0.1 --save '' --appendonly no </dev/null >/dev/null &
cat >/dev/null || true
kill -KILL $!
wait
"#;

/// How long a server may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that is killed when this is dropped or its process ends.
pub(crate) struct RedisServer {
    watchdog: Option<Child>,
    port: u16,
    folder: TempDir,
}

impl RedisServer {
    /// `None` when the person who runs the tests wants none.
    ///
    /// # Panics
    /// When there is none, or it does not start.
    pub(crate) fn start() -> Option<Self> {
        if env::var_os("PORTCULLIS_WITHOUT_REDIS").is_some_and(|value| value == "1") {
            eprintln!("skipped: no Redis");
            return None;
        }
        let version = Command::new("redis-server").arg("--version").output();
        assert!(
            version.is_ok(),
            "Redis is not installed: `apt-get install redis-server`, \
             or set PORTCULLIS_WITHOUT_REDIS=1 to skip its tests"
        );
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut server = Self {
            watchdog: None,
            port: listener.local_addr().unwrap().port(),
            folder: tempfile::tempdir().unwrap(),
        };
        drop(listener);
        server.start_again();
        Some(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Kills it at once, as a machine that loses its power would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut watchdog) = self.watchdog.take() {
            drop(watchdog.stdin.take());
            watchdog.wait().unwrap();
        }
    }

    /// Starts it on its port, and waits until it answers.
    pub(crate) fn start_again(&mut self) {
        let watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "sh"])
            .arg(self.port.to_string())
            .arg(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        self.watchdog = Some(watchdog);
        let until = Instant::now() + PATIENCE;
        while !self.answers() {
            assert!(Instant::now() < until, "Redis does not start");
            sleep(Duration::from_millis(20));
        }
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else {
            return false;
        };
        let mut answer = [0; 5];
        stream.write_all(b"PING\r\n").is_ok()
            && stream.read_exact(&mut answer).is_ok()
            && &answer == b"+PONG"
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
