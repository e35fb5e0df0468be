//! `pum upgrade --rehearse`: for a database that is too large to copy. Its schema, its upgrades table and its value lists
//! are taken into a throwaway database, and the deltas are applied there by the same code.

use std::path::{Path, PathBuf};

use super::check::{self, Check};
use super::upgrade;
use crate::catalog::rows;
use crate::connection::Session;
use crate::dump::{self, Archive, Format, Load, What, Write};
use crate::programs::{self, Program};
use crate::progress::{Cancel, Connected, Progress, Steps};
use crate::source::{Loading, Opened, Shadow, Source, Throwaway};
use crate::upgrade::TableName;
use crate::{Error, Result};

/// What to rehearse.
#[derive(Debug, Clone)]
pub struct Options {
    /// The upgrade; nothing is written to its database.
    pub upgrade: upgrade::Options,
    /// Patterns of the tables whose rows are taken too, such as `app.vl_*`.
    pub rows: Vec<String>,
    /// How the result is compared with the second source of these; the first is not looked at.
    pub comparison: Option<check::Options>,
    /// The pg_restore to use.
    pub pg_restore: Option<PathBuf>,
    /// Where throwaway databases are made.
    pub shadow: Shadow,
}

/// Rehearses an upgrade. Gives whether the result is equal to what it was compared with; if with nothing, it is.
///
/// # Errors
/// As [`upgrade::run`]; a dump that fails, server programs that are missing. Nothing is written to the database.
pub fn run(
    options: &Options,
    show: &dyn Fn(&Check) -> Result<()>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<bool> {
    let database = options.upgrade.connection.database();
    let untouched = |error: Error| {
        super::if_interrupted(error, cancel)
            .note("database", format!("{database} is untouched: this was a rehearsal"))
    };
    rehearse(options, show, progress, cancel).map_err(untouched)
}

fn rehearse(
    options: &Options,
    show: &dyn Fn(&Check) -> Result<()>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<bool> {
    let connection = &options.upgrade.connection;
    // A standby will do.
    let planned = upgrade::Options { dry_run: true, ..options.upgrade.clone() };
    let (_, tested) = upgrade::plan(&planned, progress, cancel)?;
    let throwaway = Throwaway::new(Loading {
        pg_restore: options.pg_restore.clone(),
        roles: options.upgrade.manner.role.iter().cloned().collect(),
        shadow: options.shadow.clone(),
        ..Loading::default()
    });
    let mut steps = Steps::new(if options.comparison.is_some() { 4 } else { 3 }, progress);
    let mut session = Session::open(connection, "pum", cancel)?;
    let major = session.server_version_num()? / 10_000;
    let comp = match &options.comparison {
        Some(comparison) => Some(comparison.second.open(&throwaway, Some(major), progress, cancel)?),
        None => None,
    };
    let scratch = dump::scratch()?;
    let (schema, rows) = (scratch.path().join("schema"), scratch.path().join("rows"));
    let lists: Vec<TableName> = match options.rows.as_slice() {
        [] => Vec::new(),
        patterns => rows::find(connection, patterns, cancel)?
            .into_iter()
            .map(|list| TableName { schema: Some(list.schema), name: list.name })
            .collect(),
    };
    let mut tables: Vec<String> = lists.iter().map(TableName::quoted).collect();
    tables.push(tested.table.quoted());
    let what = format!(
        "the schema and the rows of {} {}",
        tables.len(),
        if tables.len() == 1 { "table" } else { "tables" }
    );
    let beside = steps.step(&format!("dump {what}"), |progress| {
        let (beside, snapshot) = Beside::read(&mut session)?;
        let program = programs::find(Program::PgDump, options.upgrade.pg_dump.as_deref(), Some(major))?.path;
        for (target, what) in [(&schema, What::Schema), (&rows, What::Rows(&tables))] {
            let write = Write {
                program: &program,
                target,
                format: Format::Custom,
                jobs: 1,
                exclude_schemas: &[],
                tables: None,
                what,
                snapshot: Some(&snapshot),
            };
            dump::write(connection, &write, progress, cancel)?;
        }
        session.execute("COMMIT")?;
        Ok(beside)
    })?;
    drop(session);
    let copy = steps.step("restore it into a throwaway database", |progress| {
        let mut copy = Source::File(schema.clone()).open(&throwaway, Some(major), progress, cancel)?;
        copy.label = "the rehearsal".to_owned();
        load_rows(&copy, &rows, options.pg_restore.as_deref(), progress, cancel)?;
        beside.put(&copy, progress, cancel)?;
        Ok(copy)
    })?;
    drop(scratch);
    let upgrade = upgrade::Options {
        connection: copy.connection.clone(),
        table: tested.table.clone(),
        tested: Some(tested),
        dry_run: false,
        backup: None,
        ..options.upgrade.clone()
    };
    steps
        .step("apply the deltas there", |progress| upgrade::run(&upgrade, &Connected(progress), cancel))
        .map_err(|error| {
            error.hint("a delta that reads rows finds none here but those of value lists: name its tables with --copy-rows")
        })?;
    let mut equal = true;
    if let (Some(comparison), Some(comp)) = (&options.comparison, &comp) {
        let text = format!("compare the rehearsal with {}", comp.label);
        let check =
            steps.step(&text, |progress| check::between(&copy, comp, comparison, progress, cancel))?;
        show(&check)?;
        equal = check.is_equal();
    }
    progress.note(&format!(
        "the deltas apply to the schema of {}; nothing was written there. Not tried: what depends on its rows \
         (constraints that they may violate, values that a delta converts, how long it takes); only {what} were there",
        connection.database()
    ));
    Ok(equal)
}

/// What no dump without rows has, and deltas may need.
struct Beside {
    /// The positions of sequences, as statements.
    positions: Vec<String>,
    /// Materialized views that can be read, by quoted name.
    filled: Vec<String>,
    like: dump::Like,
}

impl Beside {
    /// Reads it in a snapshot that is exported, so that the dumps see the same; the session keeps it until its transaction
    /// ends.
    fn read(session: &mut Session) -> Result<(Beside, String)> {
        session.execute("SET idle_in_transaction_session_timeout = 0")?;
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")?;
        let snapshot = session.query("SELECT pg_export_snapshot()")?.into_iter().flatten().flatten().next();
        let snapshot = snapshot.ok_or_else(|| Error::failed("the server exports no snapshot"))?;
        let mut names = |sql: &str| -> Result<Vec<String>> {
            Ok(session.query(sql)?.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
        };
        // OFFSET keeps the server from asking for the position of what is no sequence.
        let positions = names(
            "SELECT format('SELECT setval(%L, %s)', format('%I.%I', schemaname, sequencename), last_value)
             FROM (SELECT * FROM pg_catalog.pg_sequences OFFSET 0) AS sequences WHERE last_value IS NOT NULL",
        )?;
        let filled = names(
            "SELECT format('%I.%I', schemaname, matviewname) FROM pg_catalog.pg_matviews WHERE ispopulated",
        )?;
        Ok((Beside { positions, filled, like: dump::like(session)? }, snapshot))
    }

    fn put(&self, copy: &Opened, progress: &dyn Progress, cancel: &Cancel) -> Result<()> {
        let mut session = Session::open(&copy.connection, "pum", cancel)?;
        for statements in self.positions.chunks(500) {
            session.execute(&statements.join(";\n"))?;
        }
        // One may read another; as long as one more can be filled, go on.
        let mut empty: Vec<&String> = self.filled.iter().collect();
        let mut before = usize::MAX;
        while !empty.is_empty() && empty.len() < before {
            before = empty.len();
            empty.retain(|view| session.execute(&format!("REFRESH MATERIALIZED VIEW {view}")).is_err());
        }
        for view in empty {
            progress.warning(&format!("the materialized view {view} could not be filled"));
        }
        for sentence in dump::set(&mut session, &copy.connection.database(), &self.like)? {
            progress.warning(&sentence);
        }
        Ok(())
    }
}

fn load_rows(
    copy: &Opened,
    rows: &Path,
    pg_restore: Option<&Path>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<()> {
    let archive = Archive::open(rows)?;
    let program = programs::find(Program::PgRestore, pg_restore, None)?.path;
    let load = Load {
        program: &program,
        archive: &archive,
        exclude_schemas: &[],
        jobs: 1,
        go_on: false,
        entries: Some(archive.entries(&program, &[])?.len()),
        options: &["--data-only", "--disable-triggers"],
    };
    match dump::load(&copy.connection, &load, progress, cancel)?.as_slice() {
        [] => Ok(()),
        [complaint, ..] => Err(Error::failed("rows could not be restored into the throwaway database")
            .note("refused", complaint.to_string())),
    }
}
