//! Fields of queries and forms: as many of a name as came.

use std::collections::BTreeSet;

use axum::extract::Request;
use http::Uri;
use portcullis_web::{Body, Refusal};
use url::form_urlencoded;

/// How many fields a query or form may have.
const MAX_FIELDS: usize = 2000;

/// The fields of a query or of a form, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values(Vec<(String, String)>);

impl Values {
    /// Those of a URL.
    ///
    /// # Errors
    /// 400 when there are too many, or one has a NUL, which no column can hold.
    pub(crate) fn of_query(uri: &Uri) -> Result<Self, Refusal> {
        Self::read(uri.query().unwrap_or_default().as_bytes())
    }

    /// Those of a form in a body.
    ///
    /// # Errors
    /// 413 over a mebibyte, 415 for what is no form, 400 as for queries.
    pub(crate) async fn of_form(request: Request) -> Result<Self, Refusal> {
        let kind = request.headers().get(http::header::CONTENT_TYPE).cloned();
        let kind = kind.and_then(|kind| kind.to_str().map(str::to_owned).ok());
        let kind = kind.unwrap_or_default();
        let is_form = kind.split(';').next().is_some_and(|kind| {
            kind.trim()
                .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        });
        let body = Body::read(request).await?;
        if !is_form && !body.bytes().is_empty() {
            return Err(Refusal::UnsupportedMediaType(kind));
        }
        Self::read(body.bytes())
    }

    fn read(text: &[u8]) -> Result<Self, Refusal> {
        let mut fields = Vec::new();
        for (name, value) in form_urlencoded::parse(text) {
            if fields.len() == MAX_FIELDS || value.contains('\0') {
                return Err(Refusal::Malformed("The fields cannot be read.".to_owned()));
            }
            fields.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(fields))
    }

    /// The last field of that name, or an empty text.
    pub(crate) fn text(&self, name: &str) -> &str {
        let mut fields = self.0.iter().rev();
        let found = fields.find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The fields of that name that are numbers.
    pub(crate) fn numbers(&self, name: &str) -> BTreeSet<i64> {
        let fields = self.0.iter().filter(|(known, _)| known == name);
        fields.filter_map(|(_, value)| value.parse().ok()).collect()
    }

    /// Whether the filter of that name is on, off, or not set.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        match self.text(name) {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        }
    }
}

/// A query of these fields; those without a value are left out.
pub(crate) fn query(fields: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    query.finish()
}
