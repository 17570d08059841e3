//! The table `[live]` of the file: live models, by the names of [`LiveSettings`].

use portcullis::live::LiveSettings;
use serde_json::{Map, Value, json};
use toml::de::DeValue;

/// Reads the table.
///
/// # Errors
/// What is wrong, with the name of what it is about.
pub(super) fn read(table: &DeValue<'_>) -> Result<LiveSettings, String> {
    serde_json::from_value(plain(table)).map_err(|error| error.to_string())
}

/// The same values as JSON.
fn plain(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => json!(text.as_ref()),
        DeValue::Integer(number) => {
            json!(i64::from_str_radix(number.as_str(), number.radix()).ok())
        }
        DeValue::Float(number) => json!(number.as_str().parse::<f64>().ok()),
        DeValue::Boolean(value) => json!(value),
        DeValue::Datetime(at) => json!(at.to_string()),
        DeValue::Array(values) => values.iter().map(|value| plain(value.get_ref())).collect(),
        DeValue::Table(table) => {
            let entries = table.iter();
            let entries =
                entries.map(|(key, value)| (key.get_ref().to_string(), plain(value.get_ref())));
            Value::Object(entries.collect::<Map<_, _>>())
        }
    }
}
