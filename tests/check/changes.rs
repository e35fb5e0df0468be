//! Every attribute of every kind: a change of just this, on one side, is found as exactly this difference. The list of
//! what must have a case is the code's own, so that an attribute without one fails.

mod columns;
mod relations;

use std::collections::BTreeSet;

use pum::catalog::{Element, Kind, LeftOut};
use pum::compare::Scope;

use super::{compare, lines};
use crate::support::database;

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

/// All cases, family by family.
fn families() -> Vec<(&'static str, Vec<Case>)> {
    vec![("relations", relations::cases()), ("columns", columns::cases())]
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

/// Runs all cases of a family in one pair of databases.
fn run(family: &str, cases: &[Case]) {
    let (first, second) = (database(), database());
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
    run("relations", &relations::cases());
}

#[test]
fn columns_differ_by_exactly_what_was_changed() {
    run("columns", &columns::cases());
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
