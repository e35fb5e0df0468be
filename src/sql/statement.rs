//! A statement as it is sent, and the way back from the server's positions to the file.

use std::ops::Range;
use std::sync::Arc;

use super::kind::Kind;
use super::places::PlaceMap;
use super::scanner::Scanner;

/// What all statements of a file are cut from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub text: String,
    pub map: PlaceMap,
}

/// One statement: from its first word to its last, without the semicolon and without the comments around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub(super) sent: Arc<Sent>,
    pub(super) range: Range<usize>,
    pub(super) kind: Kind,
    pub(super) block: Option<usize>,
}

impl Statement {
    /// The text to send.
    pub fn sql(&self) -> &str {
        &self.sent.text[self.range.clone()]
    }

    /// How it gets on with transactions.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// In a delta without a transaction: the index in [`Script::blocks`](super::Script::blocks) of the BEGIN … COMMIT
    /// that it stands in.
    pub fn block(&self) -> Option<usize> {
        self.block
    }

    /// Its place in the file, in bytes of the source's text.
    pub fn range(&self) -> Range<usize> {
        self.sent.map.range(self.range.clone())
    }

    /// The place in the file, in bytes of the source's text, of a position that the server gave: in characters of
    /// [`sql`](Self::sql), from 1. What a variable was put in for is at the beginning of its reference; a position past
    /// the end is the end of the statement.
    pub fn locate(&self, position: usize) -> usize {
        let sql = self.sql();
        match sql.char_indices().nth(position.saturating_sub(1)) {
            Some((offset, _)) => self.sent.map.locate(self.range.start + offset),
            None => self.range().end,
        }
    }

    /// The beginning of the statement on one line of at most `width` characters, without comments, white space squeezed.
    pub fn first_words(&self, width: usize) -> String {
        let sql = self.sql();
        let mut scanner = Scanner::new(sql);
        let (mut line, mut length) = (String::new(), 0);
        while let Ok(Some((token, range))) = scanner.next() {
            let text = if token.is_trivia() { " " } else { &sql[range] };
            for letter in text.chars() {
                let blank = letter.is_whitespace() || letter.is_control();
                if blank && line.ends_with(' ') {
                    continue;
                }
                if length == width {
                    line.pop();
                    line.push('…');
                    return line;
                }
                line.push(if blank { ' ' } else { letter });
                length += 1;
            }
        }
        line
    }
}
