//! Values that are one of a few words.

/// A kind of value that is one of a few words.
macro_rules! words {
    ($kind:ty, $($word:literal => $value:path),+) => {
        impl $crate::settings::kind::Kind for $kind {
            fn wanted() -> String {
                let words = [$(concat!("\"", $word, "\"")),+];
                format!("one of {}", words.join(", "))
            }

            fn read(given: &$crate::settings::given::Given) -> Result<Self, $crate::settings::kind::Wrong> {
                match given.text().map(str::trim) {
                    $(Some($word) => Ok($value),)+
                    _ => Err($crate::settings::kind::Wrong::Kind),
                }
            }

            fn shown(&self) -> Option<String> {
                Some($crate::settings::kind::quoted(match self {
                    $($value => $word),+
                }))
            }
        }
    };
}

pub(super) use words;
