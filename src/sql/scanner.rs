//! The words of SQL, by the rules of PostgreSQL's own scanner with standard_conforming_strings on, and of psql's, which
//! adds the backslash and `:name`. It knows where strings, comments and names begin and end, not what they mean.

use std::ops::Range;

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Space,
    LineComment,
    BlockComment,
    /// A key word or a name without quotes.
    Word,
    /// A name in double quotes.
    QuotedName,
    /// A string of any form.
    String,
    Semicolon,
    Open,
    Close,
    /// A backslash outside of everything: the beginning of one of psql's commands.
    Backslash,
    /// One of psql's variables, and how its value is to be put in.
    Variable(Quoting),
    /// A number, or one character of an operator.
    Other,
}

impl Token {
    /// Whether it is white space or a comment.
    pub fn is_trivia(self) -> bool {
        matches!(self, Token::Space | Token::LineComment | Token::BlockComment)
    }
}

/// The forms of a psql variable: `:name`, `:'name'`, `:"name"`, `:{?name}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    Plain,
    Literal,
    Identifier,
    IsSet,
}

impl Quoting {
    /// The bytes before and after the name.
    fn brackets(self) -> (&'static str, &'static str) {
        match self {
            Quoting::Plain => (":", ""),
            Quoting::Literal => (":'", "'"),
            Quoting::Identifier => (":\"", "\""),
            Quoting::IsSet => (":{?", "}"),
        }
    }

    /// The name in a reference of this form.
    pub fn name(self, reference: &str) -> &str {
        let (before, after) = self.brackets();
        &reference[before.len()..reference.len() - after.len()]
    }
}

/// Something that begins and never ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unterminated {
    /// What it is, such as `string`.
    pub what: &'static str,
    /// What begins it.
    pub opening: Range<usize>,
}

/// Reads a text token by token; the tokens are contiguous and cover it.
#[derive(Debug, Clone)]
pub(super) struct Scanner<'t> {
    text: &'t str,
    /// Where the next token begins.
    pub position: usize,
}

impl<'t> Scanner<'t> {
    pub fn new(text: &'t str) -> Self {
        Scanner { text, position: 0 }
    }

    /// The next token and its bytes; none at the end.
    pub fn next(&mut self) -> Result<Option<(Token, Range<usize>)>, Unterminated> {
        let start = self.position;
        let rest = &self.text.as_bytes()[start..];
        let Some(&first) = rest.first() else { return Ok(None) };
        let (token, end) = match first {
            b' ' | b'\t' | b'\n' | b'\r' | b'\x0b' | b'\x0c' => (Token::Space, start + space(rest)),
            b'-' if rest.get(1) == Some(&b'-') => {
                let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                (Token::LineComment, end.map_or(self.text.len(), |end| start + end))
            }
            b'/' if rest.get(1) == Some(&b'*') => (Token::BlockComment, self.block_comment(start)?),
            b'\'' => (Token::String, self.quoted(start, 1, b'\'', false, "string")?),
            b'"' => (Token::QuotedName, self.quoted(start, 1, b'"', false, "quoted name")?),
            b'$' => match dollar_tag(rest) {
                Some(tag) => (Token::String, self.dollar_quoted(start, tag)?),
                None => (Token::Other, start + 1),
            },
            b';' => (Token::Semicolon, start + 1),
            b'(' => (Token::Open, start + 1),
            b')' => (Token::Close, start + 1),
            b'\\' => (Token::Backslash, start + 1),
            b':' => self.colon(start),
            b'0'..=b'9' => {
                // A letter straight after a number does not begin a name: `1e$a$` opens a dollar quote.
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let letter = rest.get(digits).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
                (Token::Other, start + digits + usize::from(letter))
            }
            _ if begins_name(first) => self.word(start)?,
            _ => (Token::Other, start + 1),
        };
        self.position = end;
        Ok(Some((token, start..end)))
    }

    /// The next token that is neither white space nor a comment, with its text.
    pub fn next_significant(&mut self) -> Option<(Token, &'t str)> {
        while let Ok(Some((token, range))) = self.next() {
            if !token.is_trivia() {
                return Some((token, &self.text[range]));
            }
        }
        None
    }

    fn word(&self, start: usize) -> Result<(Token, usize), Unterminated> {
        let rest = &self.text.as_bytes()[start..];
        let length = rest.iter().position(|byte| !continues_name(*byte)).unwrap_or(rest.len());
        let prefix = rest[0].to_ascii_lowercase();
        match (length, prefix, rest.get(1), rest.get(2)) {
            (1, b'e', Some(b'\''), _) => Ok((Token::String, self.quoted(start, 2, b'\'', true, "string")?)),
            (1, b'b' | b'x' | b'n', Some(b'\''), _) => {
                Ok((Token::String, self.quoted(start, 2, b'\'', false, "string")?))
            }
            (1, b'u', Some(b'&'), Some(b'\'')) => {
                Ok((Token::String, self.quoted(start, 3, b'\'', false, "string")?))
            }
            (1, b'u', Some(b'&'), Some(b'"')) => {
                Ok((Token::QuotedName, self.quoted(start, 3, b'"', false, "quoted name")?))
            }
            _ => Ok((Token::Word, start + length)),
        }
    }

    /// The end of what is quoted; a doubled quote reads as the end of one and the beginning of another, except after
    /// a backslash, so the strings with escapes look whether they go on.
    fn quoted(
        &self,
        start: usize,
        opening: usize,
        quote: u8,
        escapes: bool,
        what: &'static str,
    ) -> Result<usize, Unterminated> {
        let bytes = self.text.as_bytes();
        let mut at = start + opening;
        while let Some(&byte) = bytes.get(at) {
            if byte == quote {
                if bytes.get(at + 1) == Some(&quote) {
                    at += 2;
                } else if let Some(next) = if escapes { self.continuation(at + 1) } else { None } {
                    at = next;
                } else {
                    return Ok(at + 1);
                }
            } else if byte == b'\\' && escapes {
                at += 2;
            } else {
                at += 1;
            }
        }
        Err(Unterminated { what, opening: start..start + opening })
    }

    /// A string goes on after white space with a newline in it: where, if it does.
    fn continuation(&self, from: usize) -> Option<usize> {
        let mut ahead = Scanner { text: self.text, position: from };
        let mut newline = false;
        loop {
            match self.text.as_bytes().get(ahead.position) {
                Some(b'\'') => return newline.then_some(ahead.position + 1),
                Some(b' ' | b'\t'..=b'\r' | b'-') => {}
                _ => return None,
            }
            match ahead.next() {
                Ok(Some((Token::Space, range))) => newline |= self.text[range].contains(['\n', '\r']),
                Ok(Some((Token::LineComment, _))) => {}
                _ => return None,
            }
        }
    }

    fn block_comment(&self, start: usize) -> Result<usize, Unterminated> {
        let bytes = self.text.as_bytes();
        let mut depth = 0_usize;
        let mut at = start;
        while let Some(&byte) = bytes.get(at) {
            match (byte, bytes.get(at + 1)) {
                (b'/', Some(b'*')) => {
                    depth += 1;
                    at += 2;
                }
                (b'*', Some(b'/')) => {
                    depth -= 1;
                    at += 2;
                    if depth == 0 {
                        return Ok(at);
                    }
                }
                _ => at += 1,
            }
        }
        Err(Unterminated { what: "comment", opening: start..start + 2 })
    }

    fn dollar_quoted(&self, start: usize, tag: usize) -> Result<usize, Unterminated> {
        let body = start + tag;
        match self.text[body..].find(&self.text[start..body]) {
            Some(length) => Ok(body + length + tag),
            None => Err(Unterminated { what: "dollar-quoted string", opening: start..body }),
        }
    }

    fn colon(&self, start: usize) -> (Token, usize) {
        let rest = &self.text[start..];
        if rest.starts_with("::") || rest.starts_with(":=") {
            return (Token::Other, start + 2);
        }
        for quoting in [Quoting::Literal, Quoting::Identifier, Quoting::IsSet, Quoting::Plain] {
            let (before, after) = quoting.brackets();
            if let Some(name) = rest.strip_prefix(before) {
                let length = name.bytes().take_while(|byte| in_variable(*byte)).count();
                if length > 0 && name[length..].starts_with(after) {
                    return (Token::Variable(quoting), start + before.len() + length + after.len());
                }
            }
        }
        (Token::Other, start + 1)
    }
}

fn space(bytes: &[u8]) -> usize {
    let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0b' | b'\x0c');
    bytes.iter().position(|byte| !space(byte)).unwrap_or(bytes.len())
}

fn begins_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn continues_name(byte: u8) -> bool {
    begins_name(byte) || byte.is_ascii_digit() || byte == b'$'
}

/// Whether a byte can be in the name of a psql variable.
pub(super) fn in_variable(byte: u8) -> bool {
    begins_name(byte) || byte.is_ascii_digit()
}

/// The length of the `$tag$` that these bytes begin with.
fn dollar_tag(bytes: &[u8]) -> Option<usize> {
    let name = bytes[1..].iter().take_while(|byte| in_variable(**byte)).count();
    let valid = bytes.get(name + 1) == Some(&b'$') && !bytes[1].is_ascii_digit();
    valid.then_some(name + 2)
}
