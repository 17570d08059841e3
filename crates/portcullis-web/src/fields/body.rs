//! A body, read whole up to a cap, and parsed by its media type.

use std::borrow::Cow;

use axum::extract::Request;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Map, Value};

use super::json_depth::{MAX_JSON_DEPTH, is_too_deep};
use super::surrogates;
use crate::refusal::Refusal;

/// The largest JSON or form body that is read: 1 MiB.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// How many fields a form may have.
const MAX_FORM_FIELDS: usize = 1000;

/// How many parts a multipart form may have.
const MAX_PARTS: usize = 100;

/// The bytes of a body, and what they are said to be.
#[derive(Clone, Debug)]
pub struct Body {
    bytes: Bytes,
    content_type: String,
}

impl Body {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// 413 over [`MAX_BODY_BYTES`] (before the body is read, where its length is declared), 400
    /// when it ends early, 415 when it is compressed: the cap would be that of something else.
    pub async fn read(request: Request) -> Result<Self, Refusal> {
        for coding in request.headers().get_all(header::CONTENT_ENCODING) {
            if !coding.as_bytes().eq_ignore_ascii_case(b"identity") {
                let coding = String::from_utf8_lossy(coding.as_bytes()).into_owned();
                return Err(Refusal::UnsupportedEncoding(coding));
            }
        }
        let content_type = content_type(request.headers());
        let length = request.headers().get(header::CONTENT_LENGTH);
        let declared = length.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if declared.is_some_and(|length| length > MAX_BODY_BYTES as u64) {
            return Err(Refusal::TooLarge);
        }
        match Limited::new(request.into_body(), MAX_BODY_BYTES)
            .collect()
            .await
        {
            Ok(body) => Ok(Self {
                bytes: body.to_bytes(),
                content_type,
            }),
            Err(error) if error.is::<LengthLimitError>() => Err(Refusal::TooLarge),
            Err(_) => Err(Refusal::Malformed(
                "The request body ended early.".to_owned(),
            )),
        }
    }

    /// The bytes themselves.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Whether it says to be a form, which browsers send to other sites unasked.
    #[must_use]
    pub fn is_form(&self) -> bool {
        matches!(
            media_type(&self.content_type).as_str(),
            "application/x-www-form-urlencoded" | "multipart/form-data"
        )
    }

    /// Whether a `Content-Type` says that a body is a form.
    pub(crate) fn is_form_type(content_type: Option<&HeaderValue>) -> bool {
        let text = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()));
        let body = Self {
            bytes: Bytes::new(),
            content_type: text.map(std::borrow::Cow::into_owned).unwrap_or_default(),
        };
        body.is_form()
    }

    /// The value of the body; `None` for an empty one. Forms are objects of texts, the last one wins.
    ///
    /// # Errors
    /// 415 for other media types than JSON and forms, 400 for what does not parse.
    #[doc(alias = "JSONParser")]
    #[doc(alias = "FormParser")]
    #[doc(alias = "MultiPartParser")]
    pub async fn parse(&self) -> Result<Option<Value>, Refusal> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        match media_type(&self.content_type).as_str() {
            "application/json" | "*/*" | "application/*" => self.json().map(Some),
            "application/x-www-form-urlencoded" => self.form().map(Some),
            "multipart/form-data" => self.multipart().await.map(Some),
            _ => Err(Refusal::UnsupportedMediaType(self.content_type.clone())),
        }
    }

    fn json(&self) -> Result<Value, Refusal> {
        let malformed = |why: String| Refusal::Malformed(format!("JSON parse error - {why}"));
        if is_too_deep(&self.bytes) {
            return Err(malformed(format!(
                "nested deeper than {MAX_JSON_DEPTH} levels"
            )));
        }
        let text = match charset(&self.content_type).as_deref() {
            Some("latin-1" | "latin1" | "iso-8859-1") => {
                Cow::Owned(self.bytes.iter().copied().map(char::from).collect())
            }
            _ => str::from_utf8(&self.bytes)
                .map(Cow::Borrowed)
                .map_err(|e| malformed(e.to_string()))?,
        };
        let text: &str = &text;
        serde_json::from_str(text)
            .or_else(|error| match surrogates::replace(text) {
                Some(text) => serde_json::from_str(&text),
                None => Err(error),
            })
            .map_err(|error| malformed(error.to_string()))
    }

    fn form(&self) -> Result<Value, Refusal> {
        if self.bytes.iter().filter(|byte| **byte == b'&').count() >= MAX_FORM_FIELDS {
            return Err(Refusal::Malformed("Too many form fields.".to_owned()));
        }
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(&self.bytes)
            .map_err(|error| Refusal::Malformed(format!("Form parse error - {error}")))?;
        Ok(pairs
            .into_iter()
            .map(|(name, value)| (name, Value::String(value)))
            .collect())
    }

    /// Texts are texts; a file is an empty list, which no text field accepts.
    async fn multipart(&self) -> Result<Value, Refusal> {
        let malformed =
            |why: &str| Refusal::Malformed(format!("Multipart form parse error - {why}"));
        let boundary = multer::parse_boundary(&self.content_type)
            .map_err(|_| malformed("Invalid boundary in multipart: None"))?;
        let bytes = self.bytes.clone();
        let stream = futures_util::stream::once(async move { Ok::<_, std::io::Error>(bytes) });
        let mut parts = multer::Multipart::new(stream, boundary);
        let mut fields = Map::new();
        let mut count = 0;
        while let Some(part) = parts
            .next_field()
            .await
            .map_err(|error| malformed(&error.to_string()))?
        {
            count += 1;
            if count > MAX_PARTS {
                return Err(malformed("too many parts"));
            }
            let Some(name) = part.name().map(str::to_owned) else {
                continue;
            };
            let value = match part.file_name() {
                Some(_) => Value::Array(Vec::new()),
                None => {
                    let text = part
                        .bytes()
                        .await
                        .map_err(|error| malformed(&error.to_string()))?;
                    Value::String(String::from_utf8_lossy(&text).into_owned())
                }
            };
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

/// The `Content-Type` header as text, empty when there is none.
fn content_type(headers: &HeaderMap) -> String {
    let sent = headers.get(header::CONTENT_TYPE);
    sent.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .unwrap_or_default()
}

/// The media type alone, in lower case.
fn media_type(content_type: &str) -> String {
    content_type
        .split(';')
        .next()
        .unwrap_or("")
        .trim()
        .to_ascii_lowercase()
}

/// The charset that is named beside the media type.
fn charset(content_type: &str) -> Option<String> {
    let mut parameters = content_type
        .split(';')
        .skip(1)
        .map(|part| part.trim().to_ascii_lowercase());
    let found = parameters.find_map(|part| part.strip_prefix("charset=").map(str::to_owned));
    found.map(|charset| charset.trim_matches('"').to_owned())
}
