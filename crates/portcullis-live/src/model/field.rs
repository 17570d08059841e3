//! A field of a model: a column, how it is named, and what may be written into it.

use std::sync::Arc;

use serde_json::Value as Json;

use super::kind::Kind;

/// What happens to a row when the row that it refers to is deleted.
#[doc(alias = "on_delete")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDelete {
    /// It goes, too.
    Cascade,
    /// Nothing is deleted: 409.
    Protect,
    /// It stays, and refers to nothing.
    SetNull,
}

/// The other model that a foreign key refers to.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Its name, such as `depot.site`.
    pub model: String,
    /// Whether only one row may refer to another.
    #[doc(alias = "OneToOneField")]
    pub is_unique: bool,
    /// What happens when the other row is deleted.
    pub on_delete: OnDelete,
    /// What the other model calls the rows that refer to it.
    pub related_name: Option<String>,
}

/// What a field has when nothing is said.
#[derive(Clone, Debug)]
pub enum Default {
    /// Always this.
    Value(Json),
    /// The moment of the creation.
    #[doc(alias = "auto_now_add")]
    Now,
    /// The moment of every write.
    #[doc(alias = "auto_now")]
    NowAlways,
    /// A random UUID.
    #[doc(alias = "uuid4")]
    RandomUuid,
}

/// A check of a value, after its type is right. The error is told to the client.
pub type Validator = Arc<dyn Fn(&Json) -> Result<(), String> + Send + Sync>;

/// A field that has a column.
#[derive(Clone)]
pub struct Field {
    pub(crate) name: String,
    pub(crate) column: String,
    pub(crate) kind: Kind,
    pub(crate) is_null: bool,
    pub(crate) is_blank: bool,
    pub(crate) is_unique: bool,
    pub(crate) default: Option<Default>,
    pub(crate) choices: Vec<(String, String)>,
    pub(crate) validators: Vec<Validator>,
    pub(crate) title: Option<String>,
    pub(crate) help_text: Option<String>,
    pub(crate) reference: Option<Reference>,
}

impl Field {
    /// A field that must be given, in a column of the same name.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        let name = name.into();
        Self {
            column: name.clone(),
            name,
            kind,
            is_null: false,
            is_blank: false,
            is_unique: false,
            default: None,
            choices: Vec::new(),
            validators: Vec::new(),
            title: None,
            help_text: None,
            reference: None,
        }
    }

    /// A foreign key to another model, in the column `NAME_id`. Its kind is that of the other's key.
    #[doc(alias = "ForeignKey")]
    #[must_use]
    pub fn foreign_key(name: impl Into<String>, model: impl Into<String>) -> Self {
        let name = name.into();
        let mut field = Self::new(name.clone(), Kind::Integer).column(format!("{name}_id"));
        field.reference = Some(Reference {
            model: model.into(),
            is_unique: false,
            on_delete: OnDelete::Cascade,
            related_name: None,
        });
        field
    }

    /// A foreign key that only one row may have.
    #[doc(alias = "OneToOneField")]
    #[must_use]
    pub fn one_to_one(name: impl Into<String>, model: impl Into<String>) -> Self {
        let mut field = Self::foreign_key(name, model).unique();
        if let Some(reference) = &mut field.reference {
            reference.is_unique = true;
        }
        field
    }

    /// In another column.
    #[doc(alias = "db_column")]
    #[must_use]
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.column = column.into();
        self
    }

    /// May be NULL, and need not be given.
    #[doc(alias = "null")]
    #[must_use]
    pub fn nullable(mut self) -> Self {
        self.is_null = true;
        self
    }

    /// May be empty.
    #[must_use]
    pub fn blank(mut self) -> Self {
        self.is_blank = true;
        self
    }

    /// No two rows have the same.
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.is_unique = true;
        self
    }

    /// What it has when nothing is given.
    #[must_use]
    pub fn default(mut self, value: impl Into<Json>) -> Self {
        self.default = Some(Default::Value(value.into()));
        self
    }

    /// What it has when nothing is given, by a rule.
    #[must_use]
    pub fn default_by(mut self, default: Default) -> Self {
        self.default = Some(default);
        self
    }

    /// Only these values, each with its word for people.
    #[must_use]
    pub fn choices(mut self, choices: &[(&str, &str)]) -> Self {
        let owned = |(value, label): &(&str, &str)| ((*value).to_owned(), (*label).to_owned());
        self.choices = choices.iter().map(owned).collect();
        self
    }

    /// With a check of its own.
    #[must_use]
    pub fn validator(
        mut self,
        validator: impl Fn(&Json) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.validators.push(Arc::new(validator));
        self
    }

    /// At least this.
    #[doc(alias = "MinValueValidator")]
    #[must_use]
    pub fn at_least(self, least: i64) -> Self {
        self.validator(move |value| {
            #[expect(clippy::cast_precision_loss, reason = "bounds of forms are small")]
            let fits = value.as_f64().is_none_or(|value| value >= least as f64);
            match fits {
                true => Ok(()),
                false => Err(format!(
                    "Ensure this value is greater than or equal to {least}."
                )),
            }
        })
    }

    /// At most this.
    #[doc(alias = "MaxValueValidator")]
    #[must_use]
    pub fn at_most(self, most: i64) -> Self {
        self.validator(move |value| {
            #[expect(clippy::cast_precision_loss, reason = "bounds of forms are small")]
            let fits = value.as_f64().is_none_or(|value| value <= most as f64);
            match fits {
                true => Ok(()),
                false => Err(format!(
                    "Ensure this value is less than or equal to {most}."
                )),
            }
        })
    }

    /// What people call it.
    #[doc(alias = "verbose_name")]
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// What people are told about it.
    #[must_use]
    pub fn help_text(mut self, text: impl Into<String>) -> Self {
        self.help_text = Some(text.into());
        self
    }

    /// What happens to the row when the one it refers to is deleted; for foreign keys.
    #[must_use]
    pub fn on_delete(mut self, on_delete: OnDelete) -> Self {
        if let Some(reference) = &mut self.reference {
            reference.on_delete = on_delete;
        }
        self
    }

    /// What the other model calls the rows that refer to it; for foreign keys.
    #[must_use]
    pub fn related_name(mut self, name: impl Into<String>) -> Self {
        if let Some(reference) = &mut self.reference {
            reference.related_name = Some(name.into());
        }
        self
    }

    /// The field's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it holds.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The label in messages: the title, or the name with blanks.
    pub(crate) fn label(&self) -> String {
        self.title
            .clone()
            .unwrap_or_else(|| self.name.replace('_', " "))
    }

    /// Whether clients cannot write it whatever their rights.
    pub(crate) fn is_read_only(&self) -> bool {
        matches!(self.default, Some(Default::Now | Default::NowAlways)) || self.kind == Kind::Auto
    }
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Field")
            .field("name", &self.name)
            .field("column", &self.column)
            .field("kind", &self.kind)
            .field("is_null", &self.is_null)
            .field("reference", &self.reference)
            .finish_non_exhaustive()
    }
}
