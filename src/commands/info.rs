//! `pum info`: the state of a database and of every delta.

use std::collections::HashSet;
use std::path::PathBuf;

use serde::Serialize;

use super::Content;
use super::upgrade::at;
use crate::Result;
use crate::connection::Parameters;
use crate::delta::{DeltaSet, Version};
use crate::progress::{Cancel, Silent};
use crate::upgrade::TableName;
use crate::upgrade::plan::{Choice, Plan, State};
use crate::upgrade::record::{Entry, Record, Row};

/// What to look at.
#[derive(Debug, Clone)]
pub struct Options {
    /// The database.
    pub connection: Parameters,
    /// Its upgrades table.
    pub table: TableName,
    /// The delta directories.
    pub directories: Vec<PathBuf>,
    /// File names of deltas that are known to be late.
    pub known_late: HashSet<String>,
    /// Take the files of this revision, and not those of the working tree.
    pub at: Option<String>,
    /// Whether the project says how its model is built, so that a development database can be made anew.
    pub has_model: bool,
}

/// The state of a database. Serialised, it is what `--format json` prints.
#[derive(Debug, Clone, Serialize)]
pub struct Info {
    /// Host name, address or socket directory.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Name of the database.
    pub database: String,
    /// The role of the connection.
    pub user: String,
    /// The server's version.
    pub server_version: String,
    /// The upgrades table, with its schema if it is known.
    pub table: String,
    /// Whether it exists.
    pub table_exists: bool,
    /// Whether its schema must be made first.
    pub lacks_schema: bool,
    /// The version that the database is at.
    pub version: Option<Version>,
    /// The highest baseline.
    pub baseline: Option<Version>,
    /// Every delta file in the order in which they run, then the recorded ones whose files are gone.
    pub deltas: Vec<DeltaInfo>,
    /// Files that look like deltas and are not.
    pub not_deltas: Vec<NotDeltaInfo>,
    /// Rows of the upgrades table that are not understood.
    pub unknown_rows: Vec<i64>,
}

/// The state of a delta.
#[derive(Debug, Clone, Serialize)]
pub struct DeltaInfo {
    /// Its version.
    pub version: Version,
    /// Its title.
    pub title: String,
    /// Its kind, such as `pre sql`.
    pub kind: String,
    /// Its file; for one that is gone, the path that was recorded.
    pub file: String,
    /// Its state; `gone`: recorded, but no directory holds it; `gone_begun`: that, and it did not end.
    pub state: &'static str,
    /// Edited after it was applied.
    pub edited: bool,
    /// Why its file cannot be read, so that nobody knows whether it was edited after it was applied.
    pub unreadable: Option<String>,
    /// When it was applied, or begun.
    pub installed_on: Option<String>,
    /// By whom.
    pub installed_by: Option<String>,
    /// Of one that began and did not end: how many of its statements are done.
    pub statements_done: Option<usize>,
}

/// A file that looks like a delta and is none.
#[derive(Debug, Clone, Serialize)]
pub struct NotDeltaInfo {
    /// The file.
    pub file: String,
    /// Why it is none.
    pub reason: String,
    /// What to call it instead.
    pub rename: Option<String>,
}

impl Info {
    /// Whether nothing is pending and nothing is wrong.
    pub fn is_in_order(&self) -> bool {
        let fine = |delta: &DeltaInfo| {
            !delta.edited
                && delta.unreadable.is_none()
                && matches!(delta.state, "applied" | "before_baseline" | "known_late")
        };
        self.table_exists
            && self.not_deltas.is_empty()
            && self.unknown_rows.is_empty()
            && self.deltas.iter().all(fine)
    }
}

/// Looks; writes nothing.
///
/// # Errors
/// A delta directory that cannot be read, no connection, no right to read the table.
pub fn run(options: &Options, cancel: &Cancel) -> Result<Info> {
    at::with_files(options.at.as_deref(), &options.directories, &Silent, |set, _| info(options, &set, cancel))
}

fn info(options: &Options, set: &DeltaSet, cancel: &Cancel) -> Result<Info> {
    let (mut session, look) = super::open(&options.connection, &options.table, None, cancel)?;
    let record = match &look.table {
        Some(table) => table.read(&mut session)?,
        None => Record::default(),
    };
    let choice = Choice { known_late: options.known_late.clone(), ..Choice::default() };
    let plan = Plan::new(set, &record, &choice);
    let files = plan.deltas.iter().map(|judged| {
        let row = judged.row;
        let (edited, unreadable) = match Content::of(judged) {
            Content::Same => (false, None),
            Content::Edited => (true, None),
            Content::Unreadable(cause) => (false, Some(cause.to_string())),
        };
        DeltaInfo {
            version: judged.delta.name.version,
            title: judged.delta.name.title.clone(),
            kind: judged.delta.name.kind.to_string(),
            file: judged.delta.path.to_string_lossy().into_owned(),
            state: state_name(judged.state),
            edited,
            unreadable,
            installed_on: row.map(|row| row.installed_on.clone()),
            installed_by: row.map(|row| row.installed_by.clone()),
            statements_done: row.filter(|row| !row.success).and_then(|row| row.statements_done),
        }
    });
    let gone = plan.gone.iter().filter_map(|row| gone_info(row));
    let not_deltas = set.not_deltas.iter().map(|not| NotDeltaInfo {
        file: not.path.to_string_lossy().into_owned(),
        reason: not.reason.clone(),
        rename: not.rename.clone(),
    });
    Ok(Info {
        host: session.host().to_owned(),
        port: session.port(),
        database: look.server.database.clone(),
        user: look.server.user.clone(),
        server_version: look.server.version.clone(),
        table: look.table.as_ref().map_or(&options.table, |table| &table.name).to_string(),
        table_exists: look.table.is_some(),
        lacks_schema: look.lacks_schema(),
        version: record.current_version(),
        baseline: record.baseline(),
        deltas: files.chain(gone).collect(),
        not_deltas: not_deltas.collect(),
        unknown_rows: record.rows.iter().filter(|row| is_unknown(row)).map(|row| row.id).collect(),
    })
}

fn is_unknown(row: &Row) -> bool {
    matches!(row.entry, Entry::Unknown(_)) || row.version.is_none()
}

fn gone_info(row: &Row) -> Option<DeltaInfo> {
    let name = row.name()?;
    Some(DeltaInfo {
        version: name.version,
        title: name.title,
        kind: name.kind.to_string(),
        file: row.script.clone(),
        state: if row.success { "gone" } else { "gone_begun" },
        edited: false,
        unreadable: None,
        installed_on: Some(row.installed_on.clone()),
        installed_by: Some(row.installed_by.clone()),
        statements_done: None,
    })
}

/// The name of a state, as programs read it.
fn state_name(state: State) -> &'static str {
    match state {
        State::Applied => "applied",
        State::Pending | State::AboveMaximum => "pending",
        State::BeforeBaseline => "before_baseline",
        State::Late => "late",
        State::KnownLate => "known_late",
        State::Begun => "begun",
    }
}

impl Options {
    /// The options as they would be typed after another command.
    pub fn typed(&self) -> String {
        crate::upgrade::typed(&self.connection, &self.table, &self.directories)
    }
}
