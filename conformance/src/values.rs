//! What a `let` step makes: encodings, repetitions, random text, forged tokens.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::body::percent_encode;
use crate::error::Blocked;
use crate::forge;
use crate::moment;
use crate::variables::{Variables, shown};

/// Makes the value. A table with one key names the way (`b64`, `b64_latin1`, `rand_hex`, `rand_ip`,
/// `repeat`, `upper`, `swap_last`, `cut`, `quote`, `jwt`); anything else stands for itself.
///
/// # Errors
/// When the way is unknown, or its argument is not what it needs.
pub fn make(spec: &Value, variables: &Variables) -> Result<Value, Blocked> {
    let single = spec.as_object().filter(|table| table.len() == 1);
    let Some((kind, argument)) = single.and_then(|table| table.iter().next()) else {
        return variables.fill(spec);
    };
    let argument = variables.fill(argument)?;
    let text = shown(&argument);
    let made = match kind.as_str() {
        "b64" => STANDARD.encode(text),
        "b64_latin1" => STANDARD.encode(latin1(&text)?),
        "rand_hex" => moment::random_hex(number(&argument)?),
        "rand_ip" => moment::random_address(),
        "repeat" => field(&argument, "text")?.repeat(number(&argument["times"])?),
        "upper" => text.to_uppercase(),
        "swap_last" => swap_last(&text),
        "cut" => cut(&argument)?,
        "quote" => percent_encode(&text, "~"),
        "jwt" => forge::token(argument, moment::now())?,
        other => return Err(Blocked::new(format!("let knows no {other}"))),
    };
    Ok(Value::String(made))
}

/// Replaces the last character by another of the hexadecimal alphabet.
fn swap_last(text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    if let Some(last) = chars.last_mut() {
        *last = if *last == '0' { '1' } else { '0' };
    }
    chars.into_iter().collect()
}

/// `text` from character `from` up to `to`.
fn cut(argument: &Value) -> Result<String, Blocked> {
    let text = field(argument, "text")?;
    let bound = |name: &str, default| match argument.get(name) {
        None | Some(Value::Null) => Ok(default),
        Some(value) => number(value),
    };
    let from = bound("from", 0)?;
    let to = bound("to", text.chars().count())?;
    Ok(text
        .chars()
        .skip(from)
        .take(to.saturating_sub(from))
        .collect())
}

fn latin1(text: &str) -> Result<Vec<u8>, Blocked> {
    text.chars()
        .map(|c| u8::try_from(u32::from(c)))
        .collect::<Result<_, _>>()
        .map_err(|_| Blocked::new(format!("{text:?} is not Latin-1")))
}

fn field<'v>(argument: &'v Value, name: &str) -> Result<&'v str, Blocked> {
    argument[name]
        .as_str()
        .ok_or_else(|| Blocked::new(format!("let needs text under {name} in {argument}")))
}

fn number(value: &Value) -> Result<usize, Blocked> {
    value
        .as_u64()
        .and_then(|number| usize::try_from(number).ok())
        .ok_or_else(|| Blocked::new(format!("let needs a number, not {value}")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::make;
    use crate::variables::Variables;

    fn made(spec: &Value) -> Value {
        let table = json!({"u": "zoë"}).as_object().cloned().unwrap_or_default();
        make(spec, &Variables::new(table)).unwrap()
    }

    #[test]
    fn text_is_encoded_in_the_named_way() {
        assert_eq!(made(&json!({"b64": "{{u}}:x"})), "em/Dqzp4");
        assert_eq!(made(&json!({"b64_latin1": "{{u}}:x"})), "em/rOng=");
        assert_eq!(made(&json!({"quote": "a/ë ~"})), "a%2F%C3%AB%20~");
        assert_eq!(made(&json!({"upper": "{{u}}"})), "ZOË");
    }

    #[test]
    fn text_is_repeated_cut_and_spoilt() {
        assert_eq!(made(&json!({"repeat": {"text": "ab", "times": 2}})), "abab");
        assert_eq!(
            made(&json!({"cut": {"text": "abcd", "from": 1, "to": 3}})),
            "bc"
        );
        assert_eq!(made(&json!({"swap_last": "ab0"})), "ab1");
        assert_eq!(made(&json!({"swap_last": "abc"})), "ab0");
    }

    #[test]
    fn tables_of_several_keys_and_plain_text_stand_for_themselves() {
        assert_eq!(
            made(&json!({"a": "{{u}}", "b": 1})),
            json!({"a": "zoë", "b": 1})
        );
        assert_eq!(made(&json!("{{u}}")), "zoë");
    }

    #[test]
    fn random_values_have_their_form() {
        assert_eq!(
            made(&json!({"rand_hex": 4})).as_str().map(str::len),
            Some(8)
        );
        let address = made(&json!({"rand_ip": 1}));
        assert!(
            address
                .as_str()
                .unwrap()
                .parse::<std::net::Ipv4Addr>()
                .is_ok()
        );
    }

    #[test]
    fn an_unknown_way_is_refused() {
        let error = make(&json!({"rot13": "a"}), &Variables::default()).unwrap_err();
        assert_eq!(error.to_string(), "let knows no rot13");
    }
}
