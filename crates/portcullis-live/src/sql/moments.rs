//! Parts of dates and times: `packed_at__month`.

use portcullis_sql::Dialect;

use crate::model::Kind;

/// The part's expression and kind; `None` where the kind has no such part.
pub(crate) fn part(
    dialect: Dialect,
    expression: &str,
    kind: &Kind,
    word: &str,
) -> Option<(String, Kind)> {
    let has_date = matches!(kind, Kind::Date | Kind::DateTime);
    let has_time = matches!(kind, Kind::Time | Kind::DateTime);
    let sqlite = dialect == Dialect::Sqlite;
    let formatted = |format: &str| format!("CAST(strftime('{format}', {expression}) AS INTEGER)");
    let extracted =
        |part: &str| format!("CAST(FLOOR(EXTRACT({part} FROM {expression})) AS bigint)");
    let both = |format: &str, part: &str| match sqlite {
        true => formatted(format),
        false => extracted(part),
    };
    let integer = match word {
        "year" if has_date => both("%Y", "year"),
        "month" if has_date => both("%m", "month"),
        "day" if has_date => both("%d", "day"),
        "week" if has_date => both("%V", "week"),
        "iso_year" if has_date => both("%G", "isoyear"),
        "iso_week_day" if has_date => both("%u", "isodow"),
        // Django's week begins on Sunday, with 1.
        "week_day" if has_date => format!("({} + 1)", both("%w", "dow")),
        "quarter" if has_date => match sqlite {
            true => format!("(({} + 2) / 3)", formatted("%m")),
            false => extracted("quarter"),
        },
        "hour" if has_time => both("%H", "hour"),
        "minute" if has_time => both("%M", "minute"),
        "second" if has_time => both("%S", "second"),
        "date" if *kind == Kind::DateTime => {
            let date = match sqlite {
                true => format!("date({expression})"),
                false => format!("CAST({expression} AS date)"),
            };
            return Some((date, Kind::Date));
        }
        "time" if *kind == Kind::DateTime => {
            let time = match sqlite {
                true => format!("substr({expression}, 12)"),
                false => format!("CAST({expression} AS time)"),
            };
            return Some((time, Kind::Time));
        }
        _ => return None,
    };
    Some((integer, Kind::Integer))
}
