//! Verdicts in the forms that CI services read.

use std::path::Path;

use pum::report::verification::{Form, render};
use serde_json::Value;

use super::world::{Repo, assert_verify};

/// A repository with a finding of every sort of place.
fn refuted() -> Repo {
    let repo = Repo::new();
    repo.file("delta/delta_1.2.0_a.sql", "select 1;\n  -- TODO: 50% <done> & \"more\"\n");
    repo.file("delta/delta_1.2.0_a,b: c.sql", "select 1;\n");
    repo.commit("wrong");
    repo
}

/// The schema in the documentation.
fn schema() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verify-report.md");
    let text = std::fs::read_to_string(file).unwrap();
    let (_, behind) = text.split_once("```json\n").expect("a block");
    serde_json::from_str(behind.split_once("\n```").unwrap().0).unwrap()
}

/// What does not fit the schema.
fn faults(report: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(&schema()).expect("the schema itself is valid");
    validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn json_of(repo: &Repo, words: &[&str]) -> Value {
    let file = repo.path().join("report.json");
    repo.verify(&["--report", "json:report.json"]).args(words).output().unwrap();
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn json_fits_the_documented_schema() {
    let report = json_of(&refuted(), &[]);
    assert_eq!(faults(&report), Vec::<String>::new(), "{report:#}");
    assert_eq!(report["verdict"], "refuted");
    assert_eq!(report["stages"][0]["findings"][1]["line"], 2);
    assert_eq!(report["stages"][0]["findings"][1]["column"], 3);
    let proven = json_of(&Repo::new(), &[]);
    assert_eq!(faults(&proven), Vec::<String>::new(), "{proven:#}");
    assert_eq!(
        (proven["verdict"].as_str(), proven["base"].as_str().map(str::len)),
        (Some("proven"), Some(40))
    );
    let repo = Repo::empty();
    repo.commit("nothing");
    let unverified = json_of(&repo, &[]);
    assert_eq!(faults(&unverified), Vec::<String>::new(), "{unverified:#}");
    assert!(unverified["reason"].as_str().unwrap().contains("has no pum.yaml"));
    let mut spoiled = report;
    spoiled["stages"][0]["findings"][0]["more"] = 1.into();
    assert!(!faults(&spoiled).is_empty());
}

#[test]
fn junit_has_a_case_a_stage() {
    let repo = refuted();
    repo.verify(&["--report", "junit:out.xml"]).assert().code(1);
    let _commits = super::world::filters();
    let xml = std::fs::read_to_string(repo.path().join("out.xml")).unwrap();
    let times = regex_free_times(&xml);
    insta::assert_snapshot!(times, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="pum verify" tests="1" failures="1" errors="0" skipped="0" time="0">
      <testsuite name="pum verify HEAD" tests="1" failures="1" errors="0" skipped="0" time="0">
        <testcase classname="pum.verify" name="names" time="0">
          <failure type="names" message="delta/delta_1.2.0_a,b: c.sql: it looks like a delta and is none, so it would never run: the title has ',' in it; only letters, digits and underscores may be there (and 1 more)">delta/delta_1.2.0_a,b: c.sql: it looks like a delta and is none, so it would never run: the title has ',' in it; only letters, digits and underscores may be there
    help: git mv 'delta/delta_1.2.0_a,b: c.sql' delta/delta_1.2.0_a_b__c.sql
    delta/delta_1.2.0_a.sql:2:3: a TODO is left: the delta is not finished
    help: write what is missing, and remove the line
    </failure>
          <system-out>3 deltas, 1 new</system-out>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
    // It is well-formed.
    assert!(is_balanced(&xml), "{xml}");
    let empty = Repo::empty();
    empty.commit("nothing");
    empty.verify(&["--report", "junit:out.xml"]).assert().code(3);
    insta::assert_snapshot!(regex_free_times(&std::fs::read_to_string(empty.path().join("out.xml")).unwrap()), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="pum verify" tests="1" failures="0" errors="1" skipped="0" time="0">
      <testsuite name="pum verify HEAD" tests="1" failures="0" errors="1" skipped="0" time="0">
        <testcase classname="pum.verify" name="verify" time="0">
          <error message="HEAD has no pum.yaml">pum verify -c FILE names a configuration file elsewhere</error>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
}

/// The text with every time as 0.
fn regex_free_times(xml: &str) -> String {
    let mut parts = xml.split("time=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (_, rest) = part.split_once('"').unwrap();
        format!("{text}time=\"0\"{rest}")
    })
}

/// Whether every tag is closed, and in the order of opening.
fn is_balanced(xml: &str) -> bool {
    let mut open = Vec::new();
    for part in xml.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap();
        let name = tag.split([' ', '/']).find(|word| !word.is_empty()).unwrap_or_default();
        if tag.starts_with('/') {
            if open.pop() != Some(name) {
                return false;
            }
        } else if !tag.ends_with('/') && !tag.starts_with('?') {
            open.push(name);
        }
    }
    open.is_empty()
}

#[test]
fn in_github_actions_annotations_and_a_summary_come_by_themselves() {
    let repo = refuted();
    let summary = repo.path().join("summary.md");
    std::fs::write(&summary, "before\n").unwrap();
    let mut command = repo.verify(&[]);
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", &summary);
    assert_verify!(command, @r"
    exit code: 1
    ----- stdout -----
        names failed, 3 deltas, 1 new in [DURATION]
              delta/delta_1.2.0_a,b: c.sql: error: it looks like a delta and is none, so it would never run: the title has ',' in it; only letters, digits and underscores may be there
                help: git mv 'delta/delta_1.2.0_a,b: c.sql' delta/delta_1.2.0_a_b__c.sql
              delta/delta_1.2.0_a.sql:2:3: error: a TODO is left: the delta is not finished
                help: write what is missing, and remove the line
      refuted HEAD ([COMMIT]): 2 errors in names in [DURATION]
    ::error file=delta/delta_1.2.0_a%2Cb%3A c.sql,line=1,title=pum verify%3A names::it looks like a delta and is none, so it would never run: the title has ',' in it; only letters, digits and underscores may be there%0Ahelp: git mv 'delta/delta_1.2.0_a,b: c.sql' delta/delta_1.2.0_a_b__c.sql
    ::error file=delta/delta_1.2.0_a.sql,line=2,col=3,title=pum verify%3A names::a TODO is left: the delta is not finished%0Ahelp: write what is missing, and remove the line
    ----- stderr -----
    ");
    let _commits = super::world::filters();
    let _filters = crate::support::filters();
    insta::assert_snapshot!(std::fs::read_to_string(&summary).unwrap(), @r"
    before
    ### ❌ pum verify: `HEAD` refuted

    | stage | result | |
    | --- | --- | --- |
    | names | 2 errors | 3 deltas, 1 new, [DURATION] |

    - `delta/delta_1.2.0_a,b: c.sql`: **error**: it looks like a delta and is none, so it would never run: the title has ',' in it; only letters, digits and underscores may be there
      - git mv 'delta/delta\_1.2.0\_a,b: c.sql' delta/delta\_1.2.0\_a\_b\_\_c.sql
    - `delta/delta_1.2.0_a.sql:2:3`: **error**: a TODO is left: the delta is not finished
      - write what is missing, and remove the line

    <details><summary>measured against</summary>

    - subject: HEAD ([COMMIT])
    - config: pum.yaml of HEAD
    - base: v1.1.0 ([COMMIT]): the newest release before HEAD
    - upstream: none: pum.yaml names none (upstream: BRANCH), and there is no origin/HEAD
    - releases: 2 releases before it: v1.0.0, v1.1.0

    </details>
    ");
}

#[test]
fn github_can_be_asked_for() {
    let repo = refuted();
    let output = repo.verify(&["--report", "github"]).output().unwrap();
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("\n::error file=delta/delta_1.2.0_a.sql,line=2,col=3,")
    );
    repo.verify(&["--report", "github:out.txt"]).assert().code(1);
    let text = std::fs::read_to_string(repo.path().join("out.txt")).unwrap();
    assert!(text.starts_with("::error file=delta/delta_1.2.0_a%2Cb%3A c.sql,line=1,"), "{text}");
}

#[test]
fn a_report_that_cannot_be_written_is_said_before_the_work() {
    let repo = Repo::new();
    assert_verify!(repo.verify(&["--report", "json:nowhere/x.json"]), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: a report cannot be written to nowhere/x.json: its directory does not exist
      state: nothing was compared
    ");
    assert_verify!(repo.verify(&["--report", "html:x.html"]), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: invalid value 'html:x.html' for '--report <FORMAT:FILE>': "html" is no form; they are json, junit and github

    For more information, try '--help'.
    "#);
}

#[test]
fn a_verification_can_be_rendered_by_the_library() {
    let repo = refuted();
    let options = pum::commands::verify::Options {
        skip: vec![pum::verify::Stage::Lint],
        ..pum::commands::verify::Options::new(repo.path(), pum::commands::verify::What::Index)
    };
    let verification =
        pum::commands::verify::run(&options, &pum::progress::Silent, &pum::progress::Cancel::default())
            .unwrap();
    for form in Form::ALL {
        assert!(render(&verification, form).unwrap().contains("delta_1.2.0_a.sql"), "{form}");
    }
}

#[test]
fn the_index_is_judged_as_it_is_prepared() {
    let repo = Repo::new();
    repo.file("delta/delta_1.2.0_a.sql", "-- TODO\n");
    repo.git(&["add", "-A"]);
    repo.file("delta/delta_1.2.0_a.sql", "select 1;\n");
    repo.file("delta/delta_1.2.0.sql.bad", "not staged\n");
    let verify = || {
        let options = pum::commands::verify::Options {
            skip: vec![pum::verify::Stage::Lint],
            ..pum::commands::verify::Options::new(repo.path(), pum::commands::verify::What::Index)
        };
        let cancel = pum::progress::Cancel::default();
        pum::commands::verify::run(&options, &pum::progress::Silent, &cancel).unwrap()
    };
    let verification = verify();
    let found: Vec<String> = verification.findings().map(pum::verify::Finding::place).collect();
    assert_eq!(found, ["delta/delta_1.2.0_a.sql:1:1"]);
    repo.git(&["add", "delta/delta_1.2.0_a.sql"]);
    assert_eq!(verify().verdict, pum::verify::Verdict::Proven);
    // A delta of the release on which it is made is frozen.
    repo.file("delta/delta_1.1.0_pipe.sql", "changed\n");
    repo.git(&["add", "delta/delta_1.1.0_pipe.sql"]);
    assert_eq!(verify().verdict, pum::verify::Verdict::Refuted);
}
