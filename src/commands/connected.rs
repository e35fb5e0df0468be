//! The first look at a server, of commands that need no upgrades table.

use crate::Result;
use crate::connection::Session;
use crate::progress::{Event, Progress};

/// What is known about the database that a session is connected to.
pub(super) struct Connected {
    /// Its name.
    pub(super) database: String,
    /// The server's major version.
    pub(super) major: u32,
    /// Whether nothing can be written: a standby, or a setting.
    pub(super) read_only: bool,
}

/// Says where a command works: the first line of every command that writes. Database, user, the server's version.
pub(super) fn tell(
    session: &Session,
    (database, user, server_version): (&str, &str, &str),
    progress: &dyn Progress,
) {
    progress.event(&Event::Connected {
        host: session.host(),
        port: session.port(),
        database,
        user,
        server_version,
    });
}

/// Asks which database it is, and tells the observer; or that it is about the database `other` of the same server.
pub(super) fn connected(
    session: &mut Session,
    other: Option<&str>,
    progress: &dyn Progress,
) -> Result<Connected> {
    let rows = session.query(
        "SELECT current_database(), current_user, current_setting('server_version'),
                current_setting('transaction_read_only')",
    )?;
    let mut row = rows.into_iter().flatten().map(Option::unwrap_or_default);
    let mut next = || row.next().unwrap_or_default();
    let (database, user, version, read_only) = (next(), next(), next(), next());
    let database = other.map_or(database, str::to_owned);
    let version = version.split(' ').next().unwrap_or_default();
    tell(session, (&database, &user, version), progress);
    let major = session.server_version_num()? / 10_000;
    Ok(Connected { database, major, read_only: read_only == "on" })
}
