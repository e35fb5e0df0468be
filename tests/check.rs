//! `check`: two sources are compared completely.

pub(crate) mod changes;
mod equal;
mod ignore;
mod interactive;
mod names;
mod report;
mod restored;
mod rows;
mod scope;
mod servers;
mod strangers;
mod unmodelled;

use pum::catalog::LeftOut;
use pum::commands::check::{self, Options};
use pum::compare::{Change, Comparison, Difference, Scope};
use pum::progress::{Cancel, Silent};
use pum::source::Source;

use crate::support::{Database, try_sql};

/// What a check of two databases is asked for when nothing is said.
fn options(first: &Database, second: &Database) -> Options {
    Options {
        shadow: pum::source::Shadow::default(),
        first: Source::Database(first.parameters()),
        second: Source::Database(second.parameters()),
        scope: Scope::default(),
        left_out: LeftOut::default(),
        value_lists: Vec::new(),
        pg_restore: None,
        pg_dump: None,
        rules: Vec::new(),
        upgrades_table: None,
        delta: false,
    }
}

/// The same by a role that may do nothing but connect.
fn stranger_options(first: &Database, second: &Database) -> Options {
    // It may be there already.
    let _ = try_sql(first.uri(), "create role stranger login");
    let source = |database: &Database| Source::Database(database.parameters().with("user", "stranger"));
    Options { first: source(first), second: source(second), ..options(first, second) }
}

/// Compares two databases by the library.
fn compare(first: &Database, second: &Database, scope: Scope, left_out: LeftOut) -> Comparison {
    run(&Options { scope, left_out, ..options(first, second) })
}

fn run(options: &Options) -> Comparison {
    check::run(options, &Silent, &Cancel::default()).expect("check").comparison
}

/// The differences, a line an attribute: `table app.t: options`; `-` for a fact that is only in the second.
fn lines(comparison: &Comparison) -> Vec<String> {
    comparison.differences.iter().flat_map(lines_of).collect()
}

fn lines_of(difference: &Difference) -> Vec<String> {
    match &difference.change {
        Change::Changed { attributes } => attributes
            .iter()
            .map(|change| format!("{}: {}", difference.identity, change.attribute.name))
            .collect(),
        Change::OnlySecond { .. } => vec![format!("{}: -", difference.identity)],
        Change::Renamed { to } => vec![format!("{}: is {to}", difference.identity)],
        Change::OnlyFirst { .. } => vec![format!("{}: only in the first", difference.identity)],
    }
}
