//! `pum demo`: an upgrade from nothing. A sample project, a throwaway server, and the commands that take a database from
//! its first release to the newest, each said before it runs.

mod project;

use std::fs;
use std::path::{Path, PathBuf};

pub use project::write_project;

use super::{baseline, info, upgrade};
use crate::connection::{Parameters, Session};
use crate::delta::Version;
use crate::progress::{Cancel, Event, Progress};
use crate::shadow::{self, Cluster};
use crate::upgrade::TableName;
use crate::upgrade::quoted;
use crate::{Error, Result};

/// The database of the demonstration.
const DATABASE: &str = "water";
/// Its upgrades table, as the project's pum.yaml has it.
const TABLE: &str = "water_sys.upgrades";

/// Where to show it.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// An empty directory, or one that does not exist yet, which is kept. `None`: a temporary one that goes with the
    /// server.
    pub directory: Option<PathBuf>,
}

/// A demonstration that has run, with its server, which runs until this is dropped.
#[derive(Debug)]
pub struct Demo {
    directory: PathBuf,
    cluster: Cluster,
}

impl Demo {
    /// The project.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The URI of the database.
    pub fn uri(&self) -> String {
        self.cluster.uri(DATABASE)
    }

    /// Starts the server and makes the project and the database, at the first release.
    fn prepare(options: &Options, progress: &dyn Progress, cancel: &Cancel) -> Result<Demo> {
        let (cluster, directory) = match &options.directory {
            Some(directory) => (start_in(directory)?, directory.clone()),
            None => {
                // Beside the server's data, so that both go, also when pum is killed.
                let cluster = Cluster::start(&shadow::Options::default())?;
                let directory = cluster.data_dir().with_file_name(DATABASE);
                (cluster, directory)
            }
        };
        write_project(&directory)?;
        let directory = fs::canonicalize(&directory).map_err(|cause| unusable(&directory, "found", cause))?;
        progress.note(&format!(
            "a sample project in {}, with the releases 1.0.0, 1.1.0 and 1.2.0",
            directory.display()
        ));

        let demo = Demo { directory, cluster };
        let mut session = demo.session("postgres", cancel)?;
        session.execute(&format!("CREATE DATABASE {DATABASE}"))?;
        let mut session = demo.session(DATABASE, cancel)?;
        for sql in project::first_release() {
            session.execute(sql)?;
        }
        progress.note(&format!(
            "a throwaway server, PostgreSQL {}, with a database {DATABASE} as release 1.0.0 made it",
            demo.cluster.version()
        ));
        Ok(demo)
    }

    fn session(&self, database: &str, cancel: &Cancel) -> Result<Session> {
        Session::open(&self.cluster.parameters(database)?, super::APPLICATION, cancel)
    }

    /// Says where the commands that come next work, and on which database.
    fn say_where(&self, progress: &dyn Progress) {
        say(&format!("cd {}", quoted(&self.directory.to_string_lossy())), progress);
        let host = quoted(&self.cluster.socket_dir().to_string_lossy());
        let (port, user) = (self.cluster.port(), shadow::SUPERUSER);
        say(&format!("export PGHOST={host} PGPORT={port} PGUSER={user} PGDATABASE={DATABASE}"), progress);
    }
}

/// Says which command line does what comes next.
fn say(command: &str, progress: &dyn Progress) {
    progress.event(&Event::Command { text: command });
}

/// Makes the project, the server and the database, then upgrades it: baseline, info, upgrade, info. `show` is called
/// with what `info` found. The server runs until the result is dropped.
///
/// # Errors
/// A directory that is not empty, no server programs (with what to install), and whatever the commands fail with.
pub fn run(
    options: &Options,
    show: &dyn Fn(&info::Info, &info::Options) -> Result<()>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Demo> {
    let demo = Demo::prepare(options, progress, cancel)?;
    let connection = Parameters::resolve(&demo.uri())?;
    let table: TableName = TABLE.parse()?;
    let directories = vec![demo.directory.join("delta")];
    let state = info::Options {
        at: None,
        has_model: false,
        connection: connection.clone(),
        table: table.clone(),
        directories: directories.clone(),
        known_late: Default::default(),
    };

    demo.say_where(progress);
    say("pum baseline -b 1.0.0", progress);
    let first = baseline::Options {
        connection: connection.clone(),
        table: table.clone(),
        directories: directories.clone(),
        version: Version { major: 1, minor: 0, patch: 0 },
        create_schema: false,
        mark_applied: false,
        force: false,
        role: None,
    };
    baseline::run(&first, progress, cancel)?;

    say("pum info", progress);
    show(&info::run(&state, cancel)?, &state)?;

    say("pum upgrade", progress);
    upgrade::run(&upgrade::Options::new(connection, table, directories), progress, cancel)?;

    say("pum info", progress);
    show(&info::run(&state, cancel)?, &state)?;
    Ok(demo)
}

/// Starts the server in a directory; if it does not start, no empty directories stay.
fn start_in(directory: &Path) -> Result<Cluster> {
    let existed = directory.exists();
    refuse_used(directory)?;
    let place = directory.join(".server");
    let options = shadow::Options { directory: Some(place.clone()), ..shadow::Options::default() };
    Cluster::start(&options).inspect_err(|_| {
        let _ = fs::remove_dir(&place);
        if !existed {
            let _ = fs::remove_dir(directory);
        }
    })
}

/// Nothing of the user's is mixed with the sample.
fn refuse_used(directory: &Path) -> Result<()> {
    match fs::read_dir(directory) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Error::usage(format!("{} is not empty", directory.display()))
                .hint("name an empty directory, or one that does not exist: pum demo DIR")
                .hint("without a name, a temporary directory is used")),
        },
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(unusable(directory, "read", cause)),
    }
}

fn unusable(path: &Path, done: &str, cause: std::io::Error) -> Error {
    Error::usage(format!("{} cannot be {done}: {cause}", path.display())).caused_by(cause)
}
