//! squawk's rules.

use std::ops::Range;

use squawk_linter::{Linter, LinterSettings};
use squawk_syntax::{Parse, SourceFile};

use super::super::Script;
use super::super::scanner::{Scanner, Token};
use super::super::statement::Sent;
use super::{Hazard, Levels};

/// What squawk sees of a script: as much text as is sent, without what is not, and the way back to the file.
pub(super) struct Text<'a> {
    sent: &'a Sent,
    text: String,
    statements: Vec<Range<usize>>,
    is_transaction: bool,
}

impl<'a> Text<'a> {
    /// Of a script; none of one without statements.
    pub fn of(script: &'a Script) -> Option<Text<'a>> {
        let sent = &*script.statements().next()?.sent;
        let statements: Vec<Range<usize>> =
            script.statements().map(|statement| statement.range.clone()).collect();
        let is_transaction = script.directives.no_transaction().is_none();
        let mut text = Text { sent, text: sent.text.clone(), statements, is_transaction };
        if is_transaction {
            text.blank_between_statements();
        }
        Some(text)
    }

    /// The BEGIN and COMMIT of the file are not sent.
    fn blank_between_statements(&mut self) {
        let mut start = 0;
        let mut blanks = Vec::new();
        let ends = self.statements.iter().map(|statement| statement.start).chain([self.sent.text.len()]);
        for (end, next) in ends.zip(self.statements.iter().map(|statement| statement.end).chain([0])) {
            // The semicolon of the statement before is its end.
            let mut is_end = start > 0;
            let mut scanner = Scanner::new(&self.sent.text[start..end]);
            while let Ok(Some((token, range))) = scanner.next() {
                let stays = token.is_trivia() || (token == Token::Semicolon && is_end);
                if !stays {
                    blanks.push(start + range.start..start + range.end);
                }
                is_end &= token.is_trivia();
            }
            start = next;
        }
        blanks.into_iter().for_each(|range| self.blank(range));
    }

    /// Puts spaces in the place of a range; lines stay lines, for squawk counts them.
    fn blank(&mut self, range: Range<usize>) {
        let blank: String = self.text[range.clone()]
            .bytes()
            .map(|byte| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { ' ' })
            .collect();
        self.text.replace_range(range, &blank);
    }

    /// Its syntax tree, without the statements that squawk does not understand.
    pub fn parse(&mut self) -> Parse<SourceFile> {
        let parsed = SourceFile::parse(&self.text);
        if parsed.errors().is_empty() {
            return parsed;
        }
        let is_wrong = |range: &Range<usize>| {
            !SourceFile::parse(&format!("{};", &self.text[range.clone()])).errors().is_empty()
        };
        let wrong: Vec<Range<usize>> =
            self.statements.iter().filter(|range| is_wrong(range)).cloned().collect();
        for range in wrong {
            self.blank(range);
        }
        let parsed = SourceFile::parse(&self.text);
        match parsed.errors().is_empty() {
            true => parsed,
            false => SourceFile::parse(""),
        }
    }

    /// A place in the file.
    pub fn locate(&self, range: Range<usize>) -> Range<usize> {
        self.sent.map.range(range)
    }
}

/// What squawk finds.
pub(super) fn hazards(
    text: &Text<'_>,
    parsed: &Parse<SourceFile>,
    levels: &Levels,
    major: Option<u32>,
) -> Vec<Hazard> {
    let mut linter = Linter::from(levels.squawk());
    linter.settings = LinterSettings {
        pg_version: major.and_then(|major| major.to_string().parse().ok()).unwrap_or_default(),
        assume_in_transaction: text.is_transaction,
    };
    let violations = linter.lint(parsed, &text.text);
    let hazards = violations.into_iter().map(|violation| {
        let rule = violation.code.to_string();
        let help = match rule.as_str() {
            "require-concurrent-index-creation"
            | "require-concurrent-index-deletion"
            | "require-concurrent-reindex"
            | "require-concurrent-partition-detach"
                if text.is_transaction =>
            {
                Some("write it CONCURRENTLY in a delta with the line `-- pum: no-transaction`".to_owned())
            }
            _ => violation.help.map(|help| sentence(&help)),
        };
        Hazard {
            range: text.locate(violation.text_range.start().into()..violation.text_range.end().into()),
            message: sentence(&violation.message),
            rule,
            help,
        }
    });
    hazards.collect()
}

/// As pum writes: lower case, no trailing period.
fn sentence(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}
