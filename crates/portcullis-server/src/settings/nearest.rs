//! What somebody probably meant.

use strsim::damerau_levenshtein;

/// The candidate that a mistyped name is nearest to, if one is near: a third of it may be wrong,
/// the letter case does not count.
pub(crate) fn nearest<'c>(
    name: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    // Longer than any name there is; measuring costs the product of the lengths.
    if name.len() > 100 {
        return None;
    }
    let name = name.to_lowercase();
    let measured = candidates.into_iter().map(|candidate| {
        (
            damerau_levenshtein(&name, &candidate.to_lowercase()),
            candidate,
        )
    });
    let (distance, candidate) = measured.min_by_key(|(distance, _)| *distance)?;
    (distance * 3 <= name.chars().count()).then_some(candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["session_cookie_age", "listen"];
        assert_eq!(
            nearest("sesion_cookie_age", names),
            Some("session_cookie_age")
        );
        assert_eq!(
            nearest("SESSION_COOKIE_AGE", names),
            Some("session_cookie_age")
        );
        assert_eq!(nearest("lisetn", names), Some("listen"));
        assert_eq!(nearest("color", names), None);
    }
}
