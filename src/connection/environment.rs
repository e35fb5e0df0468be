//! What a connection takes from the process around it: PG* variables, the home directory, the user's name.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// The surroundings that a connection is resolved in. Tests make their own, so that they need not change the process's.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
    home: Option<PathBuf>,
    user: Option<String>,
}

impl Environment {
    /// That of this process: its variables that begin with `PG`, the home directory (`HOME`, else the one of the
    /// user's passwd entry) and the name of the effective user (`None` without a passwd entry).
    pub fn of_process() -> Self {
        Environment {
            variables: std::env::vars_os()
                .filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG"))
                .collect(),
            home: std::env::home_dir().filter(|home| !home.as_os_str().is_empty()),
            user: whoami::username().ok(),
        }
    }

    /// One with only a home directory and a user's name; `None` where the user has no passwd entry.
    pub fn new(home: Option<PathBuf>, user: Option<&str>) -> Self {
        Environment { variables: BTreeMap::new(), home, user: user.map(str::to_owned) }
    }

    /// The same with a variable set.
    #[must_use]
    pub fn with(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.variables.insert(name.as_ref().to_owned(), value.as_ref().to_owned());
        self
    }

    /// The value of a variable; an error names one that is not valid UTF-8.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>> {
        let Some(value) = self.path(name) else { return Ok(None) };
        value
            .to_str()
            .map(Some)
            .ok_or_else(|| Error::usage(format!("the environment variable {name} is not valid UTF-8")))
    }

    /// The value of a variable that is a path.
    pub(super) fn path(&self, name: &str) -> Option<&Path> {
        self.variables.get(OsStr::new(name)).map(Path::new)
    }

    /// The name of the user that the process runs as.
    pub(super) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// A file of the user's: `name` on Unix lies in the home directory.
    pub(super) fn home_file(&self, name: &str) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(name))
    }

    /// A file of the TLS set-up, by default in ~/.postgresql (%APPDATA%\postgresql).
    pub(super) fn tls_file(&self, name: &str) -> Option<PathBuf> {
        self.home_file(if cfg!(windows) { "AppData/Roaming/postgresql" } else { ".postgresql" })
            .map(|directory| directory.join(name))
    }

    /// Where the system's own pg_service.conf may lie: PGSYSCONFDIR, else what `pg_config --sysconfdir` says on the
    /// systems that we know.
    pub(super) fn system_directories(&self) -> Vec<PathBuf> {
        const KNOWN: [&str; 6] = [
            "/etc/postgresql-common",
            "/etc/sysconfig/pgsql",
            "/etc/postgresql",
            "/usr/local/etc/postgresql",
            "/opt/homebrew/etc/postgresql",
            "/usr/local/pgsql/etc",
        ];
        match self.path("PGSYSCONFDIR") {
            Some(directory) => vec![directory.to_owned()],
            None => KNOWN.iter().map(PathBuf::from).collect(),
        }
    }
}

/// Whether the environment of this process names a database (PGSERVICE or PGDATABASE), so that a command that writes
/// may go without being told one.
pub fn environment_names_database() -> bool {
    ["PGSERVICE", "PGDATABASE"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}
