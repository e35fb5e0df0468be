//! What a delta says to pum: comment lines `-- pum: WORD …`, outside of strings and block comments.

use std::ops::Range;

use super::nearest;
use super::source::Source;
use crate::error::{Error, Result};

const NO_TRANSACTION: &str = "no-transaction";
const ALLOW: &str = "allow";
const KNOWN: [&str; 2] = [NO_TRANSACTION, ALLOW];

/// One directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// Its first word.
    pub word: String,
    /// The words after it.
    pub arguments: Vec<String>,
    /// Its comment, in bytes of the file's text.
    pub range: Range<usize>,
}

/// The directives of a file, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directives(Vec<Directive>);

impl Directives {
    /// `-- pum: no-transaction`: the statements do not run in one transaction.
    pub fn no_transaction(&self) -> Option<&Directive> {
        self.0.iter().find(|directive| directive.word == NO_TRANSACTION)
    }

    /// `-- pum: allow RULE reason`: a hazard that is meant, see [`lint`](super::lint).
    pub fn allowing(&self) -> impl Iterator<Item = &Directive> {
        self.0.iter().filter(|directive| directive.word == ALLOW)
    }

    /// Takes up a line comment, which lies at `range` in the file; most are no directive. Fails (usage) on an unknown one.
    pub(super) fn take(&mut self, source: &Source, comment: &str, range: Range<usize>) -> Result<()> {
        let Some(text) = comment.trim_start_matches('-').trim_start().strip_prefix("pum:") else {
            return Ok(());
        };
        let before = &source.text[..range.start];
        if !before.rsplit('\n').next().is_some_and(|line| line.trim().is_empty()) {
            return Ok(());
        }
        let mut words = text.split_whitespace().map(str::to_owned);
        let word = words.next().unwrap_or_default();
        let arguments: Vec<String> = words.collect();
        let unknown = !KNOWN.contains(&word.as_str());
        if unknown || (word != ALLOW && !arguments.is_empty()) {
            let message = match unknown {
                true => format!("unknown directive {word:?}"),
                false => format!("the directive {word} takes nothing after it"),
            };
            let known = nearest(&word, KNOWN).map_or_else(|| KNOWN.to_vec(), |known| vec![known]);
            let known = known.into_iter().map(|word| match word {
                ALLOW => format!("-- pum: {ALLOW} RULE reason"),
                word => format!("-- pum: {word}"),
            });
            return Err(Error::usage(message)
                .at(source.excerpt(range, ""))
                .hint(format!("what can be said here: {}", known.collect::<Vec<_>>().join(", or "))));
        }
        self.0.push(Directive { word, arguments, range });
        Ok(())
    }
}
