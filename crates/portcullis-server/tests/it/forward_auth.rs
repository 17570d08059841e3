//! Forward-auth behind a real nginx, with the lines of `docs/forward-auth.md`.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::process::{Server, status};

const GUIDE: &str = include_str!("../../../../docs/forward-auth.md");

const PASSWORD: &str = "correct horse 9";

/// nginx, the server it asks, and the one behind.
struct Front {
    nginx: Child,
    address: String,
    ours: Server,
    /// How many requests have come to the server behind.
    passed: Arc<AtomicUsize>,
    folder: TempDir,
}

impl Front {
    /// `None`: nginx is left out. `question` is what the proxy adds to its question.
    fn start(question: &str) -> Option<Self> {
        if std::env::var_os("PORTCULLIS_WITHOUT_NGINX").is_some() {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let ours = Server::start_with(folder.path(), &["--trusted-proxies", "127.0.0.1"]);
        let passed = Arc::new(AtomicUsize::new(0));
        let behind = serve_behind(Arc::clone(&passed));
        let address = format!("127.0.0.1:{}", free_port());
        let (_, rest) = GUIDE.split_once("```nginx\n").unwrap();
        let (lines, _) = rest.split_once("```").unwrap();
        let lines = lines
            .replace("listen 80;", &format!("listen {address};"))
            .replace("127.0.0.1:9000", &behind)
            .replace(
                "127.0.0.1:8000/api/forward-auth/",
                &format!("{}/api/forward-auth/{question}", ours.address),
            );
        let path = folder.path().display();
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {path}/{name};"))
            .join("\n");
        let text = format!(
            "daemon off;\nuser root;\npid {path}/nginx.pid;\nerror_log {path}/nginx.log;\nevents {{}}\n\
             http {{\naccess_log off;\n{paths}\n{lines}\n}}\n"
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, text).unwrap();
        let nginx = Command::new("nginx")
            .arg("-c")
            .arg(&file)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let front = Self {
            nginx,
            address,
            ours,
            passed,
            folder,
        };
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(&front.address).is_err() {
            let log = fs::read_to_string(front.folder.path().join("nginx.log"));
            assert!(Instant::now() < until, "{log:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(front)
    }

    fn ask(&self, method: &str, headers: &str) -> String {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        Server::ask(stream, method, "/reports/", headers, "")
    }

    fn passed(&self) -> usize {
        self.passed.load(Ordering::SeqCst)
    }

    /// A session's cookies, and the CSRF token that goes with them.
    fn session(&self, email: &str) -> (String, String) {
        let first = self.ours.send("GET", "/api/login-set-cookie/", "", "");
        let csrf = cookie(&first, "csrftoken");
        let headers = format!(
            "Cookie: csrftoken={csrf}\r\nX-CSRFToken: {csrf}\r\nContent-Type: application/json\r\n"
        );
        let body = serde_json::json!({ "username": email, "password": PASSWORD }).to_string();
        let answer = self.ours.send("POST", "/api/login/", &headers, &body);
        let (session, csrf) = (cookie(&answer, "sessionid"), cookie(&answer, "csrftoken"));
        (
            format!("Cookie: sessionid={session}; csrftoken={csrf}\r\n"),
            csrf,
        )
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        let id = self.nginx.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = self.nginx.wait();
    }
}

fn cookie(answer: &str, name: &str) -> String {
    let start = format!("{name}=");
    let (_, rest) = answer
        .split_once(&start)
        .unwrap_or_else(|| panic!("{name} in {answer}"));
    rest.split([';', '\r']).next().unwrap().to_owned()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A server that answers with the head that it got; to one that wants to be upgraded, with 101.
fn serve_behind(passed: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<String> = lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .collect();
            passed.fetch_add(1, Ordering::SeqCst);
            let head = head.join("\n").to_lowercase();
            let answer = match head.contains("upgrade: websocket") {
                true => "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n".to_owned(),
                false => format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{head}", head.len()),
            };
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn whoever_may_not_is_stopped_at_the_proxy() {
    let Some(front) = Front::start("") else {
        return;
    };
    let nobody = front.ask("GET", "");
    assert_eq!(status(&nobody), 401, "{nobody}");
    assert!(
        nobody.to_lowercase().contains("www-authenticate: token"),
        "{nobody}"
    );
    assert_eq!(
        status(&front.ask("GET", "Authorization: Token wrong\r\n")),
        401
    );
    // Nobody asks in the proxy's place.
    assert_eq!(status(&front.ask("GET", "Remote-User: ada\r\n")), 401);
    assert_eq!(front.passed(), 0);
    // Without the one who knows, nobody passes.
    let token = front.ours.signup("ada@example.com", PASSWORD);
    let token = format!("Authorization: Token {token}\r\n");
    assert_eq!(status(&front.ask("GET", &token)), 200);
    front.ours.terminate();
    let until = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(&front.ours.address).is_ok() {
        assert!(Instant::now() < until, "it does not stop");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(status(&front.ask("GET", &token)), 500);
    assert_eq!(front.passed(), 1);
}

#[test]
fn server_behind_is_told_who_it_is_by_the_proxy_alone() {
    let Some(front) = Front::start("") else {
        return;
    };
    let token = front.ours.signup("ada@example.com", PASSWORD);
    let headers = format!(
        "Authorization: Token {token}\r\nRemote-User: root\r\nRemote-Groups: admins\r\nRemote-User-Id: 9\r\n\
         X-Forwarded-Method: GET\r\n"
    );
    let file = rusqlite::Connection::open(front.folder.path().join("portcullis.db")).unwrap();
    file.execute_batch(
        "INSERT INTO auth_group (id, name) VALUES (1, 'editors, in chief'), (2, 'authors'), (3, 'others'); \
         INSERT INTO auth_user_groups (user_id, group_id) VALUES (1, 1), (1, 2)",
    )
    .unwrap();
    for method in ["GET", "POST", "DELETE"] {
        let answer = front.ask(method, &headers);
        assert_eq!(status(&answer), 200, "{answer}");
        assert!(answer.contains("remote-user: ada@example.com"), "{answer}");
        assert!(answer.contains("remote-user-id: 1"), "{answer}");
        let groups = "remote-groups: authors,editors%2c%20in%20chief";
        assert!(answer.contains(groups), "{answer}");
        assert!(
            !answer.contains("root") && !answer.contains("admins"),
            "{answer}"
        );
    }
}

#[test]
fn sessions_want_a_csrf_token_for_what_changes_something() {
    let Some(front) = Front::start("") else {
        return;
    };
    front.ours.signup("ada@example.com", PASSWORD);
    let (cookies, csrf) = front.session("ada@example.com");
    assert_eq!(status(&front.ask("GET", &cookies)), 200);
    let refused = front.ask("POST", &cookies);
    assert_eq!(status(&refused), 403, "{refused}");
    let lie = format!("{cookies}X-Forwarded-Method: GET\r\nX-Original-Method: GET\r\n");
    assert_eq!(status(&front.ask("POST", &lie)), 403);
    let with_token = format!("{cookies}X-CSRFToken: {csrf}\r\n");
    assert_eq!(status(&front.ask("POST", &with_token)), 200);
    assert_eq!(front.passed(), 2);
}

#[test]
fn sockets_of_other_pages_do_not_pass() {
    let Some(front) = Front::start("") else {
        return;
    };
    let token = front.ours.signup("ada@example.com", PASSWORD);
    let (cookies, _) = front.session("ada@example.com");
    let upgrade = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let handshake = |headers: &str| status(&front.ask_upgrade(&format!("{upgrade}{headers}")));
    assert_eq!(handshake(""), 401);
    assert_eq!(
        handshake(&format!("{cookies}Origin: http://evil.example\r\n")),
        403
    );
    assert_eq!(handshake(&format!("{cookies}Origin: null\r\n")), 403);
    assert_eq!(front.passed(), 0);
    assert_eq!(
        handshake(&format!("{cookies}Origin: http://localhost\r\n")),
        101
    );
    // A token is not sent by a browser on its own.
    let token = format!("Authorization: Token {token}\r\nOrigin: http://evil.example\r\n");
    assert_eq!(handshake(&token), 101);
}

#[test]
fn question_may_ask_for_more_and_what_is_not_understood_is_refused() {
    for (question, wanted) in [
        ("?permission=IsAuthenticated", 200),
        ("?permission=IsAdminUser", 403),
        ("?group=editors", 403),
        ("?permission=IsAdmin", 403),
        ("?rights=IsAuthenticated", 403),
    ] {
        let Some(front) = Front::start(question) else {
            return;
        };
        let token = front.ours.signup("ada@example.com", PASSWORD);
        let token = format!("Authorization: Token {token}\r\n");
        assert_eq!(status(&front.ask("GET", &token)), wanted, "{question}");
    }
    let Some(front) = Front::start("?permission=AllowAny") else {
        return;
    };
    let answer = front.ask("GET", "Remote-User: root\r\n");
    assert_eq!(status(&answer), 200);
    assert!(!answer.contains("root"), "{answer}");
}

#[test]
fn stranger_cannot_ask() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = server.signup("ada@example.com", PASSWORD);
    let headers = format!("Authorization: Token {token}\r\nX-Forwarded-Method: GET\r\n");
    let answer = server.send("GET", "/api/forward-auth/", &headers, "");
    assert_eq!(status(&answer), 403, "{answer}");
    assert!(answer.contains("trusted_proxies"), "{answer}");
}

impl Front {
    /// Wants another protocol; the head of the answer.
    fn ask_upgrade(&self, headers: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        write!(
            stream,
            "GET /ws/ HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\n{headers}\r\n"
        )
        .unwrap();
        let lines = BufReader::new(stream).lines();
        let head = lines
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty());
        head.collect::<Vec<_>>().join("\r\n")
    }
}
