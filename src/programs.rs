//! Where the programs of PostgreSQL are, and Python: in the named place, in `PUM_PG_BIN`, or in the places where
//! packages put them, with the major version that fits. Debian's `/usr/bin/pg_dump` and its like are a wrapper that
//! chooses a version by itself and costs a Perl: the real programs beside it are taken instead.

pub mod child;
pub mod group;

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::{Error, Result};

/// A program of PostgreSQL that pum runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `initdb`, of the server.
    Initdb,
    /// `postgres`, the server.
    Postgres,
    /// `pg_ctl`, of the server.
    PgCtl,
    /// `pg_dump`, of the client.
    PgDump,
    /// `pg_restore`, of the client.
    PgRestore,
    /// `psql`, of the client.
    Psql,
}

impl Program {
    /// The name of the executable.
    pub fn name(self) -> &'static str {
        match self {
            Program::Initdb => "initdb",
            Program::Postgres => "postgres",
            Program::PgCtl => "pg_ctl",
            Program::PgDump => "pg_dump",
            Program::PgRestore => "pg_restore",
            Program::Psql => "psql",
        }
    }

    /// The environment variable that names the executable, if there is one.
    fn variable(self) -> Option<&'static str> {
        match self {
            Program::PgDump => Some("PG_DUMP_EXE"),
            Program::PgRestore => Some("PG_RESTORE_EXE"),
            _ => None,
        }
    }

    fn is_server(self) -> bool {
        matches!(self, Program::Initdb | Program::Postgres | Program::PgCtl)
    }
}

/// A program that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The executable.
    pub path: PathBuf,
    /// Its version as it says it, such as `15.18` or `18beta1`.
    pub version: String,
    /// Its major version, such as 15.
    pub major: u32,
}

impl Found {
    /// Another program of the same installation.
    pub fn sibling(&self, program: Program) -> PathBuf {
        self.path.with_file_name(program.name())
    }
}

/// Finds a program of PostgreSQL.
///
/// `explicit` is what an option or the configuration names; it, or else `PG_DUMP_EXE` and `PG_RESTORE_EXE`, is
/// taken as it is, whatever its version. Otherwise the program is of the major version `major`, or of the nearest
/// newer one; with no `major` it is the newest. Of several of one version, the first in the order `PUM_PG_BIN`,
/// `pg_config --bindir`, PATH, usual places. The error of a search in vain says what to install.
pub fn find(program: Program, explicit: Option<&Path>, major: Option<u32>) -> Result<Found> {
    let variable = program.variable().and_then(env::var_os).map(PathBuf::from);
    // The bare name of the program is what an old configuration says by default; it chooses nothing.
    let named = explicit.map(Path::to_owned).or(variable).filter(|path| path != Path::new(program.name()));
    if let Some(named) = named {
        return explicitly_named(program, &named);
    }

    let fits = |found: &Found| major.is_none_or(|major| found.major >= major);
    let in_directory = |directory: PathBuf| inspect(&directory.join(program.name()));
    if let Some(found) =
        split_variable("PUM_PG_BIN").into_iter().filter_map(in_directory).find(|found| fits(found))
    {
        return Ok(found);
    }
    let mut found: Vec<Found> = usual_directories().into_iter().filter_map(in_directory).collect();
    let newest_seen = found.iter().map(|found| found.major).max();
    found.retain(fits);
    // Stable, so that the first place of a version stays the first.
    found.sort_by_key(|found| found.major);
    let chosen = match major {
        Some(_) => found.into_iter().next(),
        None => found.into_iter().rev().max_by_key(|found| found.major),
    };
    chosen.ok_or_else(|| not_found(program, major, newest_seen))
}

/// Finds the server: `initdb`, which has its `postgres` beside it. `major` as in [`find`].
pub fn find_server(major: Option<u32>) -> Result<Found> {
    let found = find(Program::Initdb, None, major)?;
    if is_executable(&found.sibling(Program::Postgres)) {
        Ok(found)
    } else {
        Err(not_found(Program::Postgres, major, None)
            .note("found", format!("{} without postgres beside it", found.path.display())))
    }
}

/// The server whose programs are in this directory: `initdb`, which has its `postgres` beside it.
///
/// # Errors
/// A directory without them.
pub fn server_in(directory: &Path) -> Result<Found> {
    let found = explicitly_named(Program::Initdb, &directory.join(Program::Initdb.name()))?;
    if is_executable(&found.sibling(Program::Postgres)) {
        Ok(found)
    } else {
        Err(Error::usage(format!("{} has initdb, and no postgres beside it", directory.display()))
            .hint("name the directory that holds both"))
    }
}

/// Finds Python 3: what is named (a path, or a name on PATH), else `python3`, else `python`.
pub fn find_python(explicit: Option<&Path>) -> Result<PathBuf> {
    match explicit {
        Some(named) => resolve(named).ok_or_else(|| {
            Error::usage(format!("there is no program {}", named.display()))
                .hint("name another one with --python, or python_exe in pum.yaml")
        }),
        None => {
            ["python3", "python"].into_iter().find_map(|name| resolve(Path::new(name))).ok_or_else(|| {
                Error::failed("no python3 was found, and Python deltas need it")
                    .hint("install python3, or name it with --python, or python_exe in pum.yaml")
            })
        }
    }
}

fn explicitly_named(program: Program, named: &Path) -> Result<Found> {
    let path = resolve(named).ok_or_else(|| {
        Error::usage(format!("there is no program {} to be used as {}", named.display(), program.name()))
            .hint(format!("correct the path, or leave it out to let pum look for {}", program.name()))
    })?;
    let (version, major) = version_of(&path).ok_or_else(|| {
        Error::usage(format!("{} does not say which version of {} it is", path.display(), program.name()))
            .hint(format!("see what `{} --version` prints", path.display()))
    })?;
    Ok(Found { path, version, major })
}

/// A path as it is, a bare name looked up on PATH.
fn resolve(named: &Path) -> Option<PathBuf> {
    if named.components().count() > 1 || named.is_absolute() {
        return is_executable(named).then(|| named.to_owned());
    }
    split_variable("PATH")
        .into_iter()
        .map(|directory| directory.join(named))
        .find(|candidate| is_executable(candidate))
}

fn inspect(path: &Path) -> Option<Found> {
    if !is_executable(path) || is_wrapper(path) {
        return None;
    }
    let (version, major) = version_of(path)?;
    Some(Found { path: path.to_owned(), version, major })
}

/// Whether it is Debian's `pg_wrapper`.
fn is_wrapper(path: &Path) -> bool {
    fs::canonicalize(path).is_ok_and(|real| real.file_name().is_some_and(|name| name == "pg_wrapper"))
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// What a program says of its version, and its major version. It is asked once, as long as it is the same file.
fn version_of(path: &Path) -> Said {
    use std::os::unix::fs::MetadataExt;
    static KNOWN: Memo<(PathBuf, u64, i64), Said> = Memo::new();
    let file = fs::metadata(path).ok()?;
    KNOWN.get_or_find((path.to_owned(), file.len(), file.mtime()), || {
        let output = Command::new(path).arg("--version").output().ok()?;
        parse_version(&String::from_utf8_lossy(&output.stdout))
    })
}

/// Version and major version, if it says them.
type Said = Option<(String, u32)>;

/// What programs said: they are asked once in the life of a process, for starting one costs more than all the rest.
struct Memo<K, V>(Mutex<BTreeMap<K, V>>);

impl<K: Ord, V: Clone> Memo<K, V> {
    const fn new() -> Memo<K, V> {
        Memo(Mutex::new(BTreeMap::new()))
    }

    fn get_or_find(&self, key: K, find: impl FnOnce() -> V) -> V {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(key).or_insert_with(find).clone()
    }
}

/// `pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` is `15.18` and 15.
fn parse_version(text: &str) -> Option<(String, u32)> {
    let version = text.split_once("(PostgreSQL) ")?.1.split_whitespace().next()?;
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    Some((version.to_owned(), version[..digits].parse().ok()?))
}

fn split_variable(name: &str) -> Vec<PathBuf> {
    env::var_os(name).map(|value| env::split_paths(&value).collect()).unwrap_or_default()
}

fn usual_directories() -> Vec<PathBuf> {
    static CONFIGURED: Memo<Option<OsString>, Option<PathBuf>> = Memo::new();
    let mut directories = Vec::new();
    directories.extend(CONFIGURED.get_or_find(env::var_os("PATH"), || {
        let output =
            Command::new("pg_config").arg("--bindir").output().ok().filter(|o| o.status.success())?;
        Some(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end()))
    }));
    directories.extend(split_variable("PATH"));
    for (parent, prefix) in [
        ("/usr/lib/postgresql", ""),
        ("/usr", "pgsql-"),
        ("/opt/homebrew/opt", "postgresql"),
        ("/usr/local/opt", "postgresql"),
        ("/home/linuxbrew/.linuxbrew/opt", "postgresql"),
        ("/Applications/Postgres.app/Contents/Versions", ""),
        ("/usr/local", "pgsql"),
    ] {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        directories.extend(
            entries
                .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
                .map(|entry| entry.path().join("bin"))
                .filter(|bin| bin.is_dir()),
        );
    }
    directories
}

fn not_found(program: Program, major: Option<u32>, newest_seen: Option<u32>) -> Error {
    let name = program.name();
    let message = match (major, newest_seen) {
        (Some(major), Some(newest)) => {
            format!("{name} of PostgreSQL {major} or newer is needed, the newest found is of {newest}")
        }
        (Some(major), None) => format!("{name} of PostgreSQL {major} or newer was not found"),
        (None, _) => format!("{name} was not found"),
    };
    let part = if program.is_server() { "server" } else { "client" };
    let debian = match (major, program.is_server()) {
        (Some(major), true) => format!("postgresql-{major}"),
        (Some(major), false) => format!("postgresql-client-{major}"),
        (None, true) => "postgresql".to_owned(),
        (None, false) => "postgresql-client".to_owned(),
    };
    let (red_hat, brew) = match major {
        Some(major) => (
            format!("postgresql{major}{}", if program.is_server() { "-server" } else { "" }),
            format!("postgresql@{major}"),
        ),
        None => (
            format!("postgresql{}", if program.is_server() { "-server" } else { "" }),
            "postgresql".to_owned(),
        ),
    };
    Error::failed(message)
        .hint(format!(
            "install the PostgreSQL {part}: `apt install {debian}` (Debian, Ubuntu), `dnf install {red_hat}` \
             (Fedora, Red Hat), `brew install {brew}` (macOS)"
        ))
        .hint("or set PUM_PG_BIN to the directory that holds it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_all_forms_are_read() {
        let parse = |text| parse_version(text).map(|(version, major)| format!("{version} {major}"));
        assert_eq!(parse("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n").unwrap(), "15.18 15");
        assert_eq!(parse("postgres (PostgreSQL) 18beta1\n").unwrap(), "18beta1 18");
        assert_eq!(parse("psql (PostgreSQL) 9.6.24\n").unwrap(), "9.6.24 9");
        assert_eq!(parse("Python 3.11"), None);
    }

    #[test]
    fn the_real_program_is_found_not_the_wrapper() {
        let found = find(Program::PgDump, None, None).unwrap();
        assert!(!is_wrapper(&found.path), "{found:?}");
        let same = find(Program::PgDump, None, Some(found.major)).unwrap();
        assert_eq!(same.major, found.major);
        assert!(is_executable(&find_server(None).unwrap().sibling(Program::Postgres)));
    }

    #[test]
    fn an_explicit_path_wins_and_must_exist() {
        let found = find(Program::PgDump, None, None).unwrap();
        assert_eq!(find(Program::PgDump, Some(&found.path), Some(999)).unwrap(), found);
        assert_eq!(find(Program::PgDump, Some(Path::new("pg_dump")), None).unwrap(), found);
        let error = find(Program::PgDump, Some(Path::new("/nowhere/pg_dump")), None).unwrap_err();
        assert_eq!(error.message, "there is no program /nowhere/pg_dump to be used as pg_dump");
        let error = find(Program::PgDump, Some(Path::new("/bin/true")), None).unwrap_err();
        assert!(error.message.contains("does not say which version"), "{error}");
    }

    #[test]
    fn what_is_missing_is_said_with_what_to_install() {
        let error = find(Program::PgRestore, None, Some(999)).unwrap_err();
        assert!(error.message.starts_with("pg_restore of PostgreSQL 999 or newer is needed"), "{error}");
        assert!(error.hints[0].contains("apt install postgresql-client-999"), "{:?}", error.hints);
        assert!(error.hints[0].contains("dnf install postgresql999`"), "{:?}", error.hints);
    }

    #[test]
    fn python_is_found() {
        assert!(is_executable(&find_python(None).unwrap()));
        assert!(find_python(Some(Path::new("/nowhere/python"))).is_err());
    }
}
