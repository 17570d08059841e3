//! `portcullis beside`: looks at a Django database, says what can be served, and writes the settings for it.

mod file;
mod project;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use portcullis::core::{Clock, SystemClock};
use portcullis::django::session::{Secrets, decode};
use portcullis::sql::{Database, Inspection};

use super::table::{printable, say};
use crate::command_line::Beside;
use crate::secret_key::SecretKey;
use crate::settings::{DatabaseUrl, Settings};
use project::Project;

/// How many sessions are tried with the secret key.
const SESSIONS: u32 = 20;

/// Django's own table of users.
const STOCK: &str = "auth_user";

const FILE: &str = "portcullis.toml";
const SECRET_FILE: &str = "portcullis.secret";

/// Does it. The database is changed by `--migrate` and `--leave` alone, and Django's tables by neither.
///
/// # Errors
/// When the database or the project cannot be looked at.
pub(super) async fn beside(words: &Beside) -> anyhow::Result<()> {
    let url = url_of(&words.database)?;
    let shown = DatabaseUrl::of_text(&url);
    let opened = Database::open(&url).await;
    let (database, _) = opened.with_context(|| format!("cannot open {shown}"))?;
    if words.leave {
        let tables = database.leave().await?;
        return say(&format!(
            "removed {} tables; Django's are as they were\n",
            tables.len()
        ));
    }
    let found = database.inspect(SESSIONS, SystemClock.now()).await?;
    let project = match &words.project {
        Some(folder) => Some(Project::ask(folder, words.python.as_deref())?),
        None => None,
    };
    let users = user_table(&found, project.as_ref());
    let mut report = what_there_is(&found, &users, project.as_ref());
    let database = database.with_user_table(&users).await;
    let name = match &database {
        Ok(database) if !database.has_usernames() => "email",
        _ => "username",
    };
    report += &what_is_not_served(&found, name, project.as_ref());
    let key = key(project.as_ref());
    report += &verdict_on_key(&found, key.as_deref(), project.as_ref());
    let database = match database {
        Ok(database) if found.has_stock_users || users != STOCK => database,
        Ok(_) => {
            say(&report)?;
            bail!(
                "nothing can be served: no table of users was found; nothing was changed in the database"
            );
        }
        Err(error) => {
            say(&report)?;
            bail!("nothing can be served: {error}; nothing was changed in the database");
        }
    };
    if project.is_some()
        && let Some(key) = key.as_deref().filter(|key| SecretKey::new(key).is_ok())
    {
        report += &written(SECRET_FILE, key)?;
    }
    let settings = file::settings(&url, &users, found.tables, project.as_ref());
    report += &written(FILE, &settings)?;
    report += &faults();
    if words.migrate {
        let applied = database.migrate(SystemClock.now()).await?;
        report += &format!(
            "added tables named portcullis_* ({} migrations)\n",
            applied.len()
        );
        if words.triggers {
            report += &super::triggers_added(&database).await?;
        }
    } else {
        report += "nothing was changed in the database; `portcullis serve`, or --migrate, adds tables named \
                   portcullis_*, and --leave removes them\n";
    }
    say(&report)
}

/// The table of users: that of the project, or else the only one that looks like it.
fn user_table(found: &Inspection, project: Option<&Project>) -> String {
    match (project, found.other_user_tables.as_slice()) {
        (Some(project), _) => project.text("user_table").to_owned(),
        (None, [only]) if !found.has_stock_users => only.clone(),
        (None, _) => STOCK.to_owned(),
    }
}

/// What the server would say about the file.
fn faults() -> String {
    let environment = std::env::vars_os().filter_map(|(name, value)| {
        let text = |text: std::ffi::OsString| text.into_string().ok();
        Some((text(name)?, text(value)?))
    });
    match Settings::load(
        Some(Path::new(FILE)),
        environment.collect(),
        BTreeMap::new(),
    ) {
        Ok(_) => String::new(),
        Err(error) => {
            let faults = error.faults().iter();
            faults
                .map(|fault| format!("  to mend     {}\n", printable(fault)))
                .collect()
        }
    }
}

/// The URL of what was typed; a file must be there.
fn url_of(text: &str) -> anyhow::Result<String> {
    if text.contains("://") && !text.starts_with("sqlite:") {
        return Ok(text.to_owned());
    }
    let path = text.strip_prefix("sqlite:").unwrap_or(text);
    let path = PathBuf::from(path.strip_prefix("//").unwrap_or(path));
    // Opening would make it.
    let path = path
        .canonicalize()
        .with_context(|| format!("there is no {}", path.display()))?;
    Ok(format!("sqlite:{}", path.display()))
}

fn what_there_is(found: &Inspection, users: &str, project: Option<&Project>) -> String {
    let version = project.map_or_else(
        || match found.apps.get("auth") {
            Some((_, last)) => format!("Django (auth.{last})"),
            None => "Django".to_owned(),
        },
        |project| format!("Django {}", project.text("django")),
    );
    let by = match project.map(|project| project.text("username_field")) {
        Some(field) => format!(", log in by {field}"),
        None => String::new(),
    };
    let users = match (found.has_stock_users, found.other_user_tables.as_slice()) {
        (false, []) => "no table that was found".to_owned(),
        (false, tables) if users == STOCK => tables.join(" or "),
        _ => users.to_owned(),
    };
    let tables = found.tables;
    let parts = [
        ("sessions", found.has_sessions),
        ("authtoken", tables.authtoken),
        ("knox", tables.knox),
        ("token_blacklist", tables.blacklist),
        ("allauth", tables.emails),
    ];
    let of = |is_there| {
        let parts = parts.iter().filter(|part| part.1 == is_there);
        parts.map(|part| part.0).collect::<Vec<_>>().join(", ")
    };
    let mut text = format!(
        "{version}, {} migrations; users in {users}{by}; {} found",
        found.migrations(),
        of(true)
    );
    if !of(false).is_empty() {
        text += &format!("; {} missing", of(false));
    }
    text.push('\n');
    if let Some(project) = project {
        text += &format!("{}\n", printable(&project.packages().join(", ")));
    }
    text
}

/// A line for everything that is not served, or differs.
fn what_is_not_served(found: &Inspection, name: &str, project: Option<&Project>) -> String {
    let mut lines: Vec<String> = Vec::new();
    let others = found.other_user_tables.len();
    if project.is_none() && others + usize::from(found.has_stock_users) > 1 {
        lines.push(format!(
            "users in {}: which table it is, the project can tell (--project)",
            found.other_user_tables.join(", ")
        ));
    }
    if !found.has_sessions {
        lines.push("sessions: no django_session".to_owned());
    }
    for (table, what) in found.tables.missing() {
        lines.push(format!("no table {table}: {what}"));
    }
    if let Some(project) = project {
        of_project(project, name, &mut lines);
    }
    lines
        .iter()
        .map(|line| format!("  not served  {}\n", printable(line)))
        .collect()
}

/// `name` is the column of log-in names here.
fn of_project(project: &Project, name: &str, lines: &mut Vec<String>) {
    let engine = project.text("session_engine");
    if engine.ends_with(".cached_db") {
        lines.push("sessions that end here live on in Django's cache (cached_db)".to_owned());
    } else if !engine.ends_with("sessions.backends.db") {
        lines.push(format!("sessions: {engine} is not in the database"));
    }
    if project.text("session_cookie_domain") != project.text("csrf_cookie_domain") {
        lines.push(
            "SESSION_COOKIE_DOMAIN and CSRF_COOKIE_DOMAIN differ: ours is the first for both"
                .to_owned(),
        );
    }
    if project.is("csrf_use_sessions") {
        lines.push("CSRF_USE_SESSIONS: our CSRF secret is a cookie".to_owned());
    }
    let field = project.text("username_field");
    if field != name {
        lines.push(format!(
            "USERNAME_FIELD {field:?}: people log in by username or e-mail"
        ));
    }
    let hasher = project.text("hasher");
    if hasher != "pbkdf2_sha256" {
        lines.push(format!(
            "new hashes by {hasher}: ours are pbkdf2_sha256, and each re-hashes the other's"
        ));
    }
    if project.is("jwt_has_own_key") {
        lines.push(
            "SIMPLE_JWT SIGNING_KEY: set PORTCULLIS_JWT_SIGNING_KEY to it, or JWTs do not cross"
                .to_owned(),
        );
    }
    let algorithm = project.text("jwt_algorithm");
    if algorithm != "HS256" {
        lines.push(format!(
            "SIMPLE_JWT ALGORITHM {algorithm}: set jwt.algorithm and its keys"
        ));
    }
    let seconds = project.number("jwt_access").unwrap_or_default();
    if seconds > file::MAX_ACCESS_SECONDS {
        lines.push(format!(
            "SIMPLE_JWT ACCESS_TOKEN_LIFETIME of {seconds} seconds: ours are good for {} at most",
            file::MAX_ACCESS_SECONDS
        ));
    }
    if !project.is("use_tz") {
        lines.push("USE_TZ is off: times in the database are read as UTC".to_owned());
    }
}

/// The secret key: the project's, or that of the environment.
fn key(project: Option<&Project>) -> Option<String> {
    match project {
        Some(project) => Some(project.text("secret_key").to_owned()),
        None => std::env::var("PORTCULLIS_SECRET_KEY").ok(),
    }
}

fn verdict_on_key(found: &Inspection, key: Option<&str>, project: Option<&Project>) -> String {
    let Some(key) = key else {
        return "SECRET_KEY: not known; set PORTCULLIS_SECRET_KEY to the project's, or ask it by --project\n"
            .to_owned();
    };
    let mut text = String::new();
    if let Err(error) = SecretKey::new(key) {
        text += &format!("  not served  SECRET_KEY: {error}: give the project a real one first\n");
    }
    let fallbacks = project.map(|project| project.texts("secret_key_fallbacks"));
    let fallbacks = fallbacks.unwrap_or_default();
    let secrets = Secrets {
        key,
        fallbacks: &fallbacks,
    };
    let tried = found.sessions.len();
    let good = found
        .sessions
        .iter()
        .filter(|data| !decode(data, secrets).is_empty())
        .count();
    let verdict = match (tried, good) {
        (0, _) => "no session to try".to_owned(),
        (_, 0) => format!("NO (0 of {tried} tried): it is another key"),
        _ => format!("yes ({good} of {tried} tried)"),
    };
    text + &format!("sessions verify with SECRET_KEY: {verdict}\n")
}

fn written(name: &str, text: &str) -> anyhow::Result<String> {
    let is_new =
        file::write(Path::new(name), text).with_context(|| format!("cannot write {name}"))?;
    Ok(match is_new {
        true => format!("wrote {name}\n"),
        false => format!("{name} is there already, and stays as it is\n"),
    })
}
