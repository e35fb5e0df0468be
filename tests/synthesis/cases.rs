//! Every attribute of every kind: from the state before its change to the one after it, and back.

use std::collections::BTreeSet;

use pum::catalog::Kind;

use super::{apply, left_over, read, write};
use crate::check::changes::{self, Case};
use crate::support::{Database, cluster};

/// The ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Forth,
    Back,
}

/// What is not written yet, or cannot be: the kind, the attribute, what the identity contains, the way, why. A case that
/// begins to pass has to leave this list.
const NOT_YET: &[(Kind, &str, &str, Way, &str)] = &[
    (
        Kind::Table,
        "inherits",
        "",
        Way::Forth,
        "PostgreSQL makes columns a child's own when it is taken from a parent, and never takes that back",
    ),
    (
        Kind::Table,
        "inherits",
        "",
        Way::Back,
        "PostgreSQL makes columns a child's own when it is taken from a parent, and never takes that back",
    ),
    (
        Kind::ForeignTable,
        "inherits",
        "",
        Way::Forth,
        "PostgreSQL makes columns a child's own when it is taken from a parent, and never takes that back",
    ),
    (
        Kind::ForeignTable,
        "inherits",
        "",
        Way::Back,
        "PostgreSQL makes columns a child's own when it is taken from a parent, and never takes that back",
    ),
    (
        Kind::Column,
        "inherited",
        "",
        Way::Forth,
        "PostgreSQL makes columns a child's own when it is taken from a parent, and never takes that back",
    ),
    (Kind::Constraint, "inherited", "", Way::Forth, "no ALTER makes a constraint only inherited"),
    (
        Kind::Constraint,
        "partition of",
        "",
        Way::Back,
        "no ALTER detaches an index; that of the parent would have to be made anew",
    ),
    (
        Kind::Index,
        "partition of",
        "",
        Way::Back,
        "no ALTER detaches an index; that of the parent would have to be made anew",
    ),
    (Kind::Extension, "version", "", Way::Back, "the extension has no way back to that version"),
    (Kind::UserMapping, "options", "server secret", Way::Forth, "the value of a secret option is not read"),
    (Kind::Subscription, "-", "", Way::Forth, "subscriptions are not written yet"),
    (Kind::Subscription, "-", "", Way::Back, "subscriptions are not written yet"),
    (Kind::Subscription, "publications", "", Way::Forth, "subscriptions are not written yet"),
    (Kind::Subscription, "publications", "", Way::Back, "subscriptions are not written yet"),
    (Kind::Subscription, "slot", "", Way::Forth, "subscriptions are not written yet"),
    (Kind::Subscription, "slot", "", Way::Back, "subscriptions are not written yet"),
    (Kind::Subscription, "synchronous commit", "", Way::Forth, "subscriptions are not written yet"),
    (Kind::Subscription, "synchronous commit", "", Way::Back, "subscriptions are not written yet"),
    (Kind::Subscription, "binary", "", Way::Forth, "subscriptions are not written yet"),
    (Kind::Subscription, "binary", "", Way::Back, "subscriptions are not written yet"),
    (Kind::Subscription, "streaming", "", Way::Forth, "subscriptions are not written yet"),
    (Kind::Subscription, "streaming", "", Way::Back, "subscriptions are not written yet"),
    (Kind::Subscription, "disable on error", "", Way::Forth, "subscriptions are not written yet"),
    (Kind::Subscription, "disable on error", "", Way::Back, "subscriptions are not written yet"),
    (Kind::Subscription, "password required", "", Way::Forth, "subscriptions are not written yet"),
    (Kind::Subscription, "password required", "", Way::Back, "subscriptions are not written yet"),
    (Kind::Subscription, "run as owner", "", Way::Forth, "subscriptions are not written yet"),
    (Kind::Subscription, "run as owner", "", Way::Back, "subscriptions are not written yet"),
    (Kind::Subscription, "origin", "", Way::Forth, "subscriptions are not written yet"),
    (Kind::Subscription, "origin", "", Way::Back, "subscriptions are not written yet"),
];

/// The cases of a family that the server knows, each with a number of its own. Those that a test tells the catalog behind
/// the server's back are none: no statement leads there.
fn known(family: &str) -> Vec<(usize, Case)> {
    let major = cluster().programs().major;
    changes::families()
        .into_iter()
        .filter(|(name, since, _)| *name == family && *since <= major)
        .flat_map(|(.., cases)| cases)
        .filter(|case| !is_told(case))
        .enumerate()
        .collect()
}

fn is_told(case: &Case) -> bool {
    let behind = ["update pg_", "insert into pg_"];
    behind.iter().any(|told| case.before.contains(told) || case.change.contains(told))
}

fn is_expected_to_fail(case: &Case, way: Way) -> bool {
    NOT_YET.iter().any(|(kind, attribute, identity, known, _)| {
        (*kind, *attribute, *known) == (case.kind, case.attribute, way) && case.identity.contains(identity)
    })
}

/// A database before the changes of these cases, and one after them.
fn pair(cases: &[&(usize, Case)]) -> (Database, Database) {
    let (before, after) = (Database::create(cluster()), Database::create(cluster()));
    for (number, case) in cases {
        let schema = format!("case_{number}");
        let sql = format!("create schema {schema}; {}", changes::place(case.before, &schema));
        before.sql(&sql);
        after.sql(&sql);
        after.sql(&changes::place(case.change, &schema));
    }
    (before, after)
}

/// Brings one database to the state of the other; what was written, and what went wrong. Nobody copies it: subscriptions
/// do not come along.
fn go(from: &Database, to: &Database) -> Result<(), String> {
    let (first, second) = (read(&from.parameters())?, read(&to.parameters())?);
    let sql = write(&first, &second)?;
    apply(from.uri(), &sql).map_err(|error| format!("{error}in:\n{sql}"))?;
    let left = left_over(&read(&from.parameters())?, &second);
    if left.is_empty() { Ok(()) } else { Err(format!("left over: {left:#?}\nafter:\n{sql}")) }
}

fn go_one_way(cases: &[&(usize, Case)], way: Way) -> Result<(), String> {
    let (before, after) = pair(cases);
    match way {
        Way::Forth => go(&before, &after),
        Way::Back => go(&after, &before),
    }
}

/// Goes both ways with all cases of a family at once, and with those that are expected to fail one by one. Schemas tell
/// the cases apart: `case_7`.
fn run(family: &str) {
    changes::make_tablespace(cluster());
    let cases = known(family);
    let mut wrong = Vec::new();
    for way in [Way::Forth, Way::Back] {
        let (failing, working): (Vec<_>, Vec<_>) =
            cases.iter().partition(|(_, case)| is_expected_to_fail(case, way));
        for entry in failing {
            if go_one_way(&[entry], way).is_ok() {
                wrong.push(format!(
                    "{way:?} works, and is in the list: {:?} {}",
                    entry.1.kind, entry.1.attribute
                ));
            }
        }
        wrong.extend(go_one_way(&working, way).err().map(|error| format!("{way:?}: {error}")));
    }
    assert!(wrong.is_empty(), "{family}: {}\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn the_list_of_what_is_not_written_yet_names_cases() {
    let cases: Vec<Case> = changes::families().into_iter().flat_map(|(.., cases)| cases).collect();
    let known: BTreeSet<(Kind, &str)> = cases.iter().map(|case| (case.kind, case.attribute)).collect();
    for (kind, attribute, ..) in NOT_YET {
        assert!(known.contains(&(*kind, *attribute)), "{kind:?} {attribute}");
    }
}

macro_rules! families {
    ($($name:ident => $family:literal,)*) => {
        $(#[test]
        fn $name() {
            run($family);
        })*

        #[test]
        fn every_family_is_run() {
            let run: BTreeSet<&str> = [$($family),*].into();
            let all: BTreeSet<&str> = changes::families().into_iter().map(|(name, ..)| name).collect();
            assert_eq!(run, all);
        }
    };
}

families! {
    relations_are_written_both_ways => "relations",
    columns_are_written_both_ways => "columns",
    constraints_are_written_both_ways => "constraints",
    indexes_are_written_both_ways => "indexes",
    sequences_are_written_both_ways => "sequences",
    rules_are_written_both_ways => "rules",
    triggers_are_written_both_ways => "triggers",
    policies_are_written_both_ways => "policies",
    statistics_are_written_both_ways => "statistics",
    functions_are_written_both_ways => "functions",
    aggregates_are_written_both_ways => "aggregates",
    types_are_written_both_ways => "types",
    base_types_are_written_both_ways => "base types",
    collations_are_written_both_ways => "collations",
    casts_are_written_both_ways => "casts",
    operators_are_written_both_ways => "operators",
    text_search_objects_are_written_both_ways => "text search",
    languages_are_written_both_ways => "languages",
    extensions_are_written_both_ways => "extensions",
    publications_are_written_both_ways => "publications",
    subscriptions_are_written_both_ways => "subscriptions",
    foreign_data_objects_are_written_both_ways => "foreign",
    event_triggers_are_written_both_ways => "event triggers",
    what_hangs_on_objects_of_all_kinds_is_written_both_ways => "attached",
    comments_are_written_both_ways => "comments",
    privileges_are_written_both_ways => "privileges",
}
