//! What statements do to the tables that were there before: the locks that they take and whether tables are written anew,
//! looked up after each statement in its own transaction. For verification; an upgrade sends its statements without
//! waiting, and measures nothing.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use super::apply::Run;
use super::unit::Unit;
use crate::Result;
use crate::connection::{Reply, Session};
use crate::delta::Name;
use crate::progress::Cancel;
use crate::sql::{Script, Statement};

/// A lock that keeps others from a table, the weaker first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lock {
    /// Nobody writes.
    Share,
    /// Nobody writes.
    ShareRowExclusive,
    /// Nobody writes.
    Exclusive,
    /// Nobody reads or writes.
    AccessExclusive,
}

/// What a statement did to tables that were there before its delta.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The delta's file.
    pub path: PathBuf,
    /// The statement's place there, in bytes of the text.
    pub range: Range<usize>,
    /// The beginning of the statement.
    pub text: String,
    /// Locks that it was the first to take, by table, by name.
    pub locks: Vec<(String, Lock)>,
    /// Tables that it wrote anew.
    pub rewritten: Vec<String>,
}

impl Lock {
    const ALL: [Lock; 4] = [Lock::Share, Lock::ShareRowExclusive, Lock::Exclusive, Lock::AccessExclusive];

    /// As pg_locks names it.
    fn mode(self) -> &'static str {
        match self {
            Lock::Share => "ShareLock",
            Lock::ShareRowExclusive => "ShareRowExclusiveLock",
            Lock::Exclusive => "ExclusiveLock",
            Lock::AccessExclusive => "AccessExclusiveLock",
        }
    }
}

impl fmt::Display for Lock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Lock::Share => "SHARE",
            Lock::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Lock::Exclusive => "EXCLUSIVE",
            Lock::AccessExclusive => "ACCESS EXCLUSIVE",
        })
    }
}

/// A table that was there before the delta.
struct Known {
    name: String,
    /// Where its rows are; another place means that it was written anew.
    file: String,
    is_table: bool,
}

/// What is measured, and what came out.
pub(super) struct Measure {
    deltas: HashSet<Name>,
    effects: Vec<Effect>,
    current: Option<Current>,
}

/// The delta that runs.
struct Current {
    path: PathBuf,
    known: HashMap<String, Known>,
    held: HashSet<(String, Lock)>,
    /// How many statements come before the first that may be measured: to ask begins the work of a transaction, and its
    /// kind cannot be set any more.
    unmeasured: usize,
}

impl Run<'_> {
    /// Measures what the statements of these deltas do.
    pub fn measure(&mut self, deltas: HashSet<Name>) {
        self.measure = Some(Measure { deltas, effects: Vec::new(), current: None });
    }

    /// What was measured.
    pub fn effects(&self) -> &[Effect] {
        self.measure.as_ref().map_or(&[], |measure| &measure.effects)
    }

    pub(super) fn is_measured(&self) -> bool {
        self.measure.as_ref().is_some_and(|measure| measure.current.is_some())
    }

    /// A piece of work begins, or begins again.
    pub(super) fn begin_measuring(&mut self, unit: &Unit, script: &Script) -> Result<()> {
        let Some(measure) = &mut self.measure else { return Ok(()) };
        measure.current = None;
        measure.effects.retain(|effect| effect.path != unit.path);
        if !unit.name.as_ref().is_some_and(|name| measure.deltas.contains(name)) {
            return Ok(());
        }
        // Over another connection: in the transaction it could come too early.
        let mut session = Session::open(self.parameters, "pum", &Cancel::default())?;
        let sets_kind = |statement: &Statement| {
            let text = statement.first_words(80).to_ascii_lowercase();
            text.starts_with("set transaction") || text.contains("transaction_")
        };
        let statements: Vec<&Statement> = script.statements().collect();
        measure.current = Some(Current {
            path: unit.path.clone(),
            known: known(&mut session)?,
            held: HashSet::new(),
            unmeasured: statements
                .iter()
                .rposition(|statement| sets_kind(statement))
                .map_or(0, |last| last + 1),
        });
        Ok(())
    }

    /// A transaction of a piece of work that has several begins.
    pub(super) fn measured_transaction_begins(&mut self) {
        if let Some(current) = self.measure.as_mut().and_then(|measure| measure.current.as_mut()) {
            current.held.clear();
        }
    }

    /// Looks what the statement with this number did, in its transaction.
    pub(super) fn measure_statement(&mut self, number: usize, statement: &Statement) -> Reply<()> {
        let Some(measure) = &mut self.measure else { return Ok(()) };
        let Some(current) = &mut measure.current else { return Ok(()) };
        if number < current.unmeasured {
            return Ok(());
        }
        let modes = Lock::ALL.map(|lock| format!("'{}'", lock.mode())).join(", ");
        let rows = self.session.query(&format!(
            "SELECT l.relation, l.mode, c.relfilenode FROM pg_catalog.pg_locks l
             LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation
             WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted
                AND l.mode IN ({modes})
             ORDER BY l.relation, l.mode"
        ))?;
        let mut locks: Vec<(String, Lock)> = Vec::new();
        let mut files = Vec::new();
        for row in rows {
            let [Some(relation), Some(mode), file] = row.as_slice() else { continue };
            let Some(known) = current.known.get(relation) else { continue };
            let Some(lock) = Lock::ALL.into_iter().find(|lock| lock.mode() == mode) else { continue };
            // What a stronger lock keeps out is out already.
            let is_covered = current.held.iter().any(|(held, by)| held == relation && *by >= lock);
            if current.held.insert((relation.clone(), lock)) && !is_covered {
                locks.push((known.name.clone(), lock));
            }
            files.extend(file.clone().map(|file| (relation.clone(), file)));
        }
        let rewritten = current.rewritten(statement, files);
        measure.note(statement, strongest(locks), rewritten);
        Ok(())
    }

    /// Looks which tables a statement wrote anew that ran without a transaction.
    pub(super) fn measure_alone(&mut self, statement: &Statement) -> Reply<()> {
        let Some(measure) = &mut self.measure else { return Ok(()) };
        let Some(current) = &mut measure.current else { return Ok(()) };
        let now = known(&mut self.session)?;
        let files = now.into_iter().map(|(relation, known)| (relation, known.file));
        let rewritten = current.rewritten(statement, files.collect());
        measure.note(statement, Vec::new(), rewritten);
        Ok(())
    }
}

impl Current {
    /// The tables that lie in other files now.
    fn rewritten(&mut self, statement: &Statement, files: Vec<(String, String)>) -> Vec<String> {
        // An empty table is not written.
        let empties = statement.first_words(8).to_ascii_lowercase().starts_with("truncate");
        let mut rewritten = Vec::new();
        for (relation, file) in files {
            let Some(known) = self.known.get_mut(&relation) else { continue };
            if known.file != file {
                known.file = file;
                if known.is_table && !empties {
                    rewritten.push(known.name.clone());
                }
            }
        }
        rewritten.sort();
        rewritten
    }
}

impl Measure {
    fn note(&mut self, statement: &Statement, locks: Vec<(String, Lock)>, rewritten: Vec<String>) {
        let Some(current) = &self.current else { return };
        if locks.is_empty() && rewritten.is_empty() {
            return;
        }
        self.effects.push(Effect {
            path: current.path.clone(),
            range: statement.range(),
            text: statement.first_words(60),
            locks,
            rewritten,
        });
    }
}

/// Of several locks on one table the strongest, by name.
fn strongest(mut locks: Vec<(String, Lock)>) -> Vec<(String, Lock)> {
    locks.sort_by(|a, b| (&a.0, b.1).cmp(&(&b.0, a.1)));
    locks.dedup_by(|one, before| one.0 == before.0);
    locks
}

/// The tables and materialized views of a database that are not the server's own, by their ids.
fn known(session: &mut Session) -> Reply<HashMap<String, Known>> {
    let rows = session.query(
        "SELECT c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname), c.relfilenode, c.relkind = 'r'
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'm', 'f') AND c.oid >= 16384
            AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')",
    )?;
    let known = rows.into_iter().filter_map(|row| {
        let [relation, name, file, is_table] = <[Option<String>; 4]>::try_from(row).ok()?;
        Some((relation?, Known { name: name?, file: file?, is_table: is_table.as_deref() == Some("t") }))
    });
    Ok(known.collect())
}

#[cfg(test)]
mod tests {
    use super::{Lock, strongest};

    #[test]
    fn of_several_locks_on_a_table_the_strongest_counts() {
        let lock = |name: &str, lock| (name.to_owned(), lock);
        assert_eq!(
            strongest(vec![
                lock("b", Lock::Share),
                lock("a", Lock::ShareRowExclusive),
                lock("a", Lock::AccessExclusive),
                lock("a", Lock::Share),
            ]),
            [lock("a", Lock::AccessExclusive), lock("b", Lock::Share)]
        );
    }
}
