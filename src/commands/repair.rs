//! `pum repair`: mends what the upgrades table says of one delta, without running anything of it.

use std::path::PathBuf;

use crate::connection::Parameters;
use crate::delta::{Delta, DeltaSet, Language, checksum};
use crate::progress::{Cancel, Progress};
use crate::sql::{self, Source, Variables};
use crate::upgrade::lock::Key;
use crate::upgrade::plan::{Choice, Plan, State};
use crate::upgrade::record::{Record, Row};
use crate::upgrade::table::{NewRow, Table};
use crate::upgrade::{TableName, checksum_of, typed};
use crate::{Error, Result};

/// How long a run that has just ended may keep the lock.
const LEAVING: std::time::Duration = std::time::Duration::from_secs(2);

/// What to do to the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The file as it is now is what was applied.
    Accept,
    /// The delta counts as applied.
    MarkApplied,
    /// The delta was never applied.
    Forget,
    /// A delta without transaction goes on with this statement, counted from 1; `None`: with the one after the last
    /// that is recorded as done.
    Resume {
        /// Its number.
        statement: Option<usize>,
    },
}

/// What to mend.
#[derive(Debug, Clone)]
pub struct Options {
    /// The database.
    pub connection: Parameters,
    /// Its upgrades table.
    pub table: TableName,
    /// The delta directories.
    pub directories: Vec<PathBuf>,
    /// What to do.
    pub action: Action,
    /// The file name of the delta.
    pub delta: String,
    /// SET ROLE to this one first.
    pub role: Option<String>,
    /// Do not ask.
    pub yes: bool,
}

/// Shows what it changes, asks the observer, and does it; `false` if the answer was no.
///
/// # Errors
/// A delta that is not known, or that the action makes no sense for; what the server refuses.
pub fn run(options: &Options, progress: &dyn Progress, cancel: &Cancel) -> Result<bool> {
    let set = DeltaSet::read(&options.directories)?;
    let (mut session, look) =
        super::open(&options.connection, &options.table, options.role.as_deref(), cancel)?;
    super::tell_connected(&session, &look.server, progress);
    look.refuse_read_only()?;
    let no_table = || super::no_table(&options.connection, &options.table, &options.directories, &look);
    let table = look.table.clone().ok_or_else(no_table)?;
    Key::of(&table.name).wait(&mut session, LEAVING, progress, cancel)?;
    let record = table.read(&mut session)?;
    let file = set.deltas.iter().find(|delta| delta.file_name() == options.delta);
    let row = find_row(&record, file, &options.delta);
    let variables = super::upgrade::psql_variables(&Variables::default(), &session, &look.server);
    let (what, statement) = decide(options, &table, file, row, &variables)?;
    progress.note(&what);
    if let (Action::Forget, Some(delta), Some(row)) = (options.action, file, row) {
        progress.note(&after_forgetting(options, &set, delta, &record, row));
    }
    if !options.yes && !progress.confirm("Change the record so?") {
        if cancel.is_requested() {
            return Err(
                Error::interrupted("interrupted at the question").note("state", "nothing was changed")
            );
        }
        progress.note("nothing was changed; --yes answers beforehand");
        return Ok(false);
    }
    if matches!(options.action, Action::Resume { .. }) {
        table.ensure_statements_done(&mut session)?;
    }
    session.execute(&statement).map_err(|fault| table.explain(fault))?;
    progress.note(&format!("{} is mended; `pum info` shows it", table.name));
    Ok(true)
}

fn find_row<'r>(record: &'r Record, file: Option<&Delta>, name: &str) -> Option<&'r Row> {
    match file {
        Some(delta) => record.row(&delta.name),
        None => record.deltas().map(|(row, _)| row).find(|row| row.file_name() == name),
    }
}

/// What will change, in words and as a statement.
fn decide(
    options: &Options,
    table: &Table,
    file: Option<&Delta>,
    row: Option<&Row>,
    variables: &Variables,
) -> Result<(String, String)> {
    let name = &options.delta;
    let no_file = || {
        Error::usage(format!("{name} is in none of the delta directories"))
            .hint("give the name of the file, as `pum info` shows it")
    };
    let no_row =
        || Error::usage(format!("{name} is not recorded in {}", table.name)).hint("`pum info` shows what is");
    match options.action {
        Action::Accept => {
            let (delta, row) = (file.ok_or_else(no_file)?, row.ok_or_else(no_row)?);
            if !row.success {
                return Err(Error::usage(format!(
                    "{name} began and did not end: there is nothing to accept"
                ))
                .hint("`pum upgrade` goes on with it"));
            }
            let now = checksum(&read(delta)?);
            let what =
                format!("{name}: its checksum {} becomes {now}, that of the file as it is now", row.checksum);
            Ok((what, table.update_statement(&format!("checksum = '{now}'"), row.id)))
        }
        Action::MarkApplied => {
            let delta = file.ok_or_else(no_file)?;
            let now = checksum(&read(delta)?);
            match row {
                Some(row) if row.success => Err(Error::usage(format!(
                    "{name} is recorded as applied already, on {}",
                    row.installed_on
                ))),
                Some(row) => Ok((
                    format!(
                        "{name}: recorded as begun on {}, becomes applied; nothing of it runs",
                        row.installed_on
                    ),
                    table.update_statement(
                        &format!("success = true, checksum = '{now}', installed_on = clock_timestamp()"),
                        row.id,
                    ),
                )),
                None => Ok((
                    format!("{name}: not recorded, becomes applied; nothing of it runs"),
                    table.insert_statement(&NewRow {
                        version: delta.name.version,
                        title: &delta.name.title,
                        code: delta.name.kind.code(),
                        script: &delta.path.to_string_lossy(),
                        checksum: &now,
                        milliseconds: 0,
                        success: true,
                        statements_done: None,
                    }),
                )),
            }
        }
        Action::Forget => {
            let row = row.ok_or_else(no_row)?;
            let state = if row.success { "applied" } else { "begun" };
            let what = format!(
                "{name}: recorded as {state} on {} by {}, its row {} is deleted; what it did in the database stays",
                row.installed_on, row.installed_by, row.id
            );
            Ok((what, table.delete_statement(row.id)))
        }
        Action::Resume { statement } => {
            let (delta, row) = (file.ok_or_else(no_file)?, row.ok_or_else(no_row)?);
            if row.success {
                return Err(Error::usage(format!("{name} is applied: there is nothing to resume")));
            }
            if delta.name.kind.language() == Language::Python {
                return Err(Error::usage(format!("{name} is a Python delta, which runs again as a whole"))
                    .hint("`pum upgrade` runs it again; `pum repair mark-applied` if it is done"));
            }
            let source = Source::decode(&delta.path, read(delta)?)?;
            let script = sql::prepare(&source, variables)?;
            let total = script.statements().count();
            let was = row.statements_done.unwrap_or_default();
            let next = statement.unwrap_or(was + 1);
            if next == 0 || next > total + 1 {
                return Err(Error::usage(format!(
                    "{name} has {total} statements; there is no statement {next} to go on with"
                )));
            }
            let at = script.statements().nth(next - 1).map_or_else(
                || "its end".to_owned(),
                |statement| format!("statement {next}: {}", statement.first_words(60)),
            );
            let what = format!(
                "{name}: {was} of {total} statements are recorded as done; the next upgrade goes on with {at}"
            );
            let checksum = checksum_of(&source, &script, next - 1);
            let columns = format!("statements_done = {}, checksum = '{checksum}'", next - 1);
            Ok((what, table.update_statement(&columns, row.id)))
        }
    }
}

/// What becomes of a delta whose row is gone, and the command that runs it.
fn after_forgetting(options: &Options, set: &DeltaSet, delta: &Delta, record: &Record, row: &Row) -> String {
    let others = record.rows.iter().filter(|other| other.id != row.id).cloned().collect();
    let others = Record::new(others);
    let plan = Plan::new(set, &others, &Choice::default());
    let state = plan.deltas.iter().find(|judged| judged.delta.name == delta.name).map(|judged| judged.state);
    let upgrade = format!("pum upgrade {}", typed(&options.connection, &options.table, &options.directories));
    match state {
        Some(State::Late) => format!(
            "it is late then, for a higher version of its directory is applied; to run it: {upgrade} --out-of-order"
        ),
        Some(State::BeforeBaseline) => "it is before the baseline then, and does not run".to_owned(),
        Some(State::Applied) => "another row of it stays: it counts as applied".to_owned(),
        _ => format!("it is pending then; to run it: {upgrade}"),
    }
}

fn read(delta: &Delta) -> Result<Vec<u8>> {
    std::fs::read(&delta.path)
        .map_err(|cause| Error::usage(format!("{} cannot be read: {cause}", delta.path.display())))
}
