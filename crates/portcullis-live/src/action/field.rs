//! What goes into an action, and what comes out.

use serde_json::Value as Json;

use crate::model::{Field, Kind};

/// One field of an action.
#[derive(Clone, Debug)]
pub struct ActionField {
    pub(crate) field: Field,
    pub(crate) is_list: bool,
    pub(crate) min_value: Option<i64>,
    pub(crate) max_value: Option<i64>,
}

impl ActionField {
    /// A field that must be given; its type, bounds, choices and default are those of a model's field. A
    /// foreign key names a row that the caller can see.
    #[must_use]
    pub fn new(field: Field) -> Self {
        Self {
            field,
            is_list: false,
            min_value: None,
            max_value: None,
        }
    }

    /// A list of texts.
    #[must_use]
    pub fn list(name: &str) -> Self {
        let mut field = Self::new(Field::new(name, Kind::LongText));
        field.is_list = true;
        field
    }

    /// May be null, and is when it is not given.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.field = self.field.nullable();
        self
    }

    /// What it is when it is not given.
    #[must_use]
    pub fn default(mut self, value: impl Into<Json>) -> Self {
        self.field = self.field.default(value);
        self
    }

    /// At least this.
    #[must_use]
    pub fn at_least(mut self, least: i64) -> Self {
        self.field = self.field.at_least(least);
        self.min_value = Some(least);
        self
    }

    /// At most this.
    #[must_use]
    pub fn at_most(mut self, most: i64) -> Self {
        self.field = self.field.at_most(most);
        self.max_value = Some(most);
        self
    }
}
