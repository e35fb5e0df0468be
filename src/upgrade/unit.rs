//! The pieces of work of an upgrade: each delta and each pre-all and post-all script, read from disk, taken apart and
//! judged before anything runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::plan::{Judged, Plan};
use super::record::Row;
use crate::delta::{DeltaSet, Hook, Language, Name, checksum};
use crate::sql::{self, Script, Source, Variables};
use crate::{Error, Result};

/// The pieces of work of a plan, in their order: pre-all, at most so many of the pending deltas, post-all.
///
/// # Errors
/// As [`Unit::of_delta`] and [`Unit::of_hook`].
pub fn planned(set: &DeltaSet, plan: &Plan<'_>, most: usize, variables: &Variables) -> Result<Vec<Unit>> {
    let before = set.pre_all.iter().map(|hook| Unit::of_hook(hook, variables));
    let deltas = plan.pending().take(most).map(|judged| Unit::of_delta(judged, variables));
    let after = set.post_all.iter().map(|hook| Unit::of_hook(hook, variables));
    before.chain(deltas).chain(after).collect()
}

/// How a piece of work is done.
#[derive(Debug, Clone)]
pub enum Work {
    /// SQL in one transaction, with its record in it.
    Transactional(Script),
    /// SQL with a statement that cannot run in a transaction: statement by statement, with progress in its row.
    Segmented(Script),
    /// A Python script with connections of its own.
    Python,
}

/// A piece of work.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The file, as it is called and recorded.
    pub path: PathBuf,
    /// Where it is.
    pub place: PathBuf,
    /// The file's name, for messages.
    pub label: String,
    /// The identity under which it is recorded; `None` for pre-all and post-all, which are not.
    pub name: Option<Name>,
    /// MD5 of the file's bytes.
    pub checksum: String,
    /// The file's text; empty for Python.
    pub source: Source,
    /// What is to be done.
    pub work: Work,
    /// The row of an earlier run that did not end.
    pub begun: Option<Row>,
}

impl Unit {
    /// Reads a delta.
    ///
    /// # Errors
    /// A file that cannot be read or understood, with the place.
    pub fn of_delta(judged: &Judged<'_>, variables: &Variables) -> Result<Unit> {
        let delta = judged.delta;
        let mut unit = Unit::read(&delta.path, &delta.place, delta.name.kind.language(), variables)?;
        unit.name = Some(delta.name.clone());
        unit.begun = judged.row.cloned();
        Ok(unit)
    }

    /// Reads a pre-all or post-all script.
    ///
    /// # Errors
    /// As [`Unit::of_delta`]; and a script that wants to run without a transaction, for it has no row for its
    /// progress.
    pub fn of_hook(hook: &Hook, variables: &Variables) -> Result<Unit> {
        let unit = Unit::read(&hook.path, &hook.place, hook.language, variables)?;
        if matches!(unit.work, Work::Segmented(_)) {
            return Err(Error::usage(format!("{} cannot run without a transaction", unit.path.display()))
                .note("reason", "pre-all and post-all scripts are not recorded, so one that died could not be told from one that ended")
                .hint("move those statements to a delta"));
        }
        Ok(unit)
    }

    fn read(path: &Path, place: &Path, language: Language, variables: &Variables) -> Result<Unit> {
        let bytes = std::fs::read(place)
            .map_err(|cause| Error::usage(format!("{} cannot be read: {cause}", path.display())))?;
        let label = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let checksum = checksum(&bytes);
        let (source, work) = match language {
            Language::Python => (Source::decode(path, Vec::new())?, Work::Python),
            Language::Sql => {
                let source = Source::decode(path, bytes)?;
                let script = sql::prepare(&source, variables)?;
                let work = if script.directives.no_transaction().is_some() {
                    Work::Segmented(script)
                } else {
                    Work::Transactional(script)
                };
                (source, work)
            }
        };
        let (path, place) = (path.to_owned(), place.to_owned());
        Ok(Unit { path, place, label, name: None, checksum, source, work, begun: None })
    }

    /// How many statements it has; 0 for Python.
    pub fn statements(&self) -> usize {
        self.script().map_or(0, |script| script.statements().count())
    }

    /// The SQL, if it is SQL.
    pub fn script(&self) -> Option<&Script> {
        match &self.work {
            Work::Transactional(script) | Work::Segmented(script) => Some(script),
            Work::Python => None,
        }
    }

    /// Why it cannot share one transaction with all the others; `None` if it can.
    pub fn forbids_one_transaction(&self) -> Option<&'static str> {
        match self.work {
            Work::Transactional(ref script) if script.transaction_modes.is_some() => {
                Some("its own BEGIN asks for a kind of transaction")
            }
            Work::Transactional(_) => None,
            Work::Segmented(_) => Some("it says `-- pum: no-transaction`"),
            Work::Python => Some("Python scripts use connections of their own"),
        }
    }
}

/// The names of the variables that the pieces of work use.
pub fn used_variables(units: &[Unit]) -> BTreeSet<String> {
    units.iter().filter_map(Unit::script).flat_map(|script| script.used_variables.iter().cloned()).collect()
}
