//! `pum baseline`: declares which version a database is at, making the upgrades table if it is missing.

use std::path::PathBuf;

use postgres_protocol::escape::escape_identifier;

use crate::connection::{Parameters, Session};
use crate::delta::{DeltaSet, Version, checksum};
use crate::progress::{Cancel, Progress};
use crate::upgrade::TableName;
use crate::upgrade::record::Record;
use crate::upgrade::table::{Look, Table};
use crate::{Error, Result};

/// What to declare.
#[derive(Debug, Clone)]
pub struct Options {
    /// The database.
    pub connection: Parameters,
    /// Its upgrades table.
    pub table: TableName,
    /// The delta directories, for `mark_applied`.
    pub directories: Vec<PathBuf>,
    /// The version that the database is at.
    pub version: Version,
    /// Make the table's schema if it is missing.
    pub create_schema: bool,
    /// Record the deltas up to the version as applied.
    pub mark_applied: bool,
    /// Add another baseline to the one that there is.
    pub force: bool,
    /// SET ROLE to this one first.
    pub role: Option<String>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The table, with its schema.
    pub table: TableName,
    /// Whether it was made.
    pub created: bool,
    /// The deltas that were recorded as applied, by file name.
    pub marked: Vec<String>,
}

/// Declares the version, in one transaction.
///
/// # Errors
/// A schema that is missing and not to be made; a baseline that is there already; what the server refuses.
pub fn run(options: &Options, progress: &dyn Progress, cancel: &Cancel) -> Result<Outcome> {
    let deltas = DeltaSet::read(&options.directories)?;
    let (mut session, look) =
        super::open(&options.connection, &options.table, options.role.as_deref(), cancel)?;
    super::tell_connected(&session, &look.server, progress);
    look.refuse_read_only()?;
    session.execute("BEGIN")?;
    let (table, created) = find_or_create(&mut session, options, &look, progress)?;
    // Nobody else may write a baseline between our look and our row.
    session
        .execute(&format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", table.name.quoted()))
        .map_err(|fault| table.explain(fault))?;
    let record = table.read(&mut session)?;
    refuse_second(options, &record, progress)?;
    let mut statements = vec![table.baseline_statement(options.version)];
    let mut marked = Vec::new();
    if options.mark_applied {
        for delta in &deltas.deltas {
            if delta.name.version > options.version || record.row(&delta.name).is_some_and(|row| row.success)
            {
                continue;
            }
            let bytes = std::fs::read(&delta.path)
                .map_err(|cause| Error::usage(format!("{} cannot be read: {cause}", delta.path.display())))?;
            let script = delta.path.to_string_lossy();
            statements.push(table.applied_statement(&delta.name, &script, &checksum(&bytes)));
            marked.push(delta.file_name());
        }
    }
    statements.push("COMMIT".to_owned());
    session.execute(&statements.join(";\n")).map_err(|fault| table.explain(fault))?;
    progress.note(&format!(
        "{} is at version {}, by baseline in {}",
        look.server.database, options.version, table.name
    ));
    if options.mark_applied {
        progress.note(&format!("{} deltas up to {} recorded as applied", marked.len(), options.version));
    }
    Ok(Outcome { table: table.name, created, marked })
}

fn find_or_create(
    session: &mut Session,
    options: &Options,
    look: &Look,
    progress: &dyn Progress,
) -> Result<(Table, bool)> {
    if let Some(table) = &look.table {
        return Ok((table.clone(), false));
    }
    let Some(schema) = &look.schema else {
        return Err(Error::failed(format!("no schema is selected to make {} in", options.table))
            .hint("name the schema: -t schema.table"));
    };
    let name = TableName { schema: Some(schema.clone()), name: options.table.name.clone() };
    if !look.schema_exists {
        if !options.create_schema {
            return Err(Error::failed(format!(
                "the schema {schema:?} of the upgrades table {name} does not exist"
            ))
            .note("state", "nothing was done")
            .hint("--create-schema makes it"));
        }
        session.execute(&format!("CREATE SCHEMA {}", escape_identifier(schema)))?;
        progress.note(&format!("schema {schema} created"));
    }
    let table = Table { name, writable: true };
    session.execute(&Table::create_statement(&table.name)).map_err(|fault| table.explain(fault))?;
    progress.note(&format!("upgrades table {} created", table.name));
    Ok((table, true))
}

/// A second baseline is refused, unless it is meant; the same one twice the table itself refuses.
fn refuse_second(options: &Options, record: &Record, progress: &dyn Progress) -> Result<()> {
    let Some(version) = record.current_version() else { return Ok(()) };
    let what = match record.baseline() {
        Some(baseline) => format!("a baseline already: {baseline}"),
        None => "deltas recorded already".to_owned(),
    };
    let same = record.baseline() == Some(options.version);
    if same || !options.force {
        let error = Error::failed(format!("this database has {what}; it is at version {version}"))
            .note("state", "nothing was done")
            .hint("`pum upgrade` takes it from there");
        return Err(if same { error } else { error.hint("--force adds the new baseline to the old one") });
    }
    if version > options.version {
        progress.warning(&format!(
            "the database stays at version {version}, which is higher than the new baseline {}",
            options.version
        ));
    }
    Ok(())
}
