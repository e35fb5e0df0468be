use std::sync::Arc;

use proptest::prelude::*;

use super::{Circumstances, Rule, Until, Width, Written, apply, apply_to_unasked, judge, propose, widths};
use crate::catalog::{Element, Identity, Kind};
use crate::compare::{AttributeChange, Change, Difference, Scope};

fn written(rule: Rule) -> Arc<Written> {
    Arc::new(Written { rule, file: "pum.ignore.yaml".into(), line: 1 })
}

fn identity(text: &str) -> Arc<Identity> {
    Arc::new(text.parse().unwrap())
}

/// A difference of these attributes; of a fact that is only in one source for `+` and `-`.
fn difference(text: &str) -> Difference {
    let (identity_text, attributes) = text[2..].split_once(": ").unwrap_or((&text[2..], ""));
    let identity = identity(identity_text);
    let change = match &text[..1] {
        "-" => Change::OnlyFirst { values: Box::default() },
        "+" => Change::OnlySecond { values: Box::default() },
        "=" => Change::Renamed { to: self::identity(attributes) },
        _ => {
            let known = identity.kind.attributes();
            let change = |name: &str| AttributeChange {
                attribute: known.iter().find(|known| known.name == name).unwrap(),
                first: None,
                second: Some("x".into()),
            };
            Change::Changed { attributes: attributes.split(", ").map(change).collect() }
        }
    };
    Difference::new(&identity, change)
}

fn told(difference: &Difference) -> String {
    match &difference.change {
        Change::OnlyFirst { .. } => format!("- {}", difference.identity),
        Change::OnlySecond { .. } => format!("+ {}", difference.identity),
        Change::Renamed { to } => format!("= {}: {to}", difference.identity),
        Change::Changed { attributes } => {
            let names: Vec<&str> = attributes.iter().map(|change| change.attribute.name).collect();
            format!("~ {}: {}", difference.identity, names.join(", "))
        }
    }
}

/// What rules leave, and what they take.
fn applied(differences: &[&str], rules: Vec<Rule>) -> (Vec<String>, Vec<String>) {
    let rules: Vec<Arc<Written>> = rules.into_iter().map(written).collect();
    let (kept, ignored) = apply(differences.iter().map(|text| difference(text)).collect(), &rules);
    (kept.iter().map(told).collect(), ignored.iter().map(|ignored| told(&ignored.difference)).collect())
}

fn named(name: &str) -> Rule {
    Rule { name: Some(name.parse().unwrap()), ..Rule::default() }
}

#[test]
fn a_rule_on_an_object_covers_what_hangs_on_it() {
    let all = [
        "~ table app.pipe: persistence",
        "~ column material on table app.pipe: type",
        "+ default on column material on table app.pipe",
        "~ table app.pipes: persistence",
    ];
    assert_eq!(applied(&all, vec![named("pipe")]).0, [all[3]]);
    assert_eq!(applied(&all, vec![named("pipe.*")]).0, [all[0], all[3]]);
    assert_eq!(applied(&all, vec![named("pipe?")]).1, [all[3]]);
    let tables = Rule { elements: vec![Element::Tables], ..named("pipe") };
    assert_eq!(applied(&all, vec![tables]).0, [all[3]]);
    let other_schema = Rule { schema: Some("ap".parse().unwrap()), ..named("pipe") };
    assert_eq!(applied(&all, vec![other_schema]).0, all);
    let defaults = Rule { kinds: vec![Kind::Default], ..Rule::default() };
    assert_eq!(applied(&all, vec![defaults]).1, [all[2]]);
}

#[test]
fn a_rule_with_attributes_covers_just_these() {
    let all =
        ["~ table app.pipe: persistence", "~ column material on table app.pipe: type, not null, storage"];
    let attributes = |names: &[&str], rule: Rule| Rule {
        attributes: names.iter().map(|name| (*name).to_owned()).collect(),
        ..rule
    };
    let (kept, ignored) = applied(
        &all,
        vec![attributes(&["type"], named("pipe.material")), attributes(&["storage"], named("*.*"))],
    );
    assert_eq!(kept, [all[0], "~ column material on table app.pipe: not null"]);
    assert_eq!(
        ignored,
        ["~ column material on table app.pipe: type", "~ column material on table app.pipe: storage"]
    );
    // Not of what hangs on it.
    assert_eq!(applied(&all, vec![attributes(&["type"], named("pipe"))]).0, all);
    let any = attributes(&["persistence"], Rule::default());
    assert_eq!(applied(&all, vec![any]).1, [all[0]]);
}

#[test]
fn an_element_of_an_attribute_covers_just_that() {
    let position = "~ column material on table app.pipe: position, type";
    let rule = Rule { elements: vec![Element::ColumnOrder], ..Rule::default() };
    assert_eq!(applied(&[position], vec![rule]).1, ["~ column material on table app.pipe: position"]);
}

#[test]
fn only_is_about_what_is_in_one_source() {
    let all = ["- table app.a", "+ table app.b", "~ table app.c: persistence"];
    let only = |side: &str| Rule { only: Some(side.parse().unwrap()), ..Rule::default() };
    assert_eq!(applied(&all, vec![only("first")]).1, [all[0]]);
    assert_eq!(applied(&all, vec![only("second")]).1, [all[1]]);
}

#[test]
fn a_rename_is_ignored_by_either_name_and_by_the_attribute_name() {
    let all = ["= view app.a: view app.b"];
    for name in ["a", "b"] {
        assert_eq!(applied(&all, vec![named(name)]).0, Vec::<String>::new());
        let rule = Rule { attributes: vec!["name".into()], ..named(name) };
        assert_eq!(applied(&all, vec![rule]).0, Vec::<String>::new());
    }
    let rule = Rule { attributes: vec!["definition".into()], ..named("a") };
    assert_eq!(applied(&all, vec![rule]).0, all);
}

#[test]
fn a_rule_holds_until_its_day_and_until_the_databases_have_its_version() {
    let state = |until: &str, version: Option<&str>| {
        let circumstances = Circumstances {
            today: "2026-05-01".parse().unwrap(),
            version: version.map(|version| version.parse().unwrap()),
            ..Circumstances::now()
        };
        let rule = written(Rule { until: Some(until.parse().unwrap()), ..named("pipe") });
        let judged = judge(&[rule], &circumstances, &Scope::default(), &[]);
        (judged.active.len(), judged.expired.len(), judged.idle.len())
    };
    assert_eq!(state("2026-05-01", None), (1, 0, 1));
    assert_eq!(state("2026-04-30", None), (0, 1, 0));
    assert_eq!(state("1.4.0", Some("1.3.9")), (1, 0, 1));
    assert_eq!(state("1.4.0", Some("1.4.0")), (0, 1, 0));
    assert_eq!(state("1.4.0", None), (1, 0, 1));
    assert!(matches!("1.4.0".parse(), Ok(Until::Version(_))));
}

#[test]
fn only_rules_that_could_have_matched_are_idle() {
    let all = [difference("+ view app.v"), difference("~ table app.pipe: persistence")];
    let idle = |rule: &Rule, scope: Scope| {
        let circumstances = Circumstances { databases: vec!["prod".into()], ..Circumstances::now() };
        judge(&[written(rule.clone())], &circumstances, &scope, &all).idle.len()
    };
    let old_view =
        Rule { elements: vec![Element::Views], schema: Some("app".parse().unwrap()), ..named("old") };
    assert_eq!(idle(&old_view, Scope::default()), 1);
    assert_eq!(idle(&old_view, Scope { only: vec![Element::Tables], ..Scope::default() }), 0);
    assert_eq!(idle(&old_view, Scope { ignore: vec![Element::Views], ..Scope::default() }), 0);
    assert_eq!(idle(&old_view, Scope { schemas: vec!["other".into()], ..Scope::default() }), 0);
    assert_eq!(idle(&old_view, Scope { schemas: vec!["app".into()], ..Scope::default() }), 1);
    assert_eq!(idle(&old_view, Scope { exclude_schemas: vec!["app".into()], ..Scope::default() }), 0);
    let elsewhere = Rule { database: Some("test*".parse().unwrap()), ..old_view.clone() };
    assert_eq!(idle(&elsewhere, Scope::default()), 0);
    let here = Rule { database: Some("pr?d".parse().unwrap()), ..old_view };
    assert_eq!(idle(&here, Scope::default()), 1);
    let comments = Rule { elements: vec![Element::Comments], ..Rule::default() };
    assert_eq!(idle(&comments, Scope::default()), 0);
    assert_eq!(idle(&comments, Scope { with: vec![Element::Comments], ..Scope::default() }), 1);
    let rows = Rule { elements: vec![Element::Rows], ..Rule::default() };
    assert_eq!(idle(&rows, Scope::default()), 0);
    // What matches out of scope is not idle.
    assert_eq!(idle(&named("v"), Scope { schemas: vec!["other".into()], ..Scope::default() }), 0);
}

#[test]
fn what_is_only_counted_is_not_counted_when_a_rule_covers_it() {
    let mut differences = vec![
        difference("~ column a on table app.pipe: position, type"),
        difference("~ column a on table app.well: position"),
    ];
    let rules = [written(Rule { elements: vec![Element::ColumnOrder], ..Rule::default() })];
    apply_to_unasked(&mut differences, &rules, &Scope::default());
    let left: Vec<String> = differences.iter().map(told).collect();
    assert_eq!(left, ["~ column a on table app.pipe: type"]);
    // What is asked for is told as ignored.
    let mut asked = vec![difference("~ column a on table app.well: position")];
    let scope = Scope { with: vec![Element::ColumnOrder], ..Scope::default() };
    apply_to_unasked(&mut asked, &rules, &scope);
    assert_eq!(asked.len(), 1);
}

/// Names as people give them, and worse.
fn any_name() -> impl Strategy<Value = String> {
    "[a-b]{1,2}|[abA.*?\\[\\]\"() ]{1,4}|vl_\\*|\\PC{1,5}"
}

prop_compose! {
    /// Differences of one schema, as PostgreSQL can have them: relations of one name are of one kind.
    fn any_differences()(
        facts in proptest::collection::btree_map(
            any_name(),
            (0..3_u8, 0..3_u8, proptest::collection::btree_map(any_name(), (0..3_u8, 0..4_u8, any::<bool>()), 0..4)),
            1..5,
        ),
        schema in any_name(),
    ) -> Vec<Difference> {
        let on = |kind: Kind, name: &str, on: &Arc<Identity>| Arc::new(Identity {
            kind, schema: None, name: name.into(), signature: None, on: Some(Arc::clone(on)),
        });
        let change = |identity: &Arc<Identity>, side: u8, number: u8| {
            let known = identity.kind.attributes();
            Difference::new(identity, match side {
                0 => Change::OnlyFirst { values: Box::default() },
                1 => Change::OnlySecond { values: Box::default() },
                _ => Change::Changed {
                    attributes: known.iter().take(1 + usize::from(number)).map(|attribute| AttributeChange {
                        attribute, first: None, second: Some("x".into()),
                    }).collect(),
                },
            })
        };
        let mut all = Vec::new();
        for (name, (kind, side, columns)) in facts {
            let kind = [Kind::Table, Kind::View, Kind::MaterializedView][usize::from(kind)];
            let relation = Arc::new(Identity {
                kind, schema: Some(schema.as_str().into()), name: name.into(), signature: None, on: None,
            });
            all.push(change(&relation, side, 1));
            // What hangs on what is on one side only is told with it.
            for (name, (side, number, has_default)) in columns.into_iter().filter(|_| side == 2) {
                let column = on(Kind::Column, &name, &relation);
                all.push(change(&column, side, number));
                if has_default && side == 2 {
                    all.push(change(&on(Kind::Default, "", &column), number % 3, 0));
                }
            }
        }
        all
    }
}

proptest! {
    #[test]
    fn the_narrowest_rule_for_a_difference_ignores_exactly_that(
        all in any_differences(),
        chosen in any::<proptest::sample::Index>(),
    ) {
        let difference = &all[chosen.index(all.len())];
        let rule = propose(difference, &Width::narrowest(difference));
        let (kept, ignored) = apply(all.clone(), &[written(rule.clone())]);
        let ignored: Vec<&Difference> = ignored.iter().map(|ignored| &ignored.difference).collect();
        prop_assert_eq!(&ignored, &vec![difference], "{:?}", rule);
        prop_assert_eq!(kept.len(), all.len() - 1);
    }

    #[test]
    fn every_proposed_rule_covers_its_difference_and_is_read_as_it_was_written(
        all in any_differences(),
        reason in "\\PC{1,90}|[a-z #:'\"-]{1,40}|yes|1\\.5|\\*a",
    ) {
        let mut rules = Vec::new();
        for difference in &all {
            for width in widths(difference) {
                let rule = Rule { reason: Some(reason.clone()), ..propose(difference, &width) };
                prop_assert!(super::covered(&rule, difference), "{:?}", rule);
                rules.push(rule);
            }
        }
        let text = crate::config::ignores::text_of(&rules, 0);
        let read = crate::config::ignores::rules_of(&text).map_err(|error| TestCaseError::fail(format!("{error:?}\n{text}")))?;
        prop_assert_eq!(read, rules, "{}", text);
    }
}
