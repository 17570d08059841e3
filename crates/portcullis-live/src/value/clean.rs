//! What a client writes into a field, in DRF's words where it does not fit.

use serde_json::{Value as Json, json};

use super::decimal::Decimal;
use super::hyphenated;
use super::moment::{
    parse_date, parse_datetime, parse_time, write_date, write_datetime, write_time,
};
use crate::model::Kind;

const DATETIME: &str = "Datetime has wrong format. Use one of these formats instead: \
                        YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].";
const DATE: &str = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.";
const TIME: &str = "Time has wrong format. Use one of these formats instead: hh:mm[:ss[.uuuuuu]].";

/// The value in its one form, or what is wrong with it. Null and empty text are the caller's.
pub(crate) fn clean(kind: &Kind, value: &Json) -> Result<Json, String> {
    match kind {
        Kind::Auto | Kind::Integer => integer(value),
        Kind::Real => real(value),
        Kind::Decimal {
            max_digits,
            decimal_places,
        } => decimal(value, *max_digits, *decimal_places),
        Kind::Text { .. } | Kind::LongText => text(value, kind.max_length()),
        Kind::Email { .. } => {
            let cleaned = text(value, kind.max_length())?;
            let is_email = cleaned
                .as_str()
                .is_some_and(|text| portcullis_django::validators::validate_email(text).is_ok());
            match is_email {
                true => Ok(cleaned),
                false => Err("Enter a valid email address.".to_owned()),
            }
        }
        Kind::Boolean => boolean(value).ok_or_else(|| "Must be a valid boolean.".to_owned()),
        Kind::Date => moment(value, DATE, |text| parse_date(text).map(write_date)),
        Kind::Time => moment(value, TIME, |text| parse_time(text).map(write_time)),
        Kind::DateTime => moment(value, DATETIME, |text| {
            parse_datetime(text).map(write_datetime)
        }),
        Kind::Uuid => {
            let uuid = value.as_str().and_then(hyphenated);
            uuid.map(Json::String)
                .ok_or_else(|| "Must be a valid UUID.".to_owned())
        }
        Kind::Json => json_value(value),
        Kind::File { max_length } => match value {
            Json::String(path) if !path.contains('\0') => length(path.clone(), *max_length),
            _ => Err("Not a valid file path.".to_owned()),
        },
    }
}

fn integer(value: &Json) -> Result<Json, String> {
    let invalid = || "A valid integer is required.".to_owned();
    let text = match value {
        Json::Number(number) => number.to_string(),
        Json::String(text) if text.len() > 1000 => {
            return Err("String value too large.".to_owned());
        }
        Json::String(text) => text.trim().to_owned(),
        _ => return Err(invalid()),
    };
    // As DRF: `5.0` is an integer.
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
        _ => &text,
    };
    let digits = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let float = value.as_f64().filter(|float| float.fract() == 0.0);
        return float.map_or_else(|| Err(invalid()), |_| Err(too_large(value)));
    }
    match whole.parse::<i64>() {
        Ok(integer) => Ok(json!(integer)),
        Err(_) => Err(too_large(value)),
    }
}

fn too_large(value: &Json) -> String {
    let is_negative = value.as_f64().is_some_and(|number| number < 0.0)
        || value
            .as_str()
            .is_some_and(|text| text.trim().starts_with('-'));
    match is_negative {
        true => format!(
            "Ensure this value is greater than or equal to {}.",
            i64::MIN
        ),
        false => format!("Ensure this value is less than or equal to {}.", i64::MAX),
    }
}

fn real(value: &Json) -> Result<Json, String> {
    let number = match value {
        Json::Number(number) => number.as_f64(),
        Json::String(text) if text.len() <= 1000 => text.trim().parse().ok(),
        Json::Bool(is_one) => Some(f64::from(u8::from(*is_one))),
        _ => None,
    };
    number
        .filter(|number: &f64| number.is_finite())
        .map(|number| json!(number))
        .ok_or_else(|| "A valid number is required.".to_owned())
}

fn decimal(value: &Json, max_digits: u32, places: u32) -> Result<Json, String> {
    let text = match value {
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.clone(),
        _ => String::new(),
    };
    if text.len() > 1000 {
        return Err("String value too large.".to_owned());
    }
    let Some(decimal) = Decimal::parse(&text) else {
        return Err("A valid number is required.".to_owned());
    };
    if decimal.total_digits() > max_digits {
        return Err(format!(
            "Ensure that there are no more than {max_digits} digits in total."
        ));
    }
    if decimal.places() > places {
        return Err(format!(
            "Ensure that there are no more than {places} decimal places."
        ));
    }
    let whole = max_digits.saturating_sub(places);
    if decimal.whole_digits() > whole {
        return Err(format!(
            "Ensure that there are no more than {whole} digits before the decimal point."
        ));
    }
    Ok(Json::String(decimal.to_text(places)))
}

fn text(value: &Json, max_length: Option<u32>) -> Result<Json, String> {
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        _ => return Err("Not a valid string.".to_owned()),
    };
    if text.contains('\0') {
        return Err("Null characters are not allowed.".to_owned());
    }
    length(text.trim().to_owned(), max_length)
}

fn length(text: String, max_length: Option<u32>) -> Result<Json, String> {
    match max_length {
        Some(most) if text.chars().count() > most as usize => Err(format!(
            "Ensure this field has no more than {most} characters."
        )),
        _ => Ok(Json::String(text)),
    }
}

/// DRF's words for true and false.
fn boolean(value: &Json) -> Option<Json> {
    let truth = match value {
        Json::Bool(truth) => Some(*truth),
        Json::Number(number) => match number.as_f64() {
            Some(1.0) => Some(true),
            Some(0.0) => Some(false),
            _ => None,
        },
        Json::String(text) => match text.to_lowercase().as_str() {
            "t" | "y" | "yes" | "true" | "on" | "1" => Some(true),
            "f" | "n" | "no" | "false" | "off" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    };
    truth.map(Json::Bool)
}

fn moment(
    value: &Json,
    wrong: &str,
    read: impl Fn(&str) -> Option<String>,
) -> Result<Json, String> {
    let read = value.as_str().and_then(read);
    read.map(Json::String).ok_or_else(|| wrong.to_owned())
}

/// JSON as it is; PostgreSQL has no NUL in texts.
fn json_value(value: &Json) -> Result<Json, String> {
    fn has_nul(value: &Json) -> bool {
        match value {
            Json::String(text) => text.contains('\0'),
            Json::Array(items) => items.iter().any(has_nul),
            Json::Object(map) => map.iter().any(|(k, v)| k.contains('\0') || has_nul(v)),
            Json::Null | Json::Bool(_) | Json::Number(_) => false,
        }
    }
    match has_nul(value) {
        true => Err("Null characters are not allowed.".to_owned()),
        false => Ok(value.clone()),
    }
}
