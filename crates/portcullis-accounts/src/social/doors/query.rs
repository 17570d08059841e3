//! What stands behind the `?`, each name once.

use http::request::Parts;
use portcullis_web::Refusal;

/// Names and values of a query.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn of(request: &Parts) -> Self {
        let query = request.uri.query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        Self(pairs.into_owned().collect())
    }

    /// The value of a name; `None` where it is not there, or is empty.
    ///
    /// # Errors
    /// 400 where it is there twice: nobody can tell which of them is meant.
    pub(super) fn one(&self, name: &str) -> Result<Option<String>, Refusal> {
        let mut values = self.0.iter().filter(|(own, _)| own == name);
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Refusal::Malformed(format!("{name} is there twice."))),
            (Some((_, value)), None) if !value.is_empty() => Ok(Some(value.clone())),
            _ => Ok(None),
        }
    }
}
