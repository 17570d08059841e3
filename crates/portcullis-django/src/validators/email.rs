//! E-mail addresses.

use super::ValidationError;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Longest address the validator takes; Django's column holds 254.
pub const MAX_EMAIL_LENGTH: usize = 320;

/// Accepts what Django 5.2's `validate_email` accepts.
///
/// # Errors
/// Code `invalid`, "Enter a valid email address."
#[doc(alias = "EmailValidator")]
pub fn validate_email(email: &str) -> Result<(), ValidationError> {
    let fits = email.chars().count() <= MAX_EMAIL_LENGTH
        && email
            .rsplit_once('@')
            .is_some_and(|(local, domain)| is_local(local) && is_domain(domain));
    if fits {
        Ok(())
    } else {
        Err(ValidationError::new(
            "invalid",
            "Enter a valid email address.",
        ))
    }
}

/// The four letters beyond ASCII that Python's case-blind `[A-Z]` also matches.
fn folds_to_ascii(character: char) -> bool {
    matches!(character, '\u{130}' | '\u{131}' | '\u{17f}' | '\u{212a}')
}

fn is_local(local: &str) -> bool {
    let atom = |character: char| {
        character.is_ascii_alphanumeric()
            || folds_to_ascii(character)
            || "-!#$%&'*+/=?^_`{}|~".contains(character)
    };
    let dotted = |part: &str| !part.is_empty() && part.chars().all(atom);
    local.split('.').all(dotted) || is_quoted(local)
}

/// `"..."`: no bare space, quote, tab or line end; a backslash in front of most characters.
fn is_quoted(local: &str) -> bool {
    let Some(inner) = local
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    else {
        return false;
    };
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        let fits = match character {
            '\\' => characters.next().is_some_and(|next| {
                next.is_ascii() && !matches!(next, '\0' | '\n' | '\r') || folds_to_ascii(next)
            }),
            '\0' | '\t' | '\n' | '\r' | ' ' | '"' => false,
            other => other.is_ascii() || folds_to_ascii(other),
        };
        if !fits {
            return false;
        }
    }
    true
}

fn is_domain(domain: &str) -> bool {
    if domain == "localhost" {
        return true;
    }
    if let Some(address) = domain
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return address.parse::<Ipv4Addr>().is_ok() || address.parse::<Ipv6Addr>().is_ok();
    }
    domain
        .rsplit_once('.')
        .is_some_and(|(labels, last)| labels.split('.').all(is_label) && is_last_label(last))
}

/// A letter of a domain: ASCII, or U+00A1 to U+FFFF.
fn is_letter(character: char) -> bool {
    character.is_ascii_alphabetic() || ('\u{a1}'..='\u{ffff}').contains(&character)
}

/// 1 to 63 letters, digits and inner hyphens.
fn is_label(label: &str) -> bool {
    let fits =
        |character: char| is_letter(character) || character.is_ascii_digit() || character == '-';
    (1..=63).contains(&label.chars().count())
        && has_no_outer_hyphen(label)
        && label.chars().all(fits)
}

/// 2 to 63 letters and inner hyphens, or `xn--` and 1 to 59 ASCII letters and digits.
fn is_last_label(label: &str) -> bool {
    let plain = (2..=63).contains(&label.chars().count())
        && label
            .chars()
            .all(|character| is_letter(character) || character == '-');
    let puny = label
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("xn--"))
        && label.get(4..).is_some_and(|rest| {
            let fits = |c: char| c.is_ascii_alphanumeric() || folds_to_ascii(c);
            (1..=59).contains(&rest.chars().count()) && rest.chars().all(fits)
        });
    has_no_outer_hyphen(label) && (plain || puny)
}

fn has_no_outer_hyphen(label: &str) -> bool {
    !label.starts_with('-') && !label.ends_with('-')
}
