//! Fields that are no columns, but made of some.

use std::sync::Arc;

use serde_json::Value as Json;

use super::kind::Kind;
use super::record::Record;

/// A field that is computed of other fields of the same row, for reading only.
#[doc(alias = "AdditionalField")]
#[derive(Clone)]
pub struct Computed {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) title: Option<String>,
    pub(crate) needs: Vec<String>,
    pub(crate) compute: Arc<dyn Fn(&Record) -> Json + Send + Sync>,
}

impl Computed {
    /// A field made of the fields in `needs`.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        kind: Kind,
        needs: &[&str],
        compute: impl Fn(&Record) -> Json + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            kind,
            title: None,
            needs: needs.iter().map(|name| (*name).to_owned()).collect(),
            compute: Arc::new(compute),
        }
    }

    /// What people call it.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }
}

impl std::fmt::Debug for Computed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Computed")
            .field("name", &self.name)
            .field("needs", &self.needs)
            .finish_non_exhaustive()
    }
}
