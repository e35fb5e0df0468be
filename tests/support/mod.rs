//! What the tests stand on: one throwaway cluster a test process, databases in it, projects on disk, the built
//! binary in a clean environment, and what it printed in a form that can be compared.

#![allow(
    dead_code,
    unused_macros,
    unused_imports,
    reason = "a tool box: not every tool is in use at any time"
)]

mod installation;
mod output;
mod project;
mod proxy;
mod running;
pub mod sample;
mod sql;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use pum::connection::Parameters;
use pum::shadow::cache::Cache;
use pum::shadow::{Cluster, Options};

pub use installation::{Installation, PYTHON};
pub(crate) use output::assert_run;
pub use output::{filters, run};
pub use project::Project;
pub use proxy::{Proxy, Traffic, Trap};
pub use running::{Ended, Running};
pub use sql::{Client, run as run_sql, try_query, try_sql};

/// The cluster that all tests of the process share, in parallel. Nobody drops it: its guard ends it.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let settings = settings(&[("max_connections", "300")]);
        start(&Options { settings, ..Options::default() })
    })
}

/// A cluster of the test's own, to be stopped, crashed or configured.
pub fn own_cluster(given: &[(&str, &str)]) -> Cluster {
    start(&Options { settings: settings(given), ..Options::default() })
}

/// A cluster of the test's own with all the options.
pub fn start(options: &Options) -> Cluster {
    let options = Options { cache: options.cache.clone().or_else(|| Some(cache())), ..options.clone() };
    Cluster::start(&options)
        .unwrap_or_else(|error| panic!("no cluster: {error}\n{:?}\n{:?}", error.notes, error.hints))
}

/// The cache of this test process, of the library's calls and of the binary's: most clusters are copies of one.
pub fn cache() -> Cache {
    Cache::new(scratch().join("cache"), Cache::DEFAULT_LIMIT)
}

fn settings(given: &[(&str, &str)]) -> Vec<(String, String)> {
    given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A fresh database in the shared cluster.
pub fn database() -> Database {
    Database::create(cluster())
}

/// A database of a cluster, dropped at the end.
pub struct Database {
    name: String,
    uri: String,
    parameters: Parameters,
    maintenance: String,
}

impl Database {
    /// A fresh, empty database of this cluster, with a name of its own.
    pub fn create(cluster: &Cluster) -> Database {
        Database::create_with(cluster, "")
    }

    /// The same, made with these options of CREATE DATABASE.
    pub fn create_with(cluster: &Cluster, options: &str) -> Database {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("t_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let maintenance = cluster.uri("postgres");
        sql::run(&maintenance, &format!("create database {name} {options}"));
        Database {
            uri: cluster.uri(&name),
            parameters: cluster.parameters(&name).expect("parameters"),
            name,
            maintenance,
        }
    }

    /// A fresh copy of this one, to which nobody may be connected.
    pub fn copy(&self, cluster: &Cluster) -> Database {
        Database::create_with(cluster, &format!("template {} strategy file_copy", self.name))
    }

    /// Its name, which needs no quotes.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its connection URI, as superuser through the socket.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The connection to it, as superuser through the socket.
    pub fn parameters(&self) -> Parameters {
        self.parameters.clone()
    }

    /// Runs statements, each in its own transaction as psql would not: all in one. Panics on an error.
    pub fn sql(&self, sql: &str) {
        sql::run(&self.uri, sql);
    }

    /// The rows of the last statement, NULL as an empty text. Panics on an error.
    pub fn query(&self, sql: &str) -> Vec<Vec<String>> {
        try_query(&self.uri, sql).unwrap_or_else(|error| panic!("{error}\nin: {sql}"))
    }

    /// The one value that the statement gives. Panics if it gives none.
    pub fn value(&self, sql: &str) -> String {
        self.query(sql).into_iter().flatten().next().unwrap_or_else(|| panic!("no row: {sql}"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A test may have stopped the server.
        let _ = try_sql(&self.maintenance, &format!("drop database if exists {} with (force)", self.name));
    }
}

/// The built binary in a clean environment: no PG* variables, an empty home, UTF-8.
pub fn pum() -> assert_cmd::Command {
    assert_cmd::Command::from_std(pum_command())
}

/// Lets the end of the terminal reach a program also where the tests themselves run under `nohup`.
#[expect(unsafe_code, reason = "the standard library cannot set a signal's action")]
fn heed_hangups(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    // SAFETY: signal(2) is async-signal-safe, and nothing else happens between fork and exec.
    unsafe {
        command.pre_exec(|| {
            libc::signal(libc::SIGHUP, libc::SIG_DFL);
            Ok(())
        });
    }
}

/// The same, to be spawned.
pub fn pum_command() -> Command {
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    let home = HOME.get_or_init(|| {
        let home = scratch().join("home");
        std::fs::create_dir(&home).expect("home");
        home
    });
    let mut command = Command::new(env!("CARGO_BIN_EXE_pum"));
    heed_hangups(&mut command);
    command.env_clear().env("HOME", home).env("LC_ALL", "C.UTF-8").current_dir(scratch());
    command.env("PUM_CACHE_DIR", cache().directory());
    for name in ["PATH", "PUM_PG_BIN", "LD_LIBRARY_PATH", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// A directory for the files of this test process, outside any git repository. A small shell that waits for the end
/// of the process removes it, also when the process is killed.
pub fn scratch() -> &'static Path {
    static SCRATCH: OnceLock<(PathBuf, Child)> = OnceLock::new();
    let (path, _) = SCRATCH.get_or_init(|| {
        use std::os::unix::process::CommandExt;
        let path = tempfile::Builder::new().prefix("pum-tests-").tempdir().expect("scratch").keep();
        let guard = Command::new("sh")
            .args(["-c", "trap '' HUP INT TERM; while read -r _; do :; done; rm -rf -- \"$1\"", "sh"])
            .arg(&path)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("guard");
        (path, guard)
    });
    path
}
