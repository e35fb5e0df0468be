//! `pum check`: what two sources do not share.

mod majors;

use std::path::PathBuf;
use std::thread;

use crate::Result;
use crate::catalog::rows::{self, List};
use crate::catalog::{self, Catalog, LeftOut};
use crate::compare::{self, Comparison, Scope};
use crate::progress::{Cancel, Progress};
use crate::source::{self, Loading, Opened, Source, Throwaway};
use majors::Programs;

/// What to compare.
#[derive(Debug, Clone)]
pub struct Options {
    /// The first source.
    pub first: Source,
    /// The second source.
    pub second: Source,
    /// What of them.
    pub scope: Scope,
    /// What not, by name.
    pub left_out: LeftOut,
    /// Patterns of the value lists whose rows are compared, such as `app.vl_*`.
    pub value_lists: Vec<String>,
    /// The pg_restore for dumps; `None`: the one that fits.
    pub pg_restore: Option<PathBuf>,
    /// The pg_dump for a side whose server is older than the other's; `None`: the one that fits.
    pub pg_dump: Option<PathBuf>,
}

/// What a check found.
#[derive(Debug)]
pub struct Check {
    /// What the first source is called.
    pub first: String,
    /// What the second source is called.
    pub second: String,
    /// The differences.
    pub comparison: Comparison,
}

impl Check {
    /// Whether the sources are equal, as far as they were compared.
    pub fn is_equal(&self) -> bool {
        self.comparison.differences.is_empty()
    }
}

/// Compares two sources.
///
/// # Errors
/// A source that cannot be read.
pub fn run(options: &Options, progress: &dyn Progress, cancel: &Cancel) -> Result<Check> {
    let throwaway = Throwaway::new(Loading {
        pg_restore: options.pg_restore.clone(),
        schema_only: options.value_lists.is_empty(),
        ..Loading::default()
    });
    let (first, second) = source::open_both(&options.first, &options.second, &throwaway, progress, cancel)?;
    between(&first, &second, options, progress, cancel)
}

/// Compares two sources that are open, as the options say; their own sources are not looked at.
///
/// # Errors
/// As [`run`].
pub fn between(
    first: &Opened,
    second: &Opened,
    options: &Options,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Check> {
    let (mut old, mut new) = read_both(first, second, &options.left_out, cancel)?;
    let programs =
        Programs { pg_dump: options.pg_dump.as_deref(), pg_restore: options.pg_restore.as_deref() };
    let obstacle = majors::align((first, &mut old), (second, &mut new), programs, progress, cancel)?;
    let mut not_compared: Vec<String> = obstacle.into_iter().collect();
    if !options.value_lists.is_empty() {
        let lists = |source: &Opened| rows::find(&source.connection, &options.value_lists, cancel);
        let is_left_out = |list: &List, column: &str| {
            old.leaves_out_column(list, column) || new.leaves_out_column(list, column)
        };
        let shared = compare::rows::shared(&lists(first)?, &lists(second)?, is_left_out);
        rows::read(&first.connection, &shared.lists, &mut old, cancel)?;
        rows::read(&second.connection, &shared.lists, &mut new, cancel)?;
        not_compared.extend(shared.not_compared);
    }
    let mut comparison = compare::compare(&old, &new, &options.scope);
    comparison.not_compared.append(&mut not_compared);
    Ok(Check { first: first.label.clone(), second: second.label.clone(), comparison })
}

/// Reads both at the same time: the servers do most of the work.
fn read_both(
    first: &Opened,
    second: &Opened,
    left_out: &LeftOut,
    cancel: &Cancel,
) -> Result<(Catalog, Catalog)> {
    thread::scope(|scope| {
        let other = scope.spawn(|| catalog::read(&second.connection, left_out, cancel));
        let old = catalog::read(&first.connection, left_out, cancel);
        let new = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((old?, new?))
    })
}
