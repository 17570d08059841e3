//! One field of a body, as the documentation shows it.

use std::borrow::Cow;

/// A field of a request's or an answer's JSON object: its name, what it holds, whether it is there.
#[derive(Clone, Debug)]
#[doc(alias = "inline_serializer")]
pub struct Field {
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: Kind,
    pub(crate) about: Option<Cow<'static, str>>,
    pub(crate) is_required: bool,
    pub(crate) may_be_null: bool,
    pub(crate) max_characters: Option<usize>,
}

/// What a field holds.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A text, with the name that JSON Schema has for its format.
    Text(Option<&'static str>),
    /// A list of texts.
    Texts,
    Integer,
    Boolean,
    Object(Vec<Field>),
    List(Vec<Field>),
}

impl Field {
    fn new(name: impl Into<Cow<'static, str>>, kind: Kind) -> Self {
        Self {
            name: name.into(),
            kind,
            about: None,
            is_required: true,
            may_be_null: false,
            max_characters: None,
        }
    }

    /// A text.
    #[must_use]
    pub fn text(name: impl Into<Cow<'static, str>>) -> Self {
        Self::new(name, Kind::Text(None))
    }

    /// An e-mail address.
    #[must_use]
    pub fn email(name: impl Into<Cow<'static, str>>) -> Self {
        Self::new(name, Kind::Text(Some("email")))
    }

    /// A password: a text that is not shown.
    #[must_use]
    pub fn password(name: impl Into<Cow<'static, str>>) -> Self {
        Self::new(name, Kind::Text(Some("password")))
    }

    /// A moment, such as `2026-01-02T03:04:05Z`.
    #[must_use]
    pub fn moment(name: impl Into<Cow<'static, str>>) -> Self {
        Self::new(name, Kind::Text(Some("date-time")))
    }

    /// A whole number.
    #[must_use]
    pub fn integer(name: impl Into<Cow<'static, str>>) -> Self {
        Self::new(name, Kind::Integer)
    }

    /// `true` or `false`.
    #[must_use]
    pub fn boolean(name: impl Into<Cow<'static, str>>) -> Self {
        Self::new(name, Kind::Boolean)
    }

    /// An object of these fields.
    #[must_use]
    pub fn object(
        name: impl Into<Cow<'static, str>>,
        fields: impl IntoIterator<Item = Self>,
    ) -> Self {
        Self::new(name, Kind::Object(fields.into_iter().collect()))
    }

    /// A list of objects of these fields.
    #[must_use]
    pub fn list(
        name: impl Into<Cow<'static, str>>,
        fields: impl IntoIterator<Item = Self>,
    ) -> Self {
        Self::new(name, Kind::List(fields.into_iter().collect()))
    }

    /// A list of texts.
    #[must_use]
    pub fn texts(name: impl Into<Cow<'static, str>>) -> Self {
        Self::new(name, Kind::Texts)
    }

    /// Says what it means.
    #[must_use]
    pub fn about(self, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            about: Some(text.into()),
            ..self
        }
    }

    /// It may be left out.
    #[must_use]
    pub fn optional(self) -> Self {
        Self {
            is_required: false,
            ..self
        }
    }

    /// It may be `null`.
    #[doc(alias = "allow_null")]
    #[must_use]
    pub fn or_null(self) -> Self {
        Self {
            may_be_null: true,
            ..self
        }
    }

    /// A text of at most so many characters.
    #[must_use]
    pub fn max(self, characters: usize) -> Self {
        Self {
            max_characters: Some(characters),
            ..self
        }
    }
}
