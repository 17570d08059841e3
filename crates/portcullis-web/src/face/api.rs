//! DRF's content negotiation, and its answer to `OPTIONS`.

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use serde::Serialize;
use serde_json::{Value, json};

use super::document;
use crate::refusal::Refusal;

/// What an answer can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renderer {
    /// `application/json`.
    #[doc(alias = "JSONRenderer")]
    Json,
    /// `text/html`: the answer's JSON in a page, for people with a browser.
    #[doc(alias = "BrowsableAPIRenderer")]
    Html,
}

impl Renderer {
    fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Html => "text/html",
        }
    }

    fn format(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Html => "api",
        }
    }
}

/// DRF's pipeline for a door: negotiation, `Allow` and `OPTIONS`.
#[doc(alias = "APIView")]
#[derive(Clone, Debug)]
pub struct Api {
    /// What `OPTIONS` calls it.
    pub name: String,
    /// What answers can be written as; the first is the default.
    #[doc(alias = "renderer_classes")]
    pub renderers: Vec<Renderer>,
    /// The text fields of a `POST`, for `OPTIONS`.
    pub fields: Vec<String>,
}

impl Api {
    /// An API that answers in JSON.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            renderers: vec![Renderer::Json],
            fields: Vec::new(),
        }
    }

    /// Tells by `OPTIONS` that a `POST` wants these fields, each a text.
    #[doc(alias = "SimpleMetadata")]
    #[must_use]
    pub fn with_fields(mut self, fields: &[&str]) -> Self {
        self.fields = fields.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// And as a page, for people with a browser.
    #[must_use]
    pub fn with_html(mut self) -> Self {
        self.renderers.push(Renderer::Html);
        self
    }

    /// Which renderer a request gets.
    pub(crate) fn negotiate(&self, request: &Parts) -> Result<Negotiated, Refusal> {
        let wanted = query_format(request);
        let renderers: Vec<Renderer> = match &wanted {
            None => self.renderers.clone(),
            Some(format) => {
                let fits = |renderer: &Renderer| renderer.format() == format;
                self.renderers.iter().copied().filter(fits).collect()
            }
        };
        if renderers.is_empty() {
            return Err(Refusal::NotFound);
        }
        let accept = request.headers.get_all(header::ACCEPT).iter();
        let accept: Vec<&str> = accept.filter_map(|value| value.to_str().ok()).collect();
        let accept = if accept.is_empty() {
            "*/*".to_owned()
        } else {
            accept.join(",")
        };
        let mut ranges: Vec<Range<'_>> = accept.split(',').map(Range::new).collect();
        ranges.sort_by_key(|range| std::cmp::Reverse(range.precedence()));
        for range in &ranges {
            if let Some(renderer) = renderers.iter().find(|r| range.matches(r.media_type())) {
                return Ok(Negotiated {
                    renderer: *renderer,
                    indent: range.indent,
                });
            }
        }
        Err(Refusal::NotAcceptable)
    }

    /// The answer to `OPTIONS`.
    pub(crate) fn metadata(&self) -> Response {
        let renders: Vec<&str> = self.renderers.iter().map(|r| r.media_type()).collect();
        let parses = [
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        ];
        let mut body = json!({
            "name": self.name, "description": "", "renders": renders, "parses": parses,
        });
        for name in &self.fields {
            body["actions"]["POST"][name] = json!({
                "type": "string", "required": true, "read_only": false, "label": label(name),
            });
        }
        axum::Json(body).into_response()
    }
}

/// A field's name for people: `new_password` is "New password".
fn label(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    let rest = characters.map(|c| if c == '_' { ' ' } else { c });
    first.into_iter().chain(rest).collect()
}

/// The renderer that a request gets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Negotiated {
    pub(crate) renderer: Renderer,
    indent: Option<usize>,
}

impl Negotiated {
    /// What is used when nothing could be negotiated.
    pub(crate) const JSON: Self = Self {
        renderer: Renderer::Json,
        indent: None,
    };

    /// Writes an answer that is JSON as it was negotiated; others stay as they are.
    pub(crate) async fn render(self, response: Response) -> Response {
        let content_type = response.headers().get(header::CONTENT_TYPE);
        let is_json = content_type.is_some_and(|value| value == "application/json");
        if !is_json || (self.renderer == Renderer::Json && self.indent.is_none()) {
            return response;
        }
        let (mut parts, body) = response.into_parts();
        let bytes = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        };
        let indent = if self.renderer == Renderer::Html {
            Some(4)
        } else {
            self.indent
        };
        let text = indented(&bytes, indent.unwrap_or(0));
        parts.headers.remove(header::CONTENT_LENGTH);
        if self.renderer == Renderer::Json {
            return Response::from_parts(parts, text.into());
        }
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        parts.headers.insert(header::CONTENT_TYPE, html);
        let title = format!("HTTP {}", parts.status.as_u16());
        Response::from_parts(parts, document(&title, &text).into())
    }
}

/// The JSON with each level set in by so many blanks.
fn indented(json: &Bytes, blanks: usize) -> String {
    let blanks = " ".repeat(blanks);
    let formatter = serde_json::ser::PrettyFormatter::with_indent(blanks.as_bytes());
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    let value: Result<Value, _> = serde_json::from_slice(json);
    match value.map(|value| value.serialize(&mut serializer)) {
        Ok(Ok(())) => String::from_utf8_lossy(&out).into_owned(),
        _ => String::from_utf8_lossy(json).into_owned(),
    }
}

/// The `format` of the query, if it is there and not empty.
fn query_format(request: &Parts) -> Option<String> {
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(request.uri.query().unwrap_or_default()).unwrap_or_default();
    let found = pairs.into_iter().rev().find(|(name, _)| name == "format");
    found
        .map(|(_, format)| format)
        .filter(|format| !format.is_empty())
}

/// One media range of an `Accept` header.
struct Range<'a> {
    main: &'a str,
    sub: &'a str,
    has_parameters: bool,
    indent: Option<usize>,
}

impl<'a> Range<'a> {
    fn new(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let (main, sub) = parts
            .next()
            .unwrap_or_default()
            .split_once('/')
            .unwrap_or_default();
        let parameters: Vec<&str> = parts.filter(|part| !part.starts_with("q=")).collect();
        let indent = parameters
            .iter()
            .find_map(|part| part.strip_prefix("indent="));
        let indent = indent
            .and_then(|blanks| blanks.parse::<usize>().ok())
            .map(|n| n.min(8));
        Self {
            main,
            sub,
            has_parameters: !parameters.is_empty(),
            indent,
        }
    }

    /// The more exact a range, the earlier it counts; DRF does not look at `q`.
    fn precedence(&self) -> u8 {
        match (self.main, self.sub) {
            ("*", _) => 0,
            (_, "*") => 1,
            _ if !self.has_parameters => 2,
            _ => 3,
        }
    }

    fn matches(&self, media_type: &str) -> bool {
        let (main, sub) = media_type.split_once('/').unwrap_or_default();
        (self.main == "*" || self.main.eq_ignore_ascii_case(main))
            && (self.sub == "*" || self.sub.eq_ignore_ascii_case(sub))
    }
}
