//! SQL in transactions, each with its record in it: `the row exists ⇔ its effects exist`. The client owns COMMIT.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::ops::Range;
use std::time::{Duration, Instant};

use super::apply::{Run, milliseconds};
use super::table::Table;
use super::unit::{Unit, Work};
use super::waiting::Blockers;
use crate::connection::{Fault, Reply, Rows, Watch};
use crate::progress::{Cancel, Event, Progress};
use crate::sql::{Script, Statement, Step};
use crate::{Error, Result};

/// Where in a transaction a fault happened.
#[derive(Debug)]
pub(super) enum Moment {
    /// Before the first statement.
    Begin,
    /// In this statement of the piece of work.
    Statement(usize),
    /// At its record, or at COMMIT.
    Commit,
}

/// A fault with its place.
pub(super) struct Failure {
    /// The index of the piece of work.
    pub unit: usize,
    pub moment: Moment,
    pub cause: Cause,
}

pub(super) enum Cause {
    Fault(Fault),
    Error(Error),
}

impl Run<'_> {
    /// Runs some pieces of work as one transaction, again if it waited too long for a lock or met a deadlock.
    pub(super) fn transaction(&mut self, units: &[Unit], group: Range<usize>) -> Result<()> {
        let began = Instant::now();
        let mut tries = 0;
        let last_id = self.last_id;
        self.blockers.forget();
        loop {
            let failure = match self.attempt(units, group.clone()) {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            self.begun = false;
            self.last_id = last_id;
            self.blockers.restart(self.progress);
            let lost = matches!(&failure.cause, Cause::Fault(fault) if fault.is_lost());
            if !lost {
                self.session.ignore_cancel();
                // Should this fail too, the session is of no use, and the server undoes everything by itself.
                let _ = self.session.execute("ROLLBACK");
            }
            let pause = backoff(tries);
            let again = failure.is_passing()
                && tries < self.manner.retries
                && began.elapsed() + pause < self.manner.retry_within
                && !self.cancel.is_requested();
            if !again {
                return Err(self.explain(units, failure, tries));
            }
            tries += 1;
            self.tell_retry(&units[failure.unit], &failure, tries, pause);
            self.sleep(pause)
                .map_err(|error| error.note("state", "the transaction that waited was undone"))?;
        }
    }

    fn attempt(&mut self, units: &[Unit], group: Range<usize>) -> std::result::Result<(), Failure> {
        let at = |unit, moment| move |fault| Failure { unit, moment, cause: Cause::Fault(fault) };
        let refused = |unit| move |error| Failure { unit, moment: Moment::Begin, cause: Cause::Error(error) };
        let mut starts = Vec::with_capacity(group.len());
        for index in group.clone() {
            let unit = &units[index];
            let Work::Transactional(script) = &unit.work else { continue };
            if !std::mem::take(&mut self.begun) {
                let start = self.start_message(unit, index == group.start);
                let reply = self.session.query_each(&start).map_err(at(index, Moment::Begin))?;
                self.check_start(&reply).map_err(refused(index))?;
            }
            self.started(unit, index);
            let began = Instant::now();
            starts.push(began);
            self.begin_measuring(unit, script).map_err(refused(index))?;
            self.body(script, index)?;
            if self.cancel.is_requested() {
                let cause = Cause::Error(Error::interrupted(format!(
                    "interrupted after the last statement of {}",
                    unit.label
                )));
                return Err(Failure { unit: index, moment: Moment::Commit, cause });
            }
            let last = index + 1 == group.end;
            let next = units.get(index + 1).filter(|next| matches!(next.work, Work::Transactional(_)));
            let started = self.finish(unit, began, last, next).map_err(at(index, Moment::Commit))?;
            if last {
                for (done, began) in group.clone().zip(&starts) {
                    self.committed(&units[done]);
                    self.ended(&units[done], done, *began);
                }
            }
            match started {
                None => {}
                Some(started) if !last => {
                    self.begun = true;
                    let rows = started.map_err(at(index + 1, Moment::Begin))?;
                    self.check_start(&rows).map_err(refused(index + 1))?;
                }
                Some(started) => {
                    self.begun = started.is_ok_and(|rows| self.check_start(&rows).is_ok());
                    if !self.begun {
                        // The reason shows when the next piece of work begins its transaction itself.
                        let _ = self.session.execute("ROLLBACK");
                    }
                }
            }
        }
        Ok(())
    }

    /// What precedes the statements of a piece of work. Its one row of three columns says which server process we are
    /// on, whether the lock is ours, and whether somebody else has recorded the delta.
    fn start_message(&self, unit: &Unit, first: bool) -> String {
        let modes = unit.script().and_then(|script| script.transaction_modes.as_deref()).unwrap_or_default();
        let recorded = unit.name.as_ref().map_or_else(
            || "false".to_owned(),
            |name| self.table.recorded_since_expression(name, self.last_id),
        );
        let prepare = format!(
            "{} SELECT pg_backend_pid(), {}, {recorded}",
            self.reset_statements(),
            self.key.alone_expression(),
        );
        // Committed apart: SET TRANSACTION must find a transaction in which nothing ran yet, and UNLISTEN only works then.
        if first { format!("BEGIN; {prepare}; COMMIT; BEGIN {modes}") } else { prepare }
    }

    fn check_start(&self, results: &Rows) -> Result<()> {
        let guard = results.iter().flatten().find(|row| row.len() == 3);
        let column = |index: usize| guard.and_then(|row| row.get(index)?.as_deref());
        if column(0) != Some(self.server.pid.to_string().as_str()) {
            return Err(super::lock::pooler_error());
        }
        if column(1) != Some("t") {
            return Err(super::lock::lost_error());
        }
        if column(2) != Some("f") {
            return Err(Error::failed(
                "somebody else has applied this delta meanwhile, without taking the lock",
            )
            .note("reason", "a pooler in transaction mode, or the older pum, which knows no lock")
            .hint("see what the database has had with `pum info`, then run the upgrade again"));
        }
        Ok(())
    }

    /// Ends a piece of work and begins the next one, in one message; what became of the beginning is given apart.
    fn finish(
        &mut self,
        unit: &Unit,
        began: Instant,
        last: bool,
        next: Option<&Unit>,
    ) -> Reply<Option<Reply<Rows>>> {
        let mut statements = self.finish_statements(unit, began, last);
        let own = statements.len();
        statements.extend(next.map(|next| self.start_message(next, last)));
        let mut results = Vec::new();
        let outcome = self.session.query_into(
            &mut results,
            &statements.join("; "),
            &mut Watcher::new(self.progress, None, &[], &mut self.blockers),
        );
        let started = match outcome {
            Err(fault) if results.len() < own => return Err(fault),
            outcome => outcome.map(|()| results.split_off(own.min(results.len()))),
        };
        if let Some(id) = results.iter().find_map(|rows| Table::written_id(rows)) {
            self.wrote_row(id);
        }
        Ok(next.map(|_| started))
    }

    /// What follows the statements of a piece of work: its record, and COMMIT after the last.
    fn finish_statements(&self, unit: &Unit, began: Instant, last: bool) -> Vec<String> {
        let script = unit.path.to_string_lossy();
        let mut statements = self.own_role_statements();
        statements
            .extend(self.new_row(unit, &script, began, true).map(|row| self.table.insert_statement(&row)));
        if last {
            statements.push("COMMIT".to_owned());
        }
        statements
    }

    /// Runs the statements of a script, without waiting for one before the next goes out.
    fn body(&mut self, script: &Script, unit: usize) -> std::result::Result<(), Failure> {
        let total = script.statements().count();
        self.steps(&script.steps, 0, total).map_err(|(number, fault)| Failure {
            unit,
            moment: Moment::Statement(number),
            cause: Cause::Fault(fault),
        })
    }

    /// Runs some steps in the transaction that is open; `number` statements of `total` came before them. A fault comes
    /// with the number of its statement.
    pub(super) fn steps(
        &mut self,
        mut steps: &[Step],
        mut number: usize,
        total: usize,
    ) -> std::result::Result<(), (usize, Fault)> {
        while let Some(step) = steps.first() {
            match step {
                Step::Echo { text, .. } => {
                    self.progress.event(&Event::Output { source: "echo", line: text });
                    steps = &steps[1..];
                }
                Step::Copy { statement, data, .. } => {
                    let statements = [statement];
                    let mut watcher =
                        Watcher::new(self.progress, Some((number, total)), &statements, &mut self.blockers);
                    let rows = self
                        .session
                        .copy_in(statement.sql(), data, &mut watcher)
                        .map_err(|fault| (number, fault))?;
                    watcher.done(0, rows);
                    self.measure_statement(number, statement).map_err(|fault| (number, fault))?;
                    number += 1;
                    steps = &steps[1..];
                }
                Step::Statement(_) => {
                    let statements: Vec<&Statement> = steps
                        .iter()
                        .map_while(
                            |step| if let Step::Statement(statement) = step { Some(statement) } else { None },
                        )
                        .take(if self.is_measured() { 1 } else { usize::MAX })
                        .collect();
                    let texts: Vec<&str> = statements.iter().map(|statement| statement.sql()).collect();
                    let mut watcher =
                        Watcher::new(self.progress, Some((number, total)), &statements, &mut self.blockers);
                    self.session
                        .run(&texts, &mut watcher)
                        .map_err(|(failed, fault)| (number + failed, fault))?;
                    if let [statement] = statements.as_slice() {
                        self.measure_statement(number, statement).map_err(|fault| (number, fault))?;
                    }
                    number += statements.len();
                    steps = &steps[statements.len()..];
                }
            }
        }
        Ok(())
    }

    fn tell_retry(&self, unit: &Unit, failure: &Failure, tries: u32, pause: Duration) {
        let Cause::Fault(fault) = &failure.cause else { return };
        let reason = passing_reason(fault);
        let who = self.blockers.last().map_or_else(String::new, |who| format!(" ({who})"));
        self.progress.warning(&format!(
            "{} was undone because {reason}{who}; try {} of {} in {:.1} s",
            unit.label,
            tries + 1,
            self.manner.retries + 1,
            pause.as_secs_f32(),
        ));
    }

    pub(super) fn sleep(&self, pause: Duration) -> Result<()> {
        let until = Instant::now() + pause;
        while Instant::now() < until {
            if self.cancel.is_requested() {
                return Err(Error::interrupted("interrupted"));
            }
            std::thread::sleep(until.saturating_duration_since(Instant::now()).min(Cancel::INTERVAL));
        }
        Ok(())
    }
}

/// Why something that may work a little later did not work now.
pub(super) fn passing_reason(fault: &Fault) -> &'static str {
    match fault.sqlstate() {
        Some("40P01") => "it met a deadlock",
        Some("40001") => "it could not be serialized",
        _ => "it waited too long for a lock",
    }
}

impl Failure {
    /// Whether the same may work a little later.
    fn is_passing(&self) -> bool {
        matches!(&self.cause, Cause::Fault(fault) if matches!(fault.sqlstate(), Some("55P03" | "40P01" | "40001")))
    }
}

/// Twice as long each time, up to 30 s, half of it by chance so that two that met do not meet again.
pub(super) fn backoff(tries: u32) -> Duration {
    let most = Duration::from_millis(200).saturating_mul(1 << tries.min(8)).min(Duration::from_secs(30));
    let chance = RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64;
    most.mul_f64(0.5 + chance / 2.0)
}

/// Tells the observer what statements do.
pub(super) struct Watcher<'a> {
    progress: &'a dyn Progress,
    /// How many statements came before these, and how many there are in all; `None`: not the delta's own.
    place: Option<(usize, usize)>,
    statements: &'a [&'a Statement],
    blockers: &'a mut Blockers,
    since: Instant,
}

impl<'a> Watcher<'a> {
    pub(super) fn new(
        progress: &'a dyn Progress,
        place: Option<(usize, usize)>,
        statements: &'a [&'a Statement],
        blockers: &'a mut Blockers,
    ) -> Watcher<'a> {
        blockers.restart(progress);
        let watcher = Watcher { progress, place, statements, blockers, since: Instant::now() };
        watcher.tell_start(0);
        watcher
    }

    fn tell_start(&self, index: usize) {
        if let (Some((before, total)), Some(statement)) = (self.place, self.statements.get(index)) {
            self.progress.event(&Event::StatementStarted {
                number: before + index + 1,
                total,
                text: statement.sql(),
            });
        }
    }
}

impl Watch for Watcher<'_> {
    fn notice(&mut self, notice: &tokio_postgres::error::DbError) {
        self.progress.event(&Event::Notice { severity: notice.severity(), text: notice.message() });
    }

    fn done(&mut self, index: usize, rows: u64) {
        if let (Some((before, total)), Some(statement)) = (self.place, self.statements.get(index)) {
            self.progress.event(&Event::StatementDone {
                number: before + index + 1,
                total,
                text: statement.sql(),
                milliseconds: milliseconds(self.since),
                rows,
            });
        }
        self.since = Instant::now();
        self.blockers.restart(self.progress);
        self.tell_start(index + 1);
    }

    fn tick(&mut self) {
        self.blockers.tick(self.progress);
    }
}
