//! `portcullis check`: what is wrong or unwise, before somebody else finds it.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use portcullis::accounts::mail::SmtpSecurity;
use portcullis::core::{Clock, SecretKeys, SystemClock};
use portcullis::django::random;

use super::opening::open_existing;
use super::table::{printable, say};
use crate::secret_key::{SecretKey, others_may_read};
use crate::settings::{MailVia, PermissionClass, Settings, SettingsError, Source};

/// Fewer iterations than this are quick to guess, by today's advice.
const FEW_ITERATIONS: u32 = 600_000;

/// An origin that nobody lists on purpose.
const SOMEBODY_ELSE: &str = "https://somebody-else.example";

/// What was found: lines, and whether one of them is wrong.
#[derive(Default)]
struct Findings {
    lines: String,
    is_wrong: bool,
}

impl Findings {
    fn ok(&mut self, text: &str) {
        self.add("ok", text);
    }

    /// Works, and is less safe than it could be.
    fn unwise(&mut self, text: &str) {
        self.add("unwise", text);
    }

    fn wrong(&mut self, text: &str) {
        self.is_wrong = true;
        self.add("wrong", text);
    }

    fn add(&mut self, word: &str, text: &str) {
        self.lines += &format!("{word:<6}  {}\n", printable(text));
    }
}

/// Prints a line for everything that was looked at; 1 when something is wrong.
pub(super) async fn check(settings: Result<Settings, SettingsError>) -> anyhow::Result<ExitCode> {
    let mut findings = Findings::default();
    match settings {
        Ok(settings) => {
            file(&settings, &mut findings);
            secret_key(&settings, &mut findings);
            jwt_keys(&settings, &mut findings);
            database(&settings, &mut findings).await;
            openness(&settings, &mut findings);
            mail(&settings, &mut findings);
            social(&settings, &mut findings);
        }
        Err(error) => error
            .faults()
            .iter()
            .for_each(|fault| findings.wrong(fault)),
    }
    say(&findings.lines)?;
    Ok(if findings.is_wrong {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn file(settings: &Settings, findings: &mut Findings) {
    let Some(path) = &settings.file else {
        return findings.ok("settings: no portcullis.toml; defaults, environment and flags");
    };
    let is_in_file = |key| matches!(settings.source(key), Source::File { .. });
    let holds_secrets = is_in_file("secret_key_fallbacks")
        || is_in_file("mail.password")
        || is_in_file("jwt.signing_key")
        || is_in_file("jwt.older_signing_keys")
        || Settings::social_secrets().any(is_in_file)
        || (is_in_file("channel_layer") && settings.channel_layer.has_password())
        || (is_in_file("database_url") && settings.database_url.has_password());
    if holds_secrets && others_may_read(path) {
        findings.wrong(&readable(path, "secrets"));
    } else {
        findings.ok(&format!("settings: {}", path.display()));
    }
}

fn secret_key(settings: &Settings, findings: &mut Findings) {
    if settings.secret_key.is_some() {
        return findings.ok("secret key: from PORTCULLIS_SECRET_KEY");
    }
    let path = &settings.secret_key_file;
    match SecretKey::load(path) {
        Ok(Some(_)) if others_may_read(path) => findings.wrong(&readable(path, "the secret key")),
        Ok(Some(_)) => findings.ok(&format!("secret key: {}", path.display())),
        Ok(None) => findings.ok(&format!(
            "secret key: {} is made at the first start",
            path.display()
        )),
        Err(error) => findings.wrong(&format!("{}: {error}", path.display())),
    }
}

fn jwt_keys(settings: &Settings, findings: &mut Findings) {
    // Whether the secret key can be had is another finding.
    let nobodys = SecretKeys::new(random::text(64, random::ALPHANUMERIC), Vec::new());
    match settings.jwt_backend(&nobodys) {
        Ok(_) => findings.ok(&format!("JWTs: {}", settings.jwt_algorithm)),
        Err(error) => findings.wrong(&format!("JWTs: {error:#}")),
    }
    if let Some(path) = &settings.jwt_private_key_file
        && others_may_read(path)
    {
        findings.wrong(&readable(path, "the private key of JWTs"));
    }
    if settings.refreshes_without_families() {
        findings.unwise(
            "compat.refresh_without_families: nobody notices that a stolen refresh token is used",
        );
    }
}

async fn database(settings: &Settings, findings: &mut Findings) {
    let url = &settings.database_url;
    match open_existing(settings).await {
        Ok(_) => findings.ok(&format!("database: {url}, up to date")),
        Err(error) => findings.wrong(&format!("database: {error:#}")),
    }
    if let Some(path) = url.file().filter(|path| others_may_read(path)) {
        findings.unwise(&readable(&path, "password hashes and sessions"));
    }
}

/// What opens more than is needed.
fn openness(settings: &Settings, findings: &mut Findings) {
    let is_public = !settings.listen.ip().is_loopback();
    if is_public && settings.allowed_hosts().is_empty() {
        findings.wrong(&format!(
            "{} is reached from outside, and every Host header is believed: set public_url or \
             allowed_hosts",
            settings.listen
        ));
    }
    if settings.allowed_hosts().iter().any(|host| host == "*") {
        findings.unwise("allowed_hosts holds \"*\": every Host header is believed");
    }
    let url = settings.public_url.as_ref();
    if url.is_none_or(|url| !url.is_https()) && (is_public || url.is_some()) {
        findings.unwise("passwords and cookies travel in clear text: set public_url to https://…");
    }
    let permissions = &settings.default_permission_classes.0;
    if permissions.iter().all(|p| *p == PermissionClass::AllowAny) {
        findings.unwise("default_permission_classes: doors that name no permission are open");
    }
    if settings.pbkdf2_iterations.get() < FEW_ITERATIONS {
        findings.unwise(&format!(
            "pbkdf2_iterations: fewer than {FEW_ITERATIONS} are quick to guess"
        ));
    }
    if settings.issues_authtokens() {
        findings.unwise("compat.authtoken: tokens are stored in clear text and never end");
    }
    let everybody = settings.cors_origin_regexes.iter().find(|regex| {
        let found = regex.0.find(SOMEBODY_ELSE);
        found.is_some_and(|found| found.as_str() == SOMEBODY_ELSE)
    });
    if let Some(regex) = everybody {
        let text = format!(
            "cors.origin_regexes: {:?} allows every origin",
            regex.0.as_str()
        );
        if settings.cors_credentials {
            findings.wrong(&format!("{text}, with their cookies"));
        } else {
            findings.unwise(&text);
        }
    }
}

/// Whether mail can be written and sent; no mail server is asked.
fn mail(settings: &Settings, findings: &mut Findings) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    match settings.mailer(&clock) {
        Err(error) => findings.wrong(&format!("mail: {error}")),
        Ok(None) => findings.ok(
            "mail: not set up; nobody can confirm an address or get a new password (mail.transport)",
        ),
        Ok(Some(mailer)) => {
            findings.ok(&format!("mail: {}", settings.mail_in_words()));
            for fault in mailer.template_faults() {
                let (file, why) = (&fault.file, &fault.why);
                findings.wrong(&format!("mail.templates: {file}: {why}; the built-in one is used"));
            }
        }
    }
    let is_here = ["localhost", "127.0.0.1", "::1"].contains(&settings.mail_host.0.as_str());
    let is_plain = settings.mail_security == SmtpSecurity::DangerPlain;
    if settings.mail_transport == MailVia::Smtp && is_plain && !is_here {
        findings.unwise("mail.security: everybody on the way reads mail, and the password");
    }
}

/// Whether providers can be asked; none is.
fn social(settings: &Settings, findings: &mut Findings) {
    match settings.social_providers() {
        Err(error) => findings.wrong(&format!("social log-in: {error:#}")),
        Ok(None) => {}
        Ok(Some(social)) => {
            let names = social.providers.iter().map(|provider| provider.name());
            findings.ok(&format!(
                "social log-in: {}",
                names.collect::<Vec<_>>().join(", ")
            ));
            if settings.public_url.is_none() {
                findings.unwise(
                    "social log-in: providers send browsers back to this machine: set public_url",
                );
            }
        }
    }
    if let Some(path) = &settings.social_apple_key_file
        && others_may_read(path)
    {
        findings.wrong(&readable(path, "the key of Apple's log-in"));
    }
    for (is_on, what) in [
        (
            settings.has_compat("compat.social_get_code", settings.compat_social_get_code),
            "compat.social_get_code: anybody can make somebody's browser log in as themselves",
        ),
        (
            settings.has_compat(
                "compat.social_link_by_email",
                settings.compat_social_link_by_email,
            ),
            "compat.social_link_by_email: whoever writes an address into a provider's form is its owner",
        ),
    ] {
        if is_on
            && settings
                .social_providers()
                .is_ok_and(|social| social.is_some())
        {
            findings.unwise(what);
        }
    }
}

fn readable(path: &Path, what: &str) -> String {
    let path = path.display();
    format!("{path}: others may read {what}: chmod 600 {path}")
}
