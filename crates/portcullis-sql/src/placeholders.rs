//! Statements are written with SQLite's numbered placeholders and translated for PostgreSQL.

/// `?1` becomes `$1`, outside of quoted text and names and of comments to the end of a line.
///
/// One pass over a short text: about as much work as looking it up in a cache would be.
pub(crate) fn to_dollars(sql: &str) -> String {
    let mut translated = String::with_capacity(sql.len());
    // What would end the quoted piece or comment that we are in.
    let mut until = None;
    let mut characters = sql.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        if until.is_some() {
            if until == Some(character) {
                until = None;
            }
        } else {
            match (character, next) {
                // A doubled quote ends one piece and starts another: all the same to us.
                ('\'' | '"', _) => until = Some(character),
                ('-', Some('-')) => until = Some('\n'),
                ('?', Some('0'..='9')) => {
                    translated.push('$');
                    continue;
                }
                _ => {}
            }
        }
        translated.push(character);
    }
    translated
}

#[cfg(test)]
mod tests {
    use super::to_dollars;

    #[test]
    fn placeholders_outside_of_quotes_are_translated() {
        for (sql, translated) in [
            ("a = ?1 AND b = ?12", "a = $1 AND b = $12"),
            ("a = '?1' AND b = ?1", "a = '?1' AND b = $1"),
            ("a = 'it''s ?1' AND b = ?2", "a = 'it''s ?1' AND b = $2"),
            ("\"odd ?1 name\" = ?1", "\"odd ?1 name\" = $1"),
            ("a -- it's ?1\n= ?1", "a -- it's ?1\n= $1"),
            ("data ? 'key' AND é = ?1", "data ? 'key' AND é = $1"),
            ("", ""),
        ] {
            assert_eq!(to_dollars(sql), translated);
        }
    }
}
