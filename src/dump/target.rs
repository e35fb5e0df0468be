//! The database that a dump is going to be restored into: what is in it, who is in the way, and making it anew.

use postgres_protocol::escape::{escape_identifier, escape_literal};

use serde::{Deserialize, Serialize};

use crate::connection::Session;
use crate::{Error, Result};

/// A session that is connected to a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupant {
    /// The process of the server.
    pub pid: String,
    /// Its user.
    pub user: String,
    /// `application_name`; may be empty.
    pub application: String,
    /// What it does, such as `idle`.
    pub state: String,
    /// When it connected.
    pub since: String,
}

impl std::fmt::Display for Occupant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let application = if self.application.is_empty() { "unnamed" } else { &self.application };
        write!(f, "pid {}, user {}, {application}, {} since {}", self.pid, self.user, self.state, self.since)
    }
}

/// The objects of a database that belong neither to the system nor to an extension, as `users`. An empty schema
/// `public` does not count, nor one that an extension is in.
const USERS: &str = "WITH own AS (
      SELECT 'pg_catalog.pg_class'::regclass AS class, c.oid, relnamespace AS schema, relname AS name
        FROM pg_catalog.pg_class c WHERE relkind NOT IN ('i', 'I', 't', 'c') AND relpersistence <> 't'
      UNION ALL SELECT 'pg_catalog.pg_proc'::regclass, oid, pronamespace, proname FROM pg_catalog.pg_proc
      UNION ALL SELECT 'pg_catalog.pg_type'::regclass, t.oid, typnamespace, typname
        FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_class c ON c.oid = typrelid
        WHERE typtype IN ('d', 'e', 'r') OR c.relkind = 'c' OR (typtype = 'b' AND typelem = 0)
      UNION ALL SELECT 'pg_catalog.pg_operator'::regclass, oid, oprnamespace, oprname
        FROM pg_catalog.pg_operator
      UNION ALL SELECT 'pg_catalog.pg_collation'::regclass, oid, collnamespace, collname
        FROM pg_catalog.pg_collation
      UNION ALL SELECT 'pg_catalog.pg_ts_config'::regclass, oid, cfgnamespace, cfgname
        FROM pg_catalog.pg_ts_config
      UNION ALL SELECT 'pg_catalog.pg_ts_dict'::regclass, oid, dictnamespace, dictname
        FROM pg_catalog.pg_ts_dict
      UNION ALL SELECT 'pg_catalog.pg_cast'::regclass, oid, 'pg_catalog'::regnamespace,
                       'cast ' || castsource::regtype || ' as ' || casttarget::regtype
        FROM pg_catalog.pg_cast
      UNION ALL SELECT 'pg_catalog.pg_largeobject'::regclass, oid, 'pg_catalog'::regnamespace, 'large object ' || oid
        FROM pg_catalog.pg_largeobject_metadata
      UNION ALL SELECT 'pg_catalog.pg_foreign_data_wrapper'::regclass, oid, 'pg_catalog'::regnamespace, fdwname
        FROM pg_catalog.pg_foreign_data_wrapper
      UNION ALL SELECT 'pg_catalog.pg_foreign_server'::regclass, oid, 'pg_catalog'::regnamespace, srvname
        FROM pg_catalog.pg_foreign_server
      UNION ALL SELECT 'pg_catalog.pg_event_trigger'::regclass, oid, 'pg_catalog'::regnamespace, evtname
        FROM pg_catalog.pg_event_trigger
      UNION ALL SELECT 'pg_catalog.pg_publication'::regclass, oid, 'pg_catalog'::regnamespace, pubname
        FROM pg_catalog.pg_publication
      UNION ALL SELECT 'pg_catalog.pg_namespace'::regclass, oid, NULL, nspname
        FROM pg_catalog.pg_namespace n WHERE nspname <> 'public'
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extnamespace = n.oid)),
    users AS (
      SELECT own.*, nspname FROM own LEFT JOIN pg_catalog.pg_namespace n ON n.oid = schema
      WHERE own.oid >= 16384 AND coalesce(nspname, name) !~ '^pg_(toast|temp|toast_temp)'
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                        WHERE d.classid = own.class AND d.objid = own.oid AND d.deptype = 'e'))";

/// Objects of a database that belong neither to the system nor to an extension: how many there are, and the names of
/// some. An empty schema `public` does not count, nor one that an extension is in.
pub fn objects(session: &mut Session) -> Result<(usize, Vec<String>)> {
    let rows = session.query(&format!(
        "{USERS}
         SELECT count(*) OVER (), coalesce(quote_ident(nspname) || '.', 'schema ') || quote_ident(name)
         FROM users ORDER BY 2 LIMIT 5"
    ))?;
    let count = rows.first().and_then(|row| row.first()?.as_ref()?.parse().ok()).unwrap_or(0);
    Ok((count, rows.into_iter().filter_map(|row| row.into_iter().nth(1).flatten()).collect()))
}

/// Drops all those objects, and the extensions that the role owns; for a database that the role may not make anew.
pub fn clear(session: &mut Session) -> Result<()> {
    let rows = session.query(&format!(
        "{USERS}
         SELECT CASE WHEN class = 'pg_catalog.pg_largeobject'::regclass THEN format('SELECT lo_unlink(%s)', oid)
                  ELSE (SELECT format('DROP %s IF EXISTS %s CASCADE', replace(type, '-', ' '), identity)
                        FROM pg_identify_object(class, oid, 0)) END
         FROM users
         UNION ALL
         SELECT format('DROP EXTENSION IF EXISTS %I CASCADE', extname) FROM pg_catalog.pg_extension
         WHERE extname <> 'plpgsql' AND extowner = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)"
    ))?;
    let mut statements: Vec<String> =
        rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect();
    // First what would be called by the others.
    statements.sort_by_key(|statement| !statement.starts_with("DROP EVENT TRIGGER"));
    for statement in statements {
        session.execute(&statement)?;
    }
    Ok(())
}

/// What a database made for the dump of another one shall have of it, beside what is in the dump.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Like {
    encoding: String,
    locale: String,
    /// Role (empty for all), name and value of each setting.
    settings: Vec<(String, String, String)>,
}

/// What the database of this session has.
pub fn like(session: &mut Session) -> Result<Like> {
    let rows = session.query(
        "SELECT format('ENCODING %L', pg_encoding_to_char(encoding)),
                format('LC_COLLATE %L LC_CTYPE %L', to_jsonb(d)->>'datcollate', to_jsonb(d)->>'datctype')
         FROM pg_catalog.pg_database d WHERE datname = current_database()",
    )?;
    let mut row = rows.into_iter().flatten().flatten();
    let (encoding, locale) = (row.next().unwrap_or_default(), row.next().unwrap_or_default());
    let database = session.query("SELECT quote_literal(current_database())")?;
    let literal = database.into_iter().flatten().flatten().next().unwrap_or_default();
    Ok(Like { encoding, locale, settings: settings(session, &literal)? })
}

/// Makes a database, empty, with what it shall have; gives what could not be done, a sentence each. Works from another
/// database.
pub fn create(session: &mut Session, database: &str, like: &Like) -> Result<Vec<String>> {
    /// SQLSTATEs of a locale that the server does not have, or that does not go with the encoding.
    const NO_LOCALE: [&str; 2] = ["42809", "22023"];
    let identifier = escape_identifier(database);
    let create = format!("CREATE DATABASE {identifier} TEMPLATE template0 {}", like.encoding);
    let mut undone = Vec::new();
    match session.execute(&format!("{create} {}", like.locale)) {
        Err(fault) if NO_LOCALE.iter().any(|state| fault.sqlstate() == Some(state)) => {
            undone.push(format!("{database} is made without {}: {}", like.locale, fault.into_error()));
            session.execute(&create)?;
        }
        outcome => outcome?,
    }
    undone.extend(set(session, database, like)?);
    Ok(undone)
}

/// Gives a database the settings that it shall have; gives what could not be done.
pub fn set(session: &mut Session, database: &str, like: &Like) -> Result<Vec<String>> {
    let mut undone = Vec::new();
    for (role, name, value) in &like.settings {
        if let Err(fault) = session.execute(&setting(database, role, name, value)) {
            undone.push(format!("{database} is without the setting {name}: {}", fault.into_error()));
        }
    }
    Ok(undone)
}

/// The sessions that are connected to a database, seen from another one.
pub fn occupants(session: &mut Session, database: &str) -> Result<Vec<Occupant>> {
    let rows = session.query(&format!(
        "SELECT pid, usename, application_name, state, date_trunc('second', backend_start)
         FROM pg_catalog.pg_stat_activity
         WHERE datname = {} AND pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY backend_start",
        escape_literal(database)
    ))?;
    let text = |value: Option<Option<String>>| value.flatten().unwrap_or_default();
    Ok(rows
        .into_iter()
        .map(|row| {
            let mut row = row.into_iter();
            let mut next = || text(row.next());
            Occupant { pid: next(), user: next(), application: next(), state: next(), since: next() }
        })
        .collect())
}

/// The statements that make a database with the owner, encoding, locale, tablespace, limits, rights and comment of one
/// that exists, under a name of its own: CREATE DATABASE first. None if that does not exist. Settings are apart: see
/// [`copy_settings`].
fn definition(session: &mut Session, database: &str, name: &str) -> Result<Vec<String>> {
    let (literal, name) = (escape_literal(database), escape_literal(name));
    // What differs between versions of the server is read through JSON.
    let rows = session.query(&format!(
        "WITH d AS (SELECT d.*, to_jsonb(d) AS j FROM pg_catalog.pg_database d WHERE datname = {literal})
         SELECT format('CREATE DATABASE %I TEMPLATE template0 OWNER %I ENCODING %L LC_COLLATE %L LC_CTYPE %L',
                       {name}, pg_get_userbyid(datdba), pg_encoding_to_char(encoding),
                       coalesce(j->>'datcollate', 'C'), coalesce(j->>'datctype', 'C'))
           || CASE j->>'datlocprovider'
                WHEN 'i' THEN format(' LOCALE_PROVIDER icu ICU_LOCALE %L',
                                     coalesce(j->>'datlocale', j->>'daticulocale'))
                WHEN 'b' THEN format(' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L', j->>'datlocale')
                ELSE '' END
           || format(' TABLESPACE %I CONNECTION LIMIT %s', spcname, datconnlimit)
         FROM d JOIN pg_catalog.pg_tablespace s ON s.oid = dattablespace
         UNION ALL
         SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', {name}) FROM d WHERE datacl IS NOT NULL
         UNION ALL
         SELECT format('GRANT %s ON DATABASE %I TO %s%s', privilege_type, {name},
                       CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
                       CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
         FROM d, aclexplode(datacl) WHERE grantee <> datdba
         UNION ALL
         SELECT format('COMMENT ON DATABASE %I IS %L', {name}, shobj_description(oid, 'pg_database'))
         FROM d WHERE shobj_description(oid, 'pg_database') IS NOT NULL"
    ))?;
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
}

/// Whether the role of this session may make databases.
pub fn may_create(session: &mut Session) -> Result<bool> {
    let rows = session
        .query("SELECT rolcreatedb OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user")?;
    Ok(rows.first().and_then(|row| row.first()?.as_deref()) == Some("t"))
}

/// Whether a database of that name exists.
pub fn exists(session: &mut Session, database: &str) -> Result<bool> {
    let literal = escape_literal(database);
    Ok(!session.query(&format!("SELECT 1 FROM pg_catalog.pg_database WHERE datname = {literal}"))?.is_empty())
}

/// Makes an empty database with owner, encoding, locale, tablespace, limits, rights and comment of another one, if that
/// exists, without its settings. Works from another database.
pub fn create_like(session: &mut Session, database: &str, name: &str) -> Result<()> {
    let statements = definition(session, database, name)?;
    if statements.is_empty() {
        let identifier = escape_identifier(name);
        return Ok(
            session.execute(&format!("CREATE DATABASE {identifier} TEMPLATE template0 ENCODING 'UTF8'"))?
        );
    }
    for statement in statements {
        session.execute(&statement)?;
    }
    Ok(())
}

/// Gives a database those settings of another one that it does not have itself.
pub fn copy_settings(session: &mut Session, from: &str, to: &str) -> Result<()> {
    let own = settings(session, &escape_literal(to))?;
    for (role, name, value) in settings(session, &escape_literal(from))? {
        if !own.iter().any(|(its_role, its_name, _)| (its_role, its_name) == (&role, &name)) {
            session.execute(&setting(to, &role, &name, &value))?;
        }
    }
    Ok(())
}

/// Drops a database if it exists and makes it again, with its owner, encoding, locale, tablespace, limits, settings
/// and rights, empty. `force` ends the sessions that are connected to it. Works from another database.
pub fn recreate(session: &mut Session, database: &str, force: bool) -> Result<()> {
    let identifier = escape_identifier(database);
    let statements = definition(session, database, database)?;
    let settings = settings(session, &escape_literal(database))?;
    let Some((create, rest)) = statements.split_first() else {
        return Ok(session.execute(&format!("CREATE DATABASE {identifier} TEMPLATE template0"))?);
    };
    if !may_create(session)? {
        return Err(Error::failed(format!("{database} is not dropped: your role may not create databases"))
            .note("state", "nothing was done")
            .hint(
                "connect as a role with CREATEDB, or restore into an empty database without --clean-database",
            ));
    }
    drop_database(session, database, force)?;
    session.execute(create).map_err(|fault| {
        fault.into_error().note("state", format!("the database {database} is dropped")).hint(create.clone())
    })?;
    for statement in rest {
        session.execute(statement)?;
    }
    for (role, name, value) in &settings {
        session.execute(&setting(database, role, name, value))?;
    }
    Ok(())
}

/// Drops a database if it exists. `force` ends the sessions that are connected to it. Works from another database.
pub fn drop_database(session: &mut Session, database: &str, force: bool) -> Result<()> {
    let version = session.server_version_num()?;
    if force && version < 130_000 {
        end_sessions(session, database)?;
    }
    let with = if force && version >= 130_000 { " WITH (FORCE)" } else { "" };
    Ok(session.execute(&format!("DROP DATABASE IF EXISTS {}{with}", escape_identifier(database)))?)
}

/// Ends the sessions that are connected to a database. Works from another database.
pub fn end_sessions(session: &mut Session, database: &str) -> Result<()> {
    Ok(session.execute(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
         WHERE datname = {} AND pid <> pg_backend_pid()",
        escape_literal(database)
    ))?)
}

/// The settings of a database, and of roles in it: role (empty for all), name and value.
fn settings(session: &mut Session, literal: &str) -> Result<Vec<(String, String, String)>> {
    let rows = session.query(&format!(
        "SELECT CASE setrole WHEN 0 THEN '' ELSE pg_get_userbyid(setrole) END, setting
         FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = setdatabase,
              unnest(setconfig) AS setting
         WHERE datname = {literal}"
    ))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter().flatten();
            let (role, setting) = (row.next()?, row.next()?);
            let (name, value) = setting.split_once('=')?;
            Some((role, name.to_owned(), value.to_owned()))
        })
        .collect())
}

/// `ALTER DATABASE … SET` or `ALTER ROLE … IN DATABASE … SET`.
fn setting(database: &str, role: &str, name: &str, value: &str) -> String {
    let database = escape_identifier(database);
    let whose = match role {
        "" => format!("DATABASE {database}"),
        role => format!("ROLE {} IN DATABASE {database}", escape_identifier(role)),
    };
    format!("ALTER {whose} SET {} TO {}", quote_name(name), value_list(name, value))
}

/// A setting's name; one with a dot is an extension's, each part a name.
fn quote_name(name: &str) -> String {
    name.split('.').map(escape_identifier).collect::<Vec<_>>().join(".")
}

/// A setting that is a list of names is stored as SQL already, as pg_dump knows; the others as their text.
fn value_list(name: &str, value: &str) -> String {
    const LISTS: [&str; 6] = [
        "search_path",
        "temp_tablespaces",
        "session_preload_libraries",
        "shared_preload_libraries",
        "local_preload_libraries",
        "unix_socket_directories",
    ];
    if LISTS.contains(&name.to_lowercase().as_str()) { value.to_owned() } else { escape_literal(value) }
}
