//! The JSON is what docs/check-report.md says.

use std::sync::Arc;

use std::path::Path;

use pum::compare::{Change, Comparison, Difference};
use pum::report::{self, Form, Options};
use serde_json::Value;

use super::{Pair, check_of, identity, ignored, model, other_type};

/// The schema in the documentation.
fn schema() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/check-report.md");
    let text = std::fs::read_to_string(file).unwrap();
    let (_, behind) = text.split_once("```json\n").expect("a block");
    serde_json::from_str(behind.split_once("\n```").unwrap().0).unwrap()
}

/// What does not fit the schema.
fn faults(report: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(&schema()).expect("the schema itself is valid");
    validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn json_of(pair: &Pair, words: &str) -> Value {
    serde_json::from_slice(&pair.check(&format!("--format json {words}")).output().unwrap().stdout).unwrap()
}

#[test]
fn real_reports_fit_the_documented_schema() {
    let equal = Pair::new("create schema app", "create schema app");
    let pair = model();
    for report in [json_of(&equal, ""), json_of(&pair, ""), json_of(&pair, "--with column-order,owners")] {
        assert_eq!(faults(&report), Vec::<String>::new(), "{report:#}");
    }
    let rule = ignored("column b on table app.t", "known").rule;
    let comparison = Comparison {
        differences: vec![Difference::new(
            &identity("column a on table app.t"),
            Change::Renamed { to: identity("column b on table app.t") },
        )],
        ignored: vec![ignored("column b on table app.t", "known")],
        not_compared: vec!["something".to_owned()],
        idle: vec![Arc::clone(&rule)],
        expired: vec![rule],
        unasked: Vec::new(),
    };
    let text = report::render(&check_of(comparison), Form::Json, &Options::default()).unwrap();
    assert_eq!(faults(&serde_json::from_str(&text).unwrap()), Vec::<String>::new(), "{text}");
}

#[test]
fn the_schema_refuses_what_is_not_documented() {
    let comparison = Comparison {
        differences: vec![other_type("column a on table app.t", "integer", "bigint")],
        ..Comparison::default()
    };
    let text = report::render(&check_of(comparison), Form::Json, &Options::default()).unwrap();
    let sound: Value = serde_json::from_str(&text).unwrap();
    assert!(faults(&sound).is_empty());
    let spoil: [fn(&mut Value); 4] = [
        |report| report["version"] = 2.into(),
        |report| report["more"] = 1.into(),
        |report| report["differences"][0]["more"] = 1.into(),
        |report| report["differences"][0]["attributes"][0]["first"] = 1.into(),
    ];
    for spoil in spoil {
        let mut report = sound.clone();
        spoil(&mut report);
        assert!(!faults(&report).is_empty(), "{report:#}");
    }
}

#[test]
fn values_are_as_the_server_gave_them() {
    let report = json_of(&model(), "");
    let differences = report["differences"].as_array().unwrap();
    let find = |identity: &str| {
        differences.iter().find(|one| one["identity"] == identity).unwrap_or_else(|| panic!("{identity}"))
    };
    let scratch = find("table app.scratch");
    let options = &scratch["attributes"].as_array().unwrap()[1];
    assert_eq!(options["attribute"], "options");
    assert_eq!(options["first"], Value::Null);
    assert_eq!(options["second"], serde_json::json!(["autovacuum_enabled=false", "fillfactor=70"]));
    let odd = find("default on column \"<b>\" on table \"Odd\".\"<script>alert(1)</script>\"");
    assert_eq!(odd["attributes"][0]["first"], "'<i>''\"&amp;'::text");
    let node = find("table app.node");
    assert_eq!(node["change"], "only_first");
    let inner: Vec<&str> =
        node["contents"].as_array().unwrap().iter().map(|one| one["identity"].as_str().unwrap()).collect();
    assert!(inner.contains(&"default on column name on table app.node"), "{inner:?}");
    assert_eq!(report["summary"]["differences"], differences.len());
}
