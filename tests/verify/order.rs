//! New deltas come after everything that others have, also in the merge.

use super::world::{Repo, assert_verify};

#[test]
fn a_delta_that_comes_before_the_bases_last_is_refused() {
    let repo = Repo::new();
    repo.file("delta/delta_1.0.5_late.sql", "select 1;\n");
    repo.file("delta/delta_1.1.0_a.sql", "select 1;\n");
    repo.file("delta/delta_1.1.0_z.sql", "select 1;\n");
    repo.commit("late");
    assert_verify!(repo.verify(&[]), @r"
    exit code: 1
    ----- stdout -----
        names 5 deltas, 3 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order failed, 3 new deltas against v1.1.0 in [DURATION]
              delta/delta_1.0.5_late.sql: error: it comes before delta_1.1.0_pipe.sql, which v1.1.0 has: databases that have had that one would get it late
                help: pum renumber --onto v1.1.0
              delta/delta_1.1.0_a.sql: error: it comes before delta_1.1.0_pipe.sql, which v1.1.0 has: databases that have had that one would get it late
                help: pum renumber --onto v1.1.0
      refuted HEAD ([COMMIT]): 2 errors in order in [DURATION]
    ----- stderr -----
    ");
    repo.file(
        "pum.yaml",
        "upgrades_table: app.upgrades\ndelta_dirs: [delta]\nlate: [delta_1.0.5_late.sql, delta_1.1.0_a.sql]\n",
    );
    repo.commit("known");
    repo.verify(&[]).assert().code(0);
}

#[test]
fn a_delta_below_the_release_would_never_run() {
    let repo = Repo::new();
    repo.git(&["tag", "v1.5.0"]);
    repo.file("delta/delta_1.4.0_a.sql", "select 1;\n");
    repo.commit("below");
    assert_verify!(repo.verify(&[]), @r"
    exit code: 1
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 3 releases in [DURATION]
        order failed, 1 new delta against v1.5.0 in [DURATION]
              delta/delta_1.4.0_a.sql: error: its version 1.4.0 is below the release v1.5.0: databases that began with that release would never get it
                help: pum renumber --onto v1.5.0
      refuted HEAD ([COMMIT]): 1 error in order in [DURATION]
    ----- stderr -----
    ");
}

/// Two branches that took the same version: the other one is merged already.
fn two_branches(version: &str) -> Repo {
    let repo = Repo::new().with_origin();
    repo.git(&["checkout", "-q", "-b", "other"]);
    repo.file("delta/delta_1.2.0_valves.sql", "select 1;\n");
    repo.file("README.md", "ours\n");
    repo.commit("valves");
    repo.git(&["push", "-q", "origin", "other:main"]);
    repo.git(&["checkout", "-q", "-b", "feature", "main"]);
    repo.file(&format!("delta/delta_{version}_pumps.sql"), "select 1;\n");
    repo.file("README.md", "theirs\n");
    repo.commit("pumps");
    repo
}

#[test]
fn two_branches_that_took_the_same_version_are_found_before_the_merge() {
    let repo = two_branches("1.2.0");
    assert_verify!(repo.verify(&["--explain"]), @r"
    exit code: 1
    ----- stdout -----
      subject HEAD ([COMMIT])
       config pum.yaml of HEAD
         base origin/main ([COMMIT]): where HEAD left origin/main, the remote's own branch
     upstream origin/main ([COMMIT]): the remote's own branch
     releases 2 releases before it: v1.0.0, v1.1.0
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of origin/main and 2 releases in [DURATION]
        order failed, 1 new delta against origin/main, and merged with origin/main in [DURATION]
              delta/delta_1.2.0_pumps.sql: error: origin/main has taken the version 1.2.0, too, for delta_1.2.0_valves.sql
                help: git merge origin/main (or git rebase origin/main)
                help: pum renumber --onto origin/main
      refuted HEAD ([COMMIT]): 1 error in order in [DURATION]
    ----- stderr -----
    ");
    // After the merge it is the base that has it.
    repo.git(&["merge", "-q", "-X", "ours", "-m", "merged", "origin/main"]);
    assert_verify!(repo.verify(&[]), @r"
    exit code: 1
    ----- stdout -----
        names 4 deltas, 1 new in [DURATION]
       frozen 3 deltas of origin/main and 2 releases in [DURATION]
        order failed, 1 new delta against origin/main in [DURATION]
              delta/delta_1.2.0_pumps.sql: error: it comes before delta_1.2.0_valves.sql, which origin/main has: databases that have had that one would get it late
                help: pum renumber --onto origin/main
      refuted HEAD ([COMMIT]): 1 error in order in [DURATION]
    ----- stderr -----
    ");
    repo.git(&["mv", "delta/delta_1.2.0_pumps.sql", "delta/delta_1.2.1_pumps.sql"]);
    repo.commit("renumbered");
    assert_verify!(repo.verify(&[]), @r"
    exit code: 0
    ----- stdout -----
        names 4 deltas, 1 new in [DURATION]
       frozen 3 deltas of origin/main and 2 releases in [DURATION]
        order 1 new delta against origin/main in [DURATION]
       proven HEAD ([COMMIT]), without lint, apply, compare, again in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn a_version_below_that_of_the_upstream_branch_is_found_and_one_above_is_fine() {
    assert_verify!(two_branches("1.1.5").verify(&[]), @r"
    exit code: 1
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of origin/main and 2 releases in [DURATION]
        order failed, 1 new delta against origin/main, and merged with origin/main in [DURATION]
              delta/delta_1.1.5_pumps.sql: error: origin/main has gone on to 1.2.0 with delta_1.2.0_valves.sql: after a merge this delta would be late
                help: git merge origin/main (or git rebase origin/main)
                help: pum renumber --onto origin/main
      refuted HEAD ([COMMIT]): 1 error in order in [DURATION]
    ----- stderr -----
    ");
    assert_verify!(two_branches("1.2.1").verify(&[]), @r"
    exit code: 0
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of origin/main and 2 releases in [DURATION]
        order 1 new delta against origin/main, and merged with origin/main in [DURATION]
       proven HEAD ([COMMIT]), without lint, apply, compare, again in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn the_same_delta_on_both_sides_is_one() {
    let repo = two_branches("1.3.0");
    repo.file("delta/delta_1.2.0_valves.sql", "select 1;\n");
    repo.commit("picked");
    repo.verify(&[]).assert().code(0);
    repo.file("delta/delta_1.2.0_valves.sql", "select 2;\n");
    repo.commit("and changed");
    assert_verify!(repo.verify(&[]), @r"
    exit code: 1
    ----- stdout -----
        names 4 deltas, 2 new in [DURATION]
       frozen 2 deltas of origin/main and 2 releases in [DURATION]
        order failed, 2 new deltas against origin/main, and merged with origin/main in [DURATION]
              delta/delta_1.2.0_valves.sql: error: origin/main has taken the version 1.2.0, too, for delta_1.2.0_valves.sql
                help: git merge origin/main (or git rebase origin/main)
                help: pum renumber --onto origin/main
      refuted HEAD ([COMMIT]): 1 error in order in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn directories_have_their_own_order() {
    let repo = Repo::empty();
    repo.file("pum.yaml", "upgrades_table: app.upgrades\ndelta_dirs: [core, 'local dir']\n");
    repo.file("core/delta_1.5.0_a.sql", "select 1;\n");
    repo.file("local dir/delta_1.1.0_b.sql", "select 1;\n");
    repo.commit("both");
    repo.git(&["tag", "v1.1.0"]);
    repo.file("local dir/delta_1.2.0_c.sql", "select 1;\n");
    repo.commit("one");
    repo.verify(&[]).assert().code(0);
    repo.file("core/delta_1.2.0_d.sql", "select 1;\n");
    repo.commit("other");
    assert_verify!(repo.verify(&[]), @r"
    exit code: 1
    ----- stdout -----
        names 4 deltas, 2 new in [DURATION]
       frozen 2 deltas of 1 release in [DURATION]
        order failed, 2 new deltas against v1.1.0 in [DURATION]
              core/delta_1.2.0_d.sql: error: it comes before delta_1.5.0_a.sql, which v1.1.0 has: databases that have had that one would get it late
                help: pum renumber --onto v1.1.0
      refuted HEAD ([COMMIT]): 1 error in order in [DURATION]
    ----- stderr -----
    ");
}
