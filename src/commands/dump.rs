//! `pum dump`: a database into a file.

use std::path::PathBuf;
use std::time::Instant;

use super::connected::connected;
use crate::connection::{Parameters, Session};
use crate::dump::{self, Format, Write};
use crate::programs::{self, Program};
use crate::progress::{Cancel, Progress};
use crate::{Error, Result};

/// What an empty database takes on disk, in bytes, and no dump does.
const EMPTY_DATABASE: u64 = 7 << 20;
/// A dump is compressed; that it comes out smaller than the database by more than this is out of the question.
const COMPRESSION_AT_MOST: u64 = 100;

/// What to dump.
#[derive(Debug, Clone)]
pub struct Options {
    /// The file to write, or the directory of the directory format. A dump that is there is replaced.
    pub file: PathBuf,
    /// The format.
    pub format: Format,
    /// How many tables at a time; more than one only in the directory format.
    pub jobs: u32,
    /// Schemas to leave out, each a pattern of pg_dump.
    pub exclude_schemas: Vec<String>,
    /// pg_dump; `None`: found as [`programs::find`] does.
    pub pg_dump: Option<PathBuf>,
}

impl Options {
    /// The whole database into this file, in the custom format.
    pub fn new(file: impl Into<PathBuf>) -> Options {
        Options {
            file: file.into(),
            format: Format::Custom,
            jobs: 1,
            exclude_schemas: Vec::new(),
            pg_dump: None,
        }
    }
}

/// The dump that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Where it is.
    pub file: PathBuf,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

/// Dumps a database.
///
/// # Errors
/// Wrong options and files that can't be replaced (usage), a server that can't be reached, a pg_dump that is missing
/// or fails, a disk that is clearly too small, a cancellation. After an error no part of a dump is left, and a dump
/// that stood in the place still does.
pub fn run(
    database: &Parameters,
    options: &Options,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome> {
    let begin = Instant::now();
    if options.jobs > 1 && options.format != Format::Directory {
        return Err(Error::usage(format!(
            "a dump in the {} format cannot be written in parallel",
            options.format
        ))
        .hint("add --format directory, or leave out -j"));
    }
    let mut session = Session::open(database, "pum dump", cancel)?;
    let server = connected(&mut session, None, progress)?;
    let program = programs::find(Program::PgDump, options.pg_dump.as_deref(), Some(server.major))?;
    let (size, tables) = size(&mut session)?;
    check_space(options, size, progress)?;
    drop(session);
    let what = Write {
        program: &program.path,
        target: &options.file,
        format: options.format,
        jobs: options.jobs,
        exclude_schemas: &options.exclude_schemas,
        // Patterns are pg_dump's to understand.
        tables: tables.filter(|_| options.exclude_schemas.is_empty()),
        what: dump::What::All,
        snapshot: None,
    };
    dump::write(database, &what, progress, cancel)?;
    let milliseconds = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Outcome { file: options.file.clone(), milliseconds })
}

/// Bytes of the database on disk, and how many tables have rows to dump.
fn size(session: &mut Session) -> Result<(u64, Option<usize>)> {
    let rows = session.query(
        "SELECT pg_database_size(current_database()),
           (SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace
            WHERE relkind = 'r' AND relpersistence <> 't' AND nspname !~ '^pg_' AND nspname <> 'information_schema'
              AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass
                              AND d.objid = c.oid AND d.deptype = 'e'))",
    )?;
    let mut row = rows.into_iter().flatten().flatten();
    let size = row.next().and_then(|size| size.parse().ok()).unwrap_or(0);
    Ok((size, row.next().and_then(|count| count.parse().ok())))
}

/// Refuses only what can't end well; a warning where it may not.
fn check_space(options: &Options, size: u64, progress: &dyn Progress) -> Result<()> {
    let Some(free) = dump::free_space(&options.file) else { return Ok(()) };
    let size = size.saturating_sub(EMPTY_DATABASE);
    let place = options.file.display();
    let figures =
        format!("the database has {} MB before compression, {} MB are free", size >> 20, free >> 20);
    match room(free, size) {
        Room::None => Err(Error::failed(format!("no room for the dump {place}: {figures}"))
            .hint("name a file on another disk")),
        Room::Doubtful => {
            progress.warning(&format!("there may be no room for the dump {place}: {figures}"));
            Ok(())
        }
        Room::Enough => Ok(()),
    }
}

/// Whether there is room for a dump.
#[derive(Debug, PartialEq, Eq)]
enum Room {
    None,
    Doubtful,
    Enough,
}

fn room(free: u64, size: u64) -> Room {
    if free < size / COMPRESSION_AT_MOST {
        Room::None
    } else if free < size {
        Room::Doubtful
    } else {
        Room::Enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_disk_that_is_clearly_too_small_is_refused() {
        assert_eq!(room(9, 1000), Room::None);
        assert_eq!(room(10, 1000), Room::Doubtful);
        assert_eq!(room(1000, 1000), Room::Enough);
        assert_eq!(room(0, 0), Room::Enough);
    }
}
