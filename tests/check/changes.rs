//! Every attribute of every kind: a change of just this, on one side, is found as exactly this difference. The list of
//! what must have a case is the code's own, so that an attribute without one fails.

mod aggregates;
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
mod labels;
mod languages;
mod operators;
mod policies;
mod privileges;
mod publications;
mod relations;
mod rules;
mod sequences;
mod statistics;
mod text_search;
mod triggers;
mod types;

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use pum::catalog::{Element, Kind};
use pum::commands::check::Options;
use pum::compare::Scope;
use pum::programs::{self, Program};
use pum::shadow::Cluster;

use super::{lines, options, run as check, stranger_options};
use crate::support::{Database, cluster, scratch, try_query, try_sql};

/// One change to a schema, and the difference that it makes.
pub struct Case {
    /// The kind of fact that differs.
    kind: Kind,
    /// The attribute that differs; `-` for a fact that is only in the second database.
    attribute: &'static str,
    /// What both databases have. The name `s` is that of a schema of the case's own, which exists. A first line
    /// `-- since 15` keeps the case from older servers.
    before: &'static str,
    /// What is done to the second database.
    change: &'static str,
    /// The identity of the fact that differs.
    identity: &'static str,
}

/// All cases, family by family.
fn families() -> Vec<(&'static str, Vec<Case>)> {
    vec![
        ("relations", relations::cases()),
        ("columns", columns::cases()),
        ("functions", functions::cases()),
        ("aggregates", aggregates::cases()),
        ("types", types::cases()),
        ("base types", base_types::cases()),
        ("collations", collations::cases()),
        ("casts", casts::cases()),
        ("operators", operators::cases()),
        ("text search", text_search::cases()),
        ("languages", languages::cases()),
        ("extensions", extensions::cases()),
        ("publications", publications::cases()),
        ("foreign", foreign::cases()),
        ("event triggers", event_triggers::cases()),
        ("labels", labels::cases()),
        ("constraints", constraints::cases()),
        ("indexes", indexes::cases()),
        ("sequences", sequences::cases()),
        ("rules", rules::cases()),
        ("triggers", triggers::cases()),
        ("policies", policies::cases()),
        ("statistics", statistics::cases()),
        ("comments", comments::cases()),
        ("privileges", privileges::cases()),
    ]
}

/// The name of the schema of a case, in place of the word `s`.
fn place(text: &str, schema: &str) -> String {
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

impl Case {
    /// The oldest major version of the server that knows this: `-- since 15` at the beginning of `before`.
    fn since(&self) -> u32 {
        let number = self.before.strip_prefix("-- since ").and_then(|rest| rest.lines().next());
        number.map_or(0, |number| number.trim().parse().expect("a major version"))
    }
}

/// Two databases of a cluster, the changes of the cases that its server knows in the second, and what differs.
fn pair(cluster: &Cluster, cases: &[Case]) -> (Database, Database, BTreeSet<String>) {
    make_tablespace(cluster);
    let (first, second) = (Database::create(cluster), Database::create(cluster));
    let mut expected = BTreeSet::new();
    for (number, case) in cases.iter().enumerate() {
        if case.since() > cluster.programs().major {
            continue;
        }
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

/// Runs all cases of a family that the server knows in one pair of databases: as their owner, and as a role that may
/// do nothing but connect.
fn run(cluster: &Cluster, family: &str, cases: &[Case]) {
    let (first, second, mut expected) = pair(cluster, cases);
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
    for (family, cases) in families() {
        run(cluster, family, &cases);
    }
}

#[test]
fn relations_differ_by_exactly_what_was_changed() {
    run(cluster(), "relations", &relations::cases());
}

#[test]
fn columns_differ_by_exactly_what_was_changed() {
    run(cluster(), "columns", &columns::cases());
}

#[test]
fn functions_differ_by_exactly_what_was_changed() {
    run(cluster(), "functions", &functions::cases());
}

#[test]
fn aggregates_differ_by_exactly_what_was_changed() {
    run(cluster(), "aggregates", &aggregates::cases());
}

#[test]
fn types_differ_by_exactly_what_was_changed() {
    run(cluster(), "types", &types::cases());
}

#[test]
fn base_types_differ_by_exactly_what_was_changed() {
    run(cluster(), "base types", &base_types::cases());
}

#[test]
fn collations_differ_by_exactly_what_was_changed() {
    run(cluster(), "collations", &collations::cases());
}

#[test]
fn casts_differ_by_exactly_what_was_changed() {
    run(cluster(), "casts", &casts::cases());
}

#[test]
fn operators_differ_by_exactly_what_was_changed() {
    run(cluster(), "operators", &operators::cases());
}

#[test]
fn text_search_differ_by_exactly_what_was_changed() {
    run(cluster(), "text search", &text_search::cases());
}

#[test]
fn languages_differ_by_exactly_what_was_changed() {
    run(cluster(), "languages", &languages::cases());
}

#[test]
fn extensions_differ_by_exactly_what_was_changed() {
    run(cluster(), "extensions", &extensions::cases());
}

#[test]
fn publications_differ_by_exactly_what_was_changed() {
    run(cluster(), "publications", &publications::cases());
}

#[test]
fn foreign_differ_by_exactly_what_was_changed() {
    run(cluster(), "foreign", &foreign::cases());
}

#[test]
fn event_triggers_differ_by_exactly_what_was_changed() {
    run(cluster(), "event triggers", &event_triggers::cases());
}

#[test]
fn labels_differ_by_exactly_what_was_changed() {
    run(cluster(), "labels", &labels::cases());
}

#[test]
fn constraints_differ_by_exactly_what_was_changed() {
    run(cluster(), "constraints", &constraints::cases());
}

#[test]
fn indexes_differ_by_exactly_what_was_changed() {
    run(cluster(), "indexes", &indexes::cases());
}

#[test]
fn sequences_differ_by_exactly_what_was_changed() {
    run(cluster(), "sequences", &sequences::cases());
}

#[test]
fn rules_differ_by_exactly_what_was_changed() {
    run(cluster(), "rules", &rules::cases());
}

#[test]
fn triggers_differ_by_exactly_what_was_changed() {
    run(cluster(), "triggers", &triggers::cases());
}

#[test]
fn policies_differ_by_exactly_what_was_changed() {
    run(cluster(), "policies", &policies::cases());
}

#[test]
fn statistics_differ_by_exactly_what_was_changed() {
    run(cluster(), "statistics", &statistics::cases());
}

#[test]
fn comments_differ_by_exactly_what_was_changed() {
    run(cluster(), "comments", &comments::cases());
}

#[test]
fn privileges_differ_by_exactly_what_was_changed() {
    run(cluster(), "privileges", &privileges::cases());
}

#[test]
fn every_attribute_of_every_kind_has_a_case() {
    let cases: Vec<Case> = families().into_iter().flat_map(|(_, cases)| cases).collect();
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

/// Families of relations and of what hangs on them.
const OF_RELATIONS: &[&str] = &[
    "relations",
    "columns",
    "constraints",
    "indexes",
    "sequences",
    "rules",
    "triggers",
    "policies",
    "statistics",
    "comments",
    "privileges",
];

/// Whether pg_dump writes it: all but what is left over from an index that could not be built.
fn is_dumped(case: &Case) -> bool {
    !matches!(case.attribute, "validity" | "index validity")
        || case.kind == Kind::Constraint && case.attribute == "validity"
}

#[test]
fn a_dump_keeps_every_attribute_of_relations() {
    let families = families().into_iter().filter(|(family, _)| OF_RELATIONS.contains(family));
    let cases: Vec<Case> = families.flat_map(|(_, cases)| cases).filter(is_dumped).collect();
    let (first, second, _) = pair(cluster(), &cases);
    let scope = Scope { with: Element::ALL.to_vec(), ..Scope::default() };
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
        let found = lines(&check(&Options { scope: scope.clone(), ..options(&database, &copy) }));
        assert_eq!(found, Vec::<String>::new());
    }
}
