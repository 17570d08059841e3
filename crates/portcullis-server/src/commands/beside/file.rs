//! The `portcullis.toml` that is written, and the file with the secret key.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use portcullis::sql::Tables;

use super::project::Project;

/// The longest that access tokens are good here.
pub(super) const MAX_ACCESS_SECONDS: i64 = 900;

/// Writes a file that its owner alone may read. `false`: there is one already, which stays.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(path: &Path, text: &str) -> std::io::Result<bool> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// The settings for a database beside this project, as the file has them.
pub(super) fn settings(
    url: &str,
    users: &str,
    tables: Tables,
    project: Option<&Project>,
) -> String {
    let mut lines = vec![
        "# Beside Django; made by `portcullis beside`.".to_owned(),
        format!("database_url = {}", quoted(url)),
        format!("user_table = {}", quoted(users)),
        format!("default_authentication_classes = {}", classes(tables)),
        "compat.jwt_plain_claims = true".to_owned(),
    ];
    match project {
        Some(project) => lines.extend(of_project(project)),
        None => lines.extend(
            [
                "# What only the project can tell; `--project DIR` asks it. As Django has it by default:",
                "session_cookie_name = \"sessionid\"",
                "csrf_cookie_name = \"csrftoken\"",
                "accounts.reset_seconds = 259200",
            ]
            .map(str::to_owned),
        ),
    }
    lines.join("\n") + "\n"
}

fn classes(tables: Tables) -> String {
    let mut classes = vec!["DeviceTokenAuthentication"];
    if tables.authtoken {
        classes.push("TokenAuthentication");
    }
    classes.extend(["JWTAuthentication", "SessionAuthentication"]);
    list(&classes)
}

fn of_project(project: &Project) -> Vec<String> {
    let mut lines = Vec::new();
    for key in ["session_cookie_name", "csrf_cookie_name"] {
        lines.push(format!("{key} = {}", quoted(project.text(key))));
    }
    let domain = project.text("session_cookie_domain");
    if !domain.is_empty() {
        let domain = domain.trim_start_matches('.');
        lines.push(format!("cookie_domain = {}", quoted(domain)));
    }
    let backends = project.texts("authentication_backends");
    lines.push(format!("authentication_backends = {}", list(&backends)));
    let origins = project.texts("csrf_trusted_origins");
    if !origins.is_empty() {
        lines.push(format!("csrf_trusted_origins = {}", list(&origins)));
    }
    let fallbacks = project.texts("secret_key_fallbacks");
    if !fallbacks.is_empty() {
        lines.push(format!("secret_key_fallbacks = {}", list(&fallbacks)));
    }
    if project.is("session_expire_at_browser_close") {
        lines.push("session_expire_at_browser_close = true".to_owned());
    }
    let has_allauth = project.texts("apps").contains(&"allauth.account");
    let links = if has_allauth { "allauth" } else { "django" };
    lines.push(format!("accounts.reset_links = {}", quoted(links)));
    let zone = project.text("time_zone");
    lines.push(format!("accounts.time_zone = {}", quoted(zone)));
    let days = project.number("confirmation_days").unwrap_or(3);
    let mut numbers = vec![
        ("session_cookie_age", project.number("session_cookie_age")),
        (
            "accounts.reset_seconds",
            project.number("password_reset_timeout"),
        ),
        (
            "accounts.confirmation_seconds",
            Some(days.saturating_mul(86_400)),
        ),
        ("device.token_ttl_seconds", project.number("knox_ttl")),
        (
            "jwt.access_token_lifetime",
            project
                .number("jwt_access")
                .map(|seconds| seconds.min(MAX_ACCESS_SECONDS)),
        ),
        ("jwt.refresh_token_lifetime", project.number("jwt_refresh")),
    ];
    if project.text("hasher").starts_with("pbkdf2") {
        numbers.push(("pbkdf2_iterations", project.number("iterations")));
    }
    let numbers = numbers.into_iter();
    lines.extend(numbers.filter_map(|(key, number)| Some(format!("{key} = {}", number?))));
    let prefix = project.text("knox_prefix");
    if !prefix.is_empty() {
        lines.push(format!("device.token_prefix = {}", quoted(prefix)));
    }
    lines
}

/// A text as TOML has it, which is as JSON has it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list(texts: &[&str]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}
