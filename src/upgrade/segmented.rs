//! Deltas without a transaction: what can run in one commits statement by statement, together with the count of what
//! is done; what cannot runs alone, and is counted after it. A run that died goes on where it stopped; the statement
//! at which it stopped is judged by what the server shows.

use std::time::Instant;

use postgres_protocol::escape::escape_identifier;

use super::apply::Run;
use super::table::Table;
use super::transactional::{Cause, Failure, Moment, Watcher, backoff, passing_reason};
use super::unit::Unit;
use crate::connection::Fault;
use crate::delta::checksum;
use crate::sql::{Kind, NotInTransaction, Script, Source, Statement, Step};
use crate::{Error, Result};

impl Run<'_> {
    /// Runs a delta without a transaction, from where it stopped if it began before.
    pub(super) fn segmented(&mut self, unit: &Unit, index: usize, script: &Script) -> Result<()> {
        self.started(unit, index);
        let began = Instant::now();
        let reset = self.reset_statements();
        self.session.execute(&reset)?;
        self.table.ensure_statements_done(&mut self.session)?;
        let Some(id) = self.begin_row(unit, began)? else { return Ok(()) };
        self.begin_measuring(unit, script)?;
        let segments = segments(script);
        let total = script.statements().count();
        let mut done = self.done_so_far(unit, script, total)?;
        let mut before = 0;
        for segment in &segments {
            let behind = before + statements_of(segment);
            if behind <= done {
                // What only sets the session is needed again by what follows.
                if segment.iter().all(sets_session) {
                    self.steps(segment, before, total).map_err(|(number, fault)| {
                        self.explain_segment(unit, segment, number, fault, done)
                    })?;
                }
            } else if before == done && self.took_effect(unit, segment)? {
                let number = done + 1;
                self.progress.note(&format!(
                    "statement {number} of {} took effect before the last run died",
                    unit.label
                ));
                let count = self.count_statements(unit, script, behind, id);
                self.session.execute(&format!("BEGIN; {count} COMMIT"))?;
                done = behind;
            } else {
                self.segment(unit, script, segment, (before, total, id))?;
                done = behind;
            }
            before = behind;
        }
        let finish = self.end_row_statement(unit, id, began, &format!(", statements_done = {total}"));
        self.session.execute(&finish).map_err(|fault| self.table.explain(fault))?;
        self.committed(unit);
        self.ended(unit, index, began);
        Ok(())
    }

    /// Runs one segment: again if it waited too long for a lock.
    fn segment(
        &mut self,
        unit: &Unit,
        script: &Script,
        segment: &[Step],
        place: (usize, usize, i64),
    ) -> Result<()> {
        let began = Instant::now();
        let mut tries = 0;
        loop {
            if self.cancel.is_requested() {
                return Err(Error::interrupted(format!("interrupted in {}", unit.label))
                    .note("state", self.progress_state(unit, place.0)));
            }
            let outcome = match alone(segment) {
                Some((statement, outside)) => {
                    self.refuse_invalid_index(unit, statement, outside)?;
                    self.run_alone(unit, script, statement, outside, place)
                }
                None => self.run_together(unit, script, segment, place),
            };
            let Err((number, fault)) = outcome else { return Ok(()) };
            if !fault.is_lost() {
                self.session.ignore_cancel();
                let _ = self.session.execute("ROLLBACK");
            }
            let passing = matches!(fault.sqlstate(), Some("55P03" | "40P01" | "40001"));
            let pause = backoff(tries);
            if !(passing && tries < self.manner.retries && began.elapsed() + pause < self.manner.retry_within)
            {
                return Err(self.explain_segment(unit, segment, number, fault, place.0));
            }
            tries += 1;
            self.progress.warning(&format!(
                "statement {} of {} was undone because {}; it runs again",
                number + 1,
                unit.label,
                passing_reason(&fault)
            ));
            self.sleep(pause)?;
        }
    }

    /// Statements that can run in a transaction, and the count of what is done, in one.
    fn run_together(
        &mut self,
        unit: &Unit,
        script: &Script,
        segment: &[Step],
        (before, total, id): (usize, usize, i64),
    ) -> std::result::Result<(), (usize, Fault)> {
        let block = segment.iter().find_map(statement_of).and_then(Statement::block);
        let modes = block.map_or("", |block| &script.blocks[block].modes);
        self.session.execute(&format!("BEGIN {modes}")).map_err(|fault| (before, fault))?;
        self.measured_transaction_begins();
        self.steps(segment, before, total)?;
        let done = before + statements_of(segment);
        let count = self.count_statements(unit, script, done, id);
        self.session.execute(&format!("{count} COMMIT")).map_err(|fault| (done.saturating_sub(1), fault))
    }

    /// A statement that cannot run in a transaction, and after it the count.
    fn run_alone(
        &mut self,
        unit: &Unit,
        script: &Script,
        statement: &Statement,
        outside: &NotInTransaction,
        (before, total, id): (usize, usize, i64),
    ) -> std::result::Result<(), (usize, Fault)> {
        let failed = |fault| (before, fault);
        // A lock_timeout would leave an index INVALID, or VACUUM half done.
        let timeout =
            if outside.concurrently || outside.idempotent { 0 } else { self.manner.lock_timeout.as_millis() };
        // It is written down beforehand that it is under way: only then is it in doubt when the run dies.
        let leaves_doubt = !outside.idempotent;
        let doubt = if leaves_doubt { self.doubt_statements(before, true, id) } else { String::new() };
        self.session.execute(&format!("{doubt} SET lock_timeout = {timeout}")).map_err(failed)?;
        let statements = [statement];
        let mut watcher = Watcher::new(self.progress, Some((before, total)), &statements, &mut self.blockers);
        if let Err((_, fault)) = self.session.run(&[statement.sql()], &mut watcher) {
            // Refused, it has no effect; but what commits inside may have had a part of it.
            if leaves_doubt && !fault.is_lost() && !outside.commits_inside() {
                self.session.ignore_cancel();
                self.session.execute(&self.doubt_statements(before, false, id)).map_err(failed)?;
            }
            return Err((before, fault));
        }
        self.measure_alone(statement).map_err(failed)?;
        // It is done: that must be written even if the user wants to stop.
        self.session.ignore_cancel();
        let count = self.count_statements(unit, script, before + 1, id);
        let timeout = self.manner.lock_timeout.as_millis();
        self.session.execute(&format!("BEGIN; {count} COMMIT; SET lock_timeout = {timeout}")).map_err(failed)
    }

    /// Writes how many statements are done, and what they were, so that an edit of them is noticed. For use in a
    /// transaction: the role that the delta took is taken again when it ends.
    fn count_statements(&self, unit: &Unit, script: &Script, done: usize, id: i64) -> String {
        let columns =
            format!("statements_done = {done}, checksum = '{}'", checksum_of(&unit.source, script, done));
        format!("{} {};", self.local_role_statements(), self.table.update_statement(&columns, id))
    }

    /// Writes whether the statement after the first `done` is under way.
    fn doubt_statements(&self, done: usize, doubt: bool, id: i64) -> String {
        let value = if doubt { format!("-{done} - 1") } else { done.to_string() };
        let update = self.table.update_statement(&format!("statements_done = {value}"), id);
        format!("BEGIN; {} {update}; COMMIT;", self.local_role_statements())
    }

    fn local_role_statements(&self) -> String {
        let role = self.manner.role.as_deref().map_or_else(|| "NONE".to_owned(), escape_identifier);
        format!("SET LOCAL SESSION AUTHORIZATION DEFAULT; SET LOCAL ROLE {role};")
    }

    /// How many statements are done already; what is done must not have been edited.
    fn done_so_far(&self, unit: &Unit, script: &Script, total: usize) -> Result<usize> {
        let Some(row) = &unit.begun else { return Ok(0) };
        let done = row.statements_done.unwrap_or_default();
        if done == 0 || (done <= total && row.checksum == checksum_of(&unit.source, script, done)) {
            return Ok(done);
        }
        Err(Error::failed(format!(
            "{} was edited in what ran already: its first {done} statements",
            unit.label
        ))
        .note("state", format!("{done} statements are done and committed; nothing more was done"))
        .hint("bring those statements back to what they were, then run the upgrade again")
        .hint(format!(
            "or say where to go on in the file as it is now: {}",
            self.repair_command("resume", unit, " --statement N")
        )))
    }

    /// Whether the statement that was under way when the last run died took effect.
    fn took_effect(&mut self, unit: &Unit, segment: &[Step]) -> Result<bool> {
        match alone(segment) {
            Some((statement, outside)) if unit.begun.as_ref().is_some_and(|row| row.in_doubt) => {
                self.judge(unit, statement, outside)
            }
            _ => Ok(false),
        }
    }

    fn explain_segment(
        &mut self,
        unit: &Unit,
        segment: &[Step],
        number: usize,
        fault: Fault,
        before: usize,
    ) -> Error {
        let lost = fault.is_lost();
        let invalid = match alone(segment).filter(|_| !lost) {
            Some((_, outside)) => self.invalid_index(outside).ok().flatten(),
            None => None,
        };
        let moment = if Table::keeps_rows_out(&fault) { Moment::Commit } else { Moment::Statement(number) };
        let failure = Failure { unit: 0, moment, cause: Cause::Fault(fault) };
        let mut error = self.explain(std::slice::from_ref(unit), failure, 0);
        error.notes.retain(|(label, _)| label != "state");
        if let Some(index) = invalid {
            error = error.hint(format!(
                "it left the index {index} INVALID: DROP INDEX CONCURRENTLY {index}; before you run the upgrade again"
            ));
        }
        let mut state = self.progress_state(unit, before);
        if lost {
            state.push_str("; whether what came next took effect is not known");
        }
        error
            .note("state", state)
            .hint("mend it, then run the same command again: it goes on with that statement")
    }

    fn progress_state(&self, unit: &Unit, before: usize) -> String {
        match before {
            0 => format!("no statement of {} is done", unit.label),
            _ => format!(
                "the first {before} of {} statements of {} are done and committed",
                unit.statements(),
                unit.label
            ),
        }
    }
}

/// MD5 of the first statements of a file, as they stand there: what is recorded of a delta that is not done yet.
pub(crate) fn checksum_of(source: &Source, script: &Script, statements: usize) -> String {
    let texts: Vec<&str> =
        script.statements().take(statements).map(|statement| &source.text[statement.range()]).collect();
    checksum(texts.join("\0").as_bytes())
}

/// What commits at once: a BEGIN … COMMIT of the file, or one statement; an `\echo` goes with what follows.
fn segments(script: &Script) -> Vec<&[Step]> {
    let mut segments = Vec::new();
    let mut start = 0;
    for (index, step) in script.steps.iter().enumerate() {
        let Some(statement) = statement_of(step) else { continue };
        let next = script.steps[index + 1..].iter().find_map(statement_of);
        let continues =
            statement.block().is_some() && next.is_some_and(|next| next.block() == statement.block());
        if !continues {
            segments.push(&script.steps[start..=index]);
            start = index + 1;
        }
    }
    if start < script.steps.len() {
        segments.push(&script.steps[start..]);
    }
    segments
}

fn statement_of(step: &Step) -> Option<&Statement> {
    match step {
        Step::Statement(statement) | Step::Copy { statement, .. } => Some(statement),
        Step::Echo { .. } => None,
    }
}

fn statements_of(segment: &[Step]) -> usize {
    segment.iter().filter_map(statement_of).count()
}

/// The statement that must run alone, if it is one.
fn alone(segment: &[Step]) -> Option<(&Statement, &NotInTransaction)> {
    let statement = segment.iter().find_map(statement_of).filter(|statement| statement.block().is_none())?;
    match statement.kind() {
        Kind::NotInTransaction(outside) => Some((statement, outside)),
        Kind::Ordinary => None,
    }
}

/// Whether a step leaves nothing behind but a setting of the session.
fn sets_session(step: &Step) -> bool {
    let Some(statement) = statement_of(step) else { return true };
    let text = statement.first_words(40).to_ascii_lowercase();
    let settings = ["set ", "reset ", "select set_config(", "select pg_catalog.set_config("];
    settings.iter().any(|words| text.starts_with(words)) && !text.starts_with("set constraints")
}
