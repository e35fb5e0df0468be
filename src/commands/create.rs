//! `pum create`: a lasting database from the model. It is built beside, under a name of its own, and takes its place at the
//! end: nothing half made is left, and what was there before is lost only when the new one is whole.

mod record;

use std::path::Path;
use std::time::{Duration, Instant};

use postgres_protocol::escape::{escape_identifier, escape_literal};

use super::connected::connected;
use super::restore;
use crate::connection::{Parameters, Session};
use crate::delta::Version;
use crate::dump::{self, Occupant};
use crate::git::Patterns;
use crate::progress::{Cancel, Progress};
use crate::source::{Revision, missing_role};
use crate::{Error, Result};

/// The comment of a database that is being made, or that is about to go: a later run may drop it.
const UNFINISHED: &str = "pum create: not finished, or replaced; may be dropped";

/// How long sessions may take to leave a database.
const LEAVING: Duration = Duration::from_secs(2);

/// What to make.
#[derive(Debug, Clone)]
pub struct Options {
    /// The database.
    pub connection: Parameters,
    /// The model.
    pub model: Revision,
    /// How tags name releases.
    pub releases: Patterns,
    /// A database of that name is replaced.
    pub overwrite: bool,
    /// The sessions that are connected to that one are ended.
    pub force: bool,
    /// Roles that the model names and the server has not are made.
    pub create_roles: bool,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The database.
    pub database: String,
    /// The version that it is at, if the project has an upgrades table.
    pub version: Option<Version>,
    /// How many deltas were recorded as applied.
    pub recorded: usize,
    /// The roles that were made.
    pub roles: Vec<String>,
}

/// Makes a database, builds the model in it, and records where that is.
///
/// # Errors
/// A database that is there already, or in use; roles that are missing; what fails in the building: then everything is as
/// it was before.
pub fn run(options: &Options, progress: &dyn Progress, cancel: &Cancel) -> Result<Outcome> {
    options.model.recipe()?;
    let name = options.connection.database();
    let mut session = restore::open_other(&options.connection, cancel)?;
    let server = connected(&mut session, Some(&name), progress)?;
    let untouched = |error: Error| error.note("state", "nothing was done");
    if server.read_only {
        return Err(untouched(
            Error::failed("the server is read-only: nothing can be made there")
                .hint("connect to the primary server"),
        ));
    }
    let replaces = dump::exists(&mut session, &name)?;
    if replaces && !options.overwrite {
        return Err(untouched(
            Error::usage(format!("the database {name} is there already"))
                .hint("--overwrite replaces it, with everything that is in it"),
        ));
    }
    if !dump::may_create(&mut session)? {
        return Err(untouched(
            Error::failed(format!("{name} cannot be made: your role may not create databases"))
                .hint("connect as a role with CREATEDB"),
        ));
    }
    let mut place = Place { pid: backend(&mut session)?, session, name, replaces };
    if replaces && !options.force {
        place.refuse_occupied().map_err(untouched)?;
    }
    place.sweep(progress)?;
    let mut roles = Vec::new();
    let built = build(&mut place, options, &mut roles, progress, cancel)
        .and_then(|recorded| place.finish(options.force).map(|()| recorded));
    match built {
        Ok((version, recorded)) => {
            let outcome = Outcome { database: place.name, version, recorded, roles };
            outcome.tell(&options.model, replaces, progress);
            Ok(outcome)
        }
        Err(error) => {
            place.session.ignore_cancel();
            let database = &place.name;
            let before = match replaces {
                true => format!("{database} is as it was"),
                false => format!("there is no {database}"),
            };
            let mut error = super::if_interrupted(error, cancel).note("state", before);
            if !roles.is_empty() {
                error = error.note("roles", format!("made, and still there: {}", roles.join(", ")));
            }
            let temporary = place.temporary();
            match dump::drop_database(&mut place.session, &temporary, true) {
                Ok(()) => Err(error),
                Err(cause) => Err(error.note("left", format!("{temporary} could not be dropped: {cause}"))),
            }
        }
    }
}

/// Builds it, once more for each role that had to be made, and records where it is.
fn build(
    place: &mut Place,
    options: &Options,
    made: &mut Vec<String>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<(Option<Version>, usize)> {
    make_roles(place, options, made, progress)?;
    let database = options.connection.with("dbname", &place.temporary());
    loop {
        place.make()?;
        let Err(error) = options.model.build_in(&database, progress, cancel) else { break };
        match missing_role(&error) {
            Some(role) if options.create_roles && !made.contains(&role) => {
                let temporary = place.temporary();
                dump::drop_database(&mut place.session, &temporary, true)?;
                make_role(place, role, made, progress)?;
            }
            Some(role) => {
                return Err(error.hint(create_roles_hint(&[role])));
            }
            None => return Err(error),
        }
    }
    record::write(&database, &options.model, &options.releases, progress, cancel)
}

/// The roles of pum.yaml that are missing are made, or named.
fn make_roles(
    place: &mut Place,
    options: &Options,
    made: &mut Vec<String>,
    progress: &dyn Progress,
) -> Result<()> {
    let mut missing = Vec::new();
    for role in &options.model.project.roles {
        let sql = format!("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = {}", escape_literal(role));
        if place.session.query(&sql)?.is_empty() {
            missing.push(role.clone());
        }
    }
    if !missing.is_empty() && !options.create_roles {
        return Err(Error::failed(format!("the server has not all roles: {} missing", missing.join(", ")))
            .note("reason", "pum.yaml names them as shadow.roles, so the model needs them")
            .hint(create_roles_hint(&missing)));
    }
    missing.into_iter().try_for_each(|role| make_role(place, role, made, progress))
}

fn make_role(place: &mut Place, role: String, made: &mut Vec<String>, progress: &dyn Progress) -> Result<()> {
    place.session.execute(&format!("CREATE ROLE {} NOLOGIN", escape_identifier(&role)))?;
    progress.note(&format!("made the role {role}, which cannot log in"));
    made.push(role);
    Ok(())
}

fn create_roles_hint(roles: &[String]) -> String {
    let statements: Vec<String> =
        roles.iter().map(|role| format!("CREATE ROLE {} NOLOGIN;", escape_identifier(role))).collect();
    format!("make what is missing: {} or let --create-roles do it", statements.join(" "))
}

fn backend(session: &mut Session) -> Result<String> {
    let rows = session.query("SELECT pg_backend_pid()")?;
    Ok(rows.into_iter().flatten().flatten().next().unwrap_or_default())
}

/// The place of the new database on its server, seen from another database.
struct Place {
    session: Session,
    /// The process of that session, which lives as long as the database is being made.
    pid: String,
    name: String,
    /// Whether there is a database of that name.
    replaces: bool,
}

impl Place {
    /// The name of the database while it is made.
    fn temporary(&self) -> String {
        beside(&self.pid, "new", &self.name)
    }

    /// Makes it, empty.
    fn make(&mut self) -> Result<()> {
        let temporary = self.temporary();
        dump::create_like(&mut self.session, &self.name, &temporary)?;
        let comment = escape_literal(UNFINISHED);
        Ok(self
            .session
            .execute(&format!("COMMENT ON DATABASE {} IS {comment}", escape_identifier(&temporary)))?)
    }

    /// Drops what runs that were killed left.
    fn sweep(&mut self, progress: &dyn Progress) -> Result<()> {
        let rows = self.session.query(&format!(
            "SELECT datname FROM pg_catalog.pg_database d
             WHERE datname ~ '^pum_create_\\d+_' AND shobj_description(oid, 'pg_database') = {}
               AND pg_get_userbyid(datdba) = current_user
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity
                               WHERE pid::text = substring(d.datname from '^pum_create_(\\d+)_'))",
            escape_literal(UNFINISHED)
        ))?;
        for name in rows.into_iter().flatten().flatten() {
            // One that has just ended by itself is no obstacle, nor is one that two find at the same time.
            if dump::exists(&mut self.session, &name)?
                && dump::drop_database(&mut self.session, &name, true).is_ok()
            {
                progress.note(&format!("dropped {name}, which a run that was killed had left"));
            }
        }
        Ok(())
    }

    /// Who is connected to the database that is to be replaced, after a moment for those who are leaving.
    fn refuse_occupied(&mut self) -> Result<()> {
        let occupants = leaving(&mut self.session, &self.name)?;
        if occupants.is_empty() {
            return Ok(());
        }
        let count = occupants.len();
        let mut error = Error::failed(format!(
            "the database {} cannot be replaced: {count} other {} connected to it",
            self.name,
            if count == 1 { "session is" } else { "sessions are" }
        ));
        for occupant in occupants {
            error = error.note("session", occupant.to_string());
        }
        Err(error.hint("end them, or add --force to have them ended"))
    }

    /// Puts the new database in the place of the old one, which goes then.
    fn finish(&mut self, force: bool) -> Result<()> {
        let (name, temporary) = (self.name.clone(), self.temporary());
        // Whom the model's commands left behind.
        leaving(&mut self.session, &temporary)?;
        dump::end_sessions(&mut self.session, &temporary)?;
        let quoted = escape_identifier(&name);
        let renamed = format!("ALTER DATABASE {} RENAME TO {quoted}", escape_identifier(&temporary));
        if !self.replaces {
            let comment = format!("COMMENT ON DATABASE {quoted} IS NULL");
            return Ok(self
                .session
                .execute(&format!("BEGIN; {renamed}; {comment}; COMMIT"))
                .or_else(|fault| self.session.execute("ROLLBACK").and(Err(fault)))?);
        }
        dump::copy_settings(&mut self.session, &name, &temporary)?;
        let comment = self.session.query(&format!(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database WHERE datname = {}",
            escape_literal(&name)
        ))?;
        let comment = comment.into_iter().flatten().flatten().next();
        let comment = comment.map_or_else(|| "NULL".to_owned(), |text| escape_literal(&text));
        let old = beside(&self.pid, "old", &name);
        let statements = format!(
            "BEGIN; ALTER DATABASE {quoted} RENAME TO {old}; {renamed};
             COMMENT ON DATABASE {old} IS {unfinished}; COMMENT ON DATABASE {quoted} IS {comment}; COMMIT",
            old = escape_identifier(&old),
            unfinished = escape_literal(UNFINISHED),
        );
        // Who was ended may come back at once.
        const ATTEMPTS: u32 = 5;
        for attempt in 1.. {
            match force {
                true => dump::end_sessions(&mut self.session, &name)?,
                false => self.refuse_occupied()?,
            }
            let Err(fault) = self.session.execute(&statements) else { break };
            self.session.execute("ROLLBACK")?;
            /// SQLSTATE: the database is in use.
            const IN_USE: &str = "55006";
            if attempt == ATTEMPTS || fault.sqlstate() != Some(IN_USE) {
                return Err(fault.into());
            }
            std::thread::sleep(Cancel::INTERVAL);
        }
        // The new one is in its place; what is left of the old one a later run drops.
        dump::drop_database(&mut self.session, &old, true).map_err(|error| {
            error.note("left", format!("{name} is made anew, but the old one is still there as {old}"))
        })
    }
}

/// The sessions of a database, after a moment for those who are leaving.
fn leaving(session: &mut Session, database: &str) -> Result<Vec<Occupant>> {
    let began = Instant::now();
    loop {
        let occupants = dump::occupants(session, database)?;
        if occupants.is_empty() || began.elapsed() > LEAVING {
            return Ok(occupants);
        }
        std::thread::sleep(Cancel::INTERVAL);
    }
}

/// A name beside another one, within what a name may have.
fn beside(pid: &str, what: &str, name: &str) -> String {
    const LONGEST: usize = 63;
    let full = format!("pum_create_{pid}_{what}_{name}");
    full[..full.floor_char_boundary(LONGEST)].to_owned()
}

impl Outcome {
    fn tell(&self, model: &Revision, replaced: bool, progress: &dyn Progress) {
        let how = if replaced { "made anew" } else { "made" };
        let at = match self.version {
            Some(version) => format!(
                "; it is at version {version}, {} {} recorded as applied",
                self.recorded,
                if self.recorded == 1 { "delta is" } else { "deltas are" }
            ),
            None => "; without an upgrades table: pum.yaml names none".to_owned(),
        };
        progress.note(&format!("{} is {how} from {}{at}", self.database, model.label()));
    }
}

/// The directory that a project is in, as a path that can be opened.
fn here(model: &Revision) -> &Path {
    match model.project.directory.as_os_str().is_empty() {
        true => Path::new("."),
        false => &model.project.directory,
    }
}
