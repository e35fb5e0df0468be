//! Every attribute of every kind: a change of just this, on one side, is found as exactly this difference. The list of
//! what must have a case is the code's own, so that an attribute without one fails.

mod aggregates;
mod attached;
mod base_types;
mod casts;
mod collations;
mod columns;
mod comments;
mod constraints;
mod event_triggers;
mod extensions;
mod foreign;
mod functions;
mod indexes;
mod languages;
mod operators;
mod policies;
mod privileges;
mod publications;
mod relations;
mod rules;
mod sequences;
mod statistics;
mod subscriptions;
mod text_search;
mod triggers;
mod types;

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use pum::catalog::{Element, Kind, LeftOut};
use pum::commands::check::Options;
use pum::compare::Scope;
use pum::programs::{self, Program};
use pum::shadow::Cluster;

use super::{compare, lines, options, run as check, stranger_options};
use crate::support::{Database, cluster, scratch, try_query, try_sql};

/// One change to a schema, and the difference that it makes.
pub struct Case {
    /// The kind of fact that differs.
    pub kind: Kind,
    /// The attribute that differs; `-` for a fact that is only in the second database.
    pub attribute: &'static str,
    /// What both databases have. The name `s` is that of a schema of the case's own, which exists.
    pub before: &'static str,
    /// What is done to the second database.
    pub change: &'static str,
    /// The identity of the fact that differs.
    pub identity: &'static str,
}

/// A family of cases, and the major version of the server that they came with.
type Family = (&'static str, u32, Vec<Case>);

/// All cases.
pub fn families() -> Vec<Family> {
    vec![
        ("relations", 13, relations::cases()),
        ("columns", 13, columns::cases()),
        ("columns", 14, columns::since_14()),
        ("columns", 18, columns::since_18()),
        ("constraints", 13, constraints::cases()),
        ("constraints", 15, constraints::since_15()),
        ("constraints", 18, constraints::since_18()),
        ("indexes", 13, indexes::cases()),
        ("indexes", 15, indexes::since_15()),
        ("sequences", 13, sequences::cases()),
        ("sequences", 15, sequences::since_15()),
        ("rules", 13, rules::cases()),
        ("triggers", 13, triggers::cases()),
        ("policies", 13, policies::cases()),
        ("statistics", 13, statistics::cases()),
        ("statistics", 14, statistics::since_14()),
        ("functions", 13, functions::cases()),
        ("functions", 14, functions::since_14()),
        ("aggregates", 13, aggregates::cases()),
        ("types", 13, types::cases()),
        ("types", 14, types::since_14()),
        ("types", 17, types::since_17()),
        ("base types", 13, base_types::cases()),
        ("base types", 14, base_types::since_14()),
        ("collations", 13, collations::cases()),
        ("collations", 16, collations::since_16()),
        ("casts", 13, casts::cases()),
        ("operators", 13, operators::cases()),
        ("text search", 13, text_search::cases()),
        ("languages", 13, languages::cases()),
        ("extensions", 13, extensions::cases()),
        ("publications", 13, publications::cases()),
        ("publications", 15, publications::since_15()),
        ("publications", 18, publications::since_18()),
        ("subscriptions", 13, subscriptions::cases()),
        ("subscriptions", 14, subscriptions::since_14()),
        ("subscriptions", 15, subscriptions::since_15()),
        ("subscriptions", 16, subscriptions::since_16()),
        ("subscriptions", 17, subscriptions::since_17()),
        ("foreign", 13, foreign::cases()),
        ("event triggers", 13, event_triggers::cases()),
        ("attached", 13, attached::cases()),
        ("comments", 13, comments::cases()),
        ("comments", 18, comments::since_18()),
        ("privileges", 13, privileges::cases()),
    ]
}

/// The name of the schema of a case, in place of the word `s`.
pub fn place(text: &str, schema: &str) -> String {
    let mut placed = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        placed.push_str(if word == "s" { schema } else { &word });
        word.clear();
        if c != '\0' {
            placed.push(c);
        }
    }
    placed
}

/// Makes a tablespace for the cases, in the cluster's own directory.
pub fn make_tablespace(cluster: &Cluster) {
    static MADE: Mutex<()> = Mutex::new(());
    let _one_at_a_time = MADE.lock().expect("lock");
    let uri = cluster.uri("postgres");
    let exists =
        try_query(&uri, "select 1 from pg_tablespace where spcname = 'case_space'").expect("tablespaces");
    if exists.is_empty() {
        let uri = format!("{uri}&options=-c%20allow_in_place_tablespaces%3Don");
        try_sql(&uri, "create tablespace case_space location ''").expect("tablespace");
    }
}

/// The cases of a family, or of all, that the server of a cluster knows.
fn known(cluster: &Cluster, family: Option<&str>) -> Vec<Case> {
    let major = cluster.programs().major;
    families()
        .into_iter()
        .filter(|(name, since, _)| family.is_none_or(|family| family == *name) && *since <= major)
        .flat_map(|(.., cases)| cases)
        .collect()
}

/// Two databases of a cluster, the cases' changes in the second, and what differs.
fn pair(cluster: &Cluster, cases: &[Case]) -> (Database, Database, BTreeSet<String>) {
    make_tablespace(cluster);
    let (first, second) = (Database::create(cluster), Database::create(cluster));
    let mut expected = BTreeSet::new();
    for (number, case) in cases.iter().enumerate() {
        let schema = format!("case_{number}");
        let before = format!("create schema {schema}; {}", place(case.before, &schema));
        first.sql(&before);
        second.sql(&before);
        second.sql(&place(case.change, &schema));
        // Positions are told once a table.
        let attribute = if case.attribute == "position" { "column order" } else { case.attribute };
        expected.insert(format!("{}: {attribute}", place(case.identity, &schema)));
    }
    (first, second, expected)
}

/// Runs all cases of a family that the server knows in one pair of databases of a cluster: as their owner, and as a
/// role that may do nothing but connect.
fn run(cluster: &Cluster, family: &str) {
    let (first, second, mut expected) = pair(cluster, &known(cluster, Some(family)));
    let scope = Scope { with: Element::ALL.to_vec(), ..Scope::default() };
    let owner = Options { scope: scope.clone(), ..options(&first, &second) };
    let stranger = Options { scope, ..stranger_options(&first, &second) };
    assert_found(family, &expected, &owner);
    // What the server shows to owners alone.
    expected.retain(|line| !(line.starts_with("user mapping") && line.ends_with(": options")));
    assert_found(&format!("{family}, as a stranger"), &expected, &stranger);
}

fn assert_found(what: &str, expected: &BTreeSet<String>, options: &Options) {
    let found: BTreeSet<String> = lines(&check(options)).into_iter().collect();
    let missing: Vec<&String> = expected.difference(&found).collect();
    let beside: Vec<&String> = found.difference(expected).collect();
    assert!(
        missing.is_empty() && beside.is_empty(),
        "{what}:\nnot found: {missing:#?}\nfound beside: {beside:#?}"
    );
}

/// Runs all families on a server.
pub fn run_all(cluster: &Cluster) {
    let names: BTreeSet<&str> = families().into_iter().map(|(name, ..)| name).collect();
    for family in names {
        run(cluster, family);
    }
}

#[test]
fn relations_differ_by_exactly_what_was_changed() {
    run(cluster(), "relations");
}

#[test]
fn columns_differ_by_exactly_what_was_changed() {
    run(cluster(), "columns");
}

#[test]
fn constraints_differ_by_exactly_what_was_changed() {
    run(cluster(), "constraints");
}

#[test]
fn indexes_differ_by_exactly_what_was_changed() {
    run(cluster(), "indexes");
}

#[test]
fn sequences_differ_by_exactly_what_was_changed() {
    run(cluster(), "sequences");
}

#[test]
fn rules_differ_by_exactly_what_was_changed() {
    run(cluster(), "rules");
}

#[test]
fn triggers_differ_by_exactly_what_was_changed() {
    run(cluster(), "triggers");
}

#[test]
fn policies_differ_by_exactly_what_was_changed() {
    run(cluster(), "policies");
}

#[test]
fn statistics_differ_by_exactly_what_was_changed() {
    run(cluster(), "statistics");
}

#[test]
fn functions_differ_by_exactly_what_was_changed() {
    run(cluster(), "functions");
}

#[test]
fn aggregates_differ_by_exactly_what_was_changed() {
    run(cluster(), "aggregates");
}

#[test]
fn types_differ_by_exactly_what_was_changed() {
    run(cluster(), "types");
}

#[test]
fn base_types_differ_by_exactly_what_was_changed() {
    run(cluster(), "base types");
}

#[test]
fn collations_differ_by_exactly_what_was_changed() {
    run(cluster(), "collations");
}

#[test]
fn casts_differ_by_exactly_what_was_changed() {
    run(cluster(), "casts");
}

#[test]
fn operators_differ_by_exactly_what_was_changed() {
    run(cluster(), "operators");
}

#[test]
fn text_search_objects_differ_by_exactly_what_was_changed() {
    run(cluster(), "text search");
}

#[test]
fn languages_differ_by_exactly_what_was_changed() {
    run(cluster(), "languages");
}

#[test]
fn extensions_differ_by_exactly_what_was_changed() {
    run(cluster(), "extensions");
}

#[test]
fn publications_differ_by_exactly_what_was_changed() {
    run(cluster(), "publications");
}

#[test]
fn subscriptions_differ_by_exactly_what_was_changed() {
    run(cluster(), "subscriptions");
}

#[test]
fn foreign_data_objects_differ_by_exactly_what_was_changed() {
    run(cluster(), "foreign");
}

#[test]
fn event_triggers_differ_by_exactly_what_was_changed() {
    run(cluster(), "event triggers");
}

#[test]
fn what_hangs_on_objects_of_all_kinds_differs_by_exactly_what_was_changed() {
    run(cluster(), "attached");
}

#[test]
fn comments_differ_by_exactly_what_was_changed() {
    run(cluster(), "comments");
}

#[test]
fn privileges_differ_by_exactly_what_was_changed() {
    run(cluster(), "privileges");
}

#[test]
fn every_attribute_of_every_kind_has_a_case() {
    let cases: Vec<Case> = families().into_iter().flat_map(|(.., cases)| cases).collect();
    let covered: BTreeSet<(Kind, &str)> = cases.iter().map(|case| (case.kind, case.attribute)).collect();
    let without: Vec<String> = Kind::ALL
        .iter()
        // They are read from tables; see `rows`.
        .filter(|kind| **kind != Kind::Row)
        .flat_map(|kind| {
            let attributes = kind.attributes().iter().map(|attribute| attribute.name);
            attributes.chain(["-"]).map(move |attribute| (*kind, attribute))
        })
        .filter(|pair| !covered.contains(pair))
        .map(|(kind, attribute)| format!("{}: {attribute}", kind.word()))
        .collect();
    assert!(without.is_empty(), "no case for: {without:#?}");
}

/// What pg_dump does not write: an index that is left over, the version of an extension, and what the catalog was told
/// behind the server's back.
fn is_dumped(case: &Case) -> bool {
    let is_left_over =
        case.kind != Kind::Constraint && matches!(case.attribute, "validity" | "index validity");
    let is_version = case.kind == Kind::Extension && case.attribute == "version";
    let behind = ["update pg_", "insert into pg_"];
    let is_told = behind.iter().any(|told| case.before.contains(told) || case.change.contains(told));
    !(is_left_over || is_version || is_told)
}

#[test]
fn a_dump_keeps_every_attribute() {
    let mut cases = known(cluster(), None);
    cases.retain(is_dumped);
    let (first, second, _) = pair(cluster(), &cases);
    let scope = || Scope { with: Element::ALL.to_vec(), ..Scope::default() };
    for database in [first, second] {
        let copy = Database::create(cluster());
        let file = scratch().join(format!("{}.sql", database.name()));
        let program = |program| programs::find(program, None, None).expect("program").path;
        let dump =
            Command::new(program(Program::PgDump)).args(["--file"]).arg(&file).arg(database.uri()).status();
        assert!(dump.expect("pg_dump").success());
        let load = Command::new(program(Program::Psql))
            .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file"])
            .arg(&file)
            .arg(copy.uri())
            .stdout(Stdio::null())
            .status();
        assert!(load.expect("psql").success());
        let found = lines(&compare(&database, &copy, scope(), LeftOut::default()));
        assert_eq!(found, Vec::<String>::new());
    }
}
