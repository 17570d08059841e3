//! Times as Django writes them on SQLite: UTC text, the fraction left out when it is zero.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, UtcOffset};

const SECONDS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
const MICROSECONDS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:6]");

/// `2026-01-02 03:04:05.000006`, or `2026-01-02 03:04:05`; finer than microseconds is cut off.
///
/// Such texts compare as the times do, also those with a fraction against those without.
///
/// ```
/// use portcullis_sql::timestamp;
/// let text = timestamp::write(time::OffsetDateTime::UNIX_EPOCH);
/// assert_eq!(text, "1970-01-01 00:00:00");
/// ```
#[must_use]
pub fn write(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    let format = if at.microsecond() == 0 {
        SECONDS
    } else {
        MICROSECONDS
    };
    // Both formats only use parts that every time has.
    at.format(&format).unwrap_or_default()
}

/// The time of such a text; `None` when it is not one.
#[must_use]
pub fn read(text: &str) -> Option<OffsetDateTime> {
    read_plain(text.as_bytes()).or_else(|| read_any(text))
}

/// The same for what nearly all texts are: a year of four digits, and a fraction of six or none. Rows are read
/// at each request, and a format takes thousands of instructions.
fn read_plain(text: &[u8]) -> Option<OffsetDateTime> {
    let (main, micros) = match text {
        [main @ .., b'.', a, b, c, d, e, f] if main.len() == 19 => {
            (main, number(&[*a, *b, *c, *d, *e, *f])?)
        }
        main if main.len() == 19 => (main, 0),
        _ => return None,
    };
    let part = |from: usize, to: usize| number(main.get(from..to)?);
    let small = |from: usize| u8::try_from(part(from, from + 2)?).ok();
    let is_separated = [(4, b'-'), (7, b'-'), (10, b' '), (13, b':'), (16, b':')]
        .iter()
        .all(|&(place, sign)| main.get(place) == Some(&sign));
    if !is_separated {
        return None;
    }
    let year = i32::try_from(part(0, 4)?).ok()?;
    let month = Month::try_from(small(5)?).ok()?;
    let date = Date::from_calendar_date(year, month, small(8)?).ok()?;
    let at = date.with_hms_micro(small(11)?, small(14)?, small(17)?, micros);
    Some(at.ok()?.assume_utc())
}

/// A number of nothing but digits.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, digit| {
        let digit = digit.is_ascii_digit().then(|| u32::from(digit - b'0'))?;
        Some(sum * 10 + digit)
    })
}

fn read_any(text: &str) -> Option<OffsetDateTime> {
    let at = PrimitiveDateTime::parse(text, &SECONDS)
        .or_else(|_| PrimitiveDateTime::parse(text, &MICROSECONDS))
        .ok()?;
    Some(at.assume_utc())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::Duration;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(micros in -62_000_000_000_000_000_i64..253_000_000_000_000_000) {
            let at = OffsetDateTime::UNIX_EPOCH + Duration::microseconds(micros);
            prop_assert_eq!(read(&write(at)), Some(at));
        }

        #[test]
        fn texts_compare_as_times_do(a in 0_i64..4_000_000_000_000_000, step in 0_i64..2_000_000) {
            let at = OffsetDateTime::UNIX_EPOCH + Duration::microseconds(a);
            let later = at + Duration::microseconds(step);
            prop_assert!(write(at) <= write(later));
        }

        #[test]
        fn the_quick_way_reads_as_the_formats_do(text in "[0-9]{4}-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{6})?") {
            prop_assert_eq!(read_plain(text.as_bytes()), read_any(&text));
        }

        #[test]
        fn other_texts_are_none_and_never_panic(text in ".{0,40}") {
            let _ = read(&text);
        }
    }
}
