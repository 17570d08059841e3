//! Settings of the real binary: who says them, and what is said about wrong ones.

use crate::command::Folder;

pub(crate) const KEY: &str = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijkl";

/// The row of a setting: value and source.
fn row(table: &str, name: &str) -> (String, String) {
    let line = table
        .lines()
        .find(|line| line.starts_with(&format!("{name} ")));
    let rest = line.unwrap().trim_start_matches(name).trim();
    let (value, source) = rest.split_once("  ").unwrap();
    (value.to_owned(), source.trim().to_owned())
}

#[test]
fn flags_are_stronger_than_the_environment_and_it_than_the_file() {
    let folder = Folder::new();
    folder.write("portcullis.toml", "# mine\nlisten = \"127.0.0.1:1\"\n");
    let said = |words: &[&str], variables: &[(&str, &str)]| {
        let words: Vec<&str> = std::iter::once("settings")
            .chain(words.iter().copied())
            .collect();
        row(&folder.run_with(&words, "", variables).out, "listen")
    };
    let of = |value: &str, source: &str| (value.to_owned(), source.to_owned());
    assert_eq!(
        said(&[], &[]),
        of("\"127.0.0.1:1\"", "portcullis.toml line 2")
    );
    let variables = [("PORTCULLIS_LISTEN", "127.0.0.1:2")];
    assert_eq!(
        said(&[], &variables),
        of("\"127.0.0.1:2\"", "PORTCULLIS_LISTEN")
    );
    let flag = ["--listen", "127.0.0.1:3"];
    assert_eq!(said(&flag, &variables), of("\"127.0.0.1:3\"", "--listen"));
    // An empty variable says nothing.
    let empty = [("PORTCULLIS_LISTEN", "")];
    assert_eq!(
        said(&[], &empty),
        of("\"127.0.0.1:1\"", "portcullis.toml line 2")
    );
}

#[test]
fn every_setting_is_read_from_the_file() {
    let folder = Folder::new();
    folder.write(
        "other.toml",
        r#"database_url = "sqlite:a.db"
user_table = "auth_user"
channel_layer = "redis://:hunter2@127.0.0.1:6379/1"
listen = "[::1]:80"
public_url = "https://example.com"
trusted_proxies = ["10.0.0.1"]
allowed_hosts = [".example.com"]
secret_key_file = "key"
csrf_trusted_origins = ["https://*.example.com"]
session_cookie_age = 3_600
session_idle_seconds = 600
session_absolute_seconds = 3_600
cookie_domain = "example.com"
session_expire_at_browser_close = true
session_cookie_name = "shop_session"
csrf_cookie_name = "shop_csrf"
authentication_backends = ["allauth.account.auth_backends.AuthenticationBackend"]
default_authentication_classes = ["rest_framework.authentication.TokenAuthentication", "BasicAuthentication"]
default_permission_classes = ["rest_framework.permissions.IsAuthenticated"]
forward_auth.leaves_csrf_tokens = false
pbkdf2_iterations = 600000
device.token_ttl_seconds = 86400
login_limit = { tries = 5, tries_per_day = 20, tries_per_address = 50, window_seconds = 60 }
signup_limit = { tries = 5, window_seconds = 60 }
mail_limit = { tries = 2, window_seconds = 60 }
refresh_limit = { tries = 20, tries_per_address = 50, window_seconds = 60 }
token_limit = { tries = 20, window_seconds = 60 }
[accounts]
signup = "closed"
login_names = "email"
email_verification = "mandatory"
confirmation_seconds = 60
reset_seconds = 60
reset_links = "django"
time_zone = "Europe/Berlin"
email_notifications = false
reauthentication_seconds = 300
issuer = "Depot"
[channels]
sockets = 100
sockets_per_address = 10
sockets_per_user = 5
messages = 0
message_bytes = 1024
query_token = true
first_message_time = 5
ping_interval = 0.5
pong_timeout = 1
revalidate_interval = 30
revalidate_grace = 60
namespace = "shop"
[audit]
keep_days = 30
[docs]
enabled = false
[rest_auth]
session_login = false
old_password = false
log_out_on_password_change = true
username_required = true
[social]
next = "/home"
next_origins = ["https://app.example.com"]
link_verified_email = true
limit_tries = 5
limit_window_seconds = 60
ca_file = "ca.pem"
github_client_id = "us"
github_client_secret = "hunter2"
github_callback_url = "https://app.example.com/auth/github"
github_url = "https://github.example.com"
google_client_id = "us"
google_client_secret = "hunter2"
google_callback_url = "https://app.example.com/auth/google"
google_other_client_ids = ["our-phone"]
facebook_client_id = "us"
facebook_client_secret = "hunter2"
facebook_callback_url = "https://app.example.com/auth/facebook"
microsoft_client_id = "us"
microsoft_client_secret = "hunter2"
microsoft_callback_url = "https://app.example.com/auth/microsoft"
microsoft_tenant = "organizations"
gitlab_client_id = "us"
gitlab_client_secret = "hunter2"
gitlab_callback_url = "https://app.example.com/auth/gitlab"
gitlab_url = "https://gitlab.example.com"
apple_client_id = "us"
apple_callback_url = "https://app.example.com/auth/apple"
apple_other_client_ids = ["our-phone"]
apple_team_id = "team"
apple_key_id = "key"
apple_key_file = "key.p8"
openid_issuer = "https://id.example.com"
openid_name = "club"
openid_label = "The club"
openid_client_id = "us"
openid_client_secret = "hunter2"
openid_callback_url = "http://localhost:8080/auth/club"
[cors]
origins = ["https://app.example.com"]
origin_regexes = ['https://\w{1,8}\.example\.com']
credentials = true
[mail]
transport = "smtp"
from = "Ada <ada@example.com>"
subject_prefix = "[a] "
host = "mail.example.com"
port = 25
security = "tls"
user = "ada"
password = "hunter2"
ca_file = "ca.pem"
timeout_seconds = 5
folder = "b"
templates = "c"
[links]
confirm_email = "/e/{key}/"
reset_password = "https://app.example.com/#{uid}/{token}"
invitation = "/i/{invitation}"
[compat]
all = true
no_cache_headers = false
"#,
    );
    let table = folder.ok(&["settings", "--config", "other.toml"]);
    let untouched = ["secret_key", "secret_key_fallbacks"];
    for line in table.lines().skip(1) {
        let name = line.split_whitespace().next().unwrap();
        let is_table = ["http.", "jwt.", "device."]
            .iter()
            .any(|table| name.starts_with(table));
        let is_said = name == "device.token_ttl_seconds";
        let is_compat = name.starts_with("compat.")
            && !["compat.all", "compat.no_cache_headers"].contains(&name);
        let is_untouched = (is_table && !is_said) || is_compat || untouched.contains(&name);
        let from = if is_untouched {
            "default"
        } else {
            "other.toml line"
        };
        assert!(row(&table, name).1.starts_with(from), "{line}");
    }
    let classes = row(&table, "default_authentication_classes").0;
    assert_eq!(classes, r#"["TokenAuthentication", "BasicAuthentication"]"#);
}

#[test]
fn table_of_lifetimes_says_the_defaults() {
    let page = include_str!("../../../../docs/lifetimes.md");
    let table = Folder::new().ok(&["settings"]);
    let mut rows = 0;
    for line in page.lines() {
        let cells: Vec<_> = line.split(" | ").collect();
        let [_, _, setting, default] = cells[..] else {
            continue;
        };
        let Some(key) = setting.trim().strip_prefix('`') else {
            continue;
        };
        let said = default.split_whitespace().next().unwrap();
        assert_eq!(row(&table, key.trim_end_matches('`')).0, said, "{line}");
        rows += 1;
    }
    assert_eq!(rows, 11);
}

#[test]
fn secrets_are_not_shown() {
    let folder = Folder::new();
    let variables = [
        (
            "DATABASE_URL",
            "postgres://ada:hunter2@db/app?password=hunter2",
        ),
        ("PORTCULLIS_SECRET_KEY", KEY),
        ("PORTCULLIS_SECRET_KEY_FALLBACKS", KEY),
        ("PORTCULLIS_MAIL_USER", "ada"),
        ("PORTCULLIS_MAIL_PASSWORD", "hunter2"),
    ];
    let said = folder.run_with(&["settings"], "", &variables);
    assert_eq!(said.status, 0, "{said:?}");
    assert!(
        !said.out.contains("hunter2") && !said.out.contains(KEY),
        "{said:?}"
    );
    let (value, source) = row(&said.out, "database_url");
    assert_eq!(
        (value.as_str(), source.as_str()),
        ("\"postgres://ada:…@db/app?…\"", "DATABASE_URL")
    );
}

#[test]
fn example_file_is_up_to_date() {
    let example = include_str!("../../../../portcullis.example.toml");
    assert!(
        portcullis_server::example() == example,
        "run: cargo run -q -- settings --example > portcullis.example.toml"
    );
}

#[test]
fn example_file_with_every_line_uncommented_is_taken() {
    let example = portcullis_server::example();
    let lines = example.lines().map(|line| match line.strip_prefix("# ") {
        Some(setting) if setting.contains(" = ") && !setting.contains("==") => setting,
        _ => line,
    });
    let folder = Folder::new();
    folder.write("portcullis.toml", &lines.collect::<Vec<_>>().join("\n"));
    let table = folder.ok(&["settings"]);
    // The two secrets, which have no line there.
    assert_eq!(table.matches("default\n").count(), 2, "{table}");
}
