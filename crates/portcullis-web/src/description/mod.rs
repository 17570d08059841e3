//! What a door says about itself to people who write clients: what it wants, and what it answers.

mod field;

pub use field::Field;
pub(crate) use field::Kind;

use std::borrow::Cow;

/// What one method of a door does, for the documentation; nothing checks requests by it.
///
/// What every door answers is known without it: 401 and 403 by its authenticators and permission, 400
/// where it has [`fields`](Self::fields), 413, 415 and 503. So only a door's own answers are said.
///
/// ```
/// # use portcullis_web::{Content, Description, Field, Gate, get};
/// let rename = Description::new("Rename the report")
///     .fields([Field::text("title").max(80), Field::text("note").optional()])
///     .answer(200, "The report as it is now.", [Field::text("title"), Field::integer("pages")])
///     .answer(204, "It had that title already.", Content::Nothing);
/// let doors = Gate::new(vec![]).doors().route("/reports/", get(|| async {}).described(rename));
/// ```
#[derive(Clone, Debug, Default)]
#[doc(alias = "extend_schema")]
#[non_exhaustive]
pub struct Description {
    /// What it does, in a few words, such as `Log in`.
    pub summary: Cow<'static, str>,
    /// What else there is to know, in sentences.
    pub notes: Option<Cow<'static, str>>,
    /// The fields of the request's body, JSON or a form; none: it has no body.
    pub fields: Vec<Field>,
    /// What it answers; several of one status are alternatives.
    pub answers: Vec<Answer>,
}

/// One answer of a door.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer {
    /// Such as 201.
    pub status: u16,
    /// When it is answered, and what it means.
    pub when: Cow<'static, str>,
    /// Its body.
    pub content: Content,
}

/// The body of an answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Content {
    /// It is empty.
    Nothing,
    /// A JSON object of these fields.
    Fields(Vec<Field>),
    /// A JSON list of objects of these fields.
    List(Vec<Field>),
    /// `{"detail": "…"}`, as every refusal is.
    Detail,
    /// A text of this media type, such as `text/html`; of `application/json`, a JSON string.
    Text(&'static str),
}

impl Description {
    /// A description with its summary.
    #[must_use]
    pub fn new(summary: impl Into<Cow<'static, str>>) -> Self {
        Self {
            summary: summary.into(),
            ..Self::default()
        }
    }

    /// Says what else there is to know.
    #[must_use]
    pub fn notes(self, notes: impl Into<Cow<'static, str>>) -> Self {
        Self {
            notes: Some(notes.into()),
            ..self
        }
    }

    /// The fields of the request's body.
    #[must_use]
    pub fn fields(self, fields: impl IntoIterator<Item = Field>) -> Self {
        Self {
            fields: fields.into_iter().collect(),
            ..self
        }
    }

    /// Adds an answer: its status, when it is given, and its body.
    #[must_use]
    pub fn answer(
        mut self,
        status: u16,
        when: impl Into<Cow<'static, str>>,
        content: impl Into<Content>,
    ) -> Self {
        self.answers.push(Answer {
            status,
            when: when.into(),
            content: content.into(),
        });
        self
    }
}

impl<const COUNT: usize> From<[Field; COUNT]> for Content {
    fn from(fields: [Field; COUNT]) -> Self {
        Self::Fields(fields.into())
    }
}

impl From<Vec<Field>> for Content {
    fn from(fields: Vec<Field>) -> Self {
        Self::Fields(fields)
    }
}
