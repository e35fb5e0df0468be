//! The database that a dump is going to be restored into: what is in it, who is in the way, and making it anew.

use postgres_protocol::escape::{escape_identifier, escape_literal};

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

/// Objects of a database that belong neither to the system nor to an extension: how many there are, and the names of
/// some. An empty schema `public` does not count.
pub fn objects(session: &mut Session) -> Result<(usize, Vec<String>)> {
    let rows = session.query(
        "WITH own AS (
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
             FROM pg_catalog.pg_namespace WHERE nspname <> 'public')
         SELECT count(*) OVER (), coalesce(quote_ident(nspname) || '.', 'schema ') || quote_ident(name)
         FROM own LEFT JOIN pg_catalog.pg_namespace n ON n.oid = schema
         WHERE own.oid >= 16384 AND coalesce(nspname, name) !~ '^pg_(toast|temp|toast_temp)'
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                           WHERE d.classid = own.class AND d.objid = own.oid AND d.deptype = 'e')
         ORDER BY 2 LIMIT 5",
    )?;
    let count = rows.first().and_then(|row| row.first()?.as_ref()?.parse().ok()).unwrap_or(0);
    Ok((count, rows.into_iter().filter_map(|row| row.into_iter().nth(1).flatten()).collect()))
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

/// Drops a database if it exists and makes it again, with its owner, encoding, locale, tablespace, limits, settings
/// and rights, empty. `force` ends the sessions that are connected to it. Works from another database.
pub fn recreate(session: &mut Session, database: &str, force: bool) -> Result<()> {
    let literal = escape_literal(database);
    let identifier = escape_identifier(database);
    // What differs between versions of the server is read through JSON.
    let statements: Vec<String> = session
        .query(&format!(
            "WITH d AS (SELECT d.*, to_jsonb(d) AS j FROM pg_catalog.pg_database d WHERE datname = {literal})
             SELECT format('CREATE DATABASE %I TEMPLATE template0 OWNER %I ENCODING %L LC_COLLATE %L LC_CTYPE %L',
                           datname, pg_get_userbyid(datdba), pg_encoding_to_char(encoding),
                           coalesce(j->>'datcollate', 'C'), coalesce(j->>'datctype', 'C'))
               || CASE j->>'datlocprovider'
                    WHEN 'i' THEN format(' LOCALE_PROVIDER icu ICU_LOCALE %L',
                                         coalesce(j->>'datlocale', j->>'daticulocale'))
                    WHEN 'b' THEN format(' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L', j->>'datlocale')
                    ELSE '' END
               || format(' TABLESPACE %I CONNECTION LIMIT %s', spcname, datconnlimit)
             FROM d JOIN pg_catalog.pg_tablespace s ON s.oid = dattablespace
             UNION ALL
             SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', datname) FROM d WHERE datacl IS NOT NULL
             UNION ALL
             SELECT format('GRANT %s ON DATABASE %I TO %s%s', privilege_type, datname,
                           CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
                           CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
             FROM d, aclexplode(datacl) WHERE grantee <> datdba
             UNION ALL
             SELECT format('COMMENT ON DATABASE %I IS %L', datname, shobj_description(oid, 'pg_database'))
             FROM d WHERE shobj_description(oid, 'pg_database') IS NOT NULL"
        ))?
        .into_iter()
        .filter_map(|row| row.into_iter().next().flatten())
        .collect();
    let settings = settings(session, &literal)?;
    let Some((create, rest)) = statements.split_first() else {
        return Ok(session.execute(&format!("CREATE DATABASE {identifier} TEMPLATE template0"))?);
    };
    let version = session.server_version_num()?;
    if force && version < 130_000 {
        session.execute(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
             WHERE datname = {literal} AND pid <> pg_backend_pid()"
        ))?;
    }
    let may = session
        .query("SELECT rolcreatedb OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user")?;
    if may.first().and_then(|row| row.first()?.as_deref()) != Some("t") {
        return Err(Error::failed(format!("{database} is not dropped: your role may not create databases"))
            .note("state", "nothing was done")
            .hint(
                "connect as a role with CREATEDB, or restore into an empty database without --clean-database",
            ));
    }
    let with = if force && version >= 130_000 { " WITH (FORCE)" } else { "" };
    session.execute(&format!("DROP DATABASE {identifier}{with}"))?;
    session.execute(create).map_err(|fault| {
        fault.into_error().note("state", format!("the database {database} is dropped")).hint(create.clone())
    })?;
    for statement in rest.iter().chain(&settings) {
        session.execute(statement)?;
    }
    Ok(())
}

/// `ALTER DATABASE … SET` and `ALTER ROLE … IN DATABASE … SET`, as statements.
fn settings(session: &mut Session, literal: &str) -> Result<Vec<String>> {
    let rows = session.query(&format!(
        "SELECT CASE setrole WHEN 0 THEN format('ALTER DATABASE %I', datname)
                  ELSE format('ALTER ROLE %I IN DATABASE %I', pg_get_userbyid(setrole), datname) END, setting
         FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = setdatabase,
              unnest(setconfig) AS setting
         WHERE datname = {literal}"
    ))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter().flatten();
            let (alter, setting) = (row.next()?, row.next()?);
            let (name, value) = setting.split_once('=')?;
            Some(format!("{alter} SET {} TO {}", quote_name(name), value_list(name, value)))
        })
        .collect())
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
