//! SQL files: the text of a delta into the statements that are sent, each with its place in the file, with variables put
//! in, psql's commands carried out or refused, COPY data cut out, and what forbids a transaction known. No database.
//!
//! Statements are split by a scanner of our own that follows psql's, not by a parser: psql itself splits this way, it is
//! right also for what no parser knows yet, it needs no second way for files with a syntax error (the server judges
//! those), and it takes one pass over the text.

mod control;
mod copy;
mod directives;
mod kind;
pub mod lint;
mod names;
mod places;
mod psql;
mod reader;
mod scanner;
mod source;
mod statement;
mod variables;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::Range;

pub use directives::{Directive, Directives};
pub use kind::{Kind, NotInTransaction, Target};
pub use names::{Name, Word, close_quoted, words};
pub use source::{Source, read};
pub use statement::Statement;
pub use variables::{Origin, Value, Variables};

use crate::error::{Error, Result};

/// What a file says to do, in its order. Ranges are bytes of the source's text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Script {
    /// What to do.
    pub steps: Vec<Step>,
    /// What the file says to pum.
    pub directives: Directives,
    /// The variables that were put in, by `%(NAME)s`.
    pub used_variables: BTreeSet<String>,
    /// The modes of the file's own BEGIN before its first statement, such as `ISOLATION LEVEL SERIALIZABLE`; the
    /// transaction that the file runs in is to have them.
    pub transaction_modes: Option<String>,
    /// The file's own BEGIN and COMMIT, which are not among the steps.
    pub dropped: Vec<Range<usize>>,
    /// With the directive no-transaction: the BEGIN … COMMIT of the file; the statements between (see
    /// [`Statement::block`]) are to run in one transaction. Empty without the directive.
    pub blocks: Vec<Block>,
    /// The comments that end with their line: neither those in strings nor those in the bodies of functions.
    pub comments: Vec<Range<usize>>,
}

/// A BEGIN … COMMIT in a file that does not run in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The modes of its BEGIN, may be empty.
    pub modes: String,
    /// From BEGIN to COMMIT.
    pub range: Range<usize>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send a statement.
    Statement(Statement),
    /// Send a `COPY … FROM stdin` and its data.
    Copy {
        /// The COPY.
        statement: Statement,
        /// What is sent as CopyData, without the `\.` at its end.
        data: String,
        /// Where the data is in the file.
        data_range: Range<usize>,
    },
    /// Show a line: `\echo`, `\qecho`, `\warn`.
    Echo {
        /// The text, without a newline at its end.
        text: String,
        /// Where to.
        output: Output,
        /// Where the command is in the file.
        range: Range<usize>,
    },
}

/// Where a line is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Script {
    /// The statements, those with COPY data included.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.steps.iter().filter_map(|step| match step {
            Step::Statement(statement) | Step::Copy { statement, .. } => Some(statement),
            Step::Echo { .. } => None,
        })
    }
}

/// Reads a file. Fails (usage, with the place) on a variable that is unknown, on anything that begins and does not end,
/// on psql's commands that can't be carried out, on an unknown directive, and on what contradicts that pum owns the
/// transaction: among others, without the directive no-transaction, on a statement that can't run in one.
pub fn prepare(source: &Source, variables: &Variables) -> Result<Script> {
    let substituted = variables::substitute(source, variables)?;
    let reading = reader::read(source, &substituted, variables)?;
    let mut script = Script {
        steps: reading.steps,
        directives: reading.directives,
        used_variables: substituted.used,
        comments: reading.comments,
        ..Script::default()
    };
    if script.directives.no_transaction().is_some()
        && let Some(range) = reading.joined
    {
        return Err(Error::usage("\\; joins statements into one transaction, which this delta is without")
            .at(source.excerpt(range, ""))
            .hint("write BEGIN; and COMMIT; round them"));
    }
    control::resolve(source, &mut script)?;
    Ok(script)
}

/// A string literal, for standard_conforming_strings.
fn quote_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The known name that was most likely meant.
fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance =
        |candidate: &str| strsim::damerau_levenshtein(&candidate.to_lowercase(), &name.to_lowercase());
    let best = known.into_iter().min_by_key(|candidate| distance(candidate))?;
    (distance(best) <= name.chars().count().div_ceil(3)).then_some(best)
}
