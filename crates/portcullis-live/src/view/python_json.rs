//! What Python's parser complains about in a text that is no JSON: clients know its words.

/// Such as `Expecting value: line 1 column 9 (char 8)`; `None` for what it would read.
pub(super) fn complaint(text: &str) -> Option<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut reader = Reader {
        text: &characters,
        at: 0,
    };
    let found = reader.document().err()?;
    let (message, at) = found;
    let before = characters.get(..at).unwrap_or_default();
    let line = before.iter().filter(|c| **c == '\n').count() + 1;
    let column = before.iter().rev().take_while(|c| **c != '\n').count() + 1;
    Some(format!(
        "{message}: line {line} column {column} (char {at})"
    ))
}

type Complaint = (&'static str, usize);

struct Reader<'t> {
    text: &'t [char],
    at: usize,
}

/// Deeper than bodies may nest.
const MAX_DEPTH: usize = 100;

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn document(&mut self) -> Result<(), Complaint> {
        self.blanks();
        self.value(0)?;
        self.blanks();
        match self.at < self.text.len() {
            true => Err(("Extra data", self.at)),
            false => Ok(()),
        }
    }

    fn value(&mut self, depth: usize) -> Result<(), Complaint> {
        let start = self.at;
        let expected = Err(("Expecting value", start));
        if depth > MAX_DEPTH {
            return expected;
        }
        match self.peek() {
            Some('"') => self.string(),
            Some('{') => self.object(depth),
            Some('[') => self.array(depth),
            Some('-' | '0'..='9') => self.number(),
            _ => {
                let words = ["null", "true", "false", "NaN", "Infinity"];
                for word in words {
                    let length = word.len();
                    let found = self.text.get(start..start + length);
                    if found.is_some_and(|found| found.iter().copied().eq(word.chars())) {
                        self.at += length;
                        return Ok(());
                    }
                }
                expected
            }
        }
    }

    fn number(&mut self) -> Result<(), Complaint> {
        let start = self.at;
        if self.peek() == Some('-') {
            self.at += 1;
        }
        let digits = self.digits();
        if digits == 0 {
            return Err(("Expecting value", start));
        }
        if self.peek() == Some('.') && self.text.get(self.at + 1).is_some_and(char::is_ascii_digit)
        {
            self.at += 1;
            self.digits();
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            let back = self.at;
            self.at += 1;
            if matches!(self.peek(), Some('+' | '-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                self.at = back;
            }
        }
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn string(&mut self) -> Result<(), Complaint> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(("Unterminated string starting at", start)),
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some('\\') => {
                    match self.text.get(self.at + 1) {
                        None => return Err(("Unterminated string starting at", start)),
                        Some('u') => {
                            let digits = self.text.get(self.at + 2..self.at + 6);
                            let is_hex =
                                digits.is_some_and(|four| four.iter().all(char::is_ascii_hexdigit));
                            if !is_hex {
                                return Err(("Invalid \\uXXXX escape", self.at + 1));
                            }
                            self.at += 6;
                        }
                        Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => self.at += 2,
                        Some(_) => return Err(("Invalid \\escape", self.at)),
                    };
                }
                Some(c) if c < ' ' => return Err(("Invalid control character at", self.at)),
                Some(_) => self.at += 1,
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), Complaint> {
        self.at += 1;
        self.blanks();
        if self.peek() == Some('}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            if self.peek() != Some('"') {
                let what = "Expecting property name enclosed in double quotes";
                return Err((what, self.at));
            }
            self.string()?;
            self.blanks();
            if self.peek() != Some(':') {
                return Err(("Expecting ':' delimiter", self.at));
            }
            self.at += 1;
            self.blanks();
            self.value(depth + 1)?;
            self.blanks();
            match self.peek() {
                Some(',') => self.at += 1,
                Some('}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(("Expecting ',' delimiter", self.at)),
            }
            self.blanks();
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), Complaint> {
        self.at += 1;
        self.blanks();
        if self.peek() == Some(']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            self.blanks();
            match self.peek() {
                Some(',') => self.at += 1,
                Some(']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(("Expecting ',' delimiter", self.at)),
            }
            self.blanks();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::complaint;

    #[test]
    fn complaints_are_those_of_python() {
        for (text, said) in [
            ("{\"ast\": ", "Expecting value: line 1 column 9 (char 8)"),
            (
                "{",
                "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
            ),
            ("[1 2]", "Expecting ',' delimiter: line 1 column 4 (char 3)"),
            (
                "{\"a\" 1}",
                "Expecting ':' delimiter: line 1 column 6 (char 5)",
            ),
            ("1\n2", "Extra data: line 2 column 1 (char 2)"),
            (
                "\"a",
                "Unterminated string starting at: line 1 column 1 (char 0)",
            ),
        ] {
            assert_eq!(complaint(text).as_deref(), Some(said));
        }
        assert_eq!(complaint("{\"a\": [1, -2.5e3, null, \"\\u00e9\"]}"), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,60}") {
            let _ = complaint(&text);
        }
    }
}
