//! No delta that a release or the upstream branch contains was changed, renamed or removed.

use super::world::{Repo, assert_verify};

#[test]
fn a_changed_delta_of_a_release_is_refused() {
    let repo = Repo::new();
    repo.file("delta/delta_1.1.0_pipe.sql", "create table app.pipe (\n    id bigint\n);\n");
    repo.commit("changed");
    assert_verify!(repo.verify(&[]), @r"
    exit code: 1
    ----- stdout -----
        names 2 deltas, 1 new in [DURATION]
       frozen failed, 2 deltas of 2 releases in [DURATION]
              delta/delta_1.1.0_pipe.sql:2:1: error: the release v1.1.0 has this delta with other content: databases that have had it will not get what changed
                help: git checkout v1.1.0 -- delta/delta_1.1.0_pipe.sql
                help: then write what shall be otherwise as a delta of its own: pum new TITLE
      refuted HEAD ([COMMIT]): 1 error in frozen in [DURATION]
    ----- stderr -----
    ");
    // What it says to do helps.
    repo.git(&["checkout", "v1.1.0", "--", "delta/delta_1.1.0_pipe.sql"]);
    repo.commit("restored");
    repo.verify(&[]).assert().code(0);
}

#[test]
fn a_renamed_and_a_removed_delta_are_told_apart() {
    let repo = Repo::new();
    repo.git(&["mv", "delta/delta_1.1.0_pipe.sql", "delta/delta_1.1.0_pipes.sql"]);
    repo.git(&["rm", "-q", "delta/delta_1.0.0_app.sql"]);
    repo.commit("moved");
    assert_verify!(repo.verify(&[]), @r"
    exit code: 1
    ----- stdout -----
        names 1 delta, 1 new in [DURATION]
       frozen failed, 2 deltas of 2 releases in [DURATION]
              delta/delta_1.0.0_app.sql: error: the release v1.1.0 has this delta, and here it is gone: databases that have not had it would miss it
                help: git checkout v1.1.0 -- delta/delta_1.0.0_app.sql
                help: then write what shall be otherwise as a delta of its own: pum new TITLE
              delta/delta_1.1.0_pipe.sql: error: the release v1.1.0 has this delta, and here it is called delta_1.1.0_pipes.sql: databases that have had it would get it once more
                help: git mv delta/delta_1.1.0_pipes.sql delta/delta_1.1.0_pipe.sql
      refuted HEAD ([COMMIT]): 2 errors in frozen in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn the_way_back_can_be_typed_in_a_subdirectory() {
    let repo = Repo::new();
    repo.git(&["rm", "-q", "delta/delta_1.0.0_app.sql"]);
    repo.commit("removed");
    let output = repo.verify(&[]).current_dir(repo.path().join("model")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("git checkout v1.1.0 -- ../delta/delta_1.0.0_app.sql"), "{text}");
}

#[test]
fn line_ends_and_another_directory_do_not_matter() {
    let repo = Repo::new();
    repo.file("delta/delta_1.1.0_pipe.sql", "create table app.pipe (\r\n    id integer\r\n);\r\n");
    repo.git(&["mv", "delta/delta_1.0.0_app.sql", "model/x.sql"]);
    repo.git(&["mv", "model/x.sql", "delta/delta_1.0.0_app.sql"]);
    repo.commit("line ends");
    repo.verify(&[]).assert().code(0);
    repo.git(&["mv", "delta", "deltas"]);
    repo.file("pum.yaml", "upgrades_table: app.upgrades\ndelta_dirs: [deltas]\n");
    repo.commit("directory");
    repo.verify(&[]).assert().code(0);
}

#[test]
fn a_delta_directory_that_the_configuration_forgets_is_seen() {
    let repo = Repo::new();
    repo.file("pum.yaml", "upgrades_table: app.upgrades\ndelta_dirs: [more]\n");
    repo.file("more/delta_1.2.0_a.sql", "select 1;\n");
    repo.commit("forgotten");
    assert_verify!(repo.verify(&[]), @r"
    exit code: 1
    ----- stdout -----
        names 1 delta, 1 new in [DURATION]
       frozen failed, 2 deltas of 2 releases in [DURATION]
              delta/delta_1.0.0_app.sql: error: the release v1.1.0 has this delta, and here it is gone: databases that have not had it would miss it
                help: git checkout v1.1.0 -- delta/delta_1.0.0_app.sql
                help: then write what shall be otherwise as a delta of its own: pum new TITLE
              delta/delta_1.1.0_pipe.sql: error: the release v1.1.0 has this delta, and here it is gone: databases that have not had it would miss it
                help: git checkout v1.1.0 -- delta/delta_1.1.0_pipe.sql
                help: then write what shall be otherwise as a delta of its own: pum new TITLE
      refuted HEAD ([COMMIT]): 2 errors in frozen in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn what_upstream_has_is_frozen_and_ones_own_pushed_branch_is_not() {
    let repo = Repo::new();
    repo.file("delta/delta_1.2.0_main.sql", "select 1;\n");
    repo.commit("of main");
    let repo = repo.with_origin();
    repo.git(&["checkout", "-q", "-b", "feature"]);
    repo.file("delta/delta_1.2.1_own.sql", "select 1;\n");
    repo.commit("own");
    repo.git(&["push", "-q", "-u", "origin", "feature"]);
    repo.file("delta/delta_1.2.1_own.sql", "select 2;\n");
    repo.git(&["mv", "delta/delta_1.2.1_own.sql", "delta/delta_1.2.2_own.sql"]);
    repo.commit("amended");
    assert_verify!(repo.verify(&[]), @r"
    exit code: 0
    ----- stdout -----
        names 4 deltas, 1 new in [DURATION]
       frozen 3 deltas of origin/main and 2 releases in [DURATION]
        order 1 new delta against origin/main in [DURATION]
       proven HEAD ([COMMIT]), without lint, apply, compare, again in [DURATION]
    ----- stderr -----
    ");
    assert_verify!(repo.verify(&["origin/feature..HEAD"]), @r"
    exit code: 0
    ----- stdout -----
        names 4 deltas, 1 new in [DURATION]
       frozen 3 deltas of origin/main and 2 releases in [DURATION]
        order 1 new delta against origin/feature in [DURATION]
       proven HEAD ([COMMIT]), without lint, apply, compare, again in [DURATION]
    ----- stderr -----
    ");
    repo.file("delta/delta_1.2.0_main.sql", "select 2;\n");
    repo.commit("changed");
    assert_verify!(repo.verify(&[]), @r"
    exit code: 1
    ----- stdout -----
        names 4 deltas, 2 new in [DURATION]
       frozen failed, 3 deltas of origin/main and 2 releases in [DURATION]
              delta/delta_1.2.0_main.sql:1:1: error: origin/main has this delta with other content: databases that have had it will not get what changed
                help: git checkout origin/main -- delta/delta_1.2.0_main.sql
                help: then write what shall be otherwise as a delta of its own: pum new TITLE
      refuted HEAD ([COMMIT]): 1 error in frozen in [DURATION]
    ----- stderr -----
    ");
    repo.verify(&["origin/feature..HEAD"]).assert().code(1);
}

#[test]
fn what_a_release_itself_removed_is_its_own_affair() {
    let repo = Repo::new();
    repo.git(&["rm", "-q", "delta/delta_1.0.0_app.sql"]);
    repo.commit("removed");
    repo.git(&["tag", "v1.2.0"]);
    repo.verify(&["v1.2.0"]).assert().code(1);
    repo.file("delta/delta_1.3.0_a.sql", "select 1;\n");
    repo.commit("later");
    repo.verify(&[]).assert().code(0);
}

#[test]
fn a_release_on_another_branch_freezes_nothing_here() {
    let repo = Repo::new();
    repo.git(&["checkout", "-q", "-b", "other"]);
    repo.file("delta/delta_1.1.1_fix.sql", "select 1;\n");
    repo.commit("fix");
    repo.git(&["tag", "v1.1.1"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.file("delta/delta_1.1.1_fix.sql", "select 2;\n");
    repo.commit("another fix");
    repo.verify(&[]).assert().code(0);
}
