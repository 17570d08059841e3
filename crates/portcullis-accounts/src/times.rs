//! Times as DRF writes them.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// As DRF writes times; without the fraction where it is nothing.
const WITH_FRACTION: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");
const WHOLE: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// Such as `2026-01-02T13:04:05.000006Z`.
pub(crate) fn shown(at: OffsetDateTime) -> Value {
    let format = match at.microsecond() {
        0 => WHOLE,
        _ => WITH_FRACTION,
    };
    let utc = at.to_offset(time::UtcOffset::UTC);
    utc.format(format).map_or(Value::Null, Value::from)
}

/// The same, with the fraction always.
pub(crate) fn shown_exactly(at: OffsetDateTime) -> Value {
    let utc = at.to_offset(time::UtcOffset::UTC);
    utc.format(WITH_FRACTION).map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::shown;

    #[test]
    fn times_are_written_as_drf_does() {
        let at = datetime!(2026-01-02 03:04:05.000006 UTC);
        assert_eq!(shown(at), "2026-01-02T03:04:05.000006Z");
        let east = datetime!(2026-01-02 03:04:05 +01:00);
        assert_eq!(shown(east), "2026-01-02T02:04:05Z");
    }
}
