//! Pairs of schemas from public test suites, which are not part of this repository: PUM_CORPORA names a directory below
//! which every directory with `a.sql` and `b.sql`, or `old.sql` and `new.sql`, is a pair. From one to the other and
//! back; the report goes to standard output.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{apply, left_over, read, write};
use crate::support::{Database, cluster, try_sql};

/// The pairs below a directory, each with its name.
fn pairs(root: &Path, found: &mut Vec<(PathBuf, PathBuf, PathBuf)>) {
    for [old, new] in [["a.sql", "b.sql"], ["old.sql", "new.sql"]] {
        let (old, new) = (root.join(old), root.join(new));
        if old.is_file() && new.is_file() {
            found.push((root.to_owned(), old, new));
        }
    }
    let Ok(entries) = std::fs::read_dir(root) else { return };
    let mut below: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    below.sort();
    for directory in below {
        pairs(&directory, found);
    }
}

/// A database with this schema. Roles belong to the whole cluster: they are made before, and stay.
fn load(file: &Path) -> Result<Database, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let mut schema = String::new();
    for statement in text.split_inclusive(';') {
        let words: Vec<String> = statement.split_whitespace().take(3).map(str::to_lowercase).collect();
        match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["create", "role" | "user", name] => {
                let _ = try_sql(
                    &cluster().uri("postgres"),
                    &format!("create role {}", name.trim_end_matches(';')),
                );
            }
            _ => schema.push_str(statement),
        }
    }
    let database = Database::create_with(cluster(), "template template0 strategy file_copy");
    apply(database.uri(), &schema).map(|()| database)
}

/// What went wrong on the way, `None` if there is nothing to do.
fn go(from: &Database, to: &Database) -> Option<Result<(), String>> {
    let went = || {
        let (first, second) = (read(&from.parameters())?, read(&to.parameters())?);
        let sql = write(&first, &second)?;
        if sql.is_empty() {
            return Ok(None);
        }
        let copy = from.copy(cluster());
        apply(copy.uri(), &sql)?;
        let left = left_over(&read(&copy.parameters())?, &second);
        if left.is_empty() { Ok(Some(())) } else { Err(format!("left over: {}", left.join("; "))) }
    };
    went().transpose()
}

#[test]
#[ignore = "needs PUM_CORPORA, a directory of pairs of schemas"]
fn the_other_side_of_public_pairs_is_reached() {
    let root = PathBuf::from(std::env::var_os("PUM_CORPORA").expect("PUM_CORPORA"));
    let mut found = Vec::new();
    pairs(&root, &mut found);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for (name, old, new) in &found {
        let name = name.strip_prefix(&root).unwrap_or(name).display();
        let (old, new) = match (load(old), load(new)) {
            (Ok(old), Ok(new)) => (old, new),
            (Err(error), _) | (_, Err(error)) => {
                *counts.entry("does not load").or_default() += 1;
                failures.push(format!("{name} does not load: {error}"));
                continue;
            }
        };
        for (way, from, to) in [("forth", &old, &new), ("back", &new, &old)] {
            match go(from, to) {
                None => *counts.entry("equal").or_default() += 1,
                Some(Ok(())) => *counts.entry("reached").or_default() += 1,
                Some(Err(error)) => {
                    *counts.entry("not reached").or_default() += 1;
                    failures.push(format!("{name} {way}: {error}"));
                }
            }
        }
    }
    let count = |what| counts.get(what).copied().unwrap_or(0);
    let tried = count("reached") + count("not reached");
    let report = format!(
        "{counts:?}, {:.1} % of {tried} reach the other side\n{}",
        100.0 * count("reached") as f64 / tried.max(1) as f64,
        failures.join("\n")
    );
    let _ = std::io::Write::write_all(&mut std::io::stdout(), report.as_bytes());
    // What the engine has to reach before it is called done.
    assert!(tried > 0 && count("reached") * 100 >= tried * 90, "{report}");
}
