//! What was tested is what runs: the deltas by name and bytes, on the record that they were planned for.

use std::path::PathBuf;

use crate::upgrade::TableName;
use crate::upgrade::record::{Record, Row};
use crate::upgrade::unit::Unit;
use crate::{Error, Result};

/// What an upgrade would run, and on what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// The upgrades table, with the schema that it was found in.
    pub table: TableName,
    /// Each file with its checksum, in the order in which they run.
    files: Vec<(PathBuf, String)>,
    /// The rows of the upgrades table.
    record: Vec<Row>,
}

impl Tested {
    pub(super) fn new(table: &TableName, record: &Record, units: &[Unit]) -> Tested {
        let files = units.iter().map(|unit| (unit.path.clone(), unit.checksum.clone())).collect();
        Tested { table: table.clone(), files, record: timeless(record) }
    }

    /// Stops if anything is not as it was.
    pub(super) fn refuse_changed(&self, database: &str, record: &Record, units: &[Unit]) -> Result<()> {
        let stopped = |message: String| {
            Err(Error::failed(message)
                .note("state", format!("nothing was applied to {database}"))
                .hint("run the same command again: it tests what is there now"))
        };
        let rows = timeless(record);
        if rows != self.record {
            let new = rows.iter().find(|row| !self.record.contains(row));
            let which = new.map_or_else(String::new, |row| format!(": {}", row.file_name()));
            return stopped(format!(
                "the upgrades table {} of {database} is not what it was when the test began{which}",
                self.table
            ));
        }
        let now = Tested::new(&self.table, record, units).files;
        let changed: Vec<String> = self
            .files
            .iter()
            .filter(|file| !now.contains(file))
            .chain(now.iter().filter(|file| !self.files.iter().any(|(path, _)| *path == file.0)))
            .map(|(path, _)| path.display().to_string())
            .collect();
        if changed.is_empty() && now == self.files {
            return Ok(());
        }
        stopped(format!("the deltas are not what they were when the test began: {}", changed.join(", ")))
    }
}

/// The rows without their times, which an old table's type may make the server show in its own zone; a row that was
/// written anew has another id.
fn timeless(record: &Record) -> Vec<Row> {
    record.rows.iter().map(|row| Row { installed_on: String::new(), ..row.clone() }).collect()
}
