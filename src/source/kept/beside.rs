//! What neither a dump of a database has nor a copy of it: the roles that the model names, the database's settings, rights and
//! comment.

use postgres_protocol::escape::{escape_identifier, escape_literal};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::connection::Session;
use crate::dump::{self, Like};
use crate::source::{Opened, Throwaway};

/// What neither a dump of a database has nor a copy of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Beside {
    roles: Vec<Role>,
    like: Like,
    comment: Option<String>,
    /// What comes before and after the name of the database.
    grants: Vec<(String, String)>,
}

impl Beside {
    /// That of a model that was built just now, when there were these roles before.
    pub fn read(session: &mut Session, roles_before: &[String], is_shared: bool) -> Result<Beside> {
        Ok(Beside {
            roles: roles_of(session, roles_before)?,
            like: dump::like(session)?,
            // There it says who made it.
            comment: if is_shared { None } else { comment(session)? },
            grants: grants(session)?,
        })
    }

    /// Makes the roles that are missing, as the model had them.
    pub fn make_roles(&self, session: &mut Session, allowed: &[String], throwaway: &Throwaway) -> Result<()> {
        make_roles(session, &self.roles, allowed, throwaway)
    }

    /// Gives it to a database; the roles are there already.
    pub fn put(&self, session: &mut Session, opened: &Opened) -> Result<()> {
        let database = opened.connection.database();
        dump::set(session, &database, &self.like)?;
        let database = escape_identifier(&database);
        for (before, after) in &self.grants {
            session.execute(&format!("{before} {database} {after}"))?;
        }
        if let Some(comment) = &self.comment {
            session.execute(&format!("COMMENT ON DATABASE {database} IS {}", escape_literal(comment)))?;
        }
        Ok(())
    }
}

/// A role that the model names.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
pub(in crate::source) fn roles(session: &mut Session) -> Result<Vec<String>> {
    let rows = session.query("SELECT rolname FROM pg_catalog.pg_roles WHERE oid >= 16384")?;
    Ok(rows.into_iter().flatten().flatten().collect())
}

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
