//! A second upgrade changes nothing.

use super::world::{Repo, assert_verify};

#[test]
fn scripts_that_go_on_changing_things_are_told() {
    let repo = Repo::new();
    repo.file(
        "delta/post-all.sql",
        "do $$ begin execute format('create view app.v%s as select 1 as n', (select count(*) from pg_views where schemaname = 'app')); end $$;\n",
    );
    repo.file(
        "model/pipe.sql",
        "create table app.pipe (id integer);\ncreate view app.v0 as select 1 as n;\n",
    );
    repo.commit("views");
    assert_verify!(repo.prove(&["--skip", "lint"]), @r"
    exit code: 1
    ----- stdout -----
        names 2 deltas, 0 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order no new delta in [DURATION]
        apply 0 deltas applied from v1.1.0 in [DURATION]
      compare from v1.1.0 the model in [DURATION]
        again failed, 1 state upgraded once more in [DURATION]
              error[views]: view app.v1 is new after a second upgrade
                first → second: + view app.v1: SELECT 1 AS n;
                      column n: integer
                from: v1.1.0
                help: post-all.sql ran again, and must leave what they find as it is
      refuted HEAD ([COMMIT]): 1 error in again in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn a_delta_that_runs_once_more_is_told() {
    let repo = Repo::new();
    repo.file("delta/delta_1.2.0_a.sql", "select 1;\n");
    repo.file("delta/post-all.sql", "delete from app.upgrades where version = '1.2.0';\n");
    repo.commit("forgetful");
    assert_verify!(repo.prove(&["--skip", "lint"]), @r"
    exit code: 1
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
        apply 1 delta applied from v1.1.0 in [DURATION]
      compare from v1.1.0 the model in [DURATION]
        again failed, 1 state upgraded once more in [DURATION]
              delta/delta_1.2.0_a.sql: error: delta_1.2.0_a.sql is applied once more by a second upgrade
                from: v1.1.0
                help: something takes its row out of the upgrades table, or keeps it out: a delta, a script, a trigger
      refuted HEAD ([COMMIT]): 1 error in again in [DURATION]
    ----- stderr -----
    ");
}
