//! Every attribute of every kind: a change of just this, on one side, is found as exactly this difference. The list of
//! what must have a case is the code's own, so that an attribute without one fails.

mod columns;
mod comments;
mod constraints;
mod indexes;
mod policies;
mod privileges;
mod relations;
mod rules;
mod sequences;
mod statistics;
mod triggers;

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use pum::catalog::{Element, Kind, LeftOut};
use pum::compare::Scope;
use pum::programs::{self, Program};
use pum::shadow::{Cluster, Options};

use super::{compare, lines};
use crate::support::{Database, cluster, scratch, start, try_query, try_sql};

/// One change to a schema, and the difference that it makes.
pub struct Case {
    /// The kind of fact that differs.
    kind: Kind,
    /// The attribute that differs; `-` for a fact that is only in the second database.
    attribute: &'static str,
    /// What both databases have. The name `s` is that of a schema of the case's own, which exists.
    before: &'static str,
    /// What is done to the second database.
    change: &'static str,
    /// The identity of the fact that differs.
    identity: &'static str,
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
        ("comments", 13, comments::cases()),
        ("comments", 18, comments::since_18()),
        ("privileges", 13, privileges::cases()),
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

/// The cases of a family, or of all, that the server of a cluster knows.
fn known(cluster: &Cluster, family: Option<&str>) -> Vec<Case> {
    let version = Database::create(cluster).value("show server_version_num");
    let major = version.parse::<u32>().expect("version") / 10_000;
    families()
        .into_iter()
        .filter(|(name, since, _)| family.is_none_or(|family| family == *name) && *since <= major)
        .flat_map(|(.., cases)| cases)
        .collect()
}

/// Two databases of a cluster, the cases' changes in the second, and what differs.
pub fn pair(cluster: &Cluster, cases: &[Case]) -> (Database, Database, BTreeSet<String>) {
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

/// Runs all cases of a family in one pair of databases of a cluster, as far as its server knows them.
fn run(cluster: &Cluster, family: &str) {
    let (first, second, expected) = pair(cluster, &known(cluster, Some(family)));
    let scope = Scope { with: Element::ALL.to_vec(), ..Scope::default() };
    let found: BTreeSet<String> =
        lines(&compare(&first, &second, scope, LeftOut::default())).into_iter().collect();
    let missing: Vec<&String> = expected.difference(&found).collect();
    let beside: Vec<&String> = found.difference(&expected).collect();
    assert!(
        missing.is_empty() && beside.is_empty(),
        "{family}:\nnot found: {missing:#?}\nfound beside: {beside:#?}"
    );
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
fn comments_differ_by_exactly_what_was_changed() {
    run(cluster(), "comments");
}

#[test]
fn privileges_differ_by_exactly_what_was_changed() {
    run(cluster(), "privileges");
}

/// The majors of `PUM_TEST_SERVERS`, with commas between them, are tested too; `PUM_PG_BIN` says where they are.
#[test]
fn other_servers_differ_by_exactly_what_was_changed() {
    let majors = std::env::var("PUM_TEST_SERVERS").unwrap_or_default();
    for major in majors.split(',').filter(|major| !major.is_empty()) {
        let major: u32 = major.parse().expect("a major version");
        let cluster = start(&Options { major: Some(major), ..Options::default() });
        let version = Database::create(&cluster).value("show server_version_num");
        assert!(version.starts_with(&major.to_string()), "no server {major}, but {version}");
        let names: BTreeSet<&str> = families().into_iter().map(|(name, ..)| name).collect();
        for family in names {
            run(&cluster, family);
        }
    }
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

/// What pg_dump does not write: an index that is left over, and what the catalog was told behind the server's back.
fn is_dumped(case: &Case) -> bool {
    !matches!(case.attribute, "validity" | "index validity")
        || case.kind == Kind::Constraint && case.attribute == "validity"
}

#[test]
fn a_dump_keeps_every_attribute() {
    let mut cases = known(cluster(), None);
    cases.retain(|case| is_dumped(case) && case.kind != Kind::SecurityLabel);
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
