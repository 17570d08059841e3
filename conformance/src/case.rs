//! What a case file says: cases, and the steps that they are made of.

use serde::Deserialize;
use serde_json::{Map, Value};

/// Names to values, in the file's order.
pub type Table = Map<String, Value>;

/// One case, after its rows under `each` were made cases of their own.
#[derive(Debug, Clone)]
pub struct Case {
    /// The name within the file, with `-id` of its row.
    pub name: String,
    /// What the case is about, for the report.
    pub area: String,
    /// The configuration of the server that it needs.
    pub profile: String,
    /// Another acceptable status of the last answer, where the recorded one is a defect.
    pub instead: Option<u16>,
    /// Variables of its own.
    pub variables: Table,
    /// What is done.
    pub steps: Vec<Step>,
}

/// One step of a case.
#[derive(Debug, Clone)]
pub enum Step {
    /// Sends a request.
    Request(Box<Request>),
    /// Makes variables.
    Let(Table),
    /// Reads the mail that was sent to an address.
    Mail {
        /// `to`, `count`, `capture`, with names still in them.
        spec: Value,
        /// Whether the count and the senders are compared.
        check: bool,
    },
    /// Plays the steps of a macro, uncompared.
    Use {
        /// The macro's name.
        name: String,
        /// Variables for it, a table.
        with: Value,
    },
    /// Waits so many seconds.
    Sleep(f64),
}

/// A request and what is done with its answer. Tables may be written as one name, `"{{name}}"`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Request {
    /// `METHOD /path`.
    pub req: String,
    /// A JSON body.
    #[serde(deserialize_with = "present")]
    pub json: Option<Value>,
    /// A form body; a list repeats its key.
    pub form: Option<Value>,
    /// A multipart body; a table with `filename`, `content`, `type` is a file.
    pub multipart: Option<Value>,
    /// A body as it is.
    pub raw: Option<String>,
    /// A body as it is, in hexadecimal.
    pub raw_hex: Option<String>,
    /// The media type of the two raw bodies.
    #[serde(rename = "type")]
    pub media_type: Option<String>,
    /// The query, encoded after the path.
    pub query: Option<Value>,
    /// Headers; null removes one, a list sends it several times.
    pub headers: Option<Value>,
    /// Cookies besides the jar's; null removes one.
    pub cookies: Option<Value>,
    /// The name of the cookie jar; each is another device.
    pub jar: Option<String>,
    /// Whether the jar's cookies are sent; they are unless this is false.
    pub send_cookies: Option<bool>,
    /// Whether the CSRF cookie is copied into the CSRF header.
    pub csrf: bool,
    /// Variables to take from the answer.
    pub capture: Option<Map<String, Value>>,
    /// The case is blocked when the answer has another status.
    pub expect: Option<u16>,
    /// Whether the answer is compared; it is unless this is false.
    pub check: Option<bool>,
    /// How much of the body is compared.
    pub body: BodyCheck,
    /// Further headers to compare.
    pub also: Vec<String>,
    /// A remark.
    pub why: Option<String>,
}

/// How much of an answer's body is compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyCheck {
    /// All of it.
    #[default]
    All,
    /// Nothing.
    Skip,
    /// Only the names at the top.
    Keys,
}

/// Keeps a null that is written apart from a key that is absent.
fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LetStep {
    r#let: Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MailStep {
    mail: Value,
    check: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UseStep {
    r#use: String,
    #[serde(default)]
    with: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SleepStep {
    sleep: f64,
}

impl Step {
    /// Reads a step by the key that tells its kind.
    ///
    /// # Errors
    /// Says what is unknown or of the wrong type.
    pub fn read(value: Value) -> Result<Self, String> {
        let has = |key| value.get(key).is_some();
        let told = |error: serde_json::Error| error.to_string();
        if has("use") {
            let step: UseStep = serde_json::from_value(value).map_err(told)?;
            return Ok(Self::Use {
                name: step.r#use,
                with: step.with,
            });
        }
        if has("let") {
            let step: LetStep = serde_json::from_value(value).map_err(told)?;
            return Ok(Self::Let(step.r#let));
        }
        if has("sleep") {
            let step: SleepStep = serde_json::from_value(value).map_err(told)?;
            return Ok(Self::Sleep(step.sleep));
        }
        if has("mail") {
            let step: MailStep = serde_json::from_value(value).map_err(told)?;
            return Ok(Self::Mail {
                spec: step.mail,
                check: step.check.unwrap_or(true),
            });
        }
        if has("req") {
            let request = serde_json::from_value(value).map_err(told)?;
            return Ok(Self::Request(Box::new(request)));
        }
        Err(format!("no req, let, mail, use or sleep in {value}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Step;

    #[test]
    fn a_json_body_of_null_is_a_body() {
        let read = Step::read(json!({"req": "POST /x/", "json": null}));
        let Ok(Step::Request(request)) = read else {
            panic!("{read:?}")
        };
        assert_eq!(request.json, Some(Value::Null));
        let read = Step::read(json!({"req": "POST /x/"}));
        let Ok(Step::Request(request)) = read else {
            panic!("{read:?}")
        };
        assert_eq!(request.json, None);
    }

    #[test]
    fn a_misspelt_key_is_named() {
        let error = Step::read(json!({"req": "GET /", "hdrs": {}})).unwrap_err();
        assert!(error.contains("hdrs"), "{error}");
        let error = Step::read(json!({"request": "GET /"})).unwrap_err();
        assert!(error.contains("no req, let"), "{error}");
    }
}
