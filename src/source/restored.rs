//! A dump into a database of the throwaway cluster, with the roles that it names.

use postgres_protocol::escape::escape_identifier;

use super::{Opened, Throwaway};
use crate::connection::Session;
use crate::dump::{self, Archive, Format, Load, Names};
use crate::programs::{self, Program};
use crate::progress::{Cancel, Progress};
use crate::shadow::Host;
use crate::{Error, Result};

/// A dump that was looked through before a server is chosen.
pub(super) struct Readied {
    archive: Archive,
    names: Names,
}

impl Readied {
    /// Looks whether a dump is whole, and what it needs.
    ///
    /// # Errors
    /// A dump that is cut off, too new for the pg_restore that there is, or makes a database of its own.
    pub(super) fn of(archive: &Archive, throwaway: &Throwaway, cancel: &Cancel) -> Result<Readied> {
        let explicit = throwaway.loading.pg_restore.as_deref();
        // The newest reads the dumps of all.
        let names = match archive.format() {
            Format::Plain => archive.names(std::path::Path::new(""))?,
            _ => {
                let program = programs::find(Program::PgRestore, explicit, None)?.path;
                archive.check_whole(&program, false, cancel)?;
                archive.names(&program)?
            }
        };
        if let Some(line) = &names.makes_database {
            return Err(Error::usage(format!(
                "{} makes a database of its own, so it cannot be restored into another one",
                archive.path().display()
            ))
            .note("it says", line.clone())
            .hint("dump without --create, or in another format than plain SQL"));
        }
        Ok(Readied { archive: archive.clone(), names })
    }

    /// The major version of the server that it was dumped from.
    pub(super) fn major(&self) -> Option<u32> {
        self.names.dumped_from
    }

    /// Restores it into a new database of the cluster, which must run.
    ///
    /// # Errors
    /// Extensions that are not installed, what the server refuses, interrupted.
    pub(super) fn restore(
        &self,
        label: &str,
        throwaway: &Throwaway,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Opened> {
        let host = throwaway.running()?;
        let mut session = throwaway.session(&host, cancel)?;
        self.refuse_missing_extensions(&mut session, &host)?;
        self.make_globals(&mut session, throwaway)?;
        drop(session);
        // Text in an unknown encoding goes through only as it is.
        let encoding = self.names.encoding.as_deref().filter(|encoding| *encoding == "SQL_ASCII");
        let opened = throwaway.empty(label, encoding.unwrap_or("UTF8"), cancel)?;
        if self.names.makes_public {
            Session::open(&opened.connection, "pum", cancel)?.execute("DROP SCHEMA public")?;
        }
        self.load(&opened, &host, throwaway, progress, cancel)?;
        Ok(opened)
    }

    fn refuse_missing_extensions(&self, session: &mut Session, host: &Host) -> Result<()> {
        if self.names.extensions.is_empty() {
            return Ok(());
        }
        let rows = session.query("SELECT name FROM pg_catalog.pg_available_extensions")?;
        let available: Vec<String> = rows.into_iter().flatten().flatten().collect();
        let missing: Vec<&str> = self
            .names
            .extensions
            .iter()
            .filter(|name| !available.contains(name))
            .map(String::as_str)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let (path, major) = (self.archive.path().display(), host.major());
        let error = Error::failed(format!(
            "the dump {path} needs {} that PostgreSQL {major} does not have here: {}",
            if missing.len() == 1 { "an extension" } else { "extensions" },
            missing.join(", ")
        ))
        .note("server", host.name());
        Err(match missing.iter().any(|name| name.starts_with("postgis")) {
            true => error.hint(format!("install it: `apt install postgresql-{major}-postgis-3` (Debian, Ubuntu)")),
            false => error.hint(format!(
                "install it for PostgreSQL {major}; many are in `apt install postgresql-contrib postgresql-{major}-NAME`"
            )),
        })
    }

    /// Makes the roles and tablespaces that are missing.
    fn make_globals(&self, session: &mut Session, throwaway: &Throwaway) -> Result<()> {
        for role in self.names.roles.iter().chain(&throwaway.loading.roles) {
            throwaway.make_role(session, role, &[])?;
        }
        // Before 15 a tablespace needs a directory of its own, and the dump's complaint says which one is missing.
        if self.names.tablespaces.is_empty()
            || throwaway.running()?.is_shared()
            || session.server_version_num()? < 150_000
        {
            return Ok(());
        }
        session.execute("SET allow_in_place_tablespaces = on")?;
        for name in &self.names.tablespaces {
            match session.execute(&format!("CREATE TABLESPACE {} LOCATION ''", escape_identifier(name))) {
                Err(fault) if matches!(fault.sqlstate(), Some("42710" | "23505")) => {}
                outcome => outcome?,
            }
        }
        Ok(())
    }

    fn load(
        &self,
        opened: &Opened,
        host: &Host,
        throwaway: &Throwaway,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<()> {
        let major = Some(host.major());
        let plain = self.archive.format() == Format::Plain;
        // One of the server's version or newer is best; an older one still reads what it wrote itself.
        let (kind, explicit) = match plain {
            true => (Program::Psql, None),
            false => (Program::PgRestore, throwaway.loading.pg_restore.as_deref()),
        };
        let program =
            programs::find(kind, explicit, major).or_else(|_| programs::find(kind, explicit, None))?;
        let parallel = matches!(self.archive.format(), Format::Custom | Format::Directory);
        let load = Load {
            program: &program.path,
            archive: &self.archive,
            exclude_schemas: &[],
            jobs: if parallel { throwaway.loading.jobs } else { 1 },
            go_on: throwaway.loading.ignore_errors,
            entries: if plain { None } else { Some(self.archive.entries(&program.path, &[])?.len()) },
            options: if throwaway.loading.schema_only { &["--schema-only"] } else { &[] },
        };
        let complaints = dump::load(&opened.connection, &load, progress, cancel)?;
        if throwaway.loading.ignore_errors {
            complaints.iter().for_each(|complaint| progress.warning(&complaint.to_string()));
            return Ok(());
        }
        if complaints.is_empty() {
            return Ok(());
        }
        let count = complaints.len();
        let mut error = Error::failed(format!(
            "{count} {} while restoring {} into a throwaway database",
            if count == 1 { "error" } else { "errors" },
            self.archive.path().display()
        ));
        for complaint in complaints {
            error = error.note("refused", complaint.to_string());
        }
        Err(error)
    }
}
