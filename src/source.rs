//! The text of a source becomes a database that can be read: a database is one already, a dump is restored into a
//! database of a throwaway cluster, and `shadow:` is an empty one there. A run has one such cluster at most.

mod deltas;
mod files;
mod kept;
mod model;
mod relay;
mod restored;
mod throwaway;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use postgres_protocol::escape::{escape_identifier, escape_literal};

use crate::connection::{Parameters, Session};
use crate::dump::Archive;
use crate::error::Kind;
use crate::progress::{Cancel, Progress};
use crate::shadow::Host;
use crate::{Error, Result};
pub use files::ModelFiles;
pub(crate) use kept::variables_of;
pub use model::{Project, Recipe, Revision, below, file_at, home, missing_role};
use relay::Relay;
use restored::Readied;
pub use throwaway::{Loading, Shadow, Throwaway};

/// Anything that can be read as a schema.
#[derive(Debug, Clone)]
pub enum Source {
    /// A database, by a service, a URI or a key/value string.
    Database(Parameters),
    /// A dump: custom, directory, tar or plain SQL.
    File(PathBuf),
    /// The model as of a revision.
    Git(Box<Revision>),
    /// An empty database.
    Shadow,
}

/// A source that is open: a database to read, for as long as this lives.
#[derive(Debug)]
pub struct Opened {
    /// How to connect.
    pub connection: Parameters,
    /// What to call it: the service, if there is one, else the database.
    pub label: String,
    /// The server that it is on, if it is a throwaway one.
    host: Option<Arc<Host>>,
}

impl Opened {
    /// A database that exists.
    pub fn database(connection: &Parameters) -> Opened {
        Opened { connection: connection.clone(), label: connection.name(), host: None }
    }

    /// Whether it is gone when this is dropped.
    pub fn is_throwaway(&self) -> bool {
        self.host.is_some()
    }
}

impl Source {
    /// Reads the text of a source; what it says of git is of this project.
    ///
    /// # Errors
    /// A text that is not understood, or that names no database.
    pub fn resolve(text: &str, project: &Project) -> Result<Source> {
        let wrong = |message: String| {
            Err(Error::usage(message).hint(
                "a source is a service, a URI, a key/value string, git:REV (the model at a revision), file:PATH (a dump) or shadow: (an empty database)",
            ))
        };
        match text.split_once(':') {
            Some(("file", "")) => wrong("file: names no dump".to_owned()),
            Some(("file", path)) => Ok(Source::File(PathBuf::from(path))),
            Some(("shadow", "")) => Ok(Source::Shadow),
            Some(("shadow", rest)) => {
                wrong(format!("shadow: is an empty database; {rest:?} behind it means nothing"))
            }
            Some(("git", revision)) => Ok(Source::Git(Box::new(Revision {
                revision: Some(revision.to_owned()).filter(|revision| !revision.is_empty()),
                project: project.clone(),
            }))),
            _ => {
                let parameters = Parameters::resolve(text)?;
                if parameters.names_database() {
                    return Ok(Source::Database(parameters));
                }
                Err(Error::usage("no database is named")
                    .hint("add dbname=… to it; PGSERVICE or PGDATABASE may name the database, too"))
            }
        }
    }

    /// What the user should know about how it is named.
    pub fn warnings(&self) -> &[String] {
        match self {
            Source::Database(connection) => connection.warnings(),
            Source::File(_) | Source::Git(_) | Source::Shadow => &[],
        }
    }

    /// What to call it.
    pub fn label(&self) -> String {
        match self {
            Source::Database(connection) => connection.name(),
            Source::File(path) => format!("file:{}", path.display()),
            Source::Git(revision) => revision.label(),
            Source::Shadow => "shadow:".to_owned(),
        }
    }

    /// Makes a database of it that can be read. `throwaway` gives the cluster where it needs one, which is of the major
    /// version `major` at least, if that is known.
    ///
    /// # Errors
    /// A dump that is not whole, or that names what is not installed here; server programs that are missing; what the
    /// server refuses of a dump; interrupted.
    pub fn open(
        &self,
        throwaway: &Throwaway,
        major: Option<u32>,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Opened> {
        match self {
            Source::Database(connection) => Ok(Opened::database(connection)),
            Source::File(path) => {
                let readied = Readied::of(&Archive::open(path)?, throwaway, cancel)?;
                throwaway.ensure_started(major.max(readied.major()), progress, cancel)?;
                readied.restore(&self.label(), throwaway, progress, cancel)
            }
            Source::Git(revision) => {
                revision.recipe()?;
                throwaway.ensure_started(major, progress, cancel)?;
                revision.open(throwaway, progress, cancel)
            }
            Source::Shadow => {
                throwaway.ensure_started(major, progress, cancel)?;
                throwaway.empty(&self.label(), "UTF8", cancel)
            }
        }
    }
}

/// Opens two sources that are going to be compared, at the same time where both are restored.
///
/// # Errors
/// As [`Source::open`], and a database that cannot be reached, if the other source shall be of its version.
pub fn open_both(
    first: &Source,
    second: &Source,
    throwaway: &Throwaway,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<(Opened, Opened)> {
    let of_first = |error| of_source(error, "first", &first.label());
    let of_second = |error| of_source(error, "second", &second.label());
    if let (Source::File(one), Source::File(other)) = (first, second) {
        let ready = |path| Readied::of(&Archive::open(path)?, throwaway, cancel);
        let (one, other) = (ready(one).map_err(of_first)?, ready(other).map_err(of_second)?);
        throwaway.ensure_started(one.major().max(other.major()), progress, cancel)?;
        return Relay::watch(progress, |relay| {
            thread::scope(|scope| {
                let second =
                    scope.spawn(|| other.restore(&second.label(), throwaway, &relay.clone(), cancel));
                let first = one.restore(&first.label(), throwaway, relay, cancel);
                let second = second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                Ok((first.map_err(of_first)?, second.map_err(of_second)?))
            })
        });
    }
    let major = match (first, second) {
        (Source::Database(_), Source::Database(_)) => None,
        (Source::Database(database), _) => Some(major(database, cancel).map_err(of_first)?),
        (_, Source::Database(database)) => Some(major(database, cancel).map_err(of_second)?),
        _ => None,
    };
    let open = |source: &Source| source.open(throwaway, major, progress, cancel);
    // A dump decides the version of the empty database that it is compared with.
    if matches!(first, Source::Shadow) {
        let second = open(second).map_err(of_second)?;
        return Ok((open(first).map_err(of_first)?, second));
    }
    let first = open(first).map_err(of_first)?;
    Ok((first, open(second).map_err(of_second)?))
}

/// Adds to an error which of two sources it is about.
pub fn of_source(error: Error, which: &str, label: &str) -> Error {
    if error.kind == Kind::Interrupted {
        error
    } else {
        error.note("source", format!("the {which} one, {label}"))
    }
}

/// The major version of a database's server.
fn major(database: &Parameters, cancel: &Cancel) -> Result<u32> {
    Ok(Session::open(database, "pum", cancel)?.server_version_num()? / 10_000)
}

/// The statement that makes a role unless it is there. Roles are superusers, since some kinds of objects may only belong
/// to one; nobody can log in as one. Two at a time may make the same.
fn create_role(role: &str) -> String {
    format!(
        "DO {}",
        escape_literal(&format!(
            "BEGIN CREATE ROLE {} SUPERUSER; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END",
            escape_identifier(role)
        ))
    )
}
