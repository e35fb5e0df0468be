//! Running the pieces of work of an upgrade against a database, in order, each recorded with its effects.
//!
//! The round trips: the statements of a delta go out together; its record and COMMIT go out in one message with the
//! next one's BEGIN. So a delta costs two, however many statements it has.

use std::time::{Duration, Instant};

use super::lock::Key;
use super::measure::Measure;
use super::table::{NewRow, Server, Table};
use super::unit::{Unit, Work};
use super::waiting::Blockers;
use crate::Result;
use crate::connection::{Parameters, Session};
use crate::delta::Version;
use crate::progress::{Cancel, Event, Progress};

/// How the pieces of work are grouped into transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grouping {
    /// Each SQL delta and script is a transaction of its own.
    #[default]
    Each,
    /// The whole run is one transaction.
    All,
}

/// How to run.
#[derive(Debug, Clone)]
pub struct Manner {
    /// How the pieces of work are grouped into transactions.
    pub grouping: Grouping,
    /// SET ROLE to this one before everything.
    pub role: Option<String>,
    /// How long a statement may wait for a lock before its transaction is undone and tried again; zero: for ever.
    pub lock_timeout: Duration,
    /// How often a transaction is tried again after it waited too long, or after a deadlock.
    pub retries: u32,
    /// No try begins later than this after the first one.
    pub retry_within: Duration,
}

impl Default for Manner {
    fn default() -> Self {
        Manner {
            grouping: Grouping::Each,
            role: None,
            lock_timeout: Duration::from_secs(5),
            retries: 10,
            retry_within: Duration::from_secs(300),
        }
    }
}

/// How Python scripts are run.
#[derive(Debug, Clone, Default)]
pub struct PythonManner {
    /// The interpreter; `None`: the one that is found.
    pub program: Option<std::path::PathBuf>,
    /// The directories of the deltas, as given.
    pub directories: Vec<std::path::PathBuf>,
    /// The variables that scripts see.
    pub variables: serde_json::Map<String, serde_json::Value>,
}

/// A run: a session that holds the lock, and what it has done so far.
pub struct Run<'a> {
    pub(super) session: Session,
    pub(super) parameters: &'a Parameters,
    pub(super) server: Server,
    pub(super) table: Table,
    pub(super) key: Key,
    pub(super) manner: &'a Manner,
    pub(super) python: &'a PythonManner,
    pub(super) progress: &'a dyn Progress,
    pub(super) cancel: &'a Cancel,
    pub(super) blockers: Blockers,
    /// All rows of the upgrades table up to this id are those that were read, and our own: another row has a higher one.
    pub(super) last_id: i64,
    /// The version that the database is at.
    pub(super) version: Option<Version>,
    /// What was committed, by file name.
    pub(super) applied: Vec<String>,
    /// Whether the transaction of the next piece of work is open already.
    pub(super) begun: bool,
    pub(super) total: usize,
    pub(super) measure: Option<Measure>,
}

impl<'a> Run<'a> {
    /// A run on a session that holds the lock and has just read the record.
    #[expect(clippy::too_many_arguments, reason = "what a run needs; each is a type of its own")]
    pub fn new(
        session: Session,
        parameters: &'a Parameters,
        server: Server,
        table: Table,
        record: &super::record::Record,
        manner: &'a Manner,
        python: &'a PythonManner,
        progress: &'a dyn Progress,
        cancel: &'a Cancel,
    ) -> Run<'a> {
        let blockers = Blockers::new(parameters, server.pid, manner.lock_timeout);
        Run {
            session,
            parameters,
            key: Key::of(&table.name),
            server,
            table,
            manner,
            python,
            progress,
            cancel,
            blockers,
            last_id: record.rows.iter().map(|row| row.id).max().unwrap_or_default(),
            version: record.current_version(),
            applied: Vec::new(),
            begun: false,
            total: 0,
            measure: None,
        }
    }

    /// The version that the database is at.
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    /// The file names of what was committed, in order.
    pub fn applied(&self) -> &[String] {
        &self.applied
    }

    /// Runs everything, in order.
    ///
    /// # Errors
    /// What failed, where, what was undone, at which version the database is now, and what to do. What was committed
    /// before stays.
    pub fn all(&mut self, units: &[Unit]) -> Result<()> {
        self.total = units.len();
        let mut done = 0;
        while done < units.len() {
            let group = self.group(&units[done..]);
            if self.cancel.is_requested() {
                return Err(self.stopped(&units[done..]));
            }
            let outcome = match &units[done].work {
                Work::Transactional(_) => self.transaction(units, done..done + group),
                Work::Segmented(script) => self.segmented(&units[done], done, script),
                Work::Python => self.python(&units[done], done),
            };
            outcome.map_err(|error| self.with_state(error, &units[done..], group))?;
            done += group;
        }
        Ok(())
    }

    /// How many of these pieces of work are the next transaction.
    fn group(&self, units: &[Unit]) -> usize {
        match self.manner.grouping {
            Grouping::Each => 1,
            Grouping::All => units.len(),
        }
    }

    pub(super) fn started(&self, unit: &Unit, index: usize) {
        self.progress.event(&Event::DeltaStarted {
            number: index + 1,
            total: self.total,
            name: &unit.label,
            statements: unit.statements(),
        });
    }

    /// Notes that a piece of work is committed.
    pub(super) fn committed(&mut self, unit: &Unit) {
        if let Some(name) = &unit.name {
            self.version = self.version.max(Some(name.version));
        }
        self.applied.push(unit.label.clone());
    }

    pub(super) fn ended(&self, unit: &Unit, index: usize, began: Instant) {
        self.progress.event(&Event::DeltaDone {
            number: index + 1,
            total: self.total,
            name: &unit.label,
            milliseconds: milliseconds(began),
        });
    }

    /// The row of a piece of work, if it is recorded at all.
    pub(super) fn new_row<'u>(
        &self,
        unit: &'u Unit,
        script: &'u str,
        began: Instant,
        success: bool,
    ) -> Option<NewRow<'u>> {
        let name = unit.name.as_ref()?;
        Some(NewRow {
            version: name.version,
            title: &name.title,
            code: name.kind.code(),
            script,
            checksum: &unit.checksum,
            milliseconds: milliseconds(began),
            success,
            statements_done: None,
        })
    }

    /// Notes the id of a row that we wrote. One that does not follow the last leaves a gap, in which somebody else's row
    /// may still appear.
    pub(super) fn wrote_row(&mut self, id: i64) {
        if self.last_id.checked_add(1) == Some(id) {
            self.last_id = id;
        }
    }

    /// A `pum repair` of a piece of work, as it would be typed.
    pub(super) fn repair_command(&self, action: &str, unit: &Unit, more: &str) -> String {
        let options = super::typed(self.parameters, &self.table.name, &self.python.directories);
        format!("pum repair {action} {}{more} {options}", unit.label)
    }

    /// Brings the session back to what it was after connecting, and sets what protects a run: no timeouts but that
    /// of locks, and a server that notices soon when we are gone.
    pub(super) fn reset_statements(&self) -> String {
        // The timeouts at once, for those of the role may be short. SET costs the server a third of what set_config does.
        // DISCARD ALL would drop our lock, and is refused in a transaction.
        let mut statements = "SET SESSION AUTHORIZATION DEFAULT; RESET ALL;".to_owned();
        let mut set = |name: &str, value: u128| statements.push_str(&format!(" SET {name} = {value};"));
        set("statement_timeout", 0);
        set("idle_in_transaction_session_timeout", 0);
        set("lock_timeout", self.manner.lock_timeout.as_millis());
        if self.server.version_num >= 140_000 {
            set("idle_session_timeout", 0);
            if self.server.watches_clients {
                set("client_connection_check_interval", 500);
            }
        }
        if self.server.version_num >= 170_000 {
            set("transaction_timeout", 0);
        }
        statements.push_str(" CLOSE ALL; DEALLOCATE ALL; UNLISTEN *; DISCARD TEMP; DISCARD SEQUENCES;");
        statements + &self.role_statement().map_or_else(String::new, |set_role| format!(" {set_role};"))
    }

    /// Takes the role that writes the record, whatever role a delta took.
    pub(super) fn own_role_statements(&self) -> Vec<String> {
        std::iter::once("SET SESSION AUTHORIZATION DEFAULT".to_owned()).chain(self.role_statement()).collect()
    }

    fn role_statement(&self) -> Option<String> {
        let role = self.manner.role.as_deref()?;
        Some(format!("SET ROLE {}", postgres_protocol::escape::escape_identifier(role)))
    }
}

/// Whole milliseconds since then.
pub(super) fn milliseconds(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}
