//! What went wrong in an upgrade, told so that a person can go on: the place in the file, what the server said, what
//! was undone, where the database is now, and what to do.

use super::apply::{Grouping, Run};
use super::record::Record;
use super::table::Table;
use super::transactional::{Cause, Failure, Moment};
use super::unit::Unit;
use crate::Error;
use crate::connection::{Fault, Session};
use crate::error::Kind;
use crate::progress::Cancel;
use crate::sql::Statement;

impl Run<'_> {
    /// A failed transaction as an error, with its place in the file.
    pub(super) fn explain(&mut self, units: &[Unit], failure: Failure, tries: u32) -> Error {
        let unit = &units[failure.unit];
        let in_commit = matches!(failure.moment, Moment::Commit);
        let fault = match failure.cause {
            Cause::Error(error) => return error.note("state", self.undone()),
            Cause::Fault(fault) => fault,
        };
        if self.cancel.is_requested() && fault.sqlstate() == Some("57014") {
            return Error::interrupted(format!("interrupted in {}", unit.label)).note("state", self.undone());
        }
        let lost = fault.is_lost();
        let mut error = match failure.moment {
            Moment::Statement(number) => self.at_statement(unit, number, fault),
            Moment::Begin => {
                let mut error = fault.into_error();
                error.message = format!("{} could not begin: {}", unit.label, error.message);
                error
            }
            Moment::Commit => {
                let refused = Table::keeps_rows_out(&fault);
                let mut error = if refused { self.table.explain(fault) } else { fault.into_error() };
                error.message = format!("{} could not be committed: {}", unit.label, error.message);
                error
            }
        };
        if tries > 0 {
            error = error.note("tries", format!("{}, the last one failed as above", tries + 1));
        }
        if lost && in_commit {
            self.after_lost_commit(error, units, failure.unit)
        } else {
            error.note("state", self.undone())
        }
    }

    /// A fault of a statement, with its place in the file.
    pub(super) fn at_statement(&self, unit: &Unit, number: usize, fault: Fault) -> Error {
        let position = fault.position();
        let sqlstate = fault.sqlstate().map(str::to_owned);
        let mut error = fault.into_error();
        if let Some(statement) = statement(unit, number) {
            let range = match position {
                Some(position) => {
                    let start = statement.locate(position);
                    start..word_end(&unit.source.text, start)
                }
                None => statement.range(),
            };
            error = error.at(unit.source.excerpt(range, ""));
        }
        error.message = format!("{} failed: {}", unit.label, error.message);
        match sqlstate.as_deref() {
            Some("55P04") => error.hint(match self.manner.grouping {
                Grouping::Each => "a value added to an enum can be used only after COMMIT: add it in a delta of its own before this one",
                Grouping::All => "a value added to an enum can be used only after COMMIT: run without --transaction all",
            }),
            Some("25001" | "2D000") => error.hint("put the line `-- pum: no-transaction` into the delta if the statement cannot run in a transaction"),
            Some("55P03") => match self.blockers.last() {
                Some(who) => error.note("in the way", who),
                None => error,
            }
            .hint("end what is in the way, or give --lock-timeout or --retries more"),
            Some("2BP01") => error.hint("other objects depend on it: drop them before and make them again after, for instance in pre-all.sql and post-all.sql"),
            _ => error,
        }
    }

    /// The connection broke at COMMIT: only a new one can tell what became of it.
    fn after_lost_commit(&mut self, error: Error, units: &[Unit], number: usize) -> Error {
        let together = match self.manner.grouping {
            Grouping::Each => &units[number..=number],
            Grouping::All => units,
        };
        // What is recorded in that transaction tells of all that was in it.
        let recorded = together.iter().find_map(|unit| unit.name.as_ref()).and_then(|name| {
            let record = self.look_again()?;
            Some(record.row(name).is_some_and(|row| row.success))
        });
        match recorded {
            Some(true) => {
                for unit in together {
                    self.committed(unit);
                }
                error
                    .note("state", "it was committed nevertheless: it is recorded")
                    .hint("run the same command again, for what is left")
            }
            Some(false) => error.note("state", self.undone()),
            None => error
                .note("state", "it is not known whether it was committed, for the server does not answer")
                .hint("when the server runs again, `pum info` shows it; a delta that is recorded was committed whole"),
        }
    }

    /// What became of the transaction that failed.
    fn undone(&self) -> &'static str {
        match self.manner.grouping {
            Grouping::Each => "it was undone",
            Grouping::All => "everything that this run did was undone",
        }
    }

    fn look_again(&self) -> Option<Record> {
        let mut session = Session::open(self.parameters, "pum", &Cancel::default()).ok()?;
        if let Some(role) = &self.manner.role {
            session
                .execute(&format!("SET ROLE {}", postgres_protocol::escape::escape_identifier(role)))
                .ok()?;
        }
        // A server process that has not noticed yet that we are gone may still be at it.
        let pid = self.server.pid;
        for _ in 0..20 {
            let rows = session.query(&format!("SELECT FROM pg_stat_activity WHERE pid = {pid}")).ok()?;
            if rows.is_empty() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        self.table.read(&mut session).ok()
    }

    /// Adds in which state the database is now, and what to do.
    pub(super) fn with_state(&self, error: Error, rest: &[Unit], group: usize) -> Error {
        let database = &self.server.database;
        let version =
            self.version.map_or_else(|| "no version".to_owned(), |version| format!("version {version}"));
        let before = match self.applied.as_slice() {
            [] => "this run completed nothing before".to_owned(),
            [one] => format!("this run completed {one} before, which stays"),
            [first, .., last] => {
                format!(
                    "this run completed {} files before, which stay, from {first} to {last}",
                    self.applied.len()
                )
            }
        };
        let mut error = error.note("database", format!("{database} is at {version}; {before}"));
        if let Some((first, others)) = rest.get(group..).and_then(<[Unit]>::split_first) {
            let others =
                if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
            error = error.note("not run", format!("{}{others}", first.label));
        }
        if error.kind == Kind::Failed && error.hints.is_empty() {
            error = error.hint(match self.manner.grouping {
                Grouping::Each => "mend it, then run the same command again: it goes on from there",
                Grouping::All => "mend it, then run the same command again",
            });
        }
        let pre_all = self.applied.iter().any(|label| label.starts_with("pre-all."));
        if pre_all && rest.iter().any(|unit| unit.label.starts_with("post-all.")) {
            error = error
                .note("attention", "what pre-all did stays done, and post-all did not run")
                .hint("`--transaction all` undoes everything when something fails, if all deltas are SQL");
        }
        error
    }

    /// Interrupted between two pieces of work.
    pub(super) fn stopped(&self, rest: &[Unit]) -> Error {
        let error =
            Error::interrupted("interrupted").hint("run the same command again: it goes on from there");
        self.with_state(error, rest, 0)
    }
}

/// The n-th statement of a piece of work.
fn statement(unit: &Unit, number: usize) -> Option<&Statement> {
    unit.script()?.statements().nth(number)
}

/// The end of the word at this place, so that it can be underlined; at least one character.
fn word_end(text: &str, start: usize) -> usize {
    let rest = &text[start..];
    let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    start + if word == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { word }
}
