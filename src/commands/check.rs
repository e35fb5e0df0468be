//! `pum check`: what two sources do not share.

mod majors;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use jiff::Timestamp;

use super::version;
use crate::Result;
use crate::catalog::rows::{self, List};
use crate::catalog::{self, Catalog, Details, LeftOut};
use crate::compare::ignore::{self, Circumstances, Until, Written};
use crate::compare::{self, Comparison, Scope};
use crate::delta::Version;
use crate::error::Kind;
use crate::progress::{Cancel, Progress};
use crate::source::{self, Loading, Opened, Shadow, Source, Throwaway, of_source};
use crate::synthesis::{self, Delta, Schema};
use crate::upgrade::TableName;
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
    /// Where throwaway databases are made.
    pub shadow: Shadow,
    /// Ignore rules.
    pub rules: Vec<Arc<Written>>,
    /// The upgrades table, which says whether a rule holds that is until a version.
    pub upgrades_table: Option<TableName>,
    /// Whether what takes the first source to the second is written, too.
    pub delta: bool,
}

/// What a check found.
#[derive(Debug)]
pub struct Check {
    /// What the first source is called.
    pub first: String,
    /// What the second source is called; never as the first.
    pub second: String,
    /// When it was made.
    pub created: Timestamp,
    /// The differences.
    pub comparison: Comparison,
    /// What takes the first source to the second, if that was asked for.
    pub delta: Option<Delta>,
}

impl Check {
    /// Whether the sources are equal, as far as they were compared.
    pub fn is_equal(&self) -> bool {
        self.comparison.differences.is_empty()
    }

    /// Sets aside what more rules cover.
    pub fn ignore(&mut self, rules: &[Arc<Written>]) {
        let (kept, ignored) = ignore::apply(std::mem::take(&mut self.comparison.differences), rules);
        self.comparison.differences = kept;
        self.comparison.ignored.extend(ignored);
    }

    /// Whether everything was compared.
    pub fn is_complete(&self) -> bool {
        self.comparison.not_compared.is_empty()
    }
}

/// Compares two sources.
///
/// # Errors
/// A source that cannot be read; the error says which.
pub fn run(options: &Options, progress: &dyn Progress, cancel: &Cancel) -> Result<Check> {
    let throwaway = Throwaway::new(Loading {
        pg_restore: options.pg_restore.clone(),
        schema_only: options.value_lists.is_empty(),
        shadow: options.shadow.clone(),
        ..Loading::default()
    });
    source::open_both(&options.first, &options.second, &throwaway, progress, cancel)
        .and_then(|(first, second)| between(&first, &second, options, progress, cancel))
        .map_err(|error| super::if_interrupted(error, cancel))
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
    let (mut old, mut new) = read_both(first, second, options, cancel)?;
    let check = of_catalogs(first, second, (&mut old.catalog, &mut new.catalog), options, progress, cancel)
        .and_then(|check| with_delta(check, &old, &new, options));
    // Millions of small pieces: whoever waits for the outcome does not wait for their end.
    thread::spawn(move || drop((old, new)));
    check
}

/// Adds what takes the first source to the second, if that is asked for.
fn with_delta(mut check: Check, old: &Schema, new: &Schema, options: &Options) -> Result<Check> {
    if options.delta {
        let ignored: Vec<_> = check.comparison.ignored.iter().map(|ignored| &ignored.difference).collect();
        check.delta = Some(synthesis::write(old, new, &options.scope, &ignored)?);
    }
    Ok(check)
}

/// Compares two sources whose catalogs were read; the rows of value lists that are compared are added to these. What
/// takes the first to the second is not written: that needs more than the catalogs.
///
/// # Errors
/// As [`run`].
pub fn of_catalogs(
    first: &Opened,
    second: &Opened,
    (old, new): (&mut Catalog, &mut Catalog),
    options: &Options,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Check> {
    let programs = Programs {
        pg_dump: options.pg_dump.as_deref(),
        pg_restore: options.pg_restore.as_deref(),
        cache: options.shadow.cache.as_ref(),
    };
    let obstacle = majors::align((first, &mut *old), (second, &mut *new), programs, progress, cancel)?;
    let mut not_compared: Vec<String> = obstacle.into_iter().collect();
    if !options.value_lists.is_empty() {
        let lists = |source: &Opened| rows::find(&source.connection, &options.value_lists, cancel);
        let is_left_out = |list: &List, column: &str| {
            old.leaves_out_column(list, column) || new.leaves_out_column(list, column)
        };
        let of_first = |error| of_source(error, "first", &first.label);
        let of_second = |error| of_source(error, "second", &second.label);
        let (of_old, of_new) = (lists(first).map_err(of_first)?, lists(second).map_err(of_second)?);
        let shared = compare::rows::shared(&of_old, &of_new, is_left_out);
        rows::read(&first.connection, &shared.lists, old, cancel).map_err(of_first)?;
        rows::read(&second.connection, &shared.lists, new, cancel).map_err(of_second)?;
        not_compared.extend(shared.not_compared);
    }
    let circumstances = circumstances(options, [first, second], cancel);
    let mut comparison = compare::compare_ignoring(old, new, &options.scope, &options.rules, &circumstances);
    comparison.not_compared.append(&mut not_compared);
    let (first, second) = labels(first, second);
    // Nobody needs the nanoseconds.
    let now = Timestamp::now();
    let created = Timestamp::from_second(now.as_second()).unwrap_or(now);
    Ok(Check { first, second, created, comparison, delta: None })
}

/// What the ignore rules are judged by. A database without an upgrades table is at no version that is known.
fn circumstances(options: &Options, sources: [&Opened; 2], cancel: &Cancel) -> Circumstances {
    // A copy that stands for a database is called like that, too.
    let meant = [&options.first, &options.second].into_iter().filter_map(|source| match source {
        Source::Database(connection) => Some(connection),
        _ => None,
    });
    let connections = sources.into_iter().map(|source| &source.connection).chain(meant);
    let names = connections
        .flat_map(|connection| [Some(connection.database()), connection.service().map(str::to_owned)]);
    let labels = sources.into_iter().map(|source| Some(source.label.clone()));
    let has_versions =
        options.rules.iter().any(|written| matches!(written.rule.until, Some(Until::Version(_))));
    let version_of = |source: &Opened| -> Option<Version> {
        let table = options.upgrades_table.clone()?;
        version::run(&version::Options { connection: source.connection.clone(), table }, cancel).ok()?
    };
    let version = if has_versions { sources.into_iter().filter_map(version_of).min() } else { None };
    Circumstances {
        databases: labels.chain(names).flatten().collect(),
        version,
        has_rows: !options.value_lists.is_empty(),
        ..Circumstances::now()
    }
}

/// Reads both at the same time: the servers do most of the work.
fn read_both(
    first: &Opened,
    second: &Opened,
    options: &Options,
    cancel: &Cancel,
) -> Result<(Schema, Schema)> {
    let read = |source: &Opened| {
        if options.delta {
            catalog::read_with_details(&source.connection, &options.left_out, cancel)
        } else {
            catalog::read(&source.connection, &options.left_out, cancel)
                .map(|catalog| (catalog, Details::default()))
        }
        .map(|(catalog, details)| Schema { catalog, details })
    };
    let (old, new) = thread::scope(|scope| {
        let other = scope.spawn(|| read(second));
        let old = read(first);
        (old, other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    match (old, new) {
        (Ok(old), Ok(new)) => Ok((old, new)),
        (Ok(_), Err(error)) => Err(of_source(error, "second", &second.label)),
        (Err(error), Err(too)) if error.kind != Kind::Interrupted => {
            Err(of_source(error, "first", &first.label)
                .note("the second source", format!("{} failed too: {too}", second.label)))
        }
        (Err(error), _) => Err(of_source(error, "first", &first.label)),
    }
}

/// What the two are called: by the first of these that tells them apart.
fn labels(first: &Opened, second: &Opened) -> (String, String) {
    let names: [fn(&Opened) -> String; 3] = [
        |source| source.label.clone(),
        |source| source.connection.database(),
        |source| {
            let connection = &source.connection;
            format!("{} on {}:{}", connection.database(), connection.host(), connection.port())
        },
    ];
    // Where a throwaway database is says nothing.
    let known = if first.is_throwaway() || second.is_throwaway() { 1 } else { names.len() };
    let mut pairs = names[..known].iter().map(|name| (name(first), name(second)));
    let told_apart = pairs.find(|(one, other)| one != other);
    told_apart.unwrap_or_else(|| (format!("{} (first)", first.label), format!("{} (second)", second.label)))
}
