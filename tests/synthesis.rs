//! What takes one schema to another: written, applied to a copy of the first, and compared with the second.

mod cases;
mod corpora;
mod printed;

use std::io::Write;
use std::process::{Command, Stdio};

use pum::catalog::{self, Element, LeftOut};
use pum::compare::{self, Scope};
use pum::connection::Parameters;
use pum::programs::{self, Program};
use pum::progress::Cancel;
use pum::synthesis::{self, Schema};

/// Everything, also what is compared only when asked for.
fn everything() -> Scope {
    Scope { with: Element::ALL.to_vec(), ..Scope::default() }
}

/// A database's schema.
fn read(connection: &Parameters) -> Result<Schema, String> {
    let read = catalog::read_with_details(connection, &LeftOut::default(), &Cancel::default());
    read.map(|(catalog, details)| Schema { catalog, details })
        .map_err(|error| format!("{error}: {:?}", error.notes))
}

/// The statements that take the first to the second.
fn write(first: &Schema, second: &Schema) -> Result<String, String> {
    let delta = synthesis::write(first, second, &everything(), &[]);
    delta.map(|delta| delta.to_string()).map_err(|error| format!("{error}: {:?}", error.notes))
}

/// What two schemas do not share, but for the order of columns, which no ALTER mends.
fn left_over(first: &Schema, second: &Schema) -> Vec<String> {
    let mut scope = everything();
    scope.ignore = vec![Element::ColumnOrder];
    let comparison = compare::compare(&first.catalog, &second.catalog, &scope);
    comparison
        .differences
        .iter()
        .map(|difference| format!("{} {:?}", difference.identity, difference.change))
        .collect()
}

/// Applies statements in one transaction.
fn apply(uri: &str, sql: &str) -> Result<(), String> {
    let psql = programs::find(Program::Psql, None, None).expect("psql").path;
    let mut child = Command::new(psql)
        .args(["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--file=-"])
        .arg(uri)
        .env("PGOPTIONS", "-c client_min_messages=warning")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("psql");
    let mut input = child.stdin.take().expect("input");
    // It may have ended at an error.
    let _ = input.write_all(sql.as_bytes());
    drop(input);
    let output = child.wait_with_output().expect("psql");
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
