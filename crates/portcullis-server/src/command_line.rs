//! The command line: the commands, and a flag for each setting.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, FromArgMatches, Parser, Subcommand};

use crate::settings::{FIELDS, Settings, SettingsError, flag_of};

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, about = "One gate for every door.")]
pub struct CommandLine {
    /// What to do; serving is the default.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The file with the settings; `portcullis.toml` when it is there.
    #[arg(long, env = "PORTCULLIS_CONFIG", value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// A flag for each setting.
    #[command(flatten)]
    pub flags: Flags,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Create and migrate the database, and serve.
    Serve,
    /// Bring the database's tables up to date, and stop.
    Migrate {
        /// On PostgreSQL, add triggers named portcullis_* that tell of what others write as well: answers
        /// are then kept in memory, and open sockets hear of it. `beside --leave` removes them.
        #[arg(long)]
        triggers: bool,
    },
    /// Print every door with its authenticators and permission.
    Routes,
    /// Print every setting, its value and where it was said; secrets are hidden.
    Settings {
        /// Print the example file instead: every setting with its meaning and default.
        #[arg(long)]
        example: bool,
    },
    /// Look for what is wrong or unwise: settings, secrets, the database. Exits with 1 if something is wrong.
    Check,
    /// Make a user with every permission. The password is asked for twice.
    Createsuperuser {
        /// Their e-mail address.
        #[arg(long)]
        email: Option<String>,
        /// Their log-in name; the address when it is left out.
        #[arg(long)]
        username: Option<String>,
        /// How the password is given.
        #[command(flatten)]
        password: PasswordFrom,
    },
    /// Set a user's password, and end all of their logins.
    Changepassword {
        /// Log-in name or e-mail address.
        name: String,
        /// How the password is given.
        #[command(flatten)]
        password: PasswordFrom,
    },
    /// Make, list and end device tokens.
    Token {
        /// What to do with them.
        #[command(subcommand)]
        what: TokenCommand,
    },
    /// List where a user is logged in, on every device and by every scheme, or end all of it.
    Logins {
        /// Log-in name or e-mail address.
        name: String,
        /// End all of them, with their sessions, tokens and JWTs.
        #[arg(long)]
        end: bool,
    },
    /// See whether mail arrives.
    Mail {
        /// What to do with it.
        #[command(subcommand)]
        what: MailCommand,
    },
    /// Make an invitation for an address, with which it can sign up once in 7 days; print it, this once,
    /// and mail a link where mail is set up.
    Invite {
        /// The e-mail address.
        email: String,
    },
    /// Print the audit log: who logged in and out, from where, and what became of accounts.
    Audit(AuditCommand),
    /// Look at the database of a Django project, and write the settings to run beside it.
    Beside(Beside),
    /// Remove sessions and tokens that are over, and old lines of the audit log.
    Clearsessions,
    /// Say what a door decides about a user, and why, without its handler.
    Explain {
        /// Log-in name or e-mail address; nobody when it is left out.
        #[arg(long = "as", value_name = "NAME")]
        who: Option<String>,
        /// Such as GET.
        method: String,
        /// Such as /api/user/.
        path: String,
    },
}

/// Which lines of the audit log are printed, and how.
#[derive(Args, Clone, Debug)]
pub struct AuditCommand {
    /// About this user only: log-in name or e-mail address.
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Of this event only, such as login.
    #[arg(long)]
    pub event: Option<String>,
    /// Not older than this: 90m, 12h, 7d, or a time such as 2026-01-02T03:04:05Z.
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// The last so many.
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub limit: u32,
    /// One JSON object in each line.
    #[arg(long)]
    pub json: bool,
    /// Go on with the lines that are written from now on.
    #[arg(long)]
    pub follow: bool,
}

/// What `beside` looks at.
#[derive(Args, Clone, Debug)]
pub struct Beside {
    /// The project's database: a file of SQLite, or postgres://USER:PASSWORD@HOST/NAME.
    #[arg(value_name = "PATH-OR-URL")]
    pub database: String,
    /// The folder of the project's manage.py, which is asked for its settings.
    #[arg(long, value_name = "DIR")]
    pub project: Option<PathBuf>,
    /// The Python that runs it; that of a virtual environment in the folder when it is left out.
    #[arg(long, value_name = "FILE")]
    pub python: Option<PathBuf>,
    /// Add our tables, named portcullis_*; Django's stay as they are.
    #[arg(long, conflicts_with = "leave")]
    pub migrate: bool,
    /// On PostgreSQL, add our triggers to Django's tables as well, which tell of what Django writes.
    #[arg(long, requires = "migrate")]
    pub triggers: bool,
    /// Remove everything named portcullis_* from the database, and do nothing else.
    #[arg(long)]
    pub leave: bool,
}

/// How a command gets a password.
#[derive(Args, Clone, Copy, Debug)]
pub struct PasswordFrom {
    /// Take the password from the first line of standard input.
    #[arg(long)]
    pub password_stdin: bool,
}

/// What can be done with device tokens.
#[derive(Clone, Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it, this once.
    Create {
        /// Log-in name or e-mail address.
        name: String,
        /// What the device is called in the list.
        #[arg(long, default_value = "portcullis token create")]
        device: String,
    },
    /// List a user's tokens: number, device, since when and until when.
    List {
        /// Log-in name or e-mail address.
        name: String,
    },
    /// End a token, by its number in the list.
    Revoke {
        /// The number.
        id: i64,
    },
}

/// What can be done with mail.
#[derive(Clone, Debug, Subcommand)]
pub enum MailCommand {
    /// Send a mail now, and say what came of it.
    Test {
        /// To whom.
        address: String,
    },
}

/// The settings that were said by flags, by setting's name.
#[derive(Clone, Debug, Default)]
pub struct Flags(pub BTreeMap<String, String>);

/// Settings that hold secrets have no flag: a command line is seen by everybody on the machine.
fn has_flag(key: &str) -> bool {
    !matches!(
        key,
        "secret_key"
            | "secret_key_fallbacks"
            | "jwt.signing_key"
            | "jwt.older_signing_keys"
            | "mail.password"
    ) && !key.ends_with("_client_secret")
}

impl Args for Flags {
    fn augment_args(mut command: clap::Command) -> clap::Command {
        for field in FIELDS.iter().filter(|field| has_flag(field.key)) {
            let help: Vec<&str> = field.docs.iter().map(|line| line.trim()).collect();
            let flag = Arg::new(field.key)
                .long(flag_of(field.key))
                .help(help.join(" "))
                .value_name("VALUE")
                .help_heading("Settings")
                // There are many, and few need them: the example file has them.
                .hide(
                    ["http.", "social."]
                        .iter()
                        .any(|table| field.key.starts_with(table)),
                )
                .global(true);
            command = command.arg(flag);
        }
        command
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let keys = FIELDS.iter().map(|field| field.key);
        let said = keys.filter(|key| has_flag(key)).filter_map(|key| {
            let value = matches.get_one::<String>(key)?;
            Some((key.to_owned(), value.clone()))
        });
        Ok(Self(said.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.extend(Self::from_arg_matches(matches)?.0);
        Ok(())
    }
}

impl CommandLine {
    /// The settings that the file, the process' environment and this line say.
    ///
    /// # Errors
    /// With every fault that was found, each with its place.
    pub fn settings(&self) -> Result<Settings, SettingsError> {
        let environment = std::env::vars_os().map(|(name, value)| {
            let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
            (text(name), text(value))
        });
        Settings::load(
            self.config.as_deref(),
            environment.collect(),
            self.flags.0.clone(),
        )
    }
}
