//! Two major versions of the server write the same view in different ways. So the older side's schema is dumped and
//! restored into a throwaway server of the newer version, and what its deparser writes there is taken for the older
//! side's values. Where that cannot be done, what varies is not compared, and that is said.

use std::path::Path;

use crate::catalog::{self, Catalog, LeftOut};
use crate::dump::{self, Format, What, Write};
use crate::programs::{self, Program};
use crate::progress::{Cancel, Progress};
use crate::shadow::cache::Cache;
use crate::source::{Loading, Opened, Shadow, Source, Throwaway};
use crate::{Error, Result};

/// The programs to use; `None`: those that fit. And what is kept of the server that is made.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Programs<'a> {
    pub pg_dump: Option<&'a Path>,
    pub pg_restore: Option<&'a Path>,
    pub cache: Option<&'a Cache>,
}

/// Makes the older of two catalogs say what it says in the words of the newer one's server. Gives a sentence if it
/// cannot.
///
/// # Errors
/// Interrupted.
pub(super) fn align(
    first: (&Opened, &mut Catalog),
    second: (&Opened, &mut Catalog),
    programs: Programs<'_>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Option<String>> {
    let majors = (first.1.server.major(), second.1.server.major());
    if majors.0 == majors.1 {
        return Ok(None);
    }
    let ((older, catalog), newer) =
        if majors.0 < majors.1 { (first, second.1.server) } else { (second, first.1.server) };
    match restated(older, catalog.server.major(), newer.major(), programs, progress, cancel) {
        Ok(restated) => {
            catalog.restate(&restated);
            Ok(None)
        }
        Err(error) if cancel.is_requested() => Err(error),
        Err(error) => Ok(Some(format!(
            "{} is on PostgreSQL {} and could not be restored into a throwaway server of {}: {error}",
            older.label,
            catalog.server.major(),
            newer.major()
        ))),
    }
}

/// The catalog of a database's schema, restored into a server of another major version.
fn restated(
    database: &Opened,
    own: u32,
    wanted: u32,
    programs: Programs<'_>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Catalog> {
    let server = programs::find_server(Some(wanted))?;
    if server.major != wanted {
        return Err(Error::failed(format!("there are no server programs of PostgreSQL {wanted} here")));
    }
    let program = programs::find(Program::PgDump, programs.pg_dump, Some(own))?.path;
    let scratch = dump::scratch()?;
    let target = scratch.path().join("schema");
    let write = Write {
        program: &program,
        target: &target,
        format: Format::Custom,
        jobs: 1,
        exclude_schemas: &[],
        tables: None,
        what: What::Schema,
        snapshot: None,
    };
    dump::write(&database.connection, &write, progress, cancel)?;
    let throwaway = Throwaway::new(Loading {
        pg_restore: programs.pg_restore.map(Path::to_owned),
        schema_only: true,
        // The wanted version is what matters, so it is no server of somebody else's.
        shadow: Shadow { cache: programs.cache.cloned(), ..Shadow::default() },
        ..Loading::default()
    });
    let copy = Source::File(target).open(&throwaway, Some(wanted), progress, cancel)?;
    catalog::read(&copy.connection, &LeftOut::default(), cancel)
}
