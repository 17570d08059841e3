//! A new password for a command: asked for twice without echo, or from standard input; never an argument.

use std::io::{BufRead, IsTerminal};

use anyhow::{Context, bail};
use portcullis::core::PasswordHash;
use portcullis::django::password;
use portcullis::django::validators::{PasswordPolicy, UserAttributes};
use portcullis::web::MAX_PASSWORD_BYTES;

use super::exit::Usage;
use crate::command_line::PasswordFrom;
use crate::settings::Settings;

/// How often somebody at a terminal is asked again.
const TRIES: usize = 3;

/// Gets a password that the validators accept, and hashes it.
pub(super) fn new_password(
    settings: &Settings,
    from: PasswordFrom,
    owner: &UserAttributes<'_>,
) -> anyhow::Result<PasswordHash> {
    let typed = if from.password_stdin {
        let typed = first_line(std::io::stdin().lock())?;
        let complaints = complaints(&typed, owner);
        if !complaints.is_empty() {
            bail!(complaints.join("\n"));
        }
        typed
    } else if std::io::stdin().is_terminal() {
        ask(owner)?
    } else {
        let why =
            "the password is asked for on a terminal; elsewhere, give it with --password-stdin";
        return Err(Usage(why.to_owned()).into());
    };
    let hash = password::hash(&typed, &settings.hashers());
    hash.map(PasswordHash::new)
        .context("the password cannot be hashed")
}

fn ask(owner: &UserAttributes<'_>) -> anyhow::Result<String> {
    for _ in 0..TRIES {
        let typed = rpassword::prompt_password("Password: ").context("no password was read")?;
        let complaints = complaints(&typed, owner);
        if !complaints.is_empty() {
            eprintln!("{}", complaints.join("\n"));
            continue;
        }
        let again = rpassword::prompt_password("Password (again): ")?;
        if typed == again {
            return Ok(typed);
        }
        eprintln!("The two passwords are not the same.");
    }
    bail!("no password was set");
}

/// The first line, without its end; all else of it counts, blanks too.
fn first_line(input: impl BufRead) -> anyhow::Result<String> {
    let longest = u64::try_from(MAX_PASSWORD_BYTES).unwrap_or(u64::MAX) + 2;
    let mut line = Vec::new();
    input.take(longest).read_until(b'\n', &mut line)?;
    if line.ends_with(b"\n") {
        line.pop();
        if line.ends_with(b"\r") {
            line.pop();
        }
    }
    String::from_utf8(line).context("the password is not a text in UTF-8")
}

/// What is wrong with a new password; every complaint at once.
fn complaints(typed: &str, owner: &UserAttributes<'_>) -> Vec<String> {
    if typed.len() > MAX_PASSWORD_BYTES {
        return vec![format!(
            "The password is longer than {MAX_PASSWORD_BYTES} bytes."
        )];
    }
    let complaints = PasswordPolicy::default().validate(typed, Some(owner));
    complaints.into_iter().map(|error| error.message).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_line_is_taken_byte_for_byte() {
        for (input, typed) in [
            (" a b \nrest", " a b "),
            ("a\r\n", "a"),
            ("no end", "no end"),
            ("", ""),
        ] {
            assert_eq!(first_line(input.as_bytes()).unwrap(), typed);
        }
        assert!(first_line(b"\xff\n".as_slice()).is_err());
    }

    #[test]
    fn password_that_is_too_long_is_refused_before_it_is_hashed() {
        let long = "a1".repeat(MAX_PASSWORD_BYTES);
        let typed = first_line(long.as_bytes()).unwrap();
        assert_eq!(complaints(&typed, &UserAttributes::default()).len(), 1);
    }
}
