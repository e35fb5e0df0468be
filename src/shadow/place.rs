//! Where a cluster lies: directories that its server's user can reach and whose socket path is short enough, a lock
//! that tells that the owner lives, and the sweep of what dead owners left.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};

use super::process::ServerUser;
use crate::{Error, Result};

/// What the names of temporary directories begin with.
const PREFIX: &str = "pum-shadow-";
/// The longest path of a Unix socket, in bytes.
const SOCKET_PATH_MAX: usize = 107;
/// The longest name that a socket has in its directory.
const SOCKET_NAME: &str = "/.s.PGSQL.65535";

/// The directories of one cluster.
#[derive(Debug)]
pub(super) struct Place {
    directory: PathBuf,
    data: PathBuf,
    sockets: PathBuf,
    temporary: Option<Temporary>,
}

/// A temporary directory, locked as long as its owner lives.
#[derive(Debug)]
struct Temporary {
    path: PathBuf,
    _lock: File,
}

impl Place {
    pub(super) fn prepare(given: Option<&Path>, user: &ServerUser) -> Result<Place> {
        let base = temporary_base(user);
        sweep(&base, user);
        let (directory, sockets, temporary) = match given {
            None => {
                let temporary = Temporary::create(&base, user)?;
                (temporary.path.clone(), temporary.path.clone(), Some(temporary))
            }
            Some(given) => {
                let directory = make_given(given, user)?;
                if socket_fits(&directory) {
                    (directory.clone(), directory, None)
                } else {
                    let temporary = Temporary::create(&base, user)?;
                    (directory, temporary.path.clone(), Some(temporary))
                }
            }
        };
        Ok(Place { data: directory.join("data"), directory, sockets, temporary })
    }

    /// What holds the data directory and the log.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) fn sockets(&self) -> &Path {
        &self.sockets
    }

    /// What to remove at the end.
    pub(super) fn temporary(&self) -> Option<&Path> {
        self.temporary.as_ref().map(|temporary| temporary.path.as_path())
    }
}

impl Temporary {
    fn create(base: &Path, user: &ServerUser) -> Result<Temporary> {
        loop {
            let path = tempfile::Builder::new()
                .prefix(PREFIX)
                .tempdir_in(base)
                .map_err(|error| cannot("make a temporary directory in", base, error))?
                .keep();
            // Another process may take it for a dead one's before it is locked: then try again.
            let Ok(lock) = File::open(&path) else { continue };
            if lock.try_lock().is_ok() && path.exists() {
                give_to(&path, user)?;
                return Ok(Temporary { path, _lock: lock });
            }
        }
    }
}

/// Makes the given directory, if it is missing, with the mode and owner that the server needs.
fn make_given(given: &Path, user: &ServerUser) -> Result<PathBuf> {
    fs::create_dir_all(given).map_err(|error| cannot("make the directory", given, error))?;
    let directory = given.canonicalize().map_err(|error| cannot("find the directory", given, error))?;
    if let Some(parent) = unreachable_parent(&directory, user) {
        return Err(Error::usage(format!(
            "the user that the server runs as cannot enter {}, so a cluster cannot lie in {}",
            parent.display(),
            given.display()
        ))
        .hint("choose a directory that every user can reach, or run pum as an ordinary user"));
    }
    give_to(&directory, user)?;
    Ok(directory)
}

fn give_to(directory: &Path, user: &ServerUser) -> Result<()> {
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700))
        .map_err(|error| cannot("change the mode of", directory, error))?;
    if let Some((uid, gid)) = user.change() {
        chown(directory, Some(uid), Some(gid))
            .map_err(|error| cannot("change the owner of", directory, error))?;
    }
    Ok(())
}

/// The directory for temporary files, or /tmp where that one is too deep or closed to the server.
fn temporary_base(user: &ServerUser) -> PathBuf {
    let usual = std::env::temp_dir();
    let fits = |base: &Path| socket_fits(&base.join(PREFIX).join("123456"));
    match usual.canonicalize() {
        Ok(base) if fits(&base) && unreachable_parent(&base.join(PREFIX), user).is_none() => base,
        _ => PathBuf::from("/tmp"),
    }
}

fn socket_fits(directory: &Path) -> bool {
    directory.as_os_str().len() + SOCKET_NAME.len() <= SOCKET_PATH_MAX
}

/// The first directory above `path` that the user the server changes to cannot enter.
fn unreachable_parent(path: &Path, user: &ServerUser) -> Option<PathBuf> {
    let (uid, gid) = user.change()?;
    let can_enter = |directory: &Path| {
        fs::metadata(directory).is_ok_and(|metadata| {
            let shift = if metadata.uid() == uid {
                6
            } else if metadata.gid() == gid {
                3
            } else {
                0
            };
            metadata.mode() >> shift & 1 == 1
        })
    };
    let mut parents: Vec<&Path> = path.ancestors().skip(1).collect();
    parents.reverse();
    parents.into_iter().find(|parent| !can_enter(parent)).map(Path::to_owned)
}

/// Removes what clusters of dead owners left in `base`; those whose owner lives are locked.
fn sweep(base: &Path, user: &ServerUser) {
    let own = [Some(rustix::process::geteuid().as_raw()), user.change().map(|(uid, _)| uid)];
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let path = entry.path();
        let stale = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry
                .metadata()
                .is_ok_and(|metadata| metadata.is_dir() && own.contains(&Some(metadata.uid())));
        if !stale {
            continue;
        }
        if let Ok(lock) = File::open(&path)
            && lock.try_lock().is_ok()
        {
            kill_server(&path.join("data"));
            // What cannot be removed now is left for the next sweep.
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// Kills the server of a data directory, if the process that is written there works in it.
fn kill_server(data: &Path) {
    let pid = fs::read_to_string(data.join("postmaster.pid"))
        .ok()
        .and_then(|text| text.lines().next()?.parse().ok())
        .and_then(Pid::from_raw);
    if let Some(pid) = pid
        && fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero())).is_ok_and(|cwd| cwd == data)
    {
        let _ = kill_process(pid, Signal::QUIT);
    }
}

/// An error of the file system, with what was tried on which path.
pub(super) fn cannot(what: &str, path: &Path, error: io::Error) -> Error {
    Error::failed(format!("cannot {what} {}: {error}", path.display())).caused_by(error)
}
