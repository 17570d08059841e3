//! Dates and times in ISO 8601, as Django reads and DRF writes them.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// `2024-03-10`; the year has four digits.
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let year = parts.next().filter(|year| year.len() == 4)?;
    let (month, day) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let year = i32::try_from(number(year, 4)?).ok()?;
    // Django's dates begin with the year 1.
    if year < 1 {
        return None;
    }
    Date::from_calendar_date(year, month, u8::try_from(day).ok()?).ok()
}

/// `17:00`, `17:00:00` or `17:00:00.123456`.
pub(crate) fn parse_time(text: &str) -> Option<Time> {
    let (clock, fraction) = text
        .split_once(['.', ','])
        .map_or((text, None), |(clock, fraction)| (clock, Some(fraction)));
    let mut parts = clock.split(':');
    let hour = number(parts.next()?, 2)?;
    let minute = number(parts.next()?, 2)?;
    let second = parts.next();
    if parts.next().is_some() || (second.is_none() && fraction.is_some()) {
        return None;
    }
    let second = second.map_or(Some(0), |second| number(second, 2))?;
    let micros = match fraction {
        None => 0,
        Some(digits) if digits.is_empty() || digits.len() > 12 => return None,
        Some(digits) => {
            let digits: String = digits.chars().chain("000000".chars()).collect();
            number(digits.get(..6)?, 6)?
        }
    };
    let [hour, minute, second] = [hour, minute, second].map(u8::try_from);
    Time::from_hms_micro(hour.ok()?, minute.ok()?, second.ok()?, micros).ok()
}

/// A date, or a date and a time with or without an offset; UTC without one.
pub(crate) fn parse_datetime(text: &str) -> Option<OffsetDateTime> {
    let text = text.trim();
    if !text.is_ascii() {
        return None;
    }
    let Some((date, rest)) = text.split_once(['T', 't', ' ']) else {
        return Some(parse_date(text)?.midnight().assume_utc());
    };
    let date = parse_date(date)?;
    let rest = rest.trim();
    let (clock, offset) = match rest.strip_suffix(['Z', 'z']) {
        Some(clock) => (clock, UtcOffset::UTC),
        None => match rest.rfind(['+', '-']) {
            Some(at) => (&rest[..at], parse_offset(&rest[at..])?),
            None => (rest, UtcOffset::UTC),
        },
    };
    let time = parse_time(clock.trim())?;
    let local = PrimitiveDateTime::new(date, time).assume_offset(offset);
    let at = local.checked_to_offset(UtcOffset::UTC)?;
    (1..=9999).contains(&at.year()).then_some(at)
}

fn parse_offset(text: &str) -> Option<UtcOffset> {
    let (sign, digits) = (text.chars().next()?, text.get(1..)?);
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = match digits.len() {
        2 => (number(&digits, 2)?, 0),
        4 => (number(&digits[..2], 2)?, number(&digits[2..], 2)?),
        _ => return None,
    };
    let [hours, minutes] = [hours, minutes].map(|n| i8::try_from(n).ok());
    let (hours, minutes) = (hours?, minutes?);
    match sign {
        '-' => UtcOffset::from_hms(-hours, -minutes, 0).ok(),
        _ => UtcOffset::from_hms(hours, minutes, 0).ok(),
    }
}

/// A number of one to so many digits.
fn number(text: &str, most: usize) -> Option<u32> {
    let fits = !text.is_empty() && text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// `2024-03-10`.
pub(crate) fn write_date(date: Date) -> String {
    format!(
        "{:04}-{:02}-{:02}",
        date.year(),
        u8::from(date.month()),
        date.day()
    )
}

/// `17:00:00`, with six more digits where they are not zero.
pub(crate) fn write_time(time: Time) -> String {
    let (hour, minute, second, micros) = time.as_hms_micro();
    match micros {
        0 => format!("{hour:02}:{minute:02}:{second:02}"),
        micros => format!("{hour:02}:{minute:02}:{second:02}.{micros:06}"),
    }
}

/// `2024-03-01T08:30:00Z`.
pub(crate) fn write_datetime(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!("{}T{}Z", write_date(at.date()), write_time(at.time()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn moments_are_read_with_and_without_offset() {
        for (text, written) in [
            ("2025-05-05T05:05:05+02:00", "2025-05-05T03:05:05Z"),
            ("2024-03-01 08:30", "2024-03-01T08:30:00Z"),
            ("2024-03-01T08:30:00.5Z", "2024-03-01T08:30:00.500000Z"),
            ("2024-03-01", "2024-03-01T00:00:00Z"),
            ("2024-03-01T08:30:00-0330", "2024-03-01T12:00:00Z"),
        ] {
            assert_eq!(
                parse_datetime(text).map(write_datetime).as_deref(),
                Some(written)
            );
        }
        for text in [
            "",
            "yesterday",
            "2024-13-01",
            "2024-03-01T25:00",
            "24-03-01",
            "0000-01-01",
        ] {
            assert_eq!(parse_datetime(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = (parse_datetime(&text), parse_date(&text), parse_time(&text));
        }

        #[test]
        fn what_is_written_is_read(seconds in 0_i64..4_000_000_000, micros in 0_i64..1_000_000) {
            let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap()
                + time::Duration::microseconds(micros);
            prop_assert_eq!(parse_datetime(&write_datetime(at)), Some(at));
        }
    }
}
