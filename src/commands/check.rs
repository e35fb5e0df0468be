//! `pum check`: what two sources do not share.

use std::thread;

use jiff::Timestamp;

use crate::catalog::rows::{self, List};
use crate::catalog::{self, Catalog, LeftOut};
use crate::compare::{self, Comparison, Scope};
use crate::progress::Cancel;
use crate::source::{Opened, Source};
use crate::{Error, Result};

/// What to compare.
#[derive(Debug, Clone)]
pub struct Options {
    /// The first source.
    pub first: Source,
    /// The second source.
    pub second: Source,
    /// What of them.
    pub scope: Scope,
    /// What not, by name.
    pub left_out: LeftOut,
    /// Patterns of the value lists whose rows are compared, such as `app.vl_*`.
    pub value_lists: Vec<String>,
}

/// What a check found.
#[derive(Debug)]
pub struct Check {
    /// What the first source is called.
    pub first: String,
    /// What the second source is called; never as the first.
    pub second: String,
    /// When it was made.
    pub created: Timestamp,
    /// The differences.
    pub comparison: Comparison,
}

impl Check {
    /// Whether the sources are equal, as far as they were compared.
    pub fn is_equal(&self) -> bool {
        self.comparison.differences.is_empty()
    }

    /// Whether everything was compared.
    pub fn is_complete(&self) -> bool {
        self.comparison.not_compared.is_empty()
    }
}

/// Compares two sources.
///
/// # Errors
/// A source that cannot be read; the error says which.
pub fn run(options: &Options, cancel: &Cancel) -> Result<Check> {
    let first = options.first.open().map_err(|error| of_source(error, "first", None))?;
    let second = options.second.open().map_err(|error| of_source(error, "second", None))?;
    let (mut old, mut new) = read_both(&first, &second, &options.left_out, cancel)?;
    let mut not_compared = Vec::new();
    if !options.value_lists.is_empty() {
        let of_first = |error| of_source(error, "first", Some(&first));
        let of_second = |error| of_source(error, "second", Some(&second));
        let lists = |source: &Opened| rows::find(&source.connection, &options.value_lists, cancel);
        let is_left_out = |list: &List, column: &str| {
            old.leaves_out_column(list, column) || new.leaves_out_column(list, column)
        };
        let (of_old, of_new) = (lists(&first).map_err(of_first)?, lists(&second).map_err(of_second)?);
        let shared = compare::rows::shared(&of_old, &of_new, is_left_out);
        rows::read(&first.connection, &shared.lists, &mut old, cancel).map_err(of_first)?;
        rows::read(&second.connection, &shared.lists, &mut new, cancel).map_err(of_second)?;
        not_compared = shared.not_compared;
    }
    let mut comparison = compare::compare(&old, &new, &options.scope);
    comparison.not_compared.append(&mut not_compared);
    let (first, second) = labels(&first, &second);
    // Nobody needs the nanoseconds.
    let now = Timestamp::now();
    let created = Timestamp::from_second(now.as_second()).unwrap_or(now);
    Ok(Check { first, second, created, comparison })
}

/// Reads both at the same time: the servers do most of the work.
fn read_both(
    first: &Opened,
    second: &Opened,
    left_out: &LeftOut,
    cancel: &Cancel,
) -> Result<(Catalog, Catalog)> {
    let (old, new) = thread::scope(|scope| {
        let other = scope.spawn(|| catalog::read(&second.connection, left_out, cancel));
        let old = catalog::read(&first.connection, left_out, cancel);
        (old, other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    match (old, new) {
        (Ok(old), Ok(new)) => Ok((old, new)),
        (Ok(_), Err(error)) => Err(of_source(error, "second", Some(second))),
        (Err(error), new) => {
            let error = of_source(error, "first", Some(first));
            Err(match new {
                Err(too) if error.kind != crate::error::Kind::Interrupted => {
                    error.note("the second source", format!("{} failed too: {too}", second.label))
                }
                _ => error,
            })
        }
    }
}

/// Adds to an error which of the two sources it is about.
fn of_source(error: Error, which: &str, source: Option<&Opened>) -> Error {
    if error.kind == crate::error::Kind::Interrupted {
        return error;
    }
    let name = source.map_or_else(String::new, |source| format!(", {}", source.label));
    error.note("source", format!("the {which} one{name}"))
}

/// What the two are called: by the first of these that tells them apart.
fn labels(first: &Opened, second: &Opened) -> (String, String) {
    let names: [fn(&Opened) -> String; 3] = [
        |source| source.label.clone(),
        |source| source.connection.database(),
        |source| {
            let connection = &source.connection;
            format!("{} on {}:{}", connection.database(), connection.host(), connection.port())
        },
    ];
    let told_apart = names.iter().map(|name| (name(first), name(second))).find(|(one, other)| one != other);
    told_apart.unwrap_or_else(|| (format!("{} (first)", first.label), format!("{} (second)", second.label)))
}
