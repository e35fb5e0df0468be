//! Models that were built before: under which key a model is kept, what is kept of it, and how it becomes a database again. What
//! is kept is a dump with what no dump has beside it: roles and the settings of the database. A model that would not come back as
//! it was is not kept.

mod beside;
mod key;

use std::fs;
use std::path::Path;
use std::sync::PoisonError;

use super::{Opened, Throwaway};
use crate::connection::Session;
use crate::dump::{self, Archive, Format, Load, What, Write};
use crate::programs::{self, Program};
use crate::progress::{Cancel, Progress, Silent};
use crate::shadow::cache::{Cache, Entry, Key, Kind};
use crate::{Error, Result};
use beside::Beside;
pub(super) use beside::roles;
pub(super) use key::Parts;
pub(crate) use key::variables_of;

/// The files of an entry.
const DUMP: &str = "dump";
const BESIDE: &str = "beside.json";

/// A model that is kept for the run alone: a database that nobody uses, to be copied.
#[derive(Debug, Clone)]
pub(super) struct Spare {
    database: String,
    beside: Beside,
}

/// Keeps a model that was built just now: in the cache, or, where that cannot be, as a database for this run. Gives why it is not
/// in the cache, if it should be.
///
/// # Errors
/// The server's; interrupted.
pub(super) fn keep(
    opened: &Opened,
    key: &Key,
    roles_before: &[String],
    throwaway: &Throwaway,
    cancel: &Cancel,
) -> Result<Option<String>> {
    let host = throwaway.running()?;
    let mut session = Session::open(&opened.connection, "pum", cancel)?;
    let beside = Beside::read(&mut session, roles_before, host.is_shared())?;
    let why_not = match &throwaway.loading.shadow.cache {
        None => None,
        Some(cache) => match loses(&mut session)? {
            Some(reason) => Some(reason),
            None => match keep_dump(opened, key, &beside, host.major(), cache, cancel) {
                Ok(()) => return Ok(None),
                Err(error) if cancel.is_requested() => return Err(error),
                Err(error) => Some(error.to_string()),
            },
        },
    };
    drop(session);
    let copy = throwaway.copy(&opened.connection.database(), &opened.label, cancel)?;
    let spare = Spare { database: copy.connection.database(), beside };
    throwaway.spare.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), spare);
    Ok(why_not)
}

fn keep_dump(
    opened: &Opened,
    key: &Key,
    beside: &Beside,
    major: u32,
    cache: &Cache,
    cancel: &Cancel,
) -> Result<()> {
    let program = programs::find(Program::PgDump, None, Some(major))?.path;
    cache.keep(Kind::Model, key, |directory| {
        let write = Write {
            program: &program,
            target: &directory.join(DUMP),
            format: Format::Custom,
            jobs: 1,
            exclude_schemas: &[],
            tables: None,
            what: What::All,
            snapshot: None,
        };
        dump::write(&opened.connection, &write, &Silent, cancel)?;
        let path = directory.join(BESIDE);
        fs::write(&path, serde_json::to_vec(beside).unwrap_or_default()).map_err(|error| {
            Error::failed(format!("{} cannot be written: {error}", path.display())).caused_by(error)
        })
    })
}

/// Makes a database of a model that this run has built before.
///
/// # Errors
/// The server's.
pub(super) fn copy(key: &Key, label: &str, throwaway: &Throwaway, cancel: &Cancel) -> Result<Option<Opened>> {
    let spare = throwaway.spare.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
    let Some(spare) = spare else { return Ok(None) };
    let opened = throwaway.copy(&spare.database, label, cancel)?;
    let mut session = throwaway.session(&*throwaway.running()?, cancel)?;
    spare.beside.put(&mut session, &opened)?;
    Ok(Some(opened))
}

/// Makes a database of a model that is kept. `None`: it cannot be used; it is thrown away then.
///
/// # Errors
/// The server's, where it is not about the model; interrupted.
pub(super) fn restore(
    entry: Entry,
    label: &str,
    allowed: &[String],
    throwaway: &Throwaway,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Option<Opened>> {
    let beside = fs::read(entry.path().join(BESIDE)).ok();
    let Some(beside) = beside.and_then(|bytes| serde_json::from_slice::<Beside>(&bytes).ok()) else {
        entry.discard();
        return Ok(None);
    };
    let host = throwaway.running()?;
    let mut session = throwaway.session(&host, cancel)?;
    beside.make_roles(&mut session, allowed, throwaway)?;
    let opened = throwaway.empty(label, "UTF8", cancel)?;
    let refused = load(&opened, &entry.path().join(DUMP), throwaway, cancel);
    let why = match refused {
        Ok(None) => {
            beside.put(&mut session, &opened)?;
            return Ok(Some(opened));
        }
        Ok(Some(complaint)) => complaint,
        Err(error) if cancel.is_requested() => return Err(error),
        Err(error) => error.to_string(),
    };
    progress.note(&format!("{label} is built anew, for it could not be taken from the cache: {why}"));
    entry.discard();
    Ok(None)
}

/// Gives what the server refused, if anything.
fn load(opened: &Opened, dump: &Path, throwaway: &Throwaway, cancel: &Cancel) -> Result<Option<String>> {
    let host = throwaway.running()?;
    let program = programs::find(Program::PgRestore, None, Some(host.major()))?.path;
    let archive = Archive::open(dump)?;
    let what = Load {
        program: &program,
        archive: &archive,
        exclude_schemas: &[],
        jobs: 1,
        go_on: false,
        entries: None,
        options: &["--exit-on-error"],
    };
    let complaints = dump::load(&opened.connection, &what, &Silent, cancel)?;
    Ok(complaints.first().map(ToString::to_string))
}

/// What a dump of this database would not bring back, if there is something.
fn loses(session: &mut Session) -> Result<Option<String>> {
    let rows = session.query(
        "SELECT 'the extension ' || extname || ' is not of its default version'
         FROM pg_catalog.pg_extension e
           JOIN pg_catalog.pg_available_extensions a ON a.name = extname
         WHERE extversion <> default_version
         UNION ALL
         SELECT 'the extension ' || extname || ' belongs to another role'
         FROM pg_catalog.pg_extension
         WHERE oid >= 16384 AND extowner <> (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)
         UNION ALL
         SELECT 'the index ' || indexrelid::regclass || ' is not valid'
         FROM pg_catalog.pg_index WHERE NOT indisvalid AND indexrelid >= 16384
         UNION ALL
         SELECT 'it has a subscription'
         FROM pg_catalog.pg_stat_subscription
         UNION ALL
         SELECT 'it uses a tablespace'
         FROM pg_catalog.pg_class WHERE reltablespace >= 16384
         LIMIT 1",
    )?;
    Ok(rows.into_iter().flatten().flatten().next())
}
