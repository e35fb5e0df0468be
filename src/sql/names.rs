//! Names of objects as the server understands them: quotes taken off, the rest in lower case, cut to 63 bytes.

use postgres_protocol::escape::escape_identifier;

use super::scanner::{Scanner, Token};

/// The name of a relation, with its schema if the statement says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The schema; none if search_path decides.
    pub schema: Option<String>,
    /// The name itself.
    pub name: String,
}

impl Name {
    /// For use in SQL: every part quoted.
    pub fn quoted(&self) -> String {
        let schema = self.schema.as_deref().map(|schema| format!("{}.", escape_identifier(schema)));
        format!("{}{}", schema.unwrap_or_default(), escape_identifier(&self.name))
    }
}

/// Reads a quoted name whose opening quote was taken off: the name, unescaped, and what follows its closing quote. None
/// if it is not closed.
pub fn close_quoted(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('"')?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(behind) => {
                name.push('"');
                rest = behind;
            }
            None => return Some((name, rest)),
        }
    }
}

/// Reads a name of one part, as the server folds it; none for what is no name, and for `U&""`.
pub(super) fn part(scanner: &mut Scanner<'_>) -> Option<String> {
    let folded = match scanner.next_significant()? {
        (Token::Word, word) => word.to_ascii_lowercase(),
        (Token::QuotedName, quoted) => quoted.strip_prefix('"')?.strip_suffix('"')?.replace("\"\"", "\""),
        _ => return None,
    };
    Some(folded[..folded.floor_char_boundary(63)].to_owned())
}

/// Reads `name`, `schema.name` or `database.schema.name`.
pub(super) fn qualified(scanner: &mut Scanner<'_>) -> Option<Name> {
    let mut name = Name { schema: None, name: part(scanner)? };
    loop {
        let mut ahead = scanner.clone();
        if !matches!(ahead.next_significant(), Some((Token::Other, "."))) {
            return Some(name);
        }
        name = Name { schema: Some(name.name), name: part(&mut ahead)? };
        *scanner = ahead;
    }
}

/// A word of a text: a key word, a name, a string, or a character of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// A name as the server folds it, the content of a string.
    pub text: String,
    /// Whether it stood in quotes, so that it is no key word.
    pub quoted: bool,
}

impl Word {
    /// Whether it is this key word, in lower case, or this character.
    pub fn is(&self, key: &str) -> bool {
        !self.quoted && self.text == key
    }
}

/// The words of a text, up to what begins and does not end.
pub fn words(text: &str) -> Vec<Word> {
    let mut scanner = Scanner::new(text);
    let mut words = Vec::new();
    while let Some((token, text)) = scanner.next_significant() {
        let content = |quote: char| {
            let inner = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)).unwrap_or(text);
            inner.replace(&format!("{quote}{quote}"), &quote.to_string())
        };
        let (text, quoted) = match token {
            Token::QuotedName => (content('"'), true),
            Token::String => (content('\''), true),
            _ => (text.to_ascii_lowercase(), false),
        };
        words.push(Word { text, quoted });
    }
    words
}

/// Takes the next word if it is this one (in lower case).
pub(super) fn take(scanner: &mut Scanner<'_>, word: &str) -> bool {
    let mut ahead = scanner.clone();
    let matches =
        matches!(ahead.next_significant(), Some((Token::Word, next)) if next.eq_ignore_ascii_case(word));
    if matches {
        *scanner = ahead;
    }
    matches
}

/// Takes these words if all of them follow.
pub(super) fn take_all(scanner: &mut Scanner<'_>, words: &[&str]) -> bool {
    let mut ahead = scanner.clone();
    let matches = words.iter().all(|word| take(&mut ahead, word));
    if matches {
        *scanner = ahead;
    }
    matches
}

#[cfg(test)]
mod tests {
    use super::{Name, qualified};
    use crate::sql::scanner::Scanner;

    #[test]
    fn names_are_folded_as_by_the_server() {
        let name = |text: &str| qualified(&mut Scanner::new(text));
        let is = |schema: Option<&str>, name: &str| {
            Some(Name { schema: schema.map(str::to_owned), name: name.to_owned() })
        };
        assert_eq!(name("Pipe x"), is(None, "pipe"));
        assert_eq!(name("/* a */ App . \"Pi\"\"pe\" (id)"), is(Some("app"), "Pi\"pe"));
        assert_eq!(name("db.app.pipe"), is(Some("app"), "pipe"));
        assert_eq!(name("app."), None);
        assert_eq!(name("U&\"x\""), None);
        assert_eq!(name(&"é".repeat(40)), is(None, &"é".repeat(31)));
    }
}
