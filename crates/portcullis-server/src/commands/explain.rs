//! `portcullis explain`: what a door decides about somebody, and why.

use anyhow::Context;
use http::{Method, StatusCode};
use portcullis::core::{
    Authenticated, Clock, ListedLogin, LoginListStore, Scheme, SystemClock, User, Verdict,
};
use portcullis::sql::Database;
use portcullis::web::{Doors, Explanation};
use time::{Duration, OffsetDateTime};

use super::exit::Usage;
use super::opening::{doors_alone, open_existing, user};
use super::table::{printable, say};
use crate::settings::Settings;

/// Where the second line's words begin.
const INDENT: &str = "             ";

/// Prints the decision of the door at `path` about the user of that name, or about nobody.
pub(super) async fn explain(
    settings: &Settings,
    who: Option<&str>,
    method: &str,
    path: &str,
) -> anyhow::Result<()> {
    let method = Method::from_bytes(method.to_uppercase().as_bytes())
        .map_err(|_| Usage(format!("{:?} is no method, such as GET", printable(method))))?;
    if !path.starts_with('/') || path.parse::<http::Uri>().is_err() {
        let why = format!("{:?} is no path, such as /api/user/", printable(path));
        return Err(Usage(why).into());
    }
    let path = path.split('?').next().unwrap_or(path);
    let database = open_existing(settings).await?;
    let doors = doors_alone(settings, database.clone()).await?;
    let Some(authenticators) = doors.authenticators_at(path).await else {
        return say(&no_door(&doors, path).await);
    };
    let (proof, how) = match who {
        Some(name) => {
            let user = user(&database, name).await?;
            if !user.is_active && authenticators.iter().any(|name| *name != SESSION) {
                return say(&format!(
                    "refused 401  {} is not active: their tokens and passwords are refused\n",
                    printable(&user.username)
                ));
            }
            recognise(&database, user, &authenticators).await?
        }
        None => (None, "nobody is logged in".to_owned()),
    };
    let explanation = doors.explain(proof, &method, path).await;
    let explanation = explanation.context("the door is gone")?;
    say(&told(&explanation, &how))
}

const SESSION: &str = "SessionAuthentication";

/// How a user would be recognised at a door: by their newest login, or else as if by the first authenticator.
async fn recognise(
    database: &Database,
    user: User,
    authenticators: &[&'static str],
) -> anyhow::Result<(Option<Authenticated>, String)> {
    if !user.is_active {
        return Ok((
            None,
            "not authenticated (the user is not active)".to_owned(),
        ));
    }
    let now = SystemClock.now();
    let logins = database.list_logins(&user.id).await?;
    let fitting = logins.into_iter().find_map(|login| {
        let is_over = login.expires.is_some_and(|expires| expires <= now);
        let name = authenticator_of(&login.scheme).filter(|_| !is_over)?;
        authenticators.contains(&name).then_some((name, login))
    });
    let (authenticator, login, how) = match (fitting, authenticators.first()) {
        (Some((name, login)), _) => {
            let how = described(&login, now);
            (
                name,
                Some(login.id),
                format!("authenticated by {name} ({how})"),
            )
        }
        (None, Some(name)) => (
            *name,
            None,
            format!("authenticated as if by {name} (no login that this door knows is open)"),
        ),
        (None, None) => {
            return Ok((
                None,
                "not authenticated (this door asks nobody who they are)".to_owned(),
            ));
        }
    };
    let proof = Authenticated {
        user: user.into(),
        login,
        credential_digest: None,
        authenticator,
    };
    Ok((Some(proof), how))
}

fn authenticator_of(scheme: &Scheme) -> Option<&'static str> {
    match scheme {
        Scheme::Device => Some("DeviceTokenAuthentication"),
        Scheme::Session => Some(SESSION),
        Scheme::Jwt => Some("JWTAuthentication"),
        _ => None,
    }
}

/// Such as `device "bob's phone", since 3 days`.
fn described(login: &ListedLogin, now: OffsetDateTime) -> String {
    let device = match login.device.as_str() {
        "" => "without a name".to_owned(),
        name => format!("\"{}\"", printable(name)),
    };
    format!(
        "{} {device}, since {}",
        login.scheme,
        age(now - login.created)
    )
}

/// A duration in its largest unit.
fn age(duration: Duration) -> String {
    let (number, unit) = match duration {
        d if d.whole_days() > 0 => (d.whole_days(), "day"),
        d if d.whole_hours() > 0 => (d.whole_hours(), "hour"),
        d => (d.whole_minutes().max(1), "minute"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

/// The answer: the outcome and how they were recognised, then each permission's word.
fn told(explanation: &Explanation, how: &str) -> String {
    let outcome = match &explanation.refusal {
        Some(refusal) => format!("refused {}", refusal.status().as_u16()),
        None => "allowed".to_owned(),
    };
    let mut text = format!("{outcome:<11}  {how}\n");
    let words: Vec<String> = explanation
        .verdicts
        .iter()
        .map(|(name, verdict)| match verdict {
            Verdict::Allow => format!("{name}: yes"),
            Verdict::Deny(None) => format!("{name}: no"),
            Verdict::Deny(Some(why)) => format!("{name}: no ({why})"),
            Verdict::NeedsObject => format!("{name}: when the object is known"),
        })
        .collect();
    text += &format!("{INDENT}{}\n", words.join("   "));
    let status = explanation.refusal.as_ref().map(|refusal| refusal.status());
    if status == Some(StatusCode::METHOD_NOT_ALLOWED) {
        text += &format!(
            "{INDENT}{} has no handler for this method\n",
            explanation.route
        );
    } else if explanation.needs_object {
        text += &format!("{INDENT}the handler asks again about the object\n");
    }
    text
}

async fn no_door(doors: &Doors, path: &str) -> String {
    let slashed = format!("{path}/");
    if doors.authenticators_at(&slashed).await.is_some() {
        return format!("sent to 301  the door is {}\n", printable(&slashed));
    }
    format!(
        "refused 404  there is no door at {}   (portcullis routes)\n",
        printable(path)
    )
}
