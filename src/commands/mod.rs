//! The commands as library calls: each takes options (values), tells an observer what it does, can be cancelled, and
//! returns an outcome (values). None reads arguments or configuration, none prints.
//!
//! ```no_run
//! use pum::commands::upgrade::{self, Options};
//! use pum::connection::Parameters;
//! use pum::progress::{Cancel, Silent};
//!
//! let options = Options::new(
//!     Parameters::resolve("host=localhost dbname=water")?,
//!     "water_sys.upgrades".parse()?,
//!     vec!["delta".into()],
//! );
//! let outcome = upgrade::run(&options, &Silent, &Cancel::default())?;
//! println!("{} deltas applied, now at {:?}", outcome.applied.len(), outcome.version);
//! # Ok::<(), pum::Error>(())
//! ```

pub mod baseline;
pub mod cache;
pub mod check;
mod connected;
pub mod create;
pub mod decide;
pub mod demo;
pub mod dump;
pub mod hook;
pub mod info;
pub mod init;
pub mod new;
pub mod rehearse;
pub mod renumber;
pub mod repair;
pub mod restore;
pub mod test_and_upgrade;
pub mod upgrade;
pub mod verify;
pub mod version;

use std::path::PathBuf;

use crate::connection::{Parameters, Session};
use crate::delta::checksum_matches;
use crate::error::Kind;
use crate::progress::{Cancel, Progress};
use crate::upgrade::plan::{Judged, State};
use crate::upgrade::table::{Look, Server};
use crate::upgrade::{TableName, quoted, typed};
use crate::{Error, Result};

/// The name under which the server shows our sessions.
const APPLICATION: &str = "pum";

/// Connects and takes a first look.
fn open(
    parameters: &Parameters,
    table: &TableName,
    role: Option<&str>,
    cancel: &Cancel,
) -> Result<(Session, Look)> {
    let mut session = Session::open(parameters, APPLICATION, cancel)?;
    let look = Look::at(&mut session, table, role)?;
    Ok((session, look))
}

/// Says where a command works, after that look.
fn tell_connected(session: &Session, server: &Server, progress: &dyn Progress) {
    connected::tell(session, (&server.database, &server.user, &server.version), progress);
}

/// The command that makes the upgrades table; `typed` names database, table and directories.
pub(crate) fn baseline_command(typed: &str, create_schema: bool) -> String {
    let schema = if create_schema { " --create-schema" } else { "" };
    format!("pum baseline {typed} -b X.Y.Z{schema}")
}

/// That the upgrades table is missing, and the command that makes it.
fn no_table(parameters: &Parameters, table: &TableName, directories: &[PathBuf], look: &Look) -> Error {
    let typed = typed(parameters, table, directories);
    Error::failed(format!("there is no upgrades table {table} in this database")).hint(format!(
        "declare which version the database is at: {}",
        baseline_command(&typed, look.lacks_schema())
    ))
}

/// That the upgrades table says nothing, and the command that makes it speak.
fn no_version(parameters: &Parameters, table: &TableName, directories: &[PathBuf], look: &Look) -> Error {
    let mut error = no_table(parameters, table, directories, look);
    error.message = format!("no row of the upgrades table {table} says at which version the database is");
    error
}

/// How a development database is mended whose record is not what the deltas are.
pub(crate) fn anew(parameters: &Parameters) -> String {
    let database = parameters.whole_service().map_or_else(|| parameters.redacted(), str::to_owned);
    format!(
        "a development database is made anew from the model by: pum create -p {} --overwrite",
        quoted(&database)
    )
}

/// What the server refused because the user asked it to stop is an interruption.
fn if_interrupted(mut error: Error, cancel: &Cancel) -> Error {
    const CANCELED: &str = "57014";
    if cancel.is_requested() && error.kind == Kind::Failed && error.sqlstate.as_deref() == Some(CANCELED) {
        error.kind = Kind::Interrupted;
        error.message = "interrupted".to_owned();
        error.notes.retain(|(label, _)| label != "sqlstate");
    }
    error
}

/// What the file of a delta that was applied holds now.
enum Content {
    /// What its row says that was applied.
    Same,
    /// Something else.
    Edited,
    /// Nobody can tell, for this reason.
    Unreadable(std::io::Error),
}

impl Content {
    fn of(judged: &Judged<'_>) -> Content {
        let Some(row) = judged.row.filter(|_| judged.state == State::Applied) else { return Content::Same };
        match std::fs::read(&judged.delta.place) {
            Ok(bytes) if checksum_matches(&row.checksum, &bytes) => Content::Same,
            Ok(_) => Content::Edited,
            Err(cause) => Content::Unreadable(cause),
        }
    }
}
