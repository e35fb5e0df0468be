//! A delta's own BEGIN and COMMIT, and what would break the rule that pum owns the transaction: the statements around
//! everything are taken out, what cannot be honoured is refused with its place.

use std::ops::Range;

use super::kind::Kind;
use super::names::{take, take_all};
use super::scanner::{Scanner, Token};
use super::{Block, Script, Source, Statement, Step};
use crate::error::{Error, Result};

/// What a statement does to the transaction.
enum Control {
    /// Nothing.
    None,
    /// BEGIN or START TRANSACTION, with its modes.
    Begin(String),
    /// COMMIT or END.
    Commit,
    /// What a delta must not do, and why.
    Refused(&'static str, &'static str),
}

fn control(sql: &str) -> Control {
    let mut scanner = Scanner::new(sql);
    let Some((Token::Word, first)) = scanner.next_significant() else { return Control::None };
    let scanner = &mut scanner;
    match first.to_ascii_lowercase().as_str() {
        "begin" => Control::Begin(modes(scanner)),
        "start" if take(scanner, "transaction") => Control::Begin(modes(scanner)),
        "commit" | "rollback" if take(&mut scanner.clone(), "prepared") => Control::None,
        "commit" | "end" => {
            let _noise = take(scanner, "work") || take(scanner, "transaction");
            match take_all(scanner, &["and", "chain"]) {
                true => Control::Refused("COMMIT AND CHAIN", "write COMMIT, then BEGIN"),
                false => Control::Commit,
            }
        }
        "rollback" | "abort" => {
            let _noise = take(scanner, "work") || take(scanner, "transaction");
            match take(scanner, "to") {
                true => Control::None,
                false => Control::Refused("ROLLBACK", "a delta that undoes its work does nothing: remove it"),
            }
        }
        "prepare" if take(scanner, "transaction") => match scanner.next_significant() {
            Some((Token::String, _)) => {
                Control::Refused("PREPARE TRANSACTION", "pum commits the delta itself: remove it")
            }
            _ => Control::None,
        },
        "discard" if take(scanner, "all") => Control::Refused(
            "DISCARD ALL",
            "it would release pum's lock; pum resets the session between deltas: remove it",
        ),
        "copy" if super::copy::to_stdout(sql) => Control::Refused(
            "COPY … TO stdout",
            "a delta has no output: remove it, or copy to a file of the server",
        ),
        _ => Control::None,
    }
}

/// The encoding that a statement sets for the client, if that is not UTF-8: what comes after it, the record of the
/// delta too, would be read wrongly.
fn other_encoding(sql: &str) -> Option<String> {
    let mut scanner = Scanner::new(sql);
    if !take(&mut scanner, "set") {
        return None;
    }
    let _scope = take(&mut scanner, "session") || take(&mut scanner, "local");
    if take(&mut scanner, "client_encoding") {
        let (_, sign) = scanner.next_significant()?;
        if sign != "=" && !sign.eq_ignore_ascii_case("to") {
            return None;
        }
    } else if !take(&mut scanner, "names") {
        return None;
    }
    // `UTF-8` without quotes is three tokens, and no SQL.
    let (_, value) = scanner.next_significant()?;
    let plain: String = value.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    (!["utf8", "unicode", "default"].contains(&plain.as_str())).then(|| value.to_owned())
}

/// The words after BEGIN, in upper case, such as `ISOLATION LEVEL SERIALIZABLE`.
fn modes(scanner: &mut Scanner<'_>) -> String {
    let _noise = take(scanner, "work") || take(scanner, "transaction");
    let words: Vec<_> = std::iter::from_fn(|| scanner.next_significant())
        .map(|(_, word)| word.to_ascii_uppercase())
        .collect();
    words.join(" ")
}

/// Takes out the transaction control of a script, and says which statements can't run in a transaction.
pub(super) fn resolve(source: &Source, script: &mut Script) -> Result<()> {
    let mut resolver = Resolver {
        source,
        no_transaction: script.directives.no_transaction().is_some(),
        open: None,
        blocks: Vec::new(),
        dropped: Vec::new(),
        modes: None,
        begun: false,
    };
    let mut steps = Vec::with_capacity(script.steps.len());
    for step in std::mem::take(&mut script.steps) {
        steps.extend(resolver.step(step)?);
    }
    if let Some(begin) = resolver.open {
        return Err(Error::usage("BEGIN without a COMMIT: psql would undo everything after it at the end")
            .at(source.excerpt(begin, "begins here"))
            .hint("add COMMIT at the end, or remove BEGIN: pum runs a delta in a transaction anyway"));
    }
    script.steps = steps;
    script.blocks = resolver.blocks;
    script.dropped = resolver.dropped;
    script.transaction_modes = resolver.modes;
    Ok(())
}

struct Resolver<'s> {
    source: &'s Source,
    no_transaction: bool,
    /// The BEGIN whose COMMIT did not come yet.
    open: Option<Range<usize>>,
    blocks: Vec<Block>,
    dropped: Vec<Range<usize>>,
    modes: Option<String>,
    /// Whether there was a statement already.
    begun: bool,
}

impl Resolver<'_> {
    /// The step as it is to run; none if it was taken out.
    fn step(&mut self, mut step: Step) -> Result<Option<Step>> {
        let (Step::Statement(statement) | Step::Copy { statement, .. }) = &mut step else {
            return Ok(Some(step));
        };
        if let Some(encoding) = other_encoding(statement.sql()) {
            return Err(Error::usage(format!(
                "the delta is sent in UTF-8, and this statement says it is {encoding}"
            ))
            .at(self.source.excerpt(statement.range(), ""))
            .hint("convert the file to UTF-8 and remove the statement; client_encoding is pum's"));
        }
        match control(statement.sql()) {
            Control::None => {}
            Control::Begin(modes) => return self.begin(statement, modes).map(|()| None),
            Control::Commit => return self.commit(statement).map(|()| None),
            Control::Refused(what, advice) => {
                return Err(self.error(format!("{what} does not work in a delta"), statement).hint(advice));
            }
        }
        self.begun = true;
        statement.kind = Kind::of(statement.sql());
        if let Kind::NotInTransaction(outside) = &statement.kind
            && outside.certain
        {
            let what = outside.what;
            if !self.no_transaction {
                return Err(self
                    .error(format!("{what} cannot run in a transaction"), statement)
                    .hint("add the line `-- pum: no-transaction`; the delta is then no longer applied whole or not at all")
                    .hint("best move the statement to a delta of its own"));
            }
            if self.open.is_some() {
                return Err(self
                    .error(format!("{what} cannot run between BEGIN and COMMIT"), statement)
                    .hint("move it out of the block"));
            }
        }
        statement.block = (self.no_transaction && self.open.is_some()).then(|| self.blocks.len() - 1);
        Ok(Some(step))
    }

    fn begin(&mut self, statement: &Statement, modes: String) -> Result<()> {
        if modes.contains("READ ONLY") {
            return Err(self
                .error(
                    "a READ ONLY transaction does not work in a delta: it could not be recorded",
                    statement,
                )
                .hint("remove READ ONLY"));
        }
        let nested = self.open.is_some();
        if self.no_transaction {
            if nested {
                return Err(self.error("BEGIN inside BEGIN", statement).hint("add the COMMIT before it"));
            }
            self.blocks.push(Block { modes, range: statement.range() });
        } else if !self.begun && self.modes.is_none() {
            self.modes = (!modes.is_empty()).then_some(modes);
        } else if !modes.is_empty() && self.modes.as_deref() != Some(modes.as_str()) {
            return Err(self
                .error("transaction modes that come too late: a delta runs in one transaction", statement)
                .hint("put them on the BEGIN before the first statement"));
        }
        if !nested {
            self.open = Some(statement.range());
        }
        self.dropped.push(statement.range());
        Ok(())
    }

    fn commit(&mut self, statement: &Statement) -> Result<()> {
        let Some(begin) = self.open.take() else {
            return Err(self
                .error("COMMIT without a BEGIN", statement)
                .hint("remove it: pum commits the delta itself, together with its record"));
        };
        if self.no_transaction
            && let Some(block) = self.blocks.last_mut()
        {
            block.range = begin.start..statement.range().end;
        }
        self.dropped.push(statement.range());
        Ok(())
    }

    fn error(&self, message: impl Into<String>, statement: &Statement) -> Error {
        Error::usage(message).at(self.source.excerpt(statement.range(), ""))
    }
}
