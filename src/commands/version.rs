//! `pum version`: the version that a database is at.

use crate::Result;
use crate::connection::Parameters;
use crate::delta::Version;
use crate::progress::Cancel;
use crate::upgrade::TableName;

/// What to look at.
#[derive(Debug, Clone)]
pub struct Options {
    /// The database.
    pub connection: Parameters,
    /// Its upgrades table.
    pub table: TableName,
}

/// The highest version recorded as done; `None` if the table is empty.
///
/// # Errors
/// No connection, or no upgrades table.
pub fn run(options: &Options, cancel: &Cancel) -> Result<Option<Version>> {
    let (mut session, look) = super::open(&options.connection, &options.table, None, cancel)?;
    let no_table = || super::no_table(&options.connection, &options.table, &[], &look);
    let table = look.table.as_ref().ok_or_else(no_table)?;
    Ok(table.read(&mut session)?.current_version())
}
