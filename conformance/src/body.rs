//! How the bodies of requests are written: JSON, forms, multipart, and whatever a case gives raw.

use serde_json::{Map, Value};

use crate::case::Request;
use crate::error::Blocked;
use crate::variables::{Variables, shown};

const BOUNDARY: &str = "conformance-boundary-c41f";

/// The bytes and their media type, which is empty when none is sent.
pub type Body = (Vec<u8>, String);

/// Writes the body that a request has, if any.
///
/// # Errors
/// When a name stands for nothing, or hexadecimal is not.
pub fn write(request: &Request, variables: &Variables) -> Result<Option<Body>, Blocked> {
    if let Some(json) = &request.json {
        let text = variables.fill(json)?.to_string();
        return Ok(Some((text.into_bytes(), "application/json".to_owned())));
    }
    if let Some(form) = &request.form {
        let text = urlencoded(&variables.fill_table(form)?);
        let media_type = "application/x-www-form-urlencoded".to_owned();
        return Ok(Some((text.into_bytes(), media_type)));
    }
    if let Some(fields) = &request.multipart {
        let media_type = format!("multipart/form-data; boundary={BOUNDARY}");
        return Ok(Some((
            multipart(&variables.fill_table(fields)?),
            media_type,
        )));
    }
    let bytes = match (&request.raw, &request.raw_hex) {
        (Some(raw), _) => variables.fill_text(raw)?.into_bytes(),
        (None, Some(hex)) => from_hex(hex)?,
        (None, None) => return Ok(None),
    };
    let media_type = request.media_type.as_deref().unwrap_or("application/json");
    Ok(Some((bytes, variables.fill_text(media_type)?)))
}

/// A form or a query; a list repeats its key, a blank becomes `+`.
#[must_use]
pub fn urlencoded(table: &Map<String, Value>) -> String {
    let encode = |text: &str| percent_encode(text, "~ ").replace(' ', "+");
    let mut pairs = Vec::new();
    for (name, value) in table {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        for value in values {
            pairs.push(format!("{}={}", encode(name), encode(&shown(value))));
        }
    }
    pairs.join("&")
}

/// Percent-encodes all but letters, digits, `_.-` and the given characters.
#[must_use]
pub fn percent_encode(text: &str, keep: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "_.-".contains(c) || keep.contains(c) {
            out.push(c);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn multipart(fields: &Map<String, Value>) -> Vec<u8> {
    let mut out = String::new();
    for (name, value) in fields {
        out.push_str(&format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\""
        ));
        let mut content = value;
        if let Value::Object(file) = value {
            let part = |key: &str| file.get(key).map(shown);
            let filename = part("filename").unwrap_or_default();
            let media_type = part("type").unwrap_or_else(|| "text/plain".to_owned());
            out.push_str(&format!(
                "; filename=\"{filename}\"\r\nContent-Type: {media_type}"
            ));
            content = file.get("content").unwrap_or(&Value::Null);
        }
        out.push_str(&format!("\r\n\r\n{}\r\n", shown(content)));
    }
    out.push_str(&format!("--{BOUNDARY}--\r\n"));
    out.into_bytes()
}

fn from_hex(hex: &str) -> Result<Vec<u8>, Blocked> {
    let bad = || Blocked::new(format!("raw_hex is not hexadecimal: {hex:?}"));
    let digits: Vec<char> = hex.chars().filter(|c| !c.is_whitespace()).collect();
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => {
                let value = high.to_digit(16).zip(low.to_digit(16)).ok_or_else(bad)?;
                u8::try_from(value.0 * 16 + value.1).map_err(|_| bad())
            }
            _ => Err(bad()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{from_hex, multipart, urlencoded};

    fn table(value: &Value) -> serde_json::Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn forms_repeat_the_keys_of_lists() {
        let form = table(&json!({"a b": ["1", 2], "e": "ë&+~", "t": ""}));
        assert_eq!(urlencoded(&form), "a+b=1&a+b=2&e=%C3%AB%26%2B~&t=");
    }

    #[test]
    fn multipart_tells_files_from_fields() {
        let file = json!({"filename": "a.txt", "content": "hi"});
        let bytes = multipart(&table(&json!({"a": 1, "f": file})));
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("name=\"a\"\r\n\r\n1\r\n"), "{text}");
        let head = "name=\"f\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhi\r\n";
        assert!(text.contains(head), "{text}");
        assert!(text.ends_with("--\r\n"), "{text}");
    }

    #[test]
    fn hexadecimal_that_is_none_is_refused() {
        assert_eq!(from_hex("7bFF"), Ok(vec![0x7b, 0xff]));
        assert!(from_hex("7").is_err());
        assert!(from_hex("zz").is_err());
    }
}
