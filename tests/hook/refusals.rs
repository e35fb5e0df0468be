//! What a push is refused for, as whoever pushes reads it.

use super::repository::Repository;
use crate::support::filters;

/// What git says of a push of the checked out branch.
fn refused(change: impl FnOnce(&Repository)) -> String {
    let it = Repository::new();
    change(&it);
    it.refused(&["origin", "HEAD"])
}

/// The one delta of the newest release that has a statement alone.
const RELEASED: &str = "delta/delta_1.3.2_laid_in_t_32.sql";

#[test]
fn a_name_that_is_none() {
    let _filters = filters();
    insta::assert_snapshot!(refused(|it| it.delta("delta_1.4.1-depth.sql", "select 1;\n")), @r"
        scope 1 file changed, delta/delta_1.4.1-depth.sql among them in [DURATION]
        names failed, 40 deltas, 0 new in [DURATION]
              delta/delta_1.4.1-depth.sql: error: it looks like a delta and is none, so it would never run: the title has '-' in it; only letters, digits and underscores may be there
                help: git mv delta/delta_1.4.1-depth.sql delta/delta_1.4.1_depth.sql
      refuted main ([ID]): 1 error in names in [DURATION]
    error: nothing is pushed, for what stands above
    hint: put it right, commit, and push again; PUM_SKIP=1 git push goes on without verifying
    error: failed to push some refs to '[PROJECT]/upstream.git'
    ");
}

#[test]
fn a_conflict_marker() {
    let _filters = filters();
    let sql = "<<<<<<< HEAD\nselect 1;\n=======\nselect 2;\n>>>>>>> other\n";
    insta::assert_snapshot!(refused(|it| it.delta("delta_1.4.1_depth.sql", sql)), @r"
        scope 1 file changed, delta/delta_1.4.1_depth.sql among them in [DURATION]
        names failed, 41 deltas, 1 new in [DURATION]
              delta/delta_1.4.1_depth.sql:1:1: error: a conflict marker of a merge that was not ended
                help: choose what is right, and commit the file without the marks
      refuted main ([ID]): 1 error in names in [DURATION]
    error: nothing is pushed, for what stands above
    hint: put it right, commit, and push again; PUM_SKIP=1 git push goes on without verifying
    error: failed to push some refs to '[PROJECT]/upstream.git'
    ");
}

#[test]
fn a_todo_that_is_left() {
    let _filters = filters();
    insta::assert_snapshot!(refused(|it| it.delta("delta_1.4.1_depth.sql", "select 1; -- TODO\n")), @r"
        scope 1 file changed, delta/delta_1.4.1_depth.sql among them in [DURATION]
        names failed, 41 deltas, 1 new in [DURATION]
              delta/delta_1.4.1_depth.sql:1:11: error: a TODO is left: the delta is not finished
                help: write what is missing, and remove the line
      refuted main ([ID]): 1 error in names in [DURATION]
    error: nothing is pushed, for what stands above
    hint: put it right, commit, and push again; PUM_SKIP=1 git push goes on without verifying
    error: failed to push some refs to '[PROJECT]/upstream.git'
    ");
}

#[test]
fn a_released_delta_that_was_edited() {
    let _filters = filters();
    insta::assert_snapshot!(refused(|it| {
        it.file(RELEASED, "alter table water.t_32 add column laid_31 timestamp;\n");
        it.commit("edited");
    }), @r"
        scope 1 file changed, delta/delta_1.3.2_laid_in_t_32.sql among them in [DURATION]
        names 40 deltas, 1 new in [DURATION]
       frozen failed, 40 deltas of origin/main and 5 releases in [DURATION]
              delta/delta_1.3.2_laid_in_t_32.sql:1:1: error: the release v1.4.0 has this delta with other content: databases that have had it will not get what changed
                help: git checkout v1.4.0 -- delta/delta_1.3.2_laid_in_t_32.sql
                help: then write what shall be otherwise as a delta of its own: pum new TITLE
      refuted main ([ID]): 1 error in frozen in [DURATION]
    error: nothing is pushed, for what stands above
    hint: put it right, commit, and push again; PUM_SKIP=1 git push goes on without verifying
    error: failed to push some refs to '[PROJECT]/upstream.git'
    ");
}

#[test]
fn a_released_delta_that_was_renamed() {
    let _filters = filters();
    insta::assert_snapshot!(refused(|it| {
        it.git(&["mv", RELEASED, "delta/delta_1.3.2_laid.sql"]);
        it.commit("renamed");
    }), @r"
        scope 2 files changed, delta/delta_1.3.2_laid.sql among them in [DURATION]
        names 40 deltas, 1 new in [DURATION]
       frozen failed, 40 deltas of origin/main and 5 releases in [DURATION]
              delta/delta_1.3.2_laid_in_t_32.sql: error: the release v1.4.0 has this delta, and here it is called delta_1.3.2_laid.sql: databases that have had it would get it once more
                help: git mv delta/delta_1.3.2_laid.sql delta/delta_1.3.2_laid_in_t_32.sql
      refuted main ([ID]): 1 error in frozen in [DURATION]
    error: nothing is pushed, for what stands above
    hint: put it right, commit, and push again; PUM_SKIP=1 git push goes on without verifying
    error: failed to push some refs to '[PROJECT]/upstream.git'
    ");
}

#[test]
fn a_released_delta_that_was_removed() {
    let _filters = filters();
    insta::assert_snapshot!(refused(|it| {
        it.git(&["rm", "-q", RELEASED]);
        it.commit("removed");
    }), @r"
        scope 1 file changed, delta/delta_1.3.2_laid_in_t_32.sql among them in [DURATION]
        names 39 deltas, 0 new in [DURATION]
       frozen failed, 40 deltas of origin/main and 5 releases in [DURATION]
              delta/delta_1.3.2_laid_in_t_32.sql: error: the release v1.4.0 has this delta, and here it is gone: databases that have not had it would miss it
                help: git checkout v1.4.0 -- delta/delta_1.3.2_laid_in_t_32.sql
                help: then write what shall be otherwise as a delta of its own: pum new TITLE
      refuted main ([ID]): 1 error in frozen in [DURATION]
    error: nothing is pushed, for what stands above
    hint: put it right, commit, and push again; PUM_SKIP=1 git push goes on without verifying
    error: failed to push some refs to '[PROJECT]/upstream.git'
    ");
}

#[test]
fn a_version_that_is_too_low() {
    let _filters = filters();
    insta::assert_snapshot!(refused(|it| it.delta("delta_1.2.5_depth.sql", "select 1;\n")), @r"
        scope 1 file changed, delta/delta_1.2.5_depth.sql among them in [DURATION]
        names 41 deltas, 1 new in [DURATION]
       frozen 40 deltas of origin/main and 5 releases in [DURATION]
        order failed, 1 new delta against origin/main in [DURATION]
              delta/delta_1.2.5_depth.sql: error: it comes before delta_1.4.0_view_of_t_40.sql, which origin/main has: databases that have had that one would get it late
                help: pum renumber --onto origin/main
      refuted main ([ID]): 1 error in order in [DURATION]
    error: nothing is pushed, for what stands above
    hint: put it right, commit, and push again; PUM_SKIP=1 git push goes on without verifying
    error: failed to push some refs to '[PROJECT]/upstream.git'
    ");
}

#[test]
fn the_number_that_somebody_else_took() {
    let _filters = filters();
    let it = Repository::new();
    it.git(&["push", "-q", "--no-verify", "origin", "origin/pressure:refs/heads/main"]);
    it.git(&["checkout", "-q", "material"]);
    it.file("README.md", "# Water\n");
    it.commit("words");
    insta::assert_snapshot!(it.refused(&["origin", "HEAD:refs/heads/mine"]), @r"
        scope 3 files changed, delta/delta_1.4.1_material.sql among them in [DURATION]
        names 41 deltas, 1 new in [DURATION]
       frozen 40 deltas of origin/main and 5 releases in [DURATION]
        order failed, 1 new delta against origin/main, and merged with origin/main in [DURATION]
              delta/delta_1.4.1_material.sql: error: origin/main has taken the version 1.4.1, too, for delta_1.4.1_pressure.sql
                help: git merge origin/main (or git rebase origin/main)
                help: pum renumber --onto origin/main
      refuted mine ([ID]): 1 error in order in [DURATION]
    error: nothing is pushed, for what stands above
    hint: put it right, commit, and push again; PUM_SKIP=1 git push goes on without verifying
    error: failed to push some refs to '[PROJECT]/upstream.git'
    ");
}

#[test]
fn a_release_that_is_lower_than_its_deltas() {
    let _filters = filters();
    let it = Repository::new();
    it.good("1.5.2");
    it.git(&["push", "-q", "--no-verify", "origin", "HEAD:refs/heads/main"]);
    it.git(&["tag", "-a", "v1.5.1", "-m", "the release"]);
    insta::assert_snapshot!(it.refused(&["origin", "v1.5.1"]), @r"
        names failed, 41 deltas, 1 new in [DURATION]
              delta/delta_1.5.2_depth.sql: error: the release v1.5.1 is tagged on [ID], but this delta is of version 1.5.2: a database that has had it is beyond the release
                help: tag the release v1.5.2 instead (git tag -d v1.5.1), or move the tag to a commit without the delta
      refuted tags/v1.5.1 ([ID]): 1 error in names in [DURATION]
    error: nothing is pushed, for what stands above
    hint: put it right, commit, and push again; PUM_SKIP=1 git push goes on without verifying
    error: failed to push some refs to '[PROJECT]/upstream.git'
    ");
}

#[test]
fn a_delta_that_fails() {
    let _filters = filters();
    insta::assert_snapshot!(refused(|it| {
        it.delta("delta_1.4.1_depth.sql", "-- The depth.\n\nalter table water.t_99 add column depth integer;\n");
    }), @r#"
        scope 1 file changed, delta/delta_1.4.1_depth.sql among them in [DURATION]
        names 41 deltas, 1 new in [DURATION]
       frozen 40 deltas of origin/main and 5 releases in [DURATION]
        order 1 new delta against origin/main in [DURATION]
         lint 1 SQL delta new in [DURATION]
              delta/delta_1.4.1_depth.sql:3:41: warning[prefer-bigint-over-int]: using 32-bit integer fields can result in hitting the max `int` limit
                help: use 64-bit integer values instead to prevent hitting this limit
        apply failed in [DURATION]
              delta/delta_1.4.1_depth.sql:3:1: error: delta_1.4.1_depth.sql failed: relation "water.t_99" does not exist
                line: alter table water.t_99 add column depth integer;
                sqlstate: 42P01
                from: v1.4.0
      refuted main ([ID]): 1 error in apply in [DURATION]
    error: nothing is pushed, for what stands above
    hint: put it right, commit, and push again; PUM_SKIP=1 git push goes on without verifying
    error: failed to push some refs to '[PROJECT]/upstream.git'
    "#);
}

#[test]
fn a_delta_that_leads_elsewhere_than_the_model() {
    let _filters = filters();
    insta::assert_snapshot!(refused(|it| {
        it.good("1.4.1");
        it.delta("delta_1.4.1_depth.sql", "alter table water.t_50 add column depth bigint;\n");
    }), @r"
        scope 2 files changed, delta/delta_1.4.1_depth.sql among them in [DURATION]
        names 41 deltas, 1 new in [DURATION]
       frozen 40 deltas of origin/main and 5 releases in [DURATION]
        order 1 new delta against origin/main in [DURATION]
         lint 1 SQL delta new in [DURATION]
        apply 1 delta applied from v1.4.0 in [DURATION]
              delta/delta_1.4.1_depth.sql:1:1: warning[access-exclusive]: alter table water.t_50 add column depth bigint takes ACCESS EXCLUSIVE on water.t_50
      compare failed, from v1.4.0 1 difference in [DURATION]
              error[columns]: column depth on table water.t_50 of a database upgraded from v1.4.0 differs from the model: type
                upgraded → model: ~ column depth on table water.t_50
                      type: bigint → integer
                help: write what is missing into a delta, or into the model
                help: a difference that is meant has its rule and its reason in pum.ignore.yaml
      refuted work ([ID]): 1 error in compare in [DURATION]
    error: nothing is pushed, for what stands above
    hint: put it right, commit, and push again; PUM_SKIP=1 git push goes on without verifying
    error: failed to push some refs to '[PROJECT]/upstream.git'
    ");
}

#[test]
fn a_model_that_changed_without_a_delta() {
    let _filters = filters();
    insta::assert_snapshot!(refused(|it| {
        it.good("1.4.1");
        it.git(&["rm", "-q", "delta/delta_1.4.1_depth.sql"]);
        it.commit("no delta");
    }), @r"
        scope 1 file changed, model/20_t_50.sql among them in [DURATION]
        names 40 deltas, 0 new in [DURATION]
       frozen 40 deltas of origin/main and 5 releases in [DURATION]
        order no new delta in [DURATION]
         lint 0 SQL deltas new in [DURATION]
        apply 0 deltas applied from v1.4.0 in [DURATION]
      compare failed, from v1.4.0 1 difference in [DURATION]
              error[columns]: column depth on table water.t_50 is in the model, and not in a database upgraded from v1.4.0
                upgraded → model: + column depth on table water.t_50: integer
                help: write what is missing into a delta, or into the model
                help: a difference that is meant has its rule and its reason in pum.ignore.yaml
      refuted work ([ID]): 1 error in compare in [DURATION]
    error: nothing is pushed, for what stands above
    hint: put it right, commit, and push again; PUM_SKIP=1 git push goes on without verifying
    error: failed to push some refs to '[PROJECT]/upstream.git'
    ");
}
