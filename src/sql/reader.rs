//! A text into statements, psql's commands and COPY data, by psql's own rules: a semicolon ends a statement outside of
//! strings, comments, parentheses and the `BEGIN ATOMIC … END` of a function.

use std::ops::Range;
use std::sync::Arc;

use super::copy;
use super::directives::Directives;
use super::kind::Kind;
use super::places::PlaceMap;
use super::psql::{Command, Fault, Psql};
use super::scanner::{Quoting, Scanner, Token, Unterminated};
use super::source::Source;
use super::statement::{Sent, Statement};
use super::variables::{Substituted, Variables};
use super::{Output, Step};
use crate::error::{Error, Result};

/// What was read: the steps in their order, and what is not a step.
pub(super) struct Reading {
    pub steps: Vec<Step>,
    pub directives: Directives,
    /// The first `\;`, which joins two statements into one message.
    pub joined: Option<Range<usize>>,
    /// The comments that end with their line, in bytes of the file's text.
    pub comments: Vec<Range<usize>>,
}

/// Reads a file whose variables have been put in.
pub(super) fn read(source: &Source, substituted: &Substituted<'_>, variables: &Variables) -> Result<Reading> {
    let mut reader = Reader {
        source,
        input: substituted,
        scanner: Scanner::new(&substituted.text),
        copied: 0,
        sent: Sent { text: String::with_capacity(substituted.text.len()), map: PlaceMap::identity() },
        psql: Psql::new(variables.psql()),
        open: Open::default(),
        pieces: Vec::new(),
        directives: Directives::default(),
        joined: None,
        comments: Vec::new(),
    };
    reader.run()?;
    let sent = Arc::new(reader.sent);
    let statement = |range| Statement { sent: Arc::clone(&sent), range, kind: Kind::Ordinary, block: None };
    let steps = reader.pieces.into_iter().map(|piece| match piece {
        Piece::Statement(range) => Step::Statement(statement(range)),
        Piece::Copy { range, data, data_range } => {
            Step::Copy { statement: statement(range), data, data_range }
        }
        Piece::Echo { text, output, range } => Step::Echo { text, output, range },
    });
    Ok(Reading {
        steps: steps.collect(),
        directives: reader.directives,
        joined: reader.joined,
        comments: reader.comments,
    })
}

/// A step whose statement is still a range of the text that is being written.
enum Piece {
    Statement(Range<usize>),
    Copy { range: Range<usize>, data: String, data_range: Range<usize> },
    Echo { text: String, output: Output, range: Range<usize> },
}

/// The statement that is being read.
#[derive(Default)]
struct Open {
    /// Its bytes in the sent text, from its first word to the last one so far.
    range: Option<Range<usize>>,
    parentheses: usize,
    heading: Heading,
    /// Whether the last word was BEGIN.
    after_begin: bool,
    /// How many END are to come before a semicolon counts again.
    ends: usize,
}

/// How far the statement begins as CREATE [OR REPLACE] FUNCTION or PROCEDURE does.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Heading {
    #[default]
    Nothing,
    Create,
    Or,
    Replace,
    Routine,
    Other,
}

impl Open {
    /// Takes up a token that is neither white space nor a comment.
    fn token(&mut self, token: Token, text: &str, range: Range<usize>) {
        match token {
            Token::Open => self.parentheses += 1,
            Token::Close => self.parentheses = self.parentheses.saturating_sub(1),
            Token::Word => self.word(text),
            _ => {}
        }
        self.after_begin = token == Token::Word && text.eq_ignore_ascii_case("begin");
        match &mut self.range {
            Some(whole) => whole.end = range.end,
            None => self.range = Some(range),
        }
    }

    fn word(&mut self, word: &str) {
        let is = |key: &str| word.eq_ignore_ascii_case(key);
        self.heading = match self.heading {
            Heading::Nothing if is("create") => Heading::Create,
            Heading::Create if is("or") => Heading::Or,
            Heading::Or if is("replace") => Heading::Replace,
            Heading::Create | Heading::Replace if is("function") || is("procedure") => Heading::Routine,
            Heading::Routine => Heading::Routine,
            _ => Heading::Other,
        };
        if self.heading != Heading::Routine || self.parentheses > 0 {
            return;
        }
        if self.ends == 0 {
            self.ends = usize::from(self.after_begin && is("atomic"));
        } else if is("case") {
            self.ends += 1;
        } else if is("end") {
            self.ends -= 1;
        }
    }

    fn ends_at_semicolon(&self) -> bool {
        self.parentheses == 0 && self.ends == 0
    }
}

struct Reader<'a> {
    source: &'a Source,
    input: &'a Substituted<'a>,
    scanner: Scanner<'a>,
    /// How far the input has been copied into what is sent, or passed over.
    copied: usize,
    sent: Sent,
    psql: Psql,
    open: Open,
    pieces: Vec<Piece>,
    directives: Directives,
    joined: Option<Range<usize>>,
    comments: Vec<Range<usize>>,
}

impl<'a> Reader<'a> {
    fn run(&mut self) -> Result<()> {
        loop {
            let next = self.scanner.next();
            let Some((token, range)) = next.map_err(|what| self.unterminated(&what))? else { break };
            match token {
                Token::Space | Token::BlockComment => {}
                Token::LineComment => {
                    let place = self.input.map.range(range.clone());
                    self.comments.push(place.clone());
                    self.directives.take(self.source, self.text(range), place)?;
                }
                Token::Semicolon if self.open.ends_at_semicolon() => self.semicolon(&range)?,
                Token::Variable(quoting) => self.variable(quoting, range)?,
                Token::Backslash => self.backslash(range.start)?,
                _ => self.token(token, range),
            }
        }
        let end = self.input.text.len();
        self.copy_up_to(end);
        self.end_statement(end)
    }

    fn text(&self, range: Range<usize>) -> &'a str {
        &self.input.text[range]
    }

    /// A token of the input that is sent as it is.
    fn token(&mut self, token: Token, range: Range<usize>) {
        let sent = self.sent.text.len();
        let in_sent = sent + (range.start - self.copied)..sent + (range.end - self.copied);
        let text = self.text(range);
        self.open.token(token, text, in_sent);
    }

    fn copy_up_to(&mut self, end: usize) {
        let range = self.copied..end;
        self.sent.map.push_mapped(self.sent.text.len(), &self.input.map, range.clone());
        self.sent.text.push_str(&self.input.text[range]);
        self.copied = end;
    }

    fn semicolon(&mut self, range: &Range<usize>) -> Result<()> {
        self.copy_up_to(range.end);
        self.end_statement(range.end)
    }

    /// Ends the statement, if there is one; `after` is where the input goes on.
    fn end_statement(&mut self, after: usize) -> Result<()> {
        let Some(range) = std::mem::take(&mut self.open).range else { return Ok(()) };
        let piece = match copy::from_stdin(&self.sent.text[range.clone()]) {
            true => self.copy(range, after)?,
            false => Piece::Statement(range),
        };
        self.pieces.push(piece);
        Ok(())
    }

    /// Cuts out the data, which begins on the line after the one with the semicolon.
    fn copy(&mut self, range: Range<usize>, after: usize) -> Result<Piece> {
        let rest = self.input.text[after..].split_inclusive('\n').next().unwrap_or_default();
        if !(rest.trim().is_empty() || rest.trim_start().starts_with("--")) {
            let place = after..after + rest.trim_end().len();
            return Err(self
                .error(place, "something follows COPY … FROM stdin on its line")
                .hint("begin the data, or the next statement, on a line of its own"));
        }
        let start = after + rest.len();
        self.copy_up_to(start);
        let (data, end) = copy::data(&self.input.text, start);
        self.copied = end;
        self.scanner.position = end;
        let data_range = self.input.map.range(data.clone());
        Ok(Piece::Copy { range, data: self.text(data).to_owned(), data_range })
    }

    /// Puts in a psql variable, if it is set. Its value is read as SQL, as psql does.
    fn variable(&mut self, quoting: Quoting, range: Range<usize>) -> Result<()> {
        let name = quoting.name(self.text(range.clone()));
        match self.psql.expand(quoting, name, range.clone()).map_err(|fault| self.fault(fault))? {
            None => self.token(Token::Other, range),
            Some(value) => {
                self.copy_up_to(range.start);
                self.put_in(&value, &range, &mut vec![name.to_owned()])?;
                self.copied = range.end;
            }
        }
        Ok(())
    }

    /// Sends the value of a variable in the place of `reference`; `within` are the variables it is in the value of.
    fn put_in(&mut self, value: &str, reference: &Range<usize>, within: &mut Vec<String>) -> Result<()> {
        let wrong = |reader: &Self, what: &str| {
            Err(reader.error(reference.clone(), format!("the value of this variable {what}: {value}")))
        };
        let place = self.input.map.range(reference.clone());
        let mut scanner = Scanner::new(value);
        loop {
            let (token, range) = match scanner.next() {
                Ok(None) => return Ok(()),
                Ok(Some(next)) => next,
                Err(Unterminated { what, .. }) => {
                    return wrong(self, &format!("has a {what} that does not end"));
                }
            };
            let text = &value[range];
            if let Token::Variable(quoting) = token {
                let name = quoting.name(text);
                // One inside its own value stays as it is.
                let inner = match within.iter().any(|outer| outer == name) {
                    true => None,
                    false => self
                        .psql
                        .expand(quoting, name, reference.clone())
                        .map_err(|fault| self.fault(fault))?,
                };
                if let Some(inner) = inner {
                    within.push(name.to_owned());
                    self.put_in(&inner, reference, within)?;
                    within.pop();
                    continue;
                }
            }
            let start = self.sent.text.len();
            self.sent.map.push_replaced(start, place.clone());
            self.sent.text.push_str(text);
            match token {
                Token::Backslash => return wrong(self, "has a psql command in it"),
                Token::Semicolon if self.open.ends_at_semicolon() => {
                    if self.open.range.clone().is_some_and(|range| copy::from_stdin(&self.sent.text[range])) {
                        return wrong(self, "has a COPY … FROM stdin in it");
                    }
                    self.end_statement(reference.end)?;
                }
                _ if token.is_trivia() => {}
                _ => self.open.token(token, text, start..start + text.len()),
            }
        }
    }

    fn backslash(&mut self, start: usize) -> Result<()> {
        self.copy_up_to(start);
        match self.input.text.as_bytes().get(start + 1) {
            Some(b';') => {
                self.joined.get_or_insert_with(|| self.input.map.range(start..start + 2));
                self.copied = start + 1;
                self.scanner.position = start + 2;
                if self.open.ends_at_semicolon() {
                    self.semicolon(&(start + 1..start + 2))?;
                }
            }
            Some(b':') => {
                self.copied = start + 1;
                self.scanner.position = start + 2;
                self.token(Token::Other, start + 1..start + 2);
            }
            _ => {
                let command = self.psql.command(&self.input.text, start);
                let (command, end) = command.map_err(|fault| self.fault(fault))?;
                self.copied = end;
                self.scanner.position = end;
                if let Command::Echo { text, warn } = command {
                    let output = if warn { Output::Stderr } else { Output::Stdout };
                    let range = self.input.map.range(start..end);
                    self.pieces.push(Piece::Echo { text, output, range });
                }
            }
        }
        Ok(())
    }

    fn error(&self, range: Range<usize>, message: impl Into<String>) -> Error {
        Error::usage(message).at(self.source.excerpt(self.input.map.range(range), ""))
    }

    fn fault(&self, fault: Fault) -> Error {
        self.error(fault.range, fault.message).hint(fault.hint)
    }

    fn unterminated(&self, unterminated: &Unterminated) -> Error {
        let range = self.input.map.range(unterminated.opening.clone());
        Error::usage(format!("unterminated {}", unterminated.what))
            .at(self.source.excerpt(range, "begins here"))
    }
}
