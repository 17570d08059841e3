//! `audit`: the audit log, the newest line last.

use std::collections::BTreeSet;

use portcullis::core::{
    AuditEvent, AuditFilter, AuditRecord, AuditStore, Clock, Device, SystemClock,
};
use portcullis::sql::Database;
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

use super::exit::Usage;
use super::opening::{open_existing, user};
use super::table::{printable, say, table};
use crate::command_line::AuditCommand;
use crate::settings::Settings;

/// How long to wait before looking for new lines again.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(1);

/// Lines are numbered before they are durable: so many of the last ones are looked at again.
const OVERLAP: u32 = 1000;

/// How many new lines are taken at once.
const MANY: u32 = 100_000;

/// Who does what a command does, as the audit log names them.
pub(super) fn operator() -> Device {
    Device::named("portcullis, the command")
}

/// Prints what is wanted.
pub(super) async fn run(settings: &Settings, what: AuditCommand) -> anyhow::Result<()> {
    // What can be wrong is looked at before anything is opened.
    let event = what.event.as_deref().map(event_of).transpose()?;
    let now = SystemClock.now();
    let since = what.since.as_deref().map(|text| since(text, now));
    let since = since.transpose()?;
    let database = open_existing(settings).await?;
    let about = match &what.user {
        Some(name) => Some(user(&database, name).await?.id),
        None => None,
    };
    let filter = AuditFilter {
        user: about,
        event,
        since,
        after: None,
        before: None,
        limit: what.limit,
    };
    // What is there counts as seen, whether it was asked for or not.
    let last = AuditFilter {
        limit: OVERLAP,
        ..AuditFilter::default()
    };
    let before = database.audit(&last).await?;
    let records = database.audit(&filter).await?;
    print(&records, what.json, true)?;
    if what.follow {
        let seen = before.iter().chain(&records).map(|record| record.id);
        follow(&database, filter, seen.collect(), what.json).await?;
    }
    Ok(())
}

/// Prints new lines until the process is told to stop, or nobody reads them.
async fn follow(
    database: &Database,
    filter: AuditFilter,
    mut seen: BTreeSet<i64>,
    as_json: bool,
) -> anyhow::Result<()> {
    loop {
        tokio::time::sleep(PAUSE).await;
        let newest = seen.last().copied().unwrap_or(0);
        seen = seen.split_off(&(newest - i64::from(OVERLAP)));
        let new = AuditFilter {
            after: Some(seen.first().map_or(0, |oldest| oldest - 1)),
            limit: MANY,
            ..filter.clone()
        };
        let mut records = database.audit(&new).await?;
        records.retain(|record| seen.insert(record.id));
        print(&records, as_json, false)?;
    }
}

fn print(records: &[AuditRecord], as_json: bool, has_heading: bool) -> anyhow::Result<()> {
    if as_json {
        let lines = records.iter().map(|record| format!("{}\n", object(record)));
        return say(&lines.collect::<String>());
    }
    let heading = [
        "TIME", "EVENT", "OUTCOME", "USER", "SCHEME", "ADDRESS", "DEVICE",
    ];
    let heading = has_heading.then(|| heading.map(str::to_owned));
    let rows = heading.into_iter().chain(records.iter().map(row));
    say(&table(rows.collect()))
}

fn row(record: &AuditRecord) -> [String; 7] {
    let or_none = |text: &str| match text {
        "" => "-".to_owned(),
        text => printable(text),
    };
    let user = match (&record.username, &record.user) {
        (Some(name), _) => name.clone(),
        (None, Some(id)) => format!("#{id}"),
        (None, None) => String::new(),
    };
    [
        moment(record.at),
        printable(&record.event),
        printable(&record.outcome),
        or_none(&user),
        or_none(&record.scheme),
        or_none(record.address.as_deref().unwrap_or_default()),
        or_none(&record.device),
    ]
}

fn object(record: &AuditRecord) -> serde_json::Value {
    json!({
        "id": record.id,
        "at": record.at.format(&Rfc3339).unwrap_or_default(),
        "event": record.event,
        "outcome": record.outcome,
        "user": record.user.as_ref().map(ToString::to_string),
        "username": record.username,
        "scheme": record.scheme,
        "address": record.address,
        "device": record.device,
    })
}

/// Such as `2026-01-02 03:04:05Z`.
fn moment(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    let (date, hour, minute, second) = (at.date(), at.hour(), at.minute(), at.second());
    format!("{date} {hour:02}:{minute:02}:{second:02}Z")
}

fn event_of(name: &str) -> anyhow::Result<AuditEvent> {
    let mut events = AuditEvent::ALL.into_iter();
    let found = events.find(|event| event.name() == name);
    let names = AuditEvent::ALL.map(AuditEvent::name).join(", ");
    found.ok_or_else(|| Usage(format!("--event: it is one of {names}")).into())
}

/// A time, or how long ago.
fn since(text: &str, now: OffsetDateTime) -> anyhow::Result<OffsetDateTime> {
    let ago = || {
        let unit = text.chars().last()?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        let count: i64 = text.strip_suffix(unit)?.parse().ok()?;
        now.checked_sub(Duration::seconds(count.checked_mul(seconds)?))
    };
    let at = || {
        let day = format!("{text}T00:00:00Z");
        let at = OffsetDateTime::parse(text, &Rfc3339);
        at.or_else(|_| OffsetDateTime::parse(&day, &Rfc3339)).ok()
    };
    let why = "--since: such as 90m, 12h, 7d, 2026-01-02 or 2026-01-02T03:04:05Z";
    ago()
        .or_else(at)
        .ok_or_else(|| Usage(why.to_owned()).into())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::since;

    #[test]
    fn times_are_said_in_three_ways() {
        let now = datetime!(2026-01-02 03:04:05 UTC);
        for (text, at) in [
            ("5s", datetime!(2026-01-02 03:04:00 UTC)),
            ("2d", datetime!(2025-12-31 03:04:05 UTC)),
            ("2026-01-01", datetime!(2026-01-01 00:00 UTC)),
            ("2026-01-01T01:00:00+01:00", datetime!(2026-01-01 00:00 UTC)),
        ] {
            assert_eq!(since(text, now).ok(), Some(at), "{text}");
        }
        for odd in ["", "d", "x", "9223372036854775807d", "2026", "1.5h"] {
            assert!(since(odd, now).is_err(), "{odd}");
        }
    }
}
