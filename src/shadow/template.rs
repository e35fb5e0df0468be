//! The data directory of a new cluster: copied from one that initdb made before, where there is a cache, else made by initdb.
//! Copies are clones where the file system has those.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use rustix::process::Signal;

use super::SUPERUSER;
use super::cache::{Cache, Ingredients, Key, Kind};
use super::place::{Place, cannot};
use super::process::ServerUser;
use crate::programs::child::{self, DiesWith};
use crate::programs::{Found, Program};
use crate::{Error, Result};

/// To be raised when what is kept changes.
const FORMAT: u32 = 1;

/// What initdb is told. WAL segments are small, for each copy has one.
const ARGUMENTS: [&str; 8] = [
    "-U",
    SUPERUSER,
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
    "--auth-local=trust",
    "--auth-host=scram-sha-256",
    "--wal-segsize=1",
];

/// How a data directory came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// It was copied from the cache.
    Copied,
    /// initdb made it.
    Made,
}

/// Makes the data directory of a place.
///
/// # Errors
/// What initdb fails with. A cache that cannot be used is passed over.
pub(super) fn make(
    programs: &Found,
    user: &ServerUser,
    place: &Place,
    cache: Option<&Cache>,
) -> Result<Origin> {
    let Some(cache) = cache else {
        initdb(programs, user, place)?;
        return Ok(Origin::Made);
    };
    let key = key(programs);
    if let Some(entry) = cache.find(Kind::Template, &key) {
        match copy(&entry.path().join("data"), place.data(), user.change()) {
            Ok(()) => return Ok(Origin::Copied),
            Err(_) => wipe(place)?,
        }
    }
    initdb(programs, user, place)?;
    // Whoever cannot keep it goes on without.
    let _ = cache.keep(Kind::Template, &key, |directory| {
        let target = directory.join("data");
        copy(place.data(), &target, None).map_err(|error| cannot("copy a data directory to", &target, error))
    });
    Ok(Origin::Made)
}

/// Makes the data directory by initdb in place of a copy that does not work.
///
/// # Errors
/// As [`make`].
pub(super) fn make_anew(programs: &Found, user: &ServerUser, place: &Place) -> Result<()> {
    wipe(place)?;
    initdb(programs, user, place)
}

/// Removes what is kept, for it turned out to be broken.
pub(super) fn forget(programs: &Found, cache: Option<&Cache>) {
    if let Some(entry) = cache.and_then(|cache| cache.find(Kind::Template, &key(programs))) {
        entry.discard();
    }
}

fn wipe(place: &Place) -> Result<()> {
    match fs::remove_dir_all(place.data()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(cannot("remove", place.data(), error)),
        _ => Ok(()),
    }
}

/// The server by its version and by its very files, and what initdb is told.
fn key(programs: &Found) -> Key {
    let mut ingredients = Ingredients::new("template", FORMAT);
    ingredients.add("version", &programs.version);
    for program in [Program::Initdb, Program::Postgres] {
        let path = programs.sibling(program);
        let path = path.canonicalize().unwrap_or(path);
        ingredients.add("program", path.as_os_str().as_encoded_bytes());
        if let Ok(metadata) = fs::metadata(&path) {
            ingredients.add("size", metadata.len().to_string());
            ingredients.add("modified", format!("{}.{}", metadata.mtime(), metadata.mtime_nsec()));
        }
    }
    ARGUMENTS.iter().for_each(|argument| ingredients.add("argument", argument));
    ingredients.key()
}

fn initdb(programs: &Found, user: &ServerUser, place: &Place) -> Result<()> {
    let mut command = Command::new(&programs.path);
    command.arg("-D").arg(place.data()).args(ARGUMENTS);
    command.stdin(Stdio::null());
    user.prepare(&mut command, place.directory());
    child::detach(&mut command, DiesWith::SpawningThread(Signal::QUIT));
    let output = command.output().map_err(|error| {
        Error::failed(format!("{} could not be run", programs.path.display())).caused_by(error)
    })?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let error = Error::failed(format!(
        "{} could not make a cluster in {}",
        programs.path.display(),
        place.data().display()
    ))
    .note("initdb", text.trim());
    Err(match text.contains("could not look up effective user ID") {
        true => error
            .hint("PostgreSQL needs an entry in /etc/passwd for the user; in a container, run as one that has it")
            .hint("or let throwaway databases be made on a server that runs: --shadow SERVER"),
        false => error,
    })
}

/// Copies a data directory to a place that does not exist. The copy belongs to this user and group, if they are named.
fn copy(from: &Path, to: &Path, owner: Option<(u32, u32)>) -> io::Result<()> {
    let mut files = Vec::new();
    let mut left = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = left.pop() {
        fs::DirBuilder::new().mode(0o700).create(&to)?;
        give(&to, owner)?;
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            let target = to.join(entry.file_name());
            match entry.file_type()? {
                kind if kind.is_dir() => left.push((entry.path(), target)),
                kind if kind.is_file() => files.push((entry.path(), target)),
                _ => return Err(io::Error::other(format!("{} is no file", entry.path().display()))),
            }
        }
    }
    // The work is the kernel's, and two can do it faster than one.
    let half = files.len() / 2;
    let copy_all = |files: &[(PathBuf, PathBuf)]| -> io::Result<()> {
        files.iter().try_for_each(|(from, to)| {
            fs::copy(from, to)?;
            give(to, owner)
        })
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| copy_all(&files[..half]));
        let own = copy_all(&files[half..]);
        own.and(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn give(path: &Path, owner: Option<(u32, u32)>) -> io::Result<()> {
    match owner {
        Some((uid, gid)) => chown(path, Some(uid), Some(gid)),
        None => Ok(()),
    }
}
