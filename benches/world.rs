//! What is measured with: a cluster with the usual settings, fresh databases in it, projects, and the two programs.

use std::cell::Cell;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use pum::programs::Program;
use pum::shadow::{Cluster, Options};
use tempfile::TempDir;

use crate::child;

/// A cluster, and a home of its own for the programs.
pub struct World {
    cluster: Cluster,
    socket: PathBuf,
    home: TempDir,
    databases: Cell<usize>,
}

impl World {
    /// Starts a server as `initdb` sets it up: every commit waits for the disk.
    pub fn new() -> World {
        let settings = [
            ("fsync", "on"),
            ("full_page_writes", "on"),
            ("autovacuum", "on"),
            ("wal_level", "replica"),
            ("shared_buffers", "128MB"),
            // For databases of 20,000 tables.
            ("max_locks_per_transaction", "2000"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let cluster = Cluster::start(&Options { settings, ..Options::default() }).expect("cluster");
        let socket = cluster.socket_dir().join(format!(".s.PGSQL.{}", cluster.port()));
        World { cluster, socket, home: tempfile::tempdir().expect("directory"), databases: Cell::new(0) }
    }

    /// The server's version.
    pub fn server_version(&self) -> &str {
        self.cluster.version()
    }

    /// The server's socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The built binary.
    pub fn pum(&self) -> Command {
        self.clean(Command::new(env!("CARGO_BIN_EXE_pum")))
    }

    /// psql without its start-up files.
    pub fn psql(&self) -> Command {
        let mut command = self.clean(Command::new(self.cluster.programs().sibling(Program::Psql)));
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1"]);
        command
    }

    /// pg_dump of the server's version.
    pub fn pg_dump(&self) -> Command {
        self.clean(Command::new(self.cluster.programs().sibling(Program::PgDump)))
    }

    /// `pum check` of two databases.
    pub fn check(&self, first: &str, second: &str) -> Command {
        let mut command = self.pum();
        command.args(["check", "-p1", first, "-p2", second]);
        command
    }

    /// Host and port, as libpq takes them.
    pub fn address(&self) -> (String, u16) {
        (self.cluster.socket_dir().display().to_string(), self.cluster.port())
    }

    /// A fresh database with nothing in it.
    pub fn empty_database(&self) -> Database<'_> {
        let name = format!("bench_{}", self.databases.replace(self.databases.get() + 1));
        self.statements(&["CREATE DATABASE", &name].join(" "));
        Database { world: self, name }
    }

    fn clean(&self, mut command: Command) -> Command {
        command.env_clear().env("HOME", self.home.path()).env("LC_ALL", "C.UTF-8").current_dir(&self.home);
        command
    }

    /// A fresh database with an empty upgrades table; nothing is left to be written by the server.
    pub fn database(&self) -> Database<'_> {
        let database = self.empty_database();
        let mut baseline = self.pum();
        baseline.args(["baseline", "-p", &database.uri(), "-t", "app_sys.upgrades", "-b", "0.0.1"]);
        child::run(baseline.args(["-d", ".", "--create-schema"]));
        self.statements("CHECKPOINT");
        database
    }

    fn statements(&self, sql: &str) {
        child::run(self.psql().args(["-c", sql, &self.cluster.uri("postgres")]));
    }

    /// A project with so many deltas of one statement, and the file that does the same.
    pub fn project(&self, deltas: usize) -> Project {
        let directory = tempfile::tempdir().expect("directory");
        let delta_directory = directory.path().join("delta");
        std::fs::create_dir(&delta_directory).expect("directory");
        let mut script = String::new();
        for number in 1..=deltas {
            let statement =
                format!("CREATE TABLE pipe_{number} (id integer PRIMARY KEY, material text NOT NULL);\n");
            let path = delta_directory.join(format!("delta_1.0.{number}_pipe_{number}.sql"));
            std::fs::write(&path, &statement).expect("delta");
            writeln!(
                script,
                "BEGIN;\n{statement}INSERT INTO app_sys.upgrades (version, description, type, script, checksum, \
                 installed_by, installed_on, execution_time, success) VALUES ('1.0.{number}', 'pipe_{number}', 8, '{}', \
                 '{}', session_user, clock_timestamp(), 1, true);\nCOMMIT;",
                path.display(),
                pum::delta::checksum(statement.as_bytes()),
            )
            .expect("text");
        }
        std::fs::write(directory.path().join("all.sql"), script).expect("script");
        Project(directory)
    }
}

/// A database. It stays until the cluster goes: a file system that has just lost thousands of files is slow to make new
/// ones, which would be most of what is measured.
pub struct Database<'a> {
    world: &'a World,
    name: String,
}

impl Database<'_> {
    /// Its name, which needs no quotes.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs a statement.
    pub fn statements(&self, sql: &str) {
        child::run(self.world.psql().args(["-c", sql, &self.uri()]));
    }

    /// A copy of it, to which nobody may be connected.
    pub fn copy(&self) -> Database<'_> {
        let copy = Database { world: self.world, name: format!("{}_copy", self.name) };
        self.world.statements(&format!("CREATE DATABASE {} TEMPLATE {}", copy.name, self.name));
        copy
    }

    /// Its connection URI, through the socket.
    pub fn uri(&self) -> String {
        self.world.cluster.uri(&self.name)
    }
}

/// Deltas on disk, and the file that does the same.
pub struct Project(TempDir);

impl Project {
    /// `pum upgrade` of this database.
    pub fn upgrade(&self, world: &World, uri: &str) -> Command {
        self.pum(world, "upgrade", uri)
    }

    /// `pum info` of this database.
    pub fn info(&self, world: &World, uri: &str) -> Command {
        self.pum(world, "info", uri)
    }

    fn pum(&self, world: &World, word: &str, uri: &str) -> Command {
        let mut command = world.pum();
        command.args([word, "-p", uri, "-t", "app_sys.upgrades", "-d"]).arg(self.0.path().join("delta"));
        command
    }

    /// `psql -f` of the file.
    pub fn psql(&self, world: &World, uri: &str) -> Command {
        let mut command = world.psql();
        command.arg("-f").arg(self.0.path().join("all.sql")).arg(uri);
        command
    }
}
