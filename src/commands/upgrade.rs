//! `pum upgrade`: applies the deltas that a database has not had yet.

pub(super) mod at;
mod tested;

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use postgres_protocol::escape::escape_identifier;
use serde::Serialize;

use super::Content;
use crate::connection::{Parameters, Session};
use crate::delta::{DeltaSet, Name, Version};
use crate::progress::{Cancel, Event, Progress};
use crate::sql::{Origin, Variables};
use crate::upgrade::apply::{Grouping, Manner, PythonManner, Run};
use crate::upgrade::lock::{self, Key};
use crate::upgrade::measure::Effect;
use crate::upgrade::plan::{Choice, Plan, State};
use crate::upgrade::record::Record;
use crate::upgrade::table::{Look, Server, Table};
use crate::upgrade::unit::{self, Unit, Work, used_variables};
use crate::upgrade::{TableName, typed};
use crate::{Error, Result, programs};
pub use at::uncommitted;
pub use tested::Tested;

/// What to upgrade, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The database.
    pub connection: Parameters,
    /// Its upgrades table.
    pub table: TableName,
    /// The delta directories.
    pub directories: Vec<PathBuf>,
    /// Which deltas run.
    pub choice: Choice,
    /// How they run.
    pub manner: Manner,
    /// How long to wait for another upgrade.
    pub lock_wait: Duration,
    /// Variables for the deltas.
    pub variables: Variables,
    /// Apply at most this many deltas.
    pub stop_after: Option<usize>,
    /// Stop when a delta was edited after it was applied.
    pub refuse_edited: bool,
    /// Dump the database to this file first.
    pub backup: Option<PathBuf>,
    /// The Python to use.
    pub python: Option<PathBuf>,
    /// The pg_dump to use.
    pub pg_dump: Option<PathBuf>,
    /// Only plan.
    pub dry_run: bool,
    /// Stop unless the deltas and the record are still these.
    pub tested: Option<Tested>,
    /// Take the files of this revision, and not those of the working tree.
    pub at: Option<String>,
    /// Whether the project says how its model is built, so that a development database can be made anew.
    pub has_model: bool,
    /// The deltas whose locks and rewritten tables are measured.
    pub measured: HashSet<Name>,
}

impl Options {
    /// An upgrade to the newest version, with everything else as the command line has it by default.
    pub fn new(connection: Parameters, table: TableName, directories: Vec<PathBuf>) -> Options {
        Options {
            connection,
            table,
            directories,
            choice: Choice::default(),
            manner: Manner::default(),
            lock_wait: Duration::from_secs(60),
            variables: Variables::default(),
            stop_after: None,
            refuse_edited: false,
            backup: None,
            python: None,
            pg_dump: None,
            dry_run: false,
            tested: None,
            at: None,
            has_model: false,
            measured: HashSet::new(),
        }
    }
}

impl Options {
    /// What mends a development database, whose record is not what the deltas are; nothing where no model says how.
    fn anew(&self) -> Option<String> {
        self.has_model.then(|| super::anew(&self.connection))
    }
}

/// What was done, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The database.
    pub database: String,
    /// The version before.
    pub version_before: Option<Version>,
    /// The version now.
    pub version: Option<Version>,
    /// The files that ran, in order; for a dry run, those that would.
    pub applied: Vec<String>,
    /// How many deltas are left, because of `max_version` or `stop_after`.
    pub left: usize,
    /// What was measured.
    #[serde(skip)]
    pub effects: Vec<Effect>,
}

/// Plans, then applies.
///
/// # Errors
/// Before anything runs: a delta that cannot be read or understood, late deltas, a database that cannot be written to,
/// a lock that somebody else holds. Then: what failed, what was undone, at which version the database is now.
pub fn run(options: &Options, progress: &dyn Progress, cancel: &Cancel) -> Result<Outcome> {
    at::with_files(options.at.as_deref(), &options.directories, progress, |set, progress| {
        upgrade(options, &set, progress, cancel)
    })
}

fn upgrade(options: &Options, set: &DeltaSet, progress: &dyn Progress, cancel: &Cancel) -> Result<Outcome> {
    let Prepared { mut session, look, table, record, units, left } = prepare(options, set, progress, cancel)?;
    let mut outcome = outcome(&look, &record, &units, left);
    if options.dry_run || units.is_empty() {
        outcome.tell(options.dry_run, progress);
        return Ok(outcome);
    }
    let python = match units.iter().any(|unit| unit.script().is_none()) {
        true => Some(programs::find_python(options.python.as_deref())?),
        false => None,
    };
    lock::refuse_transaction_pooler(&mut session, look.server.pid, &options.connection, cancel)?;
    if let Some(file) = &options.backup {
        back_up(file, options, progress, cancel)?;
    }
    let python = PythonManner {
        program: python,
        directories: set.places.clone(),
        variables: python_variables(&options.variables),
    };
    let server = look.server;
    let mut run = Run::new(
        session,
        &options.connection,
        server,
        table,
        &record,
        &options.manner,
        &python,
        progress,
        cancel,
    );
    if !options.measured.is_empty() {
        run.measure(options.measured.clone());
    }
    run.all(&units)?;
    outcome.effects = run.effects().to_vec();
    outcome.version = run.version();
    outcome.applied = run.applied().to_vec();
    outcome.tell(false, progress);
    Ok(outcome)
}

/// Plans, and gives what would run and what it was planned on; unless it is for a dry run, with the checks of an
/// upgrade that is meant, but without its lock.
///
/// # Errors
/// As [`run`], before anything runs.
pub fn plan(options: &Options, progress: &dyn Progress, cancel: &Cancel) -> Result<(Outcome, Tested)> {
    let planned = Options { dry_run: true, ..options.clone() };
    let prepared = at::with_files(options.at.as_deref(), &options.directories, progress, |set, progress| {
        prepare(&planned, &set, progress, cancel)
    })?;
    if !options.dry_run {
        prepared.look.refuse_read_only()?;
        refuse_unwritable(&prepared.table, &prepared.look.server.user)?;
    }
    let Prepared { look, table, record, units, left, .. } = prepared;
    Ok((outcome(&look, &record, &units, left), Tested::new(&table.name, &record, &units)))
}

/// A session that has the lock (not for a dry run), and what is to be done in it.
struct Prepared {
    session: Session,
    look: Look,
    table: Table,
    record: Record,
    units: Vec<Unit>,
    left: usize,
}

fn prepare(options: &Options, set: &DeltaSet, progress: &dyn Progress, cancel: &Cancel) -> Result<Prepared> {
    let role = options.manner.role.as_deref();
    let (mut session, look) = super::open(&options.connection, &options.table, role, cancel)?;
    super::tell_connected(&session, &look.server, progress);
    let no_table = || super::no_table(&options.connection, &options.table, &options.directories, &look);
    let table = look.table.clone().ok_or_else(no_table)?;
    if !options.dry_run {
        look.refuse_read_only()?;
        refuse_unwritable(&table, &look.server.user)?;
    }
    let record = lock_and_read(&mut session, &table, options, progress, cancel)?;
    if record.current_version().is_none() {
        return Err(super::no_version(&options.connection, &table.name, &options.directories, &look));
    }
    let plan = Plan::new(set, &record, &options.choice);
    warn(set, &plan, options, progress)?;
    let variables = psql_variables(&options.variables, &session, &look.server);
    let (units, left) = units(set, &plan, options, &variables)?;
    if let Some(tested) = &options.tested {
        tested.refuse_changed(&look.server.database, &record, &units)?;
    }
    check_variables(&variables, &units, progress);
    tell_own_transactions(&units, progress);
    let labels: Vec<String> = units.iter().map(|unit| unit.label.clone()).collect();
    progress.event(&Event::Planned { deltas: &labels });
    Ok(Prepared { session, look, table, record, units, left })
}

/// What would come of it.
fn outcome(look: &Look, record: &Record, units: &[Unit], left: usize) -> Outcome {
    let version = record.current_version();
    Outcome {
        database: look.server.database.clone(),
        version_before: version,
        version,
        applied: units.iter().map(|unit| unit.label.clone()).collect(),
        left,
        effects: Vec::new(),
    }
}

impl Outcome {
    fn tell(&self, dry_run: bool, progress: &dyn Progress) {
        let text = |version: Option<Version>| version.map(|version| version.to_string()).unwrap_or_default();
        progress.event(&Event::Finished {
            dry_run,
            database: &self.database,
            version_before: &text(self.version_before),
            version: &text(self.version),
            applied: &self.applied,
            left: self.left,
        });
    }
}

/// Takes the lock and reads the record: one round trip if the lock is free. A dry run takes none.
fn lock_and_read(
    session: &mut Session,
    table: &Table,
    options: &Options,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Record> {
    if options.dry_run {
        return table.read(session);
    }
    let key = Key::of(&table.name);
    let message = format!("{}; {}", key.try_statement(), table.select_statement());
    let mut results = session.query_each(&message).map_err(|fault| table.explain(fault))?.into_iter();
    let got = results.next().unwrap_or_default();
    if got.first().and_then(|row| row.first()?.as_deref()) == Some("t") {
        return Ok(Table::decode(results.next().unwrap_or_default()));
    }
    key.wait(session, options.lock_wait, progress, cancel)?;
    table.read(session)
}

fn refuse_unwritable(table: &Table, user: &str) -> Result<()> {
    if table.writable {
        return Ok(());
    }
    Err(Error::failed(format!("{user} may not write to the upgrades table {}", table.name))
        .note("state", "nothing was done")
        .hint(table.rights(&escape_identifier(user))))
}

/// Says, or stops for, what is not as it should be.
fn warn(set: &DeltaSet, plan: &Plan<'_>, options: &Options, progress: &dyn Progress) -> Result<()> {
    for not in &set.not_deltas {
        let rename =
            not.rename.as_ref().map_or_else(String::new, |rename| format!("; rename it to {rename}"));
        progress.warning(&format!(
            "{} is not a delta and does not run: {}{rename}",
            not.path.display(),
            not.reason
        ));
    }
    let late: Vec<String> = plan.late().map(|judged| judged.delta.file_name()).collect();
    if !late.is_empty() {
        return Err(Error::usage(format!("late: {}", late.join(", ")))
            .note("reason", "a higher version of the same directory was applied before they came")
            .note("state", "nothing was done")
            .hint("give them a version above the database's, or run them as they are with --out-of-order")
            .hint("--ignore-late, or `late: [FILE]` in pum.yaml, says that they are known and to be passed over")
            .hints(options.anew()));
    }
    let mut edited = Vec::new();
    for judged in &plan.deltas {
        match Content::of(judged) {
            Content::Same => {}
            Content::Edited => edited.push(judged.delta.file_name()),
            Content::Unreadable(cause) => {
                let told = format!(
                    "{} cannot be read: {cause}; whether it was edited after it was applied is not known",
                    judged.delta.path.display()
                );
                if options.refuse_edited {
                    return Err(Error::usage(told).note("state", "nothing was done"));
                }
                progress.warning(&told);
            }
        }
    }
    if options.refuse_edited && !edited.is_empty() {
        return Err(Error::usage(format!("edited after they were applied: {}", edited.join(", ")))
            .note("state", "nothing was done")
            .hint(format!(
                "put the change into a new delta, or say that the file as it is now is what was applied: pum repair accept {} {}",
                edited.first().map_or("DELTA", String::as_str),
                typed(&options.connection, &options.table, &options.directories)
            ))
            .hints(options.anew()));
    }
    for file in &edited {
        progress.warning(&format!("{file} was edited after it was applied; what it says now did not run"));
    }
    for judged in plan.deltas.iter().filter(|judged| judged.state == State::Begun) {
        let when = judged.row.map_or("", |row| &row.installed_on);
        let how = match judged.row.and_then(|row| row.statements_done) {
            None | Some(0) => "it runs again".to_owned(),
            Some(done) => format!("it goes on with statement {}", done + 1),
        };
        progress.warning(&format!("{} began at {when} and did not end; {how}", judged.delta.file_name()));
    }
    for row in &plan.gone {
        let state = if row.success { "applied" } else { "begun and not ended" };
        progress.warning(&format!("{} is recorded as {state}, but its file is gone", row.file_name()));
    }
    if !edited.is_empty() || !plan.gone.is_empty() {
        options.anew().iter().for_each(|hint| progress.note(hint));
    }
    Ok(())
}

/// Everything that runs, read and understood; and how many deltas are left.
fn units(
    set: &DeltaSet,
    plan: &Plan<'_>,
    options: &Options,
    variables: &Variables,
) -> Result<(Vec<Unit>, usize)> {
    let most = options.stop_after.unwrap_or(usize::MAX);
    let units = unit::planned(set, plan, most, variables)?;
    let obstacles: Vec<String> = units
        .iter()
        .filter_map(|unit| Some(format!("{} ({})", unit.label, unit.forbids_one_transaction()?)))
        .collect();
    if options.manner.grouping == Grouping::All && !obstacles.is_empty() {
        return Err(Error::usage(format!("cannot be part of one transaction: {}", obstacles.join(", ")))
            .note("state", "nothing was done")
            .hint("run without --transaction all, or up to there with -u or --stop-after"));
    }
    let above = plan.deltas.iter().filter(|judged| judged.state == State::AboveMaximum).count();
    let left = above + plan.pending().count().saturating_sub(most);
    Ok((units, left))
}

/// The variables, and those that psql sets when it has connected.
pub(super) fn psql_variables(variables: &Variables, session: &Session, server: &Server) -> Variables {
    let mut variables = variables.clone();
    variables.insert_psql("DBNAME", &server.database);
    variables.insert_psql("USER", &server.user);
    variables.insert_psql("HOST", session.host());
    variables.insert_psql("PORT", session.port().to_string());
    variables.insert_psql("SERVER_VERSION_NUM", server.version_num.to_string());
    variables
}

/// Says which files carry a BEGIN and COMMIT of their own: they are left out.
fn tell_own_transactions(units: &[Unit], progress: &dyn Progress) {
    let own = |unit: &&Unit| matches!(&unit.work, Work::Transactional(script) if !script.dropped.is_empty());
    let labels: Vec<&str> = units.iter().filter(own).map(|unit| unit.label.as_str()).collect();
    let which = match labels.as_slice() {
        [] => return,
        [one] => format!("{one} carries"),
        [first, .., last] => format!("{} files, from {first} to {last}, carry", labels.len()),
    };
    progress.note(&format!(
        "{which} BEGIN and COMMIT; they are left out, for each file runs in one transaction with its record"
    ));
}

/// Warns about variables of the command line that nothing uses.
fn check_variables(variables: &Variables, units: &[Unit], progress: &dyn Progress) {
    // A Python delta sees all of them, and does not say which it reads.
    if units.is_empty() || units.iter().any(|unit| unit.script().is_none()) {
        return;
    }
    let used = used_variables(units);
    for (name, _, origin) in variables.iter() {
        if origin == Origin::CommandLine && !used.contains(name) {
            progress.warning(&format!("the variable {name} (-v) is used by no delta of this run"));
        }
    }
}

fn python_variables(variables: &Variables) -> serde_json::Map<String, serde_json::Value> {
    variables.iter().map(|(name, value, _)| (name.to_owned(), serde_json::json!(value))).collect()
}

fn back_up(
    file: &std::path::Path,
    options: &Options,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<()> {
    let dump = super::dump::Options { pg_dump: options.pg_dump.clone(), ..super::dump::Options::new(file) };
    super::dump::run(&options.connection, &dump, progress, cancel)
        .map(drop)
        .map_err(|error| error.note("state", "the upgrade did not begin: there is no backup"))
}
