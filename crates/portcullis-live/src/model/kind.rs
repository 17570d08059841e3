//! What a column holds.

/// The type of a field, and what bounds it.
///
/// The bounds are those of forms: what is in the database already is served whatever it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A key that the database counts up.
    #[doc(alias = "BigAutoField")]
    Auto,
    /// An integer of up to 64 bits.
    #[doc(alias = "IntegerField")]
    Integer,
    /// A double.
    #[doc(alias = "FloatField")]
    Real,
    /// An exact decimal; in JSON it is text, such as `"12.50"`.
    #[doc(alias = "DecimalField")]
    Decimal {
        /// All digits.
        max_digits: u32,
        /// Those after the point.
        decimal_places: u32,
    },
    /// Text of one line.
    #[doc(alias = "CharField")]
    Text {
        /// The most characters.
        max_length: Option<u32>,
    },
    /// Text without an end.
    #[doc(alias = "TextField")]
    LongText,
    /// An e-mail address.
    #[doc(alias = "EmailField")]
    Email {
        /// The most characters.
        max_length: Option<u32>,
    },
    /// True or false.
    #[doc(alias = "BooleanField")]
    Boolean,
    /// `2024-03-10`.
    #[doc(alias = "DateField")]
    Date,
    /// `17:00:00`.
    #[doc(alias = "TimeField")]
    Time,
    /// `2024-03-01T08:30:00Z`.
    #[doc(alias = "DateTimeField")]
    DateTime,
    /// A UUID; 32 hex digits on SQLite.
    #[doc(alias = "UUIDField")]
    Uuid,
    /// Any JSON.
    #[doc(alias = "JSONField")]
    Json,
    /// The path of a stored file.
    #[doc(alias = "FileField")]
    File {
        /// The most characters.
        max_length: Option<u32>,
    },
}

impl Kind {
    /// Text of at most so many characters.
    #[must_use]
    pub fn text(max_length: u32) -> Self {
        Self::Text {
            max_length: Some(max_length),
        }
    }

    /// A decimal of so many digits, of which so many are after the point.
    #[must_use]
    pub fn decimal(max_digits: u32, decimal_places: u32) -> Self {
        Self::Decimal {
            max_digits,
            decimal_places,
        }
    }

    /// Whether it is stored as text on both engines.
    pub(crate) fn is_text(&self) -> bool {
        matches!(
            self,
            Self::Text { .. } | Self::LongText | Self::Email { .. } | Self::File { .. }
        )
    }

    /// Whether sums can be made of it.
    pub(crate) fn is_number(&self) -> bool {
        matches!(
            self,
            Self::Auto | Self::Integer | Self::Real | Self::Decimal { .. }
        )
    }

    pub(crate) fn max_length(&self) -> Option<u32> {
        match self {
            Self::Text { max_length } | Self::Email { max_length } | Self::File { max_length } => {
                *max_length
            }
            _ => None,
        }
    }
}
