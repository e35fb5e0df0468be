//! Models that were built before: under which key a model is kept, what is kept of it, and how it becomes a database again. What
//! is kept is a dump with what no dump has beside it: roles and the settings of the database. A model that would not come back as
//! it was is not kept.

use std::fs;
use std::path::{Path, PathBuf};

use postgres_protocol::escape::{escape_identifier, escape_literal};
use serde::{Deserialize, Serialize};

use super::model::Project;
use super::{Opened, Recipe, Throwaway};
use crate::connection::Session;
use crate::dump::{self, Archive, Format, Like, Load, What, Write};
use crate::git::Tree;
use crate::programs::{self, Program};
use crate::progress::{Cancel, Progress, Silent};
use crate::shadow::cache::{Entry, Ingredients, Key};
use crate::{Error, Result};

/// To be raised when what is kept, or how models are built, changes.
const FORMAT: u32 = 1;

/// The files of an entry.
const DUMP: &str = "dump";
const BESIDE: &str = "beside.json";

/// Everything that a model is built of, but for the server.
pub(super) struct Parts<'a> {
    pub project: &'a Project,
    pub recipe: &'a Recipe,
    pub tree: &'a Tree<'a>,
    /// Where the project is below the top.
    pub inside: &'a Path,
    /// The SQL files of the recipe, below the project.
    pub files: &'a [PathBuf],
}

impl Parts<'_> {
    /// The key of the model on a server.
    ///
    /// # Errors
    /// The server's; a file that cannot be read.
    pub fn key(&self, session: &mut Session) -> Result<Key> {
        let mut key = Ingredients::new("model", FORMAT);
        key.add_this_build();
        let server = session.query(
            "SELECT version(), current_user,
                    (SELECT datcollate || ' ' || datctype FROM pg_catalog.pg_database WHERE datname = 'template0'),
                    (SELECT string_agg(name || ' ' || coalesce(default_version, ''), ',' ORDER BY name)
                     FROM pg_catalog.pg_available_extensions)",
        )?;
        server.iter().flatten().for_each(|value| key.add("server", value.as_deref().unwrap_or_default()));
        let project = self.project;
        for (name, list) in [("extension", &project.extensions), ("role", &project.roles)] {
            list.iter().for_each(|value| key.add(name, value));
        }
        key.add("inside", self.inside.as_os_str().as_encoded_bytes());
        let paths: Vec<&Path> = self.tree.files.keys().map(PathBuf::as_path).collect();
        let whole = match self.recipe {
            Recipe::Sql(_) => {
                program(&mut key, Program::Psql);
                self.files.iter().for_each(|path| key.add("file", path.as_os_str().as_encoded_bytes()));
                let files: Vec<PathBuf> = self.files.iter().map(|path| self.inside.join(path)).collect();
                let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
                self.reads_more(&files)? || self.add_files(&mut key, &files)
            }
            Recipe::Run(command) => {
                program(&mut key, Program::Psql);
                key.add("run", command);
                for name in variables_of(command) {
                    let value = std::env::var_os(name).unwrap_or_default();
                    key.add(name, value.as_encoded_bytes());
                }
                true
            }
            Recipe::Deltas => {
                key.add("table", project.table.as_ref().map(ToString::to_string).unwrap_or_default());
                for directory in &project.delta_dirs {
                    key.add("delta directory", directory.as_os_str().as_encoded_bytes());
                }
                for (name, value, _) in project.variables.iter() {
                    key.add(name, serde_json::to_string(value).unwrap_or_default());
                }
                let directories: Vec<PathBuf> =
                    project.delta_dirs.iter().map(|directory| normal(&self.inside.join(directory))).collect();
                let files: Vec<&Path> = paths
                    .iter()
                    .copied()
                    .filter(|path| directories.iter().any(|directory| path.starts_with(directory)))
                    .collect();
                let has_python = files.iter().any(|path| path.extension().is_some_and(|end| end == "py"));
                if has_python && let Ok(python) = programs::find_python(project.python.as_deref()) {
                    key.add_program(&python);
                }
                has_python || self.reads_more(&files)? || self.add_files(&mut key, &files)
            }
        };
        if whole {
            self.add_files(&mut key, &paths);
        }
        Ok(key.key())
    }

    /// Adds files with modes and contents; `false` for "that is all", in a chain of conditions.
    fn add_files(&self, key: &mut Ingredients, paths: &[&Path]) -> bool {
        for path in paths {
            if let Some(file) = self.tree.files.get(*path) {
                key.add("path", path.as_os_str().as_encoded_bytes());
                key.add("content", format!("{:o} {}", file.mode, file.id));
            }
        }
        false
    }

    /// Whether files may make psql read other files, or run programs; with a doubt they do.
    fn reads_more(&self, paths: &[&Path]) -> Result<bool> {
        for path in paths {
            let content = self.tree.read(path)?;
            let is_link = self.tree.files.get(*path).is_some_and(|file| file.mode == 0o120_000);
            let commands = content.windows(2).any(|pair| {
                pair[0] == b'`'
                    || pair[0] == b'\\'
                        && matches!(pair[1], b'i' | b'c' | b'l' | b'!' | b'g' | b'o' | b's' | b'w')
            });
            if is_link || commands || content.last() == Some(&b'`') {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn program(key: &mut Ingredients, program: Program) {
    if let Ok(found) = programs::find(program, None, None) {
        key.add_program(&found.path);
        key.add("version", &found.version);
    }
}

/// The names of the variables that a command of the shell mentions.
pub(crate) fn variables_of(command: &str) -> Vec<&str> {
    let mut names: Vec<&str> = command
        .split('$')
        .skip(1)
        .map(|rest| rest.strip_prefix('{').unwrap_or(rest))
        .map(|rest| {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            &rest[..end]
        })
        // Those of libpq are set for it.
        .filter(|name| !name.is_empty() && !name.starts_with("PG"))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => drop(normal.pop()),
            part => normal.push(part),
        }
    }
    normal
}

/// What no dump of a database has.
#[derive(Debug, Serialize, Deserialize)]
struct Beside {
    roles: Vec<Role>,
    like: Like,
    comment: Option<String>,
    /// What comes before and after the name of the database.
    grants: Vec<(String, String)>,
}

/// A role that the model names.
#[derive(Debug, Serialize, Deserialize)]
struct Role {
    name: String,
    /// What follows `CREATE ROLE name`.
    attributes: String,
    /// More statements about it.
    statements: Vec<String>,
}

/// The roles that there are, before a model is built.
///
/// # Errors
/// The server's.
pub(super) fn roles(session: &mut Session) -> Result<Vec<String>> {
    let rows = session.query("SELECT rolname FROM pg_catalog.pg_roles WHERE oid >= 16384")?;
    Ok(rows.into_iter().flatten().flatten().collect())
}

/// Keeps a model that was built just now. Gives why it is not kept, if it is not.
///
/// # Errors
/// The server's, pg_dump's; the cache cannot be written.
pub(super) fn keep(
    opened: &Opened,
    key: &Key,
    roles_before: &[String],
    throwaway: &Throwaway,
    cancel: &Cancel,
) -> Result<Option<String>> {
    let host = throwaway.running()?;
    let mut session = Session::open(&opened.connection, "pum", cancel)?;
    if let Some(reason) = loses(&mut session)? {
        return Ok(Some(reason));
    }
    let beside = Beside {
        roles: roles_of(&mut session, roles_before)?,
        like: dump::like(&mut session)?,
        comment: if host.is_shared() { None } else { comment(&mut session)? },
        grants: grants(&mut session)?,
    };
    drop(session);
    let program = programs::find(Program::PgDump, None, Some(host.major()))?.path;
    throwaway.keep(key, &|directory| {
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
        fs::write(&path, serde_json::to_vec(&beside).unwrap_or_default()).map_err(|error| {
            Error::failed(format!("{} cannot be written: {error}", path.display())).caused_by(error)
        })
    })?;
    Ok(None)
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
    make_roles(&mut session, &beside.roles, allowed, throwaway)?;
    let opened = throwaway.empty(label, "UTF8", cancel)?;
    let refused = load(&opened, &entry.path().join(DUMP), throwaway, cancel);
    let why = match refused {
        Ok(None) => {
            let database = opened.connection.database();
            dump::set(&mut session, &database, &beside.like)?;
            let database = escape_identifier(&database);
            for (before, after) in &beside.grants {
                session.execute(&format!("{before} {database} {after}"))?;
            }
            if let Some(comment) = &beside.comment {
                session.execute(&format!("COMMENT ON DATABASE {database} IS {}", escape_literal(comment)))?;
            }
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

/// Makes the roles that are missing, as the model had them.
fn make_roles(
    session: &mut Session,
    roles: &[Role],
    allowed: &[String],
    throwaway: &Throwaway,
) -> Result<()> {
    let host = throwaway.running()?;
    let there = self::roles(session)?;
    let missing: Vec<&Role> = roles.iter().filter(|role| !there.contains(&role.name)).collect();
    for role in &missing {
        if host.is_shared() {
            throwaway.make_role(session, &role.name, allowed)?;
            continue;
        }
        match session.execute(&format!("CREATE ROLE {} {}", escape_identifier(&role.name), role.attributes)) {
            // Another model of this run is quicker.
            Err(fault) if matches!(fault.sqlstate(), Some("42710" | "23505")) => {}
            outcome => outcome?,
        }
    }
    if !host.is_shared() {
        for statement in missing.iter().flat_map(|role| &role.statements) {
            session.execute(statement)?;
        }
    }
    Ok(())
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

fn comment(session: &mut Session) -> Result<Option<String>> {
    let rows = session.query(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database
         WHERE datname = current_database()",
    )?;
    Ok(rows.into_iter().flatten().flatten().next())
}

/// The rights on the database, if they are not those of a new one.
fn grants(session: &mut Session) -> Result<Vec<(String, String)>> {
    let rows = session.query(
        "WITH d AS (SELECT * FROM pg_catalog.pg_database WHERE datname = current_database())
         SELECT 'REVOKE ALL ON DATABASE', 'FROM PUBLIC' FROM d WHERE datacl IS NOT NULL
         UNION ALL
         SELECT format('GRANT %s ON DATABASE', privilege_type),
                format('TO %s%s', CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
                       CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
         FROM d, aclexplode(datacl) WHERE grantee <> datdba",
    )?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter().flatten();
            Some((row.next()?, row.next()?))
        })
        .collect())
}

/// The roles that the database names, and those that came into being with it.
fn roles_of(session: &mut Session, before: &[String]) -> Result<Vec<Role>> {
    let before: Vec<String> = before.iter().map(|name| escape_literal(name)).collect();
    let before = match before.as_slice() {
        [] => "NULL".to_owned(),
        names => names.join(","),
    };
    let rows = session.query(&format!(
        "WITH r AS (
           SELECT * FROM pg_catalog.pg_roles r
           WHERE oid >= 16384 AND rolname <> current_user
             AND (rolname NOT IN ({before}) IS NOT FALSE
                  OR EXISTS (SELECT FROM pg_catalog.pg_shdepend s
                             WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass AND s.refobjid = r.oid
                               AND s.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))))
         SELECT rolname,
           concat_ws(' ', CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN NOT rolinherit THEN 'NOINHERIT' END,
             CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
             CASE WHEN rolcanlogin THEN 'LOGIN' END, CASE WHEN rolreplication THEN 'REPLICATION' END,
             CASE WHEN rolbypassrls THEN 'BYPASSRLS' END, 'CONNECTION LIMIT ' || rolconnlimit,
             'VALID UNTIL ' || quote_literal(rolvaliduntil)),
           s.statement
         FROM r LEFT JOIN LATERAL (
           SELECT format('GRANT %I TO %I%s', pg_get_userbyid(m.roleid), rolname,
                         CASE WHEN m.admin_option THEN ' WITH ADMIN OPTION' ELSE '' END)
           FROM pg_catalog.pg_auth_members m
           WHERE m.member = r.oid AND (m.roleid IN (SELECT oid FROM r) OR m.roleid < 16384)
           UNION ALL
           SELECT format('ALTER ROLE %I SET %s TO %s', rolname, quote_ident(split_part(c, '=', 1)),
                         CASE WHEN split_part(c, '=', 1) IN ('search_path', 'temp_tablespaces', 'session_preload_libraries')
                              THEN substr(c, strpos(c, '=') + 1) ELSE quote_literal(substr(c, strpos(c, '=') + 1)) END)
           FROM unnest(rolconfig) AS c
           UNION ALL
           SELECT format('COMMENT ON ROLE %I IS %L', rolname, shobj_description(r.oid, 'pg_authid'))
           WHERE shobj_description(r.oid, 'pg_authid') IS NOT NULL) AS s (statement) ON true
         ORDER BY r.oid"
    ))?;
    let mut roles: Vec<Role> = Vec::new();
    for row in rows {
        let mut row = row.into_iter();
        let mut next = || row.next().flatten();
        let (Some(name), Some(attributes)) = (next(), next()) else { continue };
        if roles.last().is_none_or(|role| role.name != name) {
            roles.push(Role { name, attributes, statements: Vec::new() });
        }
        if let (Some(role), Some(statement)) = (roles.last_mut(), next()) {
            role.statements.push(statement);
        }
    }
    Ok(roles)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{normal, variables_of};

    #[test]
    fn variables_of_a_command_are_found_but_for_those_of_libpq() {
        assert_eq!(variables_of("./b.sh -s ${SRID} -p $PGSERVICE $A_1/x $SRID $"), ["A_1", "SRID"]);
    }

    #[test]
    fn paths_are_made_normal() {
        assert_eq!(normal(Path::new("a/./b/../c")), PathBuf::from("a/c"));
    }
}
