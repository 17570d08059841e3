//! Names that look like what they are: stricter than Django.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use super::validate_email;
use crate::permission::{normalize_email, normalize_username};

/// Characters that show nothing, though their category says that they are letters or marks.
const INVISIBLE: [(char, char); 8] = [
    ('\u{34f}', '\u{34f}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{ffa0}', '\u{ffa0}'),
];

/// Whether a name holds only what can be seen: no blanks, no control, format (bidi, zero-width),
/// private or unassigned characters.
#[must_use]
pub fn is_visible(name: &str) -> bool {
    name.chars().all(|character| {
        let is_listed = INVISIBLE
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&character));
        !is_listed
            && !matches!(
                character.general_category_group(),
                GeneralCategoryGroup::Other | GeneralCategoryGroup::Separator
            )
            && character.general_category() != GeneralCategory::Unassigned
    })
}

/// An address as it is stored for a new account: NFKC, the domain in lower case, all of it visible.
///
/// `None` when it is no e-mail address, or is none any more once its compatibility characters are
/// replaced: `ada@a.com\u{ff20}b.com` has two `@`.
#[must_use]
pub fn plain_email(email: &str) -> Option<String> {
    let plain = normalize_email(&normalize_username(email));
    let is_plain = is_visible(email) && is_visible(&plain) && validate_email(&plain).is_ok();
    is_plain.then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_no_part_of_a_name() {
        for hidden in [
            '\0',
            '\n',
            ' ',
            '\u{7f}',
            '\u{85}',
            '\u{a0}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{200b}',
            '\u{200d}',
            '\u{200f}',
            '\u{202e}',
            '\u{2028}',
            '\u{2060}',
            '\u{2066}',
            '\u{3000}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{e000}',
            '\u{e0001}',
        ] {
            assert!(!is_visible(&format!("a{hidden}b")), "{hidden:?}");
        }
        assert!(is_visible("Zo\u{eb}.\u{5d0}\u{4e2d}-1_@"));
    }

    #[test]
    fn compatibility_characters_are_replaced_and_looked_at_again() {
        let plain = |email| plain_email(email);
        assert_eq!(plain("Ada@\u{ff25}xample.com").unwrap(), "Ada@example.com");
        assert_eq!(plain("\u{212a}im@example.com").unwrap(), "Kim@example.com");
        assert_eq!(plain("ada@a.com\u{ff20}b.com"), None);
        assert_eq!(plain("ada@exam\u{200b}ple.com"), None);
        assert_eq!(plain("\"a\\ b\"@example.com"), None);
    }
}
