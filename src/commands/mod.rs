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
pub mod check;
mod connected;
pub mod decide;
pub mod demo;
pub mod dump;
pub mod info;
pub mod rehearse;
pub mod repair;
pub mod restore;
pub mod test_and_upgrade;
pub mod upgrade;
pub mod version;

use std::path::{Path, PathBuf};

use crate::connection::{Parameters, Session};
use crate::progress::{Cancel, Event, Progress};
use crate::upgrade::table::{Look, Server};
use crate::upgrade::{TableName, typed};
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

/// Says where a command works: the first line of every command that writes.
fn tell_connected(session: &Session, server: &Server, progress: &dyn Progress) {
    progress.event(&Event::Connected {
        host: session.host(),
        port: session.port(),
        database: &server.database,
        user: &server.user,
        server_version: &server.version,
    });
}

/// That the upgrades table is missing, and the command that makes it.
fn no_table(parameters: &Parameters, table: &TableName, directories: &[PathBuf]) -> Error {
    Error::failed(format!("there is no upgrades table {table} in this database")).hint(format!(
        "declare which version the database is at: pum baseline {} -b X.Y.Z",
        typed(parameters, table, directories)
    ))
}

/// That the upgrades table says nothing, and the command that makes it speak.
fn no_version(parameters: &Parameters, table: &TableName, directories: &[PathBuf]) -> Error {
    let mut error = no_table(parameters, table, directories);
    error.message = format!("no row of the upgrades table {table} says at which version the database is");
    error
}

/// Whether a file is still what its row says that was applied; a file that cannot be read is not.
fn is_edited(checksum: &str, path: &Path) -> bool {
    std::fs::read(path).map_or(true, |bytes| !crate::delta::checksum_matches(checksum, &bytes))
}
