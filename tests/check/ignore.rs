//! Ignore rules, without a terminal: what they take out of a check, what is said of them, and pruning.

use crate::support::{Database, Project, assert_run, database, run};

/// Two databases and a project.
struct Pair {
    first: Database,
    second: Database,
    project: Project,
}

fn pair() -> Pair {
    let pair = Pair { first: database(), second: database(), project: Project::new() };
    for database in [&pair.first, &pair.second] {
        database.sql(
            "create schema app; create table app.pipe (id integer, material text); create table app.vl_a ()",
        );
    }
    pair.second.sql(
        "alter table app.pipe alter material type varchar(9), alter material set not null;
         alter table app.vl_a add note text; create table app.\"Own.Table\" (); create view app.v as select 1 as a",
    );
    pair
}

impl Pair {
    fn check(&self, words: &str) -> assert_cmd::Command {
        let mut command = self.project.pum();
        command.args(["check", "-p1", self.first.uri(), "-p2", self.second.uri()]);
        command.args(words.split_whitespace());
        command
    }

    fn rules(&self, text: &str) {
        self.project.file("pum.ignore.yaml", text);
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.project.path().join("pum.ignore.yaml")).unwrap()
    }
}

const ALL: &str = "\
# What this site adds.
- element: tables
  name: '\"Own.Table\"'
  only: second
  reason: ours
- name: vl_*
  reason: value lists
- name: pipe.material
  attribute: not null
- element: views
  schema: app
  reason: reports
  until: 2999-12-31
";

#[test]
fn what_rules_cover_is_ignored_and_shown_with_its_reason() {
    let pair = pair();
    pair.rules(ALL);
    assert_run!(pair.check("--show-ignored"), @r#"
    exit code: 1
    ----- stdout -----
    [DATABASE] and [DATABASE] differ: 1 difference in 1 object
      columns          1  1 changed
    4 differences are ignored by rules

    - only in [DATABASE], the first
    + only in [DATABASE], the second
    ~ in both, but different: [DATABASE] → [DATABASE]

    schema app
        table app.pipe
        ~ column material
            type: text → character varying(9)

    ignored: ours (pum.ignore.yaml:2)

    schema app
      + table app."Own.Table"

    ignored: no reason given (pum.ignore.yaml:8)

    schema app
        table app.pipe
        ~ column material
            not null: (none) → not null

    ignored: value lists (pum.ignore.yaml:6)

    schema app
        table app.vl_a
        + column note: text

    ignored: reports (pum.ignore.yaml:10)

    schema app
      + view app.v:  SELECT 1 AS a;
          column a: integer
    ----- stderr -----
    "#);
    let told = run(&mut pair.check(""));
    assert!(told.contains("4 differences are ignored by rules; --show-ignored shows them"), "{told}");
    let told = run(&mut pair.check("--no-ignore"));
    assert!(told.contains("differ: 4 differences") && !told.contains("ignored"), "{told}");
    pair.rules(&format!("{ALL}- name: pipe.material\n"));
    assert!(run(&mut pair.check("")).starts_with("exit code: 0"));
}

#[test]
fn rules_of_this_site_apply_too_and_shall_not_be_in_git() {
    let pair = pair();
    pair.rules("- element: views\n  reason: project\n");
    pair.project.file("pum.ignore.local.yaml", "- element: [columns, tables]\n  reason: site\n");
    let told = run(&mut pair.check("--show-ignored"));
    assert!(told.starts_with("exit code: 0") && told.contains("site (pum.ignore.local.yaml:1)"), "{told}");
    assert!(!told.contains("warning"), "{told}");
    git2::Repository::init(pair.project.path()).unwrap();
    let told = run(&mut pair.check(""));
    let warning = "warning pum.ignore.local.yaml is this site's own, but git does not ignore it: add the line /pum.ignore.local.yaml to .gitignore";
    assert!(told.contains(warning), "{told}");
    pair.project.file(".gitignore", "*.local.yaml\n");
    assert!(!run(&mut pair.check("")).contains("warning"));
}

#[test]
fn rules_are_found_beside_the_configuration_and_from_below() {
    let pair = pair();
    pair.project.file("conf/pum.yaml", "");
    pair.project.file("conf/pum.ignore.yaml", "- schema: app\n  reason: all\n");
    let mut command = pair.check("-c conf/pum.yaml --show-ignored");
    let told = run(&mut command);
    assert!(told.starts_with("exit code: 0") && told.contains("(conf/pum.ignore.yaml:1)"), "{told}");
    assert!(run(&mut pair.check("")).starts_with("exit code: 1"));
    pair.rules("- schema: app\n");
    assert!(run(pair.check("").current_dir(pair.project.path().join("delta"))).starts_with("exit code: 0"));
}

#[test]
fn rules_that_match_nothing_are_named_and_pruned() {
    let pair = pair();
    let rules = "\
# the project's rules
- element: views   # goes with its rule
  name: gone
  reason: old
# of tables
- element: tables
  name: gone
- name: v
  until: 2001-01-31
  reason: over
- name: gone
  database: elsewhere
- element: [columns, tables]
  reason: stays
";
    pair.rules(rules);
    assert_run!(pair.check("--only tables,columns"), @r"
    exit code: 0
    ----- stdout -----
    [DATABASE] and [DATABASE] are equal, but for what is ignored
    3 differences are ignored by rules; --show-ignored shows them with their reasons
    1 ignore rule matches nothing any more; --prune-ignores removes what does not:
      pum.ignore.yaml:6: element: tables, name: gone
    1 ignore rule is over:
      pum.ignore.yaml:8: name: v (over), until [DATE]; --prune-ignores removes it
    ----- stderr -----
    ");
    assert_eq!(pair.text(), rules);
    assert_run!(pair.check("--prune-ignores"), @r"
    exit code: 1
    ----- stdout -----
    [DATABASE] and [DATABASE] differ: 1 difference in 1 object
      views            1  1 only in [DATABASE]
    3 differences are ignored by rules; --show-ignored shows them with their reasons
    2 ignore rules match nothing any more; --prune-ignores removes what does not:
      pum.ignore.yaml:2: element: views, name: gone (old)
      pum.ignore.yaml:6: element: tables, name: gone
    1 ignore rule is over:
      pum.ignore.yaml:8: name: v (over), until [DATE]; --prune-ignores removes it

    - only in [DATABASE], the first
    + only in [DATABASE], the second
    ~ in both, but different: [DATABASE] → [DATABASE]

    schema app
      + view app.v:  SELECT 1 AS a;
          column a: integer
    ----- stderr -----
         Note removed from pum.ignore.yaml:
              - element: views   # goes with its rule
                name: gone
                reason: old
              - element: tables
                name: gone
              - name: v
                until: [DATE]
                reason: over
    ");
    insta::assert_snapshot!(pair.text(), @r"
    # the project's rules
    # of tables
    - name: gone
      database: elsewhere
    - element: [columns, tables]
      reason: stays
    ");
    let told = run(&mut pair.check("--prune-ignores"));
    assert!(!told.contains("removed") && !told.contains("any more"), "{told}");
}

#[test]
fn a_rule_until_a_version_holds_as_long_as_a_database_is_older() {
    let pair = pair();
    pair.rules("- schema: app\n  until: 1.1.0\n");
    let baseline = |database: &Database, version: &str| {
        let line = ["baseline", "-t", "app.upgrades", "-d", "delta", "-b", version, "-p", database.uri()];
        let told = run(pair.project.pum().args(line));
        assert!(told.starts_with("exit code: 0"), "{told}");
    };
    baseline(&pair.first, "1.0.0");
    baseline(&pair.second, "1.1.0");
    let told = run(&mut pair.check("-t app.upgrades"));
    assert!(told.starts_with("exit code: 0"), "{told}");
    pair.first.sql("update app.upgrades set version = '1.1.0'");
    let told = run(&mut pair.check("-t app.upgrades --prune-ignores"));
    assert!(told.starts_with("exit code: 1"), "{told}");
    assert!(
        told.contains("pum.ignore.yaml:1: schema: app, until version 1.1.0, which the databases have"),
        "{told}"
    );
    // Other databases may be older.
    assert_eq!(pair.text(), "- schema: app\n  until: 1.1.0\n");
    // Where nobody knows the version, it holds.
    assert!(run(&mut pair.check("-N other")).starts_with("exit code: 0"));
}

#[test]
fn a_rule_for_prod_applies_to_the_copy_that_stands_for_it() {
    let prod = crate::support::Installation::at("1.0.0");
    prod.delta("delta_1.1.0_a.sql", "create table app.a ()");
    let comp = database();
    comp.sql("create schema app");
    let command = || {
        let mut command =
            prod.bare("test-and-upgrade --yes -t app.upgrades -d delta -pt shadow: --show-ignored");
        command.args(["-pp", prod.database.uri(), "-pc", comp.uri()]);
        command
    };
    let rules = |database: &str| {
        prod.project.file("pum.ignore.yaml", format!("- name: a\n  database: {database}\n  reason: ours\n"))
    };
    rules("elsewhere");
    let told = run(&mut command());
    assert!(told.starts_with("exit code: 1") && !prod.has("app.a"), "{told}");
    rules(prod.database.name());
    let told = run(&mut command());
    assert!(told.starts_with("exit code: 0") && prod.has("app.a"), "{told}");
    assert!(told.contains("ignored: ours (pum.ignore.yaml:1)\n\nschema app\n  - table app.a"), "{told}");
}

#[test]
fn what_is_wrong_in_a_file_of_rules_is_shown_with_its_place() {
    let pair = pair();
    pair.rules("- name: a\n  elemnt: views\n");
    assert_run!(pair.check(""), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: unknown key "elemnt" of a rule in pum.ignore.yaml
     --> pum.ignore.yaml:2:3
      |
    2 |   elemnt: views
      |   ^^^^^^ did you mean "element"?
    hint: the keys are element, kind, schema, name, attribute, only, database, until, reason
    "#);
    pair.rules("- name: a\n  element: view\n");
    assert_run!(pair.check(""), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: the ignore rules in pum.ignore.yaml are not understood
     --> pum.ignore.yaml:2:12
      |
    2 |   element: view
      |            ^ .[0].element: "view" is no element; did you mean "views"?; they are schemas, extensions, types, tables, columns, constraints, indexes, sequences, views, rules, functions, triggers, policies, rows, other, column-order, comments, owners, privileges at line 2 column 12
    hint: docs/ignore-rules.md says how they are written
    "#);
}

#[test]
fn asking_needs_a_terminal() {
    assert_run!(pair().check("--interactive"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: --interactive asks on a terminal, and there is none
    hint: run it on a terminal, or write rules into pum.ignore.yaml: docs/ignore-rules.md says how
    hint: rules that are written there apply without a terminal
    ");
}
