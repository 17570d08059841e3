//! Relations that are not a column of the model's own table.

use super::field::Field;

/// A relation through a table of pairs.
#[doc(alias = "ManyToManyField")]
#[derive(Clone, Debug)]
pub struct ManyToMany {
    pub(crate) name: String,
    pub(crate) model: String,
    pub(crate) table: String,
    pub(crate) from_column: String,
    pub(crate) to_column: String,
    pub(crate) related_name: Option<String>,
    pub(crate) is_blank: bool,
    pub(crate) title: Option<String>,
}

impl ManyToMany {
    /// A relation to `model` through the pairs of a table.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        model: impl Into<String>,
        table: impl Into<String>,
        from_column: impl Into<String>,
        to_column: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            model: model.into(),
            table: table.into(),
            from_column: from_column.into(),
            to_column: to_column.into(),
            related_name: None,
            is_blank: false,
            title: None,
        }
    }

    /// What the other model calls this one's rows.
    #[must_use]
    pub fn related_name(mut self, name: impl Into<String>) -> Self {
        self.related_name = Some(name.into());
        self
    }

    /// May be empty.
    #[must_use]
    pub fn blank(mut self) -> Self {
        self.is_blank = true;
        self
    }
}

/// How rows of another model refer to this one's.
#[derive(Clone, Debug)]
pub(crate) enum Through {
    /// By a foreign key of theirs, in this column.
    Column(String),
    /// By pairs: a table, the column of this model's key, the column of the other's.
    Pairs(String, String, String),
}

/// A relation that the other model declares; the registry adds it.
#[derive(Clone, Debug)]
pub struct Reverse {
    pub(crate) name: String,
    pub(crate) model: String,
    pub(crate) through: Through,
    /// Whether at most one row refers to another.
    pub(crate) is_one: bool,
}

/// What stands behind a name of a model, but computed fields.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Member<'a> {
    Field(&'a Field),
    ManyToMany(&'a ManyToMany),
    Reverse(&'a Reverse),
}

impl<'a> Member<'a> {
    /// The model at the other end, for relations.
    pub(crate) fn target(self) -> Option<&'a str> {
        match self {
            Self::Field(field) => field.reference.as_ref().map(|r| r.model.as_str()),
            Self::ManyToMany(many) => Some(&many.model),
            Self::Reverse(reverse) => Some(&reverse.model),
        }
    }

    /// Whether several rows may stand at the other end.
    pub(crate) fn is_multiple(self) -> bool {
        match self {
            Self::Field(_) => false,
            Self::ManyToMany(_) => true,
            Self::Reverse(reverse) => !reverse.is_one,
        }
    }
}
