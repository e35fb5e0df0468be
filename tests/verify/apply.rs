//! The deltas of a commit run on what they start from.

use super::world::{CONFIG, Repo, assert_verify};
use crate::support::{database, pum, scratch};

#[test]
fn a_delta_that_fails_is_told_with_its_place_in_the_repository() {
    let repo = Repo::new();
    repo.file("pum.yaml", format!("{CONFIG}lint: {{access-exclusive: off}}\n"));
    repo.file(
        "delta/delta_1.2.0_wrong.sql",
        "alter table app.pipe add column x text;\n\n  alter table app.pipe add column id bigint;\n",
    );
    repo.commit("wrong");
    assert_verify!(repo.prove(&[]), @r#"
    exit code: 1
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
         lint 1 SQL delta new in [DURATION]
        apply failed in [DURATION]
              delta/delta_1.2.0_wrong.sql:3:3: error: delta_1.2.0_wrong.sql failed: column "id" of relation "pipe" already exists
                line: alter table app.pipe add column id bigint;
                sqlstate: 42701
                from: v1.1.0
      refuted HEAD ([COMMIT]): 1 error in apply in [DURATION]
    ----- stderr -----
    "#);
    // What lies in the working tree does not count.
    repo.file("delta/delta_1.2.0_wrong.sql", "select 1;\n");
    repo.prove(&[]).assert().code(1);
}

#[test]
fn locks_and_tables_that_are_written_anew_are_measured() {
    let repo = Repo::new();
    repo.file(
        "delta/delta_1.2.0_big.sql",
        "set local lock_timeout = 0;
set transaction isolation level serializable;
create table app.valve (id bigint);
alter table app.valve add column x text;
create index pipe_id on app.pipe (id);
alter table app.pipe
    alter column id type bigint;
alter table app.pipe add column note text;
",
    );
    repo.file("model/pipe.sql", "create table app.pipe (id bigint, note text); create index pipe_id on app.pipe (id); create table app.valve (id bigint, x text);\n");
    repo.commit("big");
    assert_verify!(repo.prove(&["--skip", "lint"]), @r"
    exit code: 0
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
        apply 1 delta applied from v1.1.0 in [DURATION]
              delta/delta_1.2.0_big.sql:5:1: warning[blocks-writes]: create index pipe_id on app.pipe (id) takes SHARE on app.pipe
              delta/delta_1.2.0_big.sql:6:1: warning[table-rewrite]: alter table app.pipe alter column id type bigint takes ACCESS EXCLUSIVE on app.pipe and writes it anew
      compare from v1.1.0 the model in [DURATION]
        again 1 state upgraded once more in [DURATION]
       proven HEAD ([COMMIT]), without lint in [DURATION]
    ----- stderr -----
    ");
    repo.file(
        "pum.yaml",
        format!("{CONFIG}lint: {{table-rewrite: error, blocks-writes: off, access-exclusive: off}}\n"),
    );
    repo.commit("strict");
    assert_verify!(repo.prove(&["--skip", "lint"]), @r"
    exit code: 1
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
        apply failed, 1 delta applied from v1.1.0 in [DURATION]
              delta/delta_1.2.0_big.sql:6:1: error[table-rewrite]: alter table app.pipe alter column id type bigint takes ACCESS EXCLUSIVE on app.pipe and writes it anew
      refuted HEAD ([COMMIT]): 1 error in apply in [DURATION]
    ----- stderr -----
    ");
    let text = std::fs::read_to_string(repo.path().join("delta/delta_1.2.0_big.sql")).unwrap();
    repo.file("delta/delta_1.2.0_big.sql", format!("-- pum: allow table-rewrite it is small\n{text}"));
    repo.commit("allowed");
    assert_verify!(repo.prove(&["--skip", "lint"]), @r"
    exit code: 0
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
        apply 1 delta applied from v1.1.0 in [DURATION]
              delta/delta_1.2.0_big.sql:7 allowed: takes ACCESS EXCLUSIVE on app.pipe and writes it anew
      compare from v1.1.0 the model in [DURATION]
        again 1 state upgraded once more in [DURATION]
       proven HEAD ([COMMIT]), without lint in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn without_a_transaction_rewriting_is_measured() {
    let repo = Repo::new();
    repo.file(
        "delta/delta_1.2.0_index.sql",
        "-- pum: no-transaction\ncreate index concurrently pipe_id on app.pipe (id);\nvacuum full app.pipe;\nalter table app.pipe alter column id type bigint;\n",
    );
    repo.file(
        "model/pipe.sql",
        "create table app.pipe (id bigint);\ncreate index pipe_id on app.pipe (id);\n",
    );
    repo.commit("index");
    assert_verify!(repo.prove(&["--skip", "lint"]), @r"
    exit code: 0
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
        apply 1 delta applied from v1.1.0 in [DURATION]
              delta/delta_1.2.0_index.sql:3:1: warning[table-rewrite]: vacuum full app.pipe writes app.pipe anew
              delta/delta_1.2.0_index.sql:4:1: warning[table-rewrite]: alter table app.pipe alter column id type bigint takes ACCESS EXCLUSIVE on app.pipe and writes it anew
      compare from v1.1.0 the model in [DURATION]
        again 1 state upgraded once more in [DURATION]
       proven HEAD ([COMMIT]), without lint in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn every_state_that_is_named_is_started_from() {
    let repo = Repo::new();
    repo.file("pum.yaml", format!("{CONFIG}verify: {{from: all}}\nlint: {{access-exclusive: off}}\n"));
    repo.file("delta/delta_1.2.0_note.sql", "alter table app.pipe add column note text;\n");
    repo.file("model/pipe.sql", "create table app.pipe (id integer, note text);\n");
    repo.commit("note");
    assert_verify!(repo.prove(&[]), @r"
    exit code: 0
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
         lint 1 SQL delta new in [DURATION]
        apply 2 deltas applied from v1.0.0, 1 delta applied from v1.1.0 in [DURATION]
      compare from v1.0.0 the model, from v1.1.0 the model in [DURATION]
        again 2 states upgraded once more in [DURATION]
       proven HEAD ([COMMIT]) in [DURATION]
    ----- stderr -----
    ");
    repo.file("pum.yaml", format!("{CONFIG}verify: {{from: [1.1.0, v1.0.7]}}\n"));
    repo.commit("names");
    assert_verify!(repo.prove(&[]), @r#"
    exit code: 1
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
         lint 1 SQL delta new in [DURATION]
        apply failed in [DURATION]
              pum.yaml: error: verify.from names "v1.0.7", which is no release that HEAD contains
                help: did you mean "v1.0.0"?
      refuted HEAD ([COMMIT]): 1 error in apply in [DURATION]
    ----- stderr -----
    "#);
}

#[test]
fn a_dump_is_started_from() {
    let repo = Repo::new();
    let origin = database();
    origin.sql("create schema app; create table app.pipe (id integer); insert into app.pipe values (null)");
    let dump = scratch().join("start.dump");
    pum().args(["dump", "-p", origin.uri()]).arg(&dump).assert().code(0);
    let config = |baseline: &str| {
        format!("{CONFIG}verify: {{from: [{{file: {}, baseline: {baseline}}}]}}\n", dump.display())
    };
    repo.file("pum.yaml", config("1.1.1"));
    repo.file("model/pipe.sql", "create table app.pipe (id integer not null);\n");
    repo.file("delta/delta_1.2.0_strict.sql", "alter table app.pipe alter column id set not null;\n");
    repo.commit("strict");
    // The rows of the dump are there.
    assert_verify!(repo.prove(&["--skip", "lint"]), @r#"
    exit code: 1
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
        apply failed in [DURATION]
              delta/delta_1.2.0_strict.sql:1:1: error: delta_1.2.0_strict.sql failed: column "id" of relation "pipe" contains null values
                line: alter table app.pipe alter column id set not null;
                sqlstate: 23502
                from: start.dump
      refuted HEAD ([COMMIT]): 1 error in apply in [DURATION]
    ----- stderr -----
    "#);
    // Another one that has its own record.
    let table = "app.upgrades";
    pum()
        .args(["baseline", "-p", origin.uri(), "-t", table, "-d"])
        .arg(repo.path().join("delta"))
        .args(["-b", "1.0.0"])
        .assert()
        .code(0);
    std::fs::remove_file(&dump).unwrap();
    pum().args(["dump", "-p", origin.uri()]).arg(&dump).assert().code(0);
    assert_verify!(repo.prove(&["--skip", "lint"]), @r"
    exit code: 1
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
        apply failed in [DURATION]
              pum.yaml: error: verify.from says that start.dump is at 1.1.1, but its record in app.upgrades says 1.0.0
                help: write baseline: 1.0.0, for its own record counts
      refuted HEAD ([COMMIT]): 1 error in apply in [DURATION]
    ----- stderr -----
    ");
    std::fs::remove_file(&dump).unwrap();
    assert_verify!(repo.prove(&["--skip", "lint"]), @r"
    exit code: 1
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
        apply failed in [DURATION]
              pum.yaml: error: verify.from names the dump [SCRATCH]/start.dump, which is not there
                help: its path is relative to pum.yaml; put it there, or name a release instead
      refuted HEAD ([COMMIT]): 1 error in apply in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn scripts_and_python_come_from_the_commit() {
    let repo = Repo::new();
    repo.file("delta/pre-all.sql", "drop view if exists app.v;\n");
    repo.file("delta/post-all.sql", "create view app.v as select id from app.pipe;\n");
    repo.file(
        "delta/delta_1.2.0_py.py",
        "import subprocess\nfrom pum.core.deltapy import DeltaPy\nfrom helper import SQL\n\nclass Add(DeltaPy):\n    def run(self):\n        subprocess.check_call(['psql', '-Xqc', SQL, 'service=' + self.pg_service])\n",
    );
    repo.file("delta/helper.py", "SQL = 'alter table app.pipe add column y text'\n");
    repo.file(
        "model/pipe.sql",
        "create table app.pipe (id integer, y text);\ncreate view app.v as select id from app.pipe;\n",
    );
    repo.commit("python");
    // Nothing of this is judged.
    repo.file("delta/helper.py", "SQL = 'select 1/0'\n");
    repo.file("delta/post-all.sql", "select 1/0;\n");
    assert_verify!(repo.prove(&[]), @r"
    exit code: 0
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
         lint 0 SQL deltas new in [DURATION]
        apply 1 delta applied from v1.1.0 in [DURATION]
      compare from v1.1.0 the model in [DURATION]
        again 1 state upgraded once more in [DURATION]
       proven HEAD ([COMMIT]) in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn a_model_that_makes_its_own_baseline_keeps_it() {
    let repo = Repo::empty();
    let run = "model: {run: 'psql -Xqf model.sql && pum baseline -p $PGSERVICE -t app.upgrades -d delta -b 1.1.0'}\n";
    repo.file("pum.yaml", format!("upgrades_table: app.upgrades\ndelta_dirs: [delta]\n{run}"));
    repo.file("model.sql", "create schema app; create table app.pipe (id integer);\n");
    repo.file("delta/delta_1.1.0_pipe.sql", "create table app.pipe (id integer);\n");
    repo.commit("first");
    // The release is called otherwise than what its database says.
    repo.git(&["tag", "v1.1.9"]);
    repo.file("delta/delta_1.2.0_note.sql", "alter table app.pipe add column note text;\n");
    repo.file("model.sql", "create schema app; create table app.pipe (id integer, note text);\n");
    repo.commit("note");
    // Of the baseline's version itself, and not recorded: it runs, and fails.
    assert_verify!(repo.prove(&["--skip", "lint"]), @r#"
    exit code: 1
    ----- stdout -----
        names 2 deltas, 1 new in [DURATION]
       frozen 1 delta of 1 release in [DURATION]
        order 1 new delta against v1.1.9 in [DURATION]
        apply failed in [DURATION]
              delta/delta_1.1.0_pipe.sql:1:1: error: delta_1.1.0_pipe.sql failed: relation "pipe" already exists
                line: create table app.pipe (id integer);
                sqlstate: 42P07
                from: v1.1.9
      refuted HEAD ([COMMIT]): 1 error in apply in [DURATION]
    ----- stderr -----
    "#);
}

#[test]
fn without_a_release_it_starts_from_what_others_have() {
    let repo = Repo::empty();
    repo.file("pum.yaml", CONFIG);
    repo.file("model/app.sql", "create schema app;\n");
    repo.file("delta/delta_0.1.0_app.sql", "create schema app;\n");
    repo.commit("first");
    assert_verify!(repo.prove(&["--skip", "lint"]), @r"
    exit code: 0
    ----- stdout -----
        names 1 delta, 1 new in [DURATION]
       frozen no release and no upstream branch has deltas in [DURATION]
        order 1 new delta against nothing in [DURATION]
        apply there is no state to start from in [DURATION]
              pum.yaml: warning: it is not proven that the deltas apply: there is no release yet, and nothing that others have
                help: git tag v1.0.0 names the first release; `verify: {from: [{file: DUMP, baseline: VERSION}]}` starts from a dump
      compare the model is built; there is nothing to compare it with in [DURATION]
        again there is nothing that was upgraded in [DURATION]
       proven HEAD ([COMMIT]), without lint in [DURATION]
    ----- stderr -----
    ");
    let repo = repo.with_origin();
    repo.file("delta/delta_0.2.0_pipe.sql", "create table app.pipe (id integer);\n");
    repo.file("model/app.sql", "create schema app;\ncreate table app.pipe (id integer);\n");
    repo.commit("pipe");
    assert_verify!(repo.prove(&["--skip", "lint"]), @r"
    exit code: 0
    ----- stdout -----
        names 2 deltas, 1 new in [DURATION]
       frozen 1 delta of origin/main in [DURATION]
        order 1 new delta against origin/main in [DURATION]
        apply 1 delta applied from origin/main in [DURATION]
      compare from origin/main the model in [DURATION]
        again 1 state upgraded once more in [DURATION]
       proven HEAD ([COMMIT]), without lint in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn what_is_not_the_commits_fault_is_no_answer() {
    let repo = Repo::new();
    repo.file("model/pipe.sql", "create table app.pipe (id integer) oops;\n");
    repo.commit("broken");
    repo.git(&["tag", "v1.2.0"]);
    repo.file("model/pipe.sql", "create table app.pipe (id integer);\n");
    repo.file("delta/delta_1.3.0_a.sql", "select 1;\n");
    repo.commit("mended");
    assert_verify!(repo.prove(&["--skip", "lint"]), @r#"
    exit code: 3
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 3 releases in [DURATION]
        order 1 new delta against v1.2.0 in [DURATION]
        apply not done: psql failed (exit status: 3) in [DURATION]
    no answer HEAD ([COMMIT]) could not be verified: psql failed (exit status: 3)
                output: psql:model/pipe.sql:1: ERROR:  syntax error at or near "oops"
                LINE 1: create table app.pipe (id integer) oops;
                                                           ^
                building: git:v1.2.0
                start: the state of v1.2.0 could not be made in [DURATION]
         help a release that cannot be built any more is replaced by a dump: verify: {from: [{file: DUMP, baseline: VERSION}]}
    ----- stderr -----
    "#);
    // No server programs of the version that is wanted.
    repo.file("pum.yaml", format!("{CONFIG}shadow: {{version: 99}}\n"));
    repo.commit("new");
    assert_verify!(repo.prove(&["--skip", "lint"]), @r"
    exit code: 3
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 3 releases in [DURATION]
        order 1 new delta against v1.2.0 in [DURATION]
        apply not done: initdb of PostgreSQL [VERSION] or newer is needed, the newest found is of 15 in [DURATION]
    no answer HEAD ([COMMIT]) could not be verified: initdb of PostgreSQL [VERSION] or newer is needed, the newest found is of 15 in [DURATION]
         help install the PostgreSQL server: `apt install postgresql-99` (Debian, Ubuntu), `dnf install postgresql99-server` (Fedora, Red Hat), `brew install postgresql@99` (macOS)
         help or set PUM_PG_BIN to the directory that holds it
    ----- stderr -----
    ");
}
