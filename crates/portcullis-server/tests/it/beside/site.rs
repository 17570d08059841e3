//! Both servers on one database.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use portcullis::core::{PermissionStore, UserStore};
use portcullis::sql::Database;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use portcullis::core::{Clock, SystemClock};
use portcullis_test::FakeProvider;

use super::visitor::Visitor;
use super::{postgres, stack};
use crate::process::Server;
use crate::social::settings_for;

/// How long Django may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a change of the other server may take to be seen.
const SOON: Duration = Duration::from_secs(1);

pub(super) const SECRET_KEY: &str = "one-key-for-both-servers-QvTz8Lk2Xn5Rw7Yb3Hd9Mc4Pf6Js1Ga";

/// Far from UTC: links that are judged by another clock are too old, or not made yet.
const TIME_ZONE: &str = "Pacific/Kiritimati";

/// The password that everybody has at first.
pub(super) const PASSWORD: &str = "correct horse 9";

/// What no project says: limits that do not stop the tests, mail, and log-ins by header.
const FLAGS: [&str; 16] = [
    "--default-authentication-classes",
    "DeviceTokenAuthentication,TokenAuthentication,JWTAuthentication,BasicAuthentication,\
     SessionAuthentication",
    "--login-limit-tries-per-address",
    "1000000",
    "--signup-limit-tries",
    "1000000",
    "--mail-limit-tries",
    "1000000",
    "--mail-transport",
    "file",
    "--mail-folder",
    "our-mail",
    "--links-reset-password",
    "/reset/{uid}/{token}/",
    "--links-confirm-email",
    "/accounts/confirm-email/{key}/",
];

/// Where the database is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Engine {
    Sqlite,
    /// The same, with users in the table of a model of the project's own.
    SqliteWithMembers,
    Postgres,
}

impl Engine {
    fn user_table(self) -> &'static str {
        match self {
            Self::Sqlite | Self::Postgres => "auth_user",
            Self::SqliteWithMembers => "people_member",
        }
    }

    /// Tells the project, by its environment.
    fn tell(self, command: &mut Command) {
        if let Self::SqliteWithMembers = self {
            command.env("SITE_MEMBERS", "1");
        }
    }
}

/// Who does the first step of a scenario; the other does the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    FromDjango,
    ToDjango,
}

impl Direction {
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::FromDjango => "from Django to us",
            Self::ToDjango => "from us to Django",
        }
    }
}

/// Both servers.
pub(super) struct Site {
    django: Child,
    django_address: String,
    ours: Server,
    url: String,
    engine: Engine,
    /// By which people log in to ours, called `club`.
    pub(super) provider: FakeProvider,
    runtime: Runtime,
    folder: TempDir,
    // Last: the servers end before their database.
    _postgres: Option<postgres::Server>,
}

/// A command of the Python that has Django, for a project that keeps its things in this folder.
pub(super) fn manage(folder: &Path, database: &str) -> Command {
    let mut command = Command::new(stack::python());
    command
        .current_dir(stack::project())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SITE_FOLDER", folder)
        .env("SITE_DATABASE", database)
        .env("SITE_SECRET_KEY", SECRET_KEY)
        .env("SITE_TIME_ZONE", TIME_ZONE)
        .stdin(Stdio::null());
    command
}

impl Site {
    /// Migrates a database with Django, and starts both. `None`: this engine is left out.
    pub(super) fn start(engine: Engine) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (mut database, mut postgres) = (String::new(), None);
        if let Engine::Postgres = engine {
            let mut server = postgres::Server::start()?;
            database = runtime.block_on(server.create_database("site"));
            postgres = Some(server);
        }
        let manage = || {
            let mut command = manage(folder.path(), &database);
            engine.tell(&mut command);
            command
        };
        let migrate = ["manage.py", "migrate", "-v0"];
        assert!(manage().args(migrate).status().unwrap().success());
        let port = free_port();
        let bind = format!("127.0.0.1:{port}");
        let log = fs::File::create(folder.path().join("django.log")).unwrap();
        let django = manage()
            .args(["-m", "gunicorn", "--bind", &bind, "--threads", "4"])
            .args(["--log-level", "warning", "project.wsgi"])
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let url = match engine {
            Engine::Sqlite | Engine::SqliteWithMembers => {
                format!("sqlite:{}", folder.path().join("db.sqlite3").display())
            }
            Engine::Postgres => database.clone(),
        };
        write_settings(folder.path(), &url, engine);
        let log = fs::File::create(folder.path().join("ours.log")).unwrap();
        let provider = runtime.block_on(FakeProvider::start(SystemClock.now()));
        let file = folder.path().join("portcullis.toml");
        let written = fs::read_to_string(&file).unwrap();
        fs::write(&file, written + &settings_for(&provider)).unwrap();
        let ours = Server::start_logging(folder.path(), &FLAGS, "warn", log.into());
        // On PostgreSQL answers are kept here only when triggers tell of what Django writes.
        runtime.block_on(async {
            let (store, _) = Database::open(&url).await.unwrap();
            store.add_notices().await.unwrap();
        });
        let site = Self {
            django,
            django_address: format!("localhost:{port}"),
            ours,
            url,
            engine,
            provider,
            runtime,
            folder,
            _postgres: postgres,
        };
        site.wait_for_django(&bind);
        Some(site)
    }

    fn wait_for_django(&self, address: &str) {
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < until, "{}", self.last_words());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A scenario's way over the servers, with people of its own.
    pub(super) fn way(&self, direction: Direction, number: usize) -> Way<'_> {
        let ours = self.ours.address.replace("127.0.0.1", "localhost");
        let addresses = [self.django_address.clone(), ours];
        let [here, there] = match direction {
            Direction::FromDjango => addresses,
            Direction::ToDjango => {
                let [django, ours] = addresses;
                [ours, django]
            }
        };
        Way {
            site: self,
            here,
            there,
            number,
        }
    }

    /// What the servers said last, for whoever looks for a fault.
    pub(super) fn last_words(&self) -> String {
        let of = |name| {
            let text = fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
            let lines: Vec<&str> = text.lines().rev().take(60).collect();
            let lines: Vec<&str> = lines.into_iter().rev().collect();
            format!("--- {name}\n{}\n", lines.join("\n"))
        };
        of("django.log") + &of("ours.log")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // Its worker ends with it.
        let id = self.django.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = self.django.wait();
    }
}

/// The two servers in the order of a scenario.
pub(super) struct Way<'a> {
    pub(super) site: &'a Site,
    /// Who does the first step.
    pub(super) here: String,
    /// Who does the next.
    pub(super) there: String,
    number: usize,
}

impl Way<'_> {
    /// A name that nobody else has.
    pub(super) fn name(&self) -> String {
        format!("person{}", self.number)
    }

    pub(super) fn email(&self) -> String {
        format!("person{}@example.com", self.number)
    }

    /// Makes a user of that name, by Django; their log-in name.
    pub(super) fn person(&self) -> String {
        let name = self.name();
        self.deed("make", json!({ "username": name, "password": PASSWORD }));
        name
    }

    /// Has Django do, or say, something.
    #[track_caller]
    pub(super) fn deed(&self, name: &str, fields: Value) -> Value {
        let mut nobody = Visitor::default();
        let path = format!("/deeds/{name}/");
        let mut answer = nobody
            .post(&self.site.django_address, &path, &fields)
            .is(200);
        answer.body["is"].take()
    }

    /// Whether the person may do something, such as `auth.add_group`, by our store.
    pub(super) fn may(&self, permission: &str) -> bool {
        let (app_label, codename) = permission.split_once('.').unwrap();
        let work = async {
            let (store, _) = Database::open(&self.site.url).await.unwrap();
            let table = self.site.engine.user_table();
            let store = store.with_user_table(table).await.unwrap();
            let user = store
                .user_by_login_name(&self.name())
                .await
                .unwrap()
                .unwrap();
            let holds = store.holds_permission(&user.id, app_label, codename);
            user.is_active && (user.is_superuser || holds.await.unwrap())
        };
        self.site.runtime.block_on(work)
    }

    /// What Django knows about the person.
    pub(super) fn look(&self) -> Value {
        self.deed("look", json!({ "username": self.name() }))
    }

    /// Asks until it is so, for as long as a change may take to be seen.
    #[track_caller]
    pub(super) fn soon(&self, mut is_so: impl FnMut() -> bool) {
        let until = Instant::now() + SOON;
        while !is_so() {
            assert!(Instant::now() < until, "not so within {SOON:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The newest mail to that address, of either server.
    #[track_caller]
    pub(super) fn mail_to(&self, address: &str) -> String {
        let mut found = None;
        let folder = self.site.folder.path();
        self.soon(|| {
            found = newest(
                &[folder.join("django-mail"), folder.join("our-mail")],
                address,
            );
            found.is_some()
        });
        found.unwrap()
    }
}

/// The newest mail to an address, with its line breaks as they were before it was encoded.
fn newest(folders: &[PathBuf], address: &str) -> Option<String> {
    let files = folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok());
    let mut mails: Vec<_> = files
        .flatten()
        .flatten()
        .filter_map(|file| {
            let text = fs::read_to_string(file.path()).ok()?;
            let is_theirs = text.contains(&format!("To: {address}"));
            let at = file.metadata().ok()?.modified().ok()?;
            is_theirs.then(|| {
                (
                    at,
                    text.replace("=\r\n", "")
                        .replace("=\n", "")
                        .replace("=3D", "="),
                )
            })
        })
        .collect();
    mails.sort();
    mails.pop().map(|(_, text)| text)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Has `portcullis beside` write the settings.
fn write_settings(folder: &Path, url: &str, engine: Engine) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    engine.tell(&mut command);
    let written = command
        .args(["beside", url, "--project"])
        .arg(stack::project())
        .arg("--python")
        .arg(stack::python())
        .env("SITE_FOLDER", folder)
        .env("SITE_SECRET_KEY", SECRET_KEY)
        .env("SITE_TIME_ZONE", TIME_ZONE)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&written.stdout);
    assert!(said.contains("wrote portcullis.toml"), "{written:?}");
}
