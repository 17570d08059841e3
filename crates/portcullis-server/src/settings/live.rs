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

#[cfg(test)]
mod tests {
    use toml::de::{DeTable, DeValue};

    use super::read;

    fn of(text: &str) -> Result<portcullis::live::LiveSettings, String> {
        let table = DeTable::parse(text).unwrap();
        read(&DeValue::Table(table.into_inner()))
    }

    #[test]
    fn models_are_read_with_their_rules() {
        let text = "default_limit = 50\n[[models]]\nname = \"depot.Crate\"\ndecimals = { weight = [8, 3] }\n\
                    only = { site__is_open = true }\n";
        let settings = of(text).unwrap();
        assert_eq!(settings.default_limit, Some(50));
        let model = &settings.models[0];
        assert_eq!(model.decimals["weight"], (8, 3));
        assert_eq!(model.only["site__is_open"], true);
    }

    #[test]
    fn unknown_names_are_refused_by_name() {
        for text in [
            "default_limits = 50",
            "[[models]]\nname = \"a.B\"\nfield = []",
        ] {
            let why = of(text).unwrap_err();
            assert!(why.contains("unknown field `"), "{why}");
        }
    }
}
