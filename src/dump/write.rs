//! Writing a dump: beside its place under another name, readable by its owner only, and put in its place when it is
//! whole.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tempfile::{Builder, NamedTempFile, TempDir};

use super::Format;
use super::client::Client;
use crate::connection::Parameters;
use crate::progress::{Cancel, Event, Progress};
use crate::{Error, Result};

/// What of a database is dumped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum What<'a> {
    /// Everything.
    #[default]
    All,
    /// Everything but rows.
    Schema,
    /// The rows of these tables and the positions of these sequences, by quoted name.
    Rows(&'a [String]),
}

/// What to dump, and where to.
#[derive(Debug, Clone)]
pub struct Write<'a> {
    /// pg_dump.
    pub program: &'a Path,
    /// The file, or the directory of the directory format. One that exists is replaced.
    pub target: &'a Path,
    /// The format.
    pub format: Format,
    /// How many tables at a time; more than one only in the directory format.
    pub jobs: u32,
    /// Schemas to leave out, as patterns of pg_dump.
    pub exclude_schemas: &'a [String],
    /// How many tables there are, for the progress.
    pub tables: Option<usize>,
    /// What of the database.
    pub what: What<'a>,
    /// The snapshot to read in, as another session exported it; `None`: one of its own.
    pub snapshot: Option<&'a str>,
}

/// The stage's name in the events.
const STAGE: &str = "dump";

/// Dumps a database. When it fails or is cancelled, nothing is left, and what stood in the place still does.
pub fn write(
    database: &Parameters,
    what: &Write<'_>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<()> {
    let begin = Instant::now();
    let target = place(what.target, what.format)?;
    let partial = Partial::beside(&target, what.format)?;
    let mut client = Client::new(what.program, Some(database))?;
    let command = client.command();
    command.arg("--verbose").arg(format!("--format={}", what.format)).arg("--file").arg(partial.path());
    if what.format == Format::Directory && what.jobs > 1 {
        command.arg(format!("--jobs={}", what.jobs));
    }
    for schema in what.exclude_schemas {
        command.arg(format!("--exclude-schema={schema}"));
    }
    if let Some(snapshot) = what.snapshot {
        command.arg(format!("--snapshot={snapshot}"));
    }
    match what.what {
        What::All => {}
        What::Schema => drop(command.arg("--schema-only")),
        What::Rows(tables) => {
            command.arg("--data-only").args(tables.iter().map(|table| format!("--table={table}")));
        }
    }
    progress.event(&Event::StageStarted { name: STAGE, items: what.tables });
    let mut errors: Vec<String> = Vec::new();
    let status = client.run(cancel, &mut |line| {
        // Parallel workers write the prefix and the message apart, so prefixes may pile up, and be missing.
        let text = line.trim_start_matches("pg_dump: ");
        if let Some(table) = text.strip_prefix("dumping contents of table ") {
            progress.event(&Event::StageItem { name: table.trim_matches('"') });
        } else if let Some(warning) = text.strip_prefix("warning: ") {
            progress.warning(&format!("pg_dump: {warning}"));
        } else if let Some(error) = text.strip_prefix("error: ") {
            errors.push(error.to_owned());
        } else if let Some(detail) = text.strip_prefix("detail: ").filter(|_| errors.last().is_some()) {
            errors.push(detail.to_owned());
        }
    })?;
    if !status.success() {
        let mut error = Error::failed(format!("pg_dump failed ({status}); no dump was written"));
        for text in errors {
            error = error.note("pg_dump", text);
        }
        return Err(error);
    }
    partial.put(&target)?;
    let milliseconds = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    progress.event(&Event::StageDone { name: STAGE, milliseconds });
    Ok(())
}

/// The place that a dump is written to: the file behind a link, checked for what would be lost.
fn place(given: &Path, format: Format) -> Result<PathBuf> {
    let target = given.canonicalize().unwrap_or_else(|_| given.to_owned());
    let refuse = |why: &str| {
        Err(Error::usage(format!("cannot dump to {}: {why}", given.display())).hint("name another file"))
    };
    match fs::metadata(&target) {
        Err(_) if target.file_name().is_none() => refuse("it is not the name of a file"),
        Err(_) => Ok(target),
        Ok(metadata) if format == Format::Directory => {
            let replaceable = metadata.is_dir()
                && (target.join("toc.dat").is_file()
                    || fs::read_dir(&target).is_ok_and(|mut entries| entries.next().is_none()));
            if replaceable {
                Ok(target)
            } else {
                refuse("it exists, and it is not a dump in the directory format")
            }
        }
        Ok(metadata) if metadata.is_dir() => refuse("it is a directory"),
        Ok(metadata) if !metadata.is_file() => refuse("it is not a regular file"),
        Ok(_) => Ok(target),
    }
}

/// A dump that is not whole yet; dropped, it is gone. It is locked as long as its writer lives.
enum Partial {
    File(NamedTempFile),
    Directory { place: TempDir, _lock: File },
}

impl Partial {
    fn beside(target: &Path, format: Format) -> Result<Partial> {
        let parent = parent(target);
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let (prefix, suffix) = (format!(".{name}."), ".partial");
        remove_abandoned(parent, &prefix, suffix);
        let mut builder = Builder::new();
        builder.prefix(&prefix).suffix(suffix);
        let mut make = || {
            if format == Format::Directory {
                let directory = builder.permissions(Permissions::from_mode(0o700)).tempdir_in(parent)?;
                let lock = File::open(directory.path())?;
                lock.try_lock()?;
                Ok(Partial::Directory { place: directory, _lock: lock })
            } else {
                let file = builder.permissions(Permissions::from_mode(0o600)).tempfile_in(parent)?;
                file.as_file().try_lock()?;
                Ok(Partial::File(file))
            }
        };
        make().map_err(|error: std::io::Error| {
            let why = match error.kind() {
                std::io::ErrorKind::NotFound => "it does not exist".to_owned(),
                kind => kind.to_string(),
            };
            Error::usage(format!("cannot write to the directory {}: {why}", parent.display()))
                .caused_by(error)
        })
    }

    fn path(&self) -> &Path {
        match self {
            Partial::File(file) => file.path(),
            Partial::Directory { place, .. } => place.path(),
        }
    }

    /// Puts it in its place, in one step for a file. A directory cannot be replaced in one step: the old one is
    /// moved aside first, and back if the new one cannot be put there.
    fn put(self, target: &Path) -> Result<()> {
        let cannot = |error: std::io::Error| {
            Error::failed(format!("the dump could not be moved to {}: {error}", target.display()))
                .caused_by(error)
        };
        match self {
            Partial::File(file) => drop(file.persist(target).map_err(|error| cannot(error.error))?),
            Partial::Directory { place: new, .. } if !target.exists() => {
                fs::rename(new.keep(), target).map_err(cannot)?
            }
            Partial::Directory { place: new, .. } => {
                let aside = Builder::new().prefix(".old-dump-").tempdir_in(parent(target)).map_err(cannot)?;
                let old = aside.path().join("dump");
                fs::rename(target, &old).map_err(cannot)?;
                if let Err(error) = fs::rename(new.path(), target) {
                    fs::rename(&old, target).map_err(cannot)?;
                    return Err(cannot(error));
                }
                // It is in its place now: nothing to remove.
                let _ = new.keep();
            }
        }
        // pg_dump has synced the content; this is for the name.
        File::open(parent(target)).and_then(|directory| directory.sync_all()).map_err(cannot)
    }
}

/// Removes what writers left that were killed; nobody holds a lock on it any more.
fn remove_abandoned(directory: &Path, prefix: &str, suffix: &str) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(prefix)
            && name.ends_with(suffix)
            && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok())
        {
            // What cannot be removed is left to the next dump.
            let _ = match entry.file_type() {
                Ok(kind) if kind.is_dir() => fs::remove_dir_all(entry.path()),
                _ => fs::remove_file(entry.path()),
            };
        }
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A directory for a dump that is not kept, readable by its owner only, which goes when it is dropped; if its owner is
/// killed, the next one removes it.
///
/// # Errors
/// The directory for temporary files cannot be written to.
pub fn scratch() -> Result<Scratch> {
    const PREFIX: &str = "pum-dump-";
    let parent = std::env::temp_dir();
    remove_abandoned(&parent, PREFIX, "");
    let make = || {
        let permissions = Permissions::from_mode(0o700);
        let directory = Builder::new().prefix(PREFIX).permissions(permissions).tempdir_in(&parent)?;
        let lock = File::open(directory.path())?;
        lock.try_lock()?;
        Ok(Scratch { directory, _lock: lock })
    };
    make().map_err(|error: std::io::Error| {
        Error::failed(format!("no temporary directory could be made in {}: {error}", parent.display()))
            .caused_by(error)
    })
}

/// A directory for a dump that is not kept.
#[derive(Debug)]
pub struct Scratch {
    directory: TempDir,
    _lock: File,
}

impl Scratch {
    /// Where it is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// The bytes that are free for a dump at this place.
pub fn free_space(target: &Path) -> Option<u64> {
    let status = rustix::fs::statvfs(parent(target)).ok()?;
    Some(status.f_bavail.saturating_mul(status.f_frsize))
}
