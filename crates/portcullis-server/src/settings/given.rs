//! A value as somebody wrote it, before it is known what it should be.

use std::fmt;

use toml::de::DeValue;

/// What a setting was given, from whichever place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Given {
    /// From the environment or the command line: everything is text there.
    Text(String),
    /// A string of the file.
    String(String),
    /// An integer of the file.
    Integer(i64),
    /// A number with a point of the file.
    Decimal(f64),
    /// A boolean of the file.
    Boolean(bool),
    /// A list of the file.
    List(Vec<Given>),
    /// Something that no setting is, by its name.
    Other(&'static str),
}

impl Given {
    pub(crate) fn of_toml(value: &DeValue<'_>) -> Self {
        match value {
            DeValue::String(text) => Self::String(text.clone().into_owned()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(Self::Other("a very large number"), Self::Integer),
            DeValue::Boolean(value) => Self::Boolean(*value),
            DeValue::Array(values) => {
                let values = values.iter().map(|value| Self::of_toml(value.get_ref()));
                Self::List(values.collect())
            }
            DeValue::Float(number) => number
                .as_str()
                .parse()
                .map_or(Self::Other("a number with a point"), Self::Decimal),
            DeValue::Datetime(_) => Self::Other("a date or time"),
            DeValue::Table(_) => Self::Other("a table"),
        }
    }

    /// The text, of the file or from outside.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number; underscores may stand between digits, as in the file.
    pub(crate) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Text(text) => text.trim().replace('_', "").parse().ok(),
            _ => None,
        }
    }

    /// A number, whole or not.
    pub(crate) fn decimal(&self) -> Option<f64> {
        match self {
            Self::Decimal(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
            // Far larger ones than a float can tell apart are out of every range.
            Self::Integer(number) => i32::try_from(*number).ok().map(f64::from),
            _ => None,
        }
    }

    /// True or false; from outside also 1, 0, yes, no, on and off.
    pub(crate) fn boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            Self::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Some(true),
                "false" | "0" | "no" | "off" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// A list; from outside one with commas, or one as the file has it: `["a", "b"]`.
    pub(crate) fn list(&self) -> Option<Vec<Self>> {
        match self {
            Self::List(values) => Some(values.clone()),
            Self::Text(text) => {
                if let Ok(value) = DeValue::parse(text)
                    && let list @ Self::List(_) = Self::of_toml(value.get_ref())
                {
                    return list.list();
                }
                let parts = text.split(',').map(str::trim);
                let parts = parts.filter(|part| !part.is_empty());
                Some(parts.map(|part| Self::Text(part.to_owned())).collect())
            }
            _ => None,
        }
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::String(text) => {
                // What is not a name is not repeated at length.
                let short: String = text.chars().take(80).collect();
                let rest = if short.len() < text.len() { "…" } else { "" };
                write!(f, "{short:?}{rest}")
            }
            Self::Integer(number) => number.fmt(f),
            Self::Decimal(number) => number.fmt(f),
            Self::Boolean(value) => value.fmt(f),
            Self::List(values) => {
                f.write_str("[")?;
                for (place, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if place > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Self::Other(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let list = Given::Text(text.to_owned()).list().unwrap();
        let texts = list.iter().map(|given| given.text().unwrap().to_owned());
        texts.collect()
    }

    #[test]
    fn lists_from_outside_have_commas_or_brackets() {
        assert_eq!(texts("a, b"), ["a", "b"]);
        assert_eq!(texts(r#"["a{1,2}", "b"]"#), ["a{1,2}", "b"]);
        assert_eq!(texts("[::1],localhost"), ["[::1]", "localhost"]);
        assert!(texts("").is_empty());
    }

    #[test]
    fn numbers_and_truths_are_read_from_text() {
        let text = |text: &str| Given::Text(text.to_owned());
        assert_eq!(text("1_000").integer(), Some(1000));
        assert_eq!(text("yes").boolean(), Some(true));
        assert_eq!(text("maybe").boolean(), None);
        // In the file, a number is a number.
        assert_eq!(Given::String("1".to_owned()).integer(), None);
    }
}
