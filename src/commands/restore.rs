//! `pum restore`: a dump into a database, after a look at the dump and at what the database holds already.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::connected::{Connected, connected};
use crate::connection::{Parameters, Session};
use crate::dump::{self, Archive, Complaint, Format, Load};
use crate::programs::{self, Program};
use crate::progress::{Cancel, Progress};
use crate::{Error, Result};

/// SQLSTATE: the database does not exist.
const NO_DATABASE: &str = "3D000";
/// SQLSTATE: no right to connect.
const NO_RIGHT: &str = "42501";

/// How long sessions may take to leave a database.
const LEAVING: Duration = Duration::from_secs(2);

/// What to restore.
#[derive(Debug, Clone)]
pub struct Options {
    /// The dump: custom, directory, tar or plain SQL.
    pub file: PathBuf,
    /// Schemas to leave out, by name.
    pub exclude_schemas: Vec<String>,
    /// `-x`: what the server refuses is reported, and is no error; and the database need not be empty.
    pub ignore_errors: bool,
    /// The database need not be empty.
    pub into_existing: bool,
    /// Drops the database first, if it exists, and makes it.
    pub clean_database: bool,
    /// With `clean_database`: ends the sessions that are connected.
    pub force: bool,
    /// How many entries at a time; more than one only from the custom and the directory format.
    pub jobs: u32,
    /// pg_restore; `None`: found as [`programs::find`] does.
    pub pg_restore: Option<PathBuf>,
}

impl Options {
    /// The whole of this dump into an empty database.
    pub fn new(file: impl Into<PathBuf>) -> Options {
        Options {
            file: file.into(),
            exclude_schemas: Vec::new(),
            ignore_errors: false,
            into_existing: false,
            clean_database: false,
            force: false,
            jobs: 1,
            pg_restore: None,
        }
    }
}

/// What came of a restore that went through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What the server refused, with `ignore_errors`; each was reported as a warning.
    pub complaints: Vec<Complaint>,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

/// Restores a dump.
///
/// # Errors
/// A file that is not a whole dump, a database that is not empty, is in use or is read-only: then nothing was
/// touched. What the server refused, without `ignore_errors`; a cancellation: then a part is restored, and the
/// error says so.
pub fn run(
    database: &Parameters,
    options: &Options,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome> {
    let begin = Instant::now();
    let archive = Archive::open(&options.file)?;
    check_options(&archive, options)?;
    let (mut session, server) = open(database, options, progress, cancel)?;
    let name = server.database;
    if server.read_only {
        return Err(Error::failed(format!(
            "the database {name} is read-only: nothing can be restored into it"
        ))
        .hint("connect to the primary server"));
    }

    let plain = archive.format() == Format::Plain;
    let pg_restore = |major| programs::find(Program::PgRestore, options.pg_restore.as_deref(), major);
    let mut program = if plain {
        programs::find(Program::Psql, None, Some(server.major))?
    } else {
        pg_restore(Some(server.major))?
    };
    if archive.is_too_new_for(&program.path)? {
        program = pg_restore(None)?;
    }
    // Before something is dropped, the whole dump is read.
    archive.check_whole(&program.path, options.clean_database, cancel)?;
    let entries = archive.entries(&program.path, &options.exclude_schemas)?;

    if options.clean_database {
        clean(&mut session, &name, options.force, progress)?;
    } else if !options.ignore_errors && !options.into_existing {
        refuse_unless_empty(&mut session, &name)?;
    }
    drop(session);

    let load = Load {
        program: &program.path,
        archive: &archive,
        exclude_schemas: &options.exclude_schemas,
        jobs: options.jobs,
        go_on: options.ignore_errors,
        entries: (!plain).then_some(entries.len()),
        options: &["--no-owner"],
    };
    let partly = format!("the database {name} holds a part of the dump");
    let complaints =
        dump::load(database, &load, progress, cancel).map_err(|error| error.note("state", partly.clone()))?;
    let errors =
        if complaints.len() == 1 { "1 error".to_owned() } else { format!("{} errors", complaints.len()) };
    if !complaints.is_empty() && !options.ignore_errors {
        let mut error = Error::failed(format!("{errors} while restoring {}", options.file.display()));
        for complaint in complaints {
            error = error.note("refused", complaint.to_string());
        }
        return Err(error.note("state", partly).hint(
            "restore again with --clean-database once the cause is gone, or with -x if the errors do not matter",
        ));
    }
    for complaint in &complaints {
        progress.warning(&complaint.to_string());
    }
    if !complaints.is_empty() {
        progress.warning(&format!("{errors} ignored while restoring {}", options.file.display()));
    }
    let milliseconds = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Outcome { complaints, milliseconds })
}

fn check_options(archive: &Archive, options: &Options) -> Result<()> {
    let format = archive.format();
    if format == Format::Plain && !options.exclude_schemas.is_empty() {
        return Err(Error::usage(format!(
            "no schema can be left out of {}: it is SQL text",
            options.file.display()
        ))
        .hint("leave out -N and drop the schema afterwards, or dump again in the custom format, of which a part can be restored"));
    }
    if options.jobs > 1 && !matches!(format, Format::Custom | Format::Directory) {
        return Err(Error::usage(format!("a dump in the {format} format cannot be restored in parallel"))
            .hint("leave out -j"));
    }
    if options.force && !options.clean_database {
        return Err(Error::usage(
            "--force ends the sessions that keep --clean-database from dropping the database",
        )
        .hint("add --clean-database, or leave out --force"));
    }
    Ok(())
}

/// Connects to the database, or, if that is going to be dropped, to another one of the same server.
fn open(
    database: &Parameters,
    options: &Options,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<(Session, Connected)> {
    let open = |parameters: &Parameters| Session::open(parameters, "pum restore", cancel);
    if !options.clean_database {
        let mut session = open(database).map_err(|error| match error.sqlstate.as_deref() {
            Some(NO_DATABASE) => error.hint("add --clean-database to make the database"),
            _ => error,
        })?;
        let server = connected(&mut session, None, progress)?;
        return Ok((session, server));
    }
    let name = database.database();
    let mut session = open_other(database, cancel)?;
    let server = connected(&mut session, Some(&name), progress)?;
    Ok((session, server))
}

/// Connects to another database of the same server.
pub(super) fn open_other(database: &Parameters, cancel: &Cancel) -> Result<Session> {
    let name = database.database();
    let others: Vec<&str> = ["postgres", "template1"].into_iter().filter(|other| *other != name).collect();
    let open = |other: &str| Session::open(&database.with("dbname", other), "pum restore", cancel);
    match (open(others[0]), others.get(1)) {
        (Err(error), Some(second)) if matches!(error.sqlstate.as_deref(), Some(NO_DATABASE | NO_RIGHT)) => {
            open(second)
        }
        (outcome, _) => outcome,
    }
}

pub(super) fn clean(session: &mut Session, name: &str, force: bool, progress: &dyn Progress) -> Result<()> {
    let mut occupants = dump::occupants(session, name)?;
    // A session that said goodbye needs a moment to be gone.
    let began = Instant::now();
    while !force && !occupants.is_empty() && began.elapsed() < LEAVING {
        std::thread::sleep(Duration::from_millis(50));
        occupants = dump::occupants(session, name)?;
    }
    if !force && !occupants.is_empty() {
        let count = occupants.len();
        let mut error = Error::failed(format!(
            "the database {name} cannot be dropped: {count} other {} connected to it",
            if count == 1 { "session is" } else { "sessions are" }
        ));
        for occupant in occupants {
            error = error.note("session", occupant.to_string());
        }
        return Err(error.hint("end them, or add --force to have them ended"));
    }
    dump::recreate(session, name, force)?;
    progress.note(&format!("made the database {name} anew"));
    Ok(())
}

fn refuse_unless_empty(session: &mut Session, name: &str) -> Result<()> {
    let (count, some) = dump::objects(session)?;
    if count == 0 {
        return Ok(());
    }
    let more = if count > some.len() { ", …" } else { "" };
    let objects = if count == 1 { "1 object".to_owned() } else { format!("{count} objects") };
    Err(Error::failed(format!("the database {name} is not empty: it has {objects}"))
        .note("objects", format!("{}{more}", some.join(", ")))
        .hint("add --clean-database to drop it and make it anew")
        .hint("or add --into-existing to restore beside what is there"))
}
