//! The upgrades table in a database: found, made, read and written. Its shape is that of pum 0.x, which goes on
//! reading and writing it.

use postgres_protocol::escape::{escape_identifier, escape_literal};

use super::TableName;
use super::record::{Record, Row, entry};
use crate::connection::{Fault, Session};
use crate::delta::{Name, Version};
use crate::{Error, Result};

/// The columns that make a table an upgrades table.
const COLUMNS: [&str; 10] = [
    "id",
    "version",
    "description",
    "type",
    "script",
    "checksum",
    "installed_by",
    "installed_on",
    "execution_time",
    "success",
];

/// What is known of a server and a database before anything is done there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Such as `15.18`.
    pub version: String,
    /// Such as 150018.
    pub version_num: u32,
    /// Whether it can notice by itself that a client is gone: only where the system lets it watch a socket.
    pub watches_clients: bool,
    /// The role that statements run as.
    pub user: String,
    /// The database's name.
    pub database: String,
    /// A standby accepts no writing.
    pub standby: bool,
    /// `default_transaction_read_only` is on.
    pub read_only: bool,
    /// The process that serves this session.
    pub pid: i64,
}

/// An upgrades table that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name, with the schema that it was found in.
    pub name: TableName,
    /// Whether the role may add rows.
    pub writable: bool,
}

/// What a first look at a database shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The server and the database.
    pub server: Server,
    /// The upgrades table, if it exists.
    pub table: Option<Table>,
    /// The schema that the table is in, or would be made in; `None` if `search_path` names none.
    pub schema: Option<String>,
    /// Whether that schema exists.
    pub schema_exists: bool,
}

impl Look {
    /// Looks at a database, after `SET ROLE` if a role is given; one round trip. Timeouts that a role has by default are
    /// switched off in the same message.
    ///
    /// # Errors
    /// The server's, and a relation of that name that is no upgrades table.
    pub fn at(session: &mut Session, name: &TableName, role: Option<&str>) -> Result<Look> {
        let set_role = role.map_or_else(String::new, |role| format!("SET ROLE {};", escape_identifier(role)));
        let schema = name.schema.as_deref().map_or_else(|| "current_schema()".to_owned(), escape_literal);
        // The role's own timeouts shall not end a run that waits or works. CASE keeps the server from asking for the
        // rights on a sequence of what is none, in whatever order it tests.
        let sql = format!(
            "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; {set_role}
             SELECT set_config('idle_session_timeout', '0', false)
             WHERE current_setting('server_version_num')::integer >= 140000;
             SELECT current_setting('server_version'), current_setting('server_version_num'),
                    version() LIKE '%linux%', current_user,
                    current_database(), pg_is_in_recovery(), current_setting('default_transaction_read_only'),
                    pg_backend_pid(), {schema}, EXISTS (SELECT FROM pg_namespace WHERE nspname = {schema}),
                    n.nspname, c.relname, c.relkind IN ('r', 'p'),
                    CASE WHEN c.relkind IN ('r', 'p') THEN has_table_privilege(c.oid, 'INSERT') AND NOT EXISTS (
                        SELECT FROM pg_depend d JOIN pg_class s ON s.oid = d.objid
                        WHERE d.refobjid = c.oid AND d.deptype = 'a' AND d.classid = 'pg_class'::regclass
                            AND CASE s.relkind WHEN 'S' THEN NOT has_sequence_privilege(s.oid, 'USAGE') END) END,
                    (SELECT string_agg(attname, ',') FROM pg_attribute
                     WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)
             FROM (VALUES (to_regclass({}))) AS found(oid)
             LEFT JOIN pg_class c ON c.oid = found.oid
             LEFT JOIN pg_namespace n ON n.oid = c.relnamespace",
            name.literal()
        );
        let rows = session.query(&sql).map_err(|fault| explain_look(fault, role))?;
        let mut columns = rows.into_iter().next().unwrap_or_default().into_iter();
        let mut next = || columns.next().flatten();
        let server = Server {
            version: next().unwrap_or_default().split(' ').next().unwrap_or_default().to_owned(),
            version_num: next().and_then(|number| number.parse().ok()).unwrap_or_default(),
            watches_clients: next().as_deref() == Some("t"),
            user: next().unwrap_or_default(),
            database: next().unwrap_or_default(),
            standby: next().as_deref() == Some("t"),
            read_only: next().as_deref() == Some("on"),
            pid: next().and_then(|pid| pid.parse().ok()).unwrap_or_default(),
        };
        let (schema, schema_exists) = (next(), next().as_deref() == Some("t"));
        let (found_schema, found_name) = (next(), next());
        let (is_table, writable) = (next().as_deref() == Some("t"), next().as_deref() == Some("t"));
        let columns = next().unwrap_or_default();
        let table = match found_name {
            None => None,
            Some(found) => {
                let has = |column: &str| columns.split(',').any(|name| name == column);
                let name = TableName { schema: found_schema, name: found };
                let missing: Vec<&str> = COLUMNS.into_iter().filter(|column| !has(column)).collect();
                if !is_table || !missing.is_empty() {
                    let why = if is_table {
                        format!("it has no column {}", missing.join(", "))
                    } else {
                        "it is no table".to_owned()
                    };
                    return Err(Error::failed(format!("{name} is not an upgrades table: {why}")).hint(
                        "name the upgrades table with -t schema.table, or as upgrades_table in pum.yaml",
                    ));
                }
                Some(Table { name, writable })
            }
        };
        Ok(Look { server, table, schema, schema_exists })
    }

    /// Whether the schema must be made before the table.
    pub fn lacks_schema(&self) -> bool {
        self.schema.is_some() && !self.schema_exists
    }

    /// Refuses what cannot be written to: a standby, or a database that is read-only by its settings.
    ///
    /// # Errors
    /// Which of the two it is.
    pub fn refuse_read_only(&self) -> Result<()> {
        let database = &self.server.database;
        if self.server.standby {
            return Err(Error::failed(format!("{database} is a standby: it accepts no writing"))
                .hint("connect to the primary server (target_session_attrs=read-write finds it among several hosts)"));
        }
        if self.server.read_only {
            return Err(Error::failed(format!(
                "{database} is read-only: default_transaction_read_only is on"
            ))
            .hint(format!(
                "ALTER DATABASE {} SET default_transaction_read_only = off",
                escape_identifier(database)
            )));
        }
        Ok(())
    }
}

fn explain_look(fault: Fault, role: Option<&str>) -> Error {
    let error = fault.into_error();
    match (role, error.sqlstate.as_deref()) {
        (Some(role), Some("22023" | "42501" | "42704")) if !error.message.contains("for schema") => {
            error.hint(format!("--role {role} needs a role that exists and that you are a member of"))
        }
        (_, Some("42501")) => {
            error.hint("GRANT USAGE ON SCHEMA … TO your role, or name the owning role with --role")
        }
        _ => error,
    }
}

impl Table {
    /// The statement that makes the table.
    pub fn create_statement(name: &TableName) -> String {
        format!(
            "CREATE TABLE {} (\n    id serial PRIMARY KEY,\n    version varchar(50) NOT NULL,\n    \
             description varchar(200) NOT NULL,\n    type integer NOT NULL,\n    script varchar(1000) NOT NULL,\n    \
             checksum varchar(32) NOT NULL,\n    installed_by varchar(100) NOT NULL,\n    \
             installed_on timestamp without time zone NOT NULL DEFAULT now(),\n    \
             execution_time integer NOT NULL,\n    success boolean NOT NULL,\n    \
             EXCLUDE (version WITH =) WHERE (type = 0)\n)",
            name.quoted()
        )
    }

    /// The statement that reads all rows, for [`Table::decode`].
    pub fn select_statement(&self) -> String {
        // By way of JSON, for the column may be missing, or may have come since somebody looked.
        format!(
            "SELECT id, version, description, type, script, checksum, installed_by,
                    to_char(installed_on, 'YYYY-MM-DD HH24:MI:SS'), success,
                    CASE WHEN NOT success THEN to_jsonb(t)->>'statements_done' END
             FROM {} t ORDER BY id",
            self.name.quoted()
        )
    }

    /// Reads all rows.
    ///
    /// # Errors
    /// The server's.
    pub fn read(&self, session: &mut Session) -> Result<Record> {
        Ok(Table::decode(session.query(&self.select_statement()).map_err(|fault| self.explain(fault))?))
    }

    /// The record from the rows of [`Table::select_statement`].
    pub fn decode(rows: Vec<crate::connection::Row>) -> Record {
        let decode = |row: crate::connection::Row| {
            let mut columns = row.into_iter();
            let mut next = || columns.next().flatten();
            let id = next().and_then(|id| id.parse().ok()).unwrap_or_default();
            let version = next().and_then(|version| version.parse::<Version>().ok());
            let title = next().unwrap_or_default();
            let code = next().and_then(|code| code.parse().ok()).unwrap_or(-1);
            let script = next().unwrap_or_default();
            let mut row = Row {
                id,
                version,
                title,
                entry: entry(code, &script),
                script,
                checksum: next().unwrap_or_default(),
                installed_by: next().unwrap_or_default(),
                installed_on: next().unwrap_or_default(),
                success: next().as_deref() == Some("t"),
                statements_done: None,
                in_doubt: false,
            };
            if let Some(done) = next().and_then(|done| done.parse::<i64>().ok()) {
                row.in_doubt = done < 0;
                row.statements_done = usize::try_from(if done < 0 { -done - 1 } else { done }).ok();
            }
            row
        };
        Record::new(rows.into_iter().map(decode).collect())
    }

    /// The statement that adds a row; its one result is the row's id, for [`Table::written_id`].
    pub fn insert_statement(&self, row: &NewRow<'_>) -> String {
        let (done_column, done_value) = match row.statements_done {
            Some(done) => (", statements_done", format!(", {done}")),
            None => ("", String::new()),
        };
        written(&format!(
            "INSERT INTO {} (version, description, type, script, checksum, installed_by, installed_on, \
             execution_time, success{done_column}) VALUES ({}, {}, {}, {}, {}, session_user, clock_timestamp(), {}, {}{done_value})",
            self.name.quoted(),
            escape_literal(&row.version.to_string()),
            escape_literal(row.title),
            row.code,
            escape_literal(&last_characters(row.script, 1000)),
            escape_literal(row.checksum),
            row.milliseconds.min(i32::MAX as u64),
            row.success,
        ))
    }

    /// The statement that declares the version that a database begins with.
    pub fn baseline_statement(&self, version: Version) -> String {
        self.insert_statement(&NewRow {
            version,
            title: "baseline",
            code: 0,
            script: "",
            checksum: "",
            milliseconds: 0,
            success: true,
            statements_done: None,
        })
    }

    /// The statement that records a delta as applied that did not run.
    pub fn applied_statement(&self, name: &Name, script: &str, checksum: &str) -> String {
        self.insert_statement(&NewRow {
            version: name.version,
            title: &name.title,
            code: name.kind.code(),
            script,
            checksum,
            milliseconds: 0,
            success: true,
            statements_done: None,
        })
    }

    /// The statement that changes columns of a row; its one result is the row's id.
    pub fn update_statement(&self, columns: &str, id: i64) -> String {
        written(&format!("UPDATE {} SET {columns} WHERE id = {id}", self.name.quoted()))
    }

    /// The statement that takes a row out; its one result is the row's id.
    pub fn delete_statement(&self, id: i64) -> String {
        written(&format!("DELETE FROM {} WHERE id = {id}", self.name.quoted()))
    }

    /// The id from the rows of [`Table::insert_statement`].
    pub fn written_id(rows: &[crate::connection::Row]) -> Option<i64> {
        rows.first()?.first()?.as_deref()?.parse().ok()
    }

    /// Whether somebody recorded the delta as done after the row with this id: an expression of SQL.
    pub fn recorded_since_expression(&self, name: &Name, id: i64) -> String {
        // With an upper bound, for else a planner without statistics expects a third of the table, and reads all of it.
        // CASE, for each condition by itself costs the planner as much as all the rest.
        format!(
            "EXISTS (SELECT FROM {} WHERE id BETWEEN {} AND {} \
             AND CASE WHEN success THEN version = {} AND description = {} AND type = {} END)",
            self.name.quoted(),
            id.saturating_add(1),
            i64::MAX,
            escape_literal(&name.version.to_string()),
            escape_literal(&name.title),
            name.kind.code()
        )
    }

    /// Adds the column `statements_done`, if the table does not have it; pum 0.x does not mind.
    ///
    /// # Errors
    /// The server's.
    pub fn ensure_statements_done(&self, session: &mut Session) -> Result<()> {
        // To ask first locks nobody out, and gives no notice.
        let has = session.query(&format!(
            "SELECT FROM pg_attribute WHERE attrelid = to_regclass({}) AND attname = 'statements_done' AND NOT attisdropped",
            self.name.literal()
        ))?;
        if has.is_empty() {
            let table = self.name.quoted();
            session
                .execute(&format!("ALTER TABLE {table} ADD COLUMN IF NOT EXISTS statements_done integer"))
                .map_err(|fault| self.explain(fault))?;
        }
        Ok(())
    }

    /// The statements that give a role what it needs to read and write the table.
    pub fn rights(&self, role: &str) -> String {
        let sequence = TableName { name: format!("{}_id_seq", self.name.name), ..self.name.clone() };
        format!(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {role}; GRANT USAGE ON SEQUENCE {} TO {role}; or name the owning role with --role",
            self.name.quoted(),
            sequence.quoted()
        )
    }

    /// Whether a row was not written because the table has a trigger or a rule that keeps rows out.
    pub fn keeps_rows_out(fault: &Fault) -> bool {
        let Fault::Server(error) = fault else { return false };
        match fault.sqlstate() {
            Some("22P02") => error.message().contains(NOT_WRITTEN),
            // A rule instead of what was meant; the message is translated, these words are not.
            Some("0A000") => ["RETURNING", "WITH"].iter().any(|word| error.message().contains(word)),
            _ => false,
        }
    }

    /// A fault at reading or writing the table, with what may help.
    pub fn explain(&self, fault: Fault) -> Error {
        let denied = fault.sqlstate() == Some("42501");
        let kept_out = Table::keeps_rows_out(&fault);
        let mut error = fault.into_error();
        if denied {
            error = error.hint(self.rights("your role"));
        }
        if kept_out {
            error.message = NOT_WRITTEN.to_owned();
            error.notes.clear();
            error = error.hint(format!(
                "a trigger, a rule or a policy of {} keeps rows out, or somebody took the row away: \\d {} in psql shows it",
                self.name,
                self.name.quoted()
            ));
        }
        error.message = format!("the upgrades table {}: {}", self.name, error.message);
        error
    }
}

/// What the server says when [`written`] finds that nothing was.
const NOT_WRITTEN: &str = "the row was not written";

/// A statement that writes one row, made to fail where the row is swallowed without a word, as triggers can do: COMMIT
/// may follow in the same message.
fn written(statement: &str) -> String {
    format!(
        "WITH written AS ({statement} RETURNING id) SELECT CASE count(*) WHEN 1 THEN max(id) \
         ELSE ('{NOT_WRITTEN}: ' || count(*))::integer END FROM written"
    )
}

/// A row to be written.
#[derive(Debug, Clone)]
pub struct NewRow<'a> {
    /// Column `version`.
    pub version: Version,
    /// Column `description`.
    pub title: &'a str,
    /// Column `type`.
    pub code: i32,
    /// Column `script`.
    pub script: &'a str,
    /// Column `checksum`.
    pub checksum: &'a str,
    /// Column `execution_time`.
    pub milliseconds: u64,
    /// Column `success`.
    pub success: bool,
    /// Column `statements_done`; the column must exist if it is given.
    pub statements_done: Option<usize>,
}

/// The end of a text: of a path that is too long for its column, the file's name is what must stay.
fn last_characters(text: &str, most: usize) -> String {
    let surplus = text.chars().count().saturating_sub(most);
    text.chars().skip(surplus).collect()
}
