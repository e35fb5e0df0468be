//! What the deltas lead to is the model.

use super::world::{CONFIG, Repo, assert_verify};

/// A repository whose newest delta does not lead to its model.
fn different() -> Repo {
    let repo = Repo::new();
    repo.file(
        "delta/delta_1.2.0_kinds.sql",
        "create table app.vl_kind (id integer primary key, name text);\ninsert into app.vl_kind values (1, 'a');\nalter table app.pipe add column note varchar(20);\n",
    );
    repo.file(
        "model/pipe.sql",
        "create table app.pipe (id integer constraint positive check (id > 0), note varchar(30));
create table app.vl_kind (id integer primary key, name text);
insert into app.vl_kind values (1, 'b');
",
    );
    repo
}

#[test]
fn differences_from_the_model_are_told() {
    let repo = different();
    repo.file("pum.yaml", format!("{CONFIG}value_lists: [app.vl_*]\n"));
    repo.commit("different");
    assert_verify!(repo.prove(&["--skip", "lint"]), @r#"
    exit code: 1
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
        apply 1 delta applied from v1.1.0 in [DURATION]
              delta/delta_1.2.0_kinds.sql:3:1: warning[access-exclusive]: alter table app.pipe add column note varchar(20) takes ACCESS EXCLUSIVE on app.pipe
      compare failed, from v1.1.0 3 differences in [DURATION]
              error[columns]: column note on table app.pipe of a database upgraded from v1.1.0 differs from the model: type
                upgraded → model: ~ column note on table app.pipe
                      type: character varying(20) → character varying(30)
                help: write what is missing into a delta, or into the model
                help: a difference that is meant has its rule and its reason in pum.ignore.yaml
              error[constraints]: constraint positive on table app.pipe is in the model, and not in a database upgraded from v1.1.0
                upgraded → model: + constraint positive on table app.pipe: CHECK ((id > 0))
              error[rows]: row "1" on table app.vl_kind of a database upgraded from v1.1.0 differs from the model: values
                upgraded → model: ~ row "1" on table app.vl_kind
                      values: name: "a" → name: "b"
      refuted HEAD ([COMMIT]): 3 errors in compare in [DURATION]
    ----- stderr -----
    "#);
}

#[test]
fn what_a_rule_of_the_commit_ignores_is_no_difference() {
    let repo = different();
    repo.file(
        "pum.ignore.yaml",
        "- element: constraints\n  reason: old data\n- element: columns\n  name: pipe.note\n  reason: later\n",
    );
    repo.commit("ignored");
    // What the working tree says does not count.
    repo.file("pum.ignore.yaml", "");
    assert_verify!(repo.prove(&["--skip", "lint"]), @r"
    exit code: 0
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
        apply 1 delta applied from v1.1.0 in [DURATION]
              delta/delta_1.2.0_kinds.sql:3:1: warning[access-exclusive]: alter table app.pipe add column note varchar(20) takes ACCESS EXCLUSIVE on app.pipe
      compare from v1.1.0 the model, 2 ignored in [DURATION]
        again 1 state upgraded once more in [DURATION]
       proven HEAD ([COMMIT]), without lint in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn a_model_that_cannot_be_built_is_told() {
    let repo = Repo::new();
    repo.file("model/pipe.sql", "create table app.pipe (id integr);\n");
    repo.file("delta/delta_1.2.0_a.sql", "select 1;\n");
    repo.commit("broken");
    assert_verify!(repo.prove(&["--skip", "lint"]), @r#"
    exit code: 1
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
        apply 1 delta applied from v1.1.0 in [DURATION]
      compare failed in [DURATION]
              error: the model cannot be built: psql failed (exit status: 3)
                output: psql:model/pipe.sql:1: ERROR:  type "integr" does not exist
                  LINE 1: create table app.pipe (id integr);
                                                    ^
                building: git:HEAD
      refuted HEAD ([COMMIT]): 1 error in compare in [DURATION]
    ----- stderr -----
    "#);
}

#[test]
fn deltas_that_are_the_model_have_nothing_to_be_compared_with() {
    let repo = Repo::new();
    repo.file("pum.yaml", CONFIG.replace("{sql: ['model/*.sql']}", "{deltas: true}"));
    repo.file("delta/delta_1.2.0_a.sql", "alter table app.pipe add column a text;\n");
    repo.commit("deltas");
    assert_verify!(repo.prove(&["--skip", "lint"]), @r"
    exit code: 0
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
        apply 1 delta applied from v1.1.0 in [DURATION]
              delta/delta_1.2.0_a.sql:1:1: warning[access-exclusive]: alter table app.pipe add column a text takes ACCESS EXCLUSIVE on app.pipe
      compare the model is the deltas: there is nothing else to compare them with in [DURATION]
        again 1 state upgraded once more in [DURATION]
       proven HEAD ([COMMIT]), without lint in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn the_schema_of_the_upgrades_table_is_no_part_of_the_model() {
    let repo = Repo::new();
    repo.file("pum.yaml", CONFIG.replace("app.upgrades", "own.upgrades"));
    repo.file("delta/delta_1.2.0_a.sql", "select 1;\n");
    repo.commit("own");
    assert_verify!(repo.prove(&["--skip", "lint"]), @r"
    exit code: 0
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
        apply 1 delta applied from v1.1.0 in [DURATION]
      compare from v1.1.0 the model in [DURATION]
        again 1 state upgraded once more in [DURATION]
       proven HEAD ([COMMIT]), without lint in [DURATION]
    ----- stderr -----
    ");
}
