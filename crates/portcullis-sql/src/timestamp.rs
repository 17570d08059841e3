//! Times as Django writes them on SQLite: UTC text, the fraction left out when it is zero.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

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
        fn other_texts_are_none_and_never_panic(text in ".{0,40}") {
            let _ = read(&text);
        }
    }
}
