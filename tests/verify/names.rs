//! Every delta is one, is there once, and can be read.

use super::world::{CONFIG, Repo, assert_verify};

#[test]
fn a_good_delta_is_proven() {
    let repo = Repo::new();
    repo.file("delta/delta_1.2.0_material.sql", "alter table app.pipe add material text;\n");
    repo.commit("material");
    assert_verify!(repo.verify(&["--explain"]), @r"
    exit code: 0
    ----- stdout -----
      subject HEAD ([COMMIT])
       config pum.yaml of HEAD
         base v1.1.0 ([COMMIT]): the newest release before HEAD
     upstream none: pum.yaml names none (upstream: BRANCH), and there is no origin/HEAD
     releases 2 releases before it: v1.0.0, v1.1.0
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
       proven HEAD ([COMMIT]), without lint, apply, compare, again in [DURATION]
    ----- stderr -----
    ");
    assert_verify!(repo.verify(&["-q"]), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    ");
}

#[test]
fn what_lies_in_the_working_tree_does_not_count() {
    let repo = Repo::new();
    repo.file("delta/delta_1.2.0_material.sql", "alter table app.pipe add material text;\n");
    repo.commit("material");
    repo.file("delta/delta_1.2.0_material.sql", "-- TODO\n");
    repo.file("delta/delta_1.2.sql", "select 'untracked'");
    repo.file("pum.yaml", "nonsense: [");
    std::fs::remove_file(repo.path().join("delta/delta_1.0.0_app.sql")).unwrap();
    assert_verify!(repo.verify(&[]), @r"
    exit code: 0
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
       proven HEAD ([COMMIT]), without lint, apply, compare, again in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn names_that_look_like_deltas_are_named_with_the_rename() {
    let repo = Repo::new();
    repo.file("delta/delta_1.2.0_a-b.sql", "select 1;\n");
    repo.file("delta/delta_1.2_short.sql", "select 1;\n");
    repo.file("delta/delta_1.2.0_it's here.SQL", "select 1;\n");
    repo.file("delta/Delta_1.2.0_größe.sql", "select 1;\n");
    repo.file("delta/README.txt", "about deltas\n");
    repo.commit("names");
    assert_verify!(repo.verify(&[]), @r"
    exit code: 1
    ----- stdout -----
        names failed, 2 deltas, 0 new in [DURATION]
              delta/Delta_1.2.0_größe.sql: error: it looks like a delta and is none, so it would never run: the name must begin with `delta_`, in lower case
                help: git mv delta/Delta_1.2.0_größe.sql delta/delta_1.2.0_größe.sql
              delta/delta_1.2.0_a-b.sql: error: it looks like a delta and is none, so it would never run: the title has '-' in it; only letters, digits and underscores may be there
                help: git mv delta/delta_1.2.0_a-b.sql delta/delta_1.2.0_a_b.sql
              delta/delta_1.2.0_it's here.SQL: error: it looks like a delta and is none, so it would never run: the title has '\'' in it; only letters, digits and underscores may be there
                help: git mv 'delta/delta_1.2.0_it'\''s here.SQL' delta/delta_1.2.0_it_s_here.sql
              delta/delta_1.2_short.sql: error: it looks like a delta and is none, so it would never run: the version 1.2 has 2 numbers; three are expected
                help: call it delta_X.Y.Z_TITLE.sql, or take it out of the delta directory
      refuted HEAD ([COMMIT]): 4 errors in names in [DURATION]
    ----- stderr -----
    ");
    // What the base has, too, is passed over by everybody already.
    repo.git(&["tag", "v1.2.0"]);
    repo.file("delta/delta_1.3.0_c.sql", "select 1;\n");
    repo.commit("later");
    assert_verify!(repo.verify(&[]), @r"
    exit code: 0
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
              delta/Delta_1.2.0_größe.sql: warning: it looks like a delta and is none, so it would never run: the name must begin with `delta_`, in lower case
                help: git mv delta/Delta_1.2.0_größe.sql delta/delta_1.2.0_größe.sql
              delta/delta_1.2.0_a-b.sql: warning: it looks like a delta and is none, so it would never run: the title has '-' in it; only letters, digits and underscores may be there
                help: git mv delta/delta_1.2.0_a-b.sql delta/delta_1.2.0_a_b.sql
              delta/delta_1.2.0_it's here.SQL: warning: it looks like a delta and is none, so it would never run: the title has '\'' in it; only letters, digits and underscores may be there
                help: git mv 'delta/delta_1.2.0_it'\''s here.SQL' delta/delta_1.2.0_it_s_here.sql
              delta/delta_1.2_short.sql: warning: it looks like a delta and is none, so it would never run: the version 1.2 has 2 numbers; three are expected
                help: call it delta_X.Y.Z_TITLE.sql, or take it out of the delta directory
       frozen 2 deltas of 3 releases in [DURATION]
        order 1 new delta against v1.2.0 in [DURATION]
       proven HEAD ([COMMIT]), without lint, apply, compare, again in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn two_files_that_are_one_delta_are_named() {
    let repo = Repo::new();
    repo.file("pum.yaml", "upgrades_table: app.upgrades\ndelta_dirs: [delta, 'more deltas']\n");
    repo.file("delta/delta_1.2.0_a.sql", "select 1;\n");
    repo.file("delta/delta_1.02.0_a.sql", "select 1;\n");
    repo.file("more deltas/delta_1.1.0_pipe.sql", "select 2;\n");
    repo.commit("twins");
    assert_verify!(repo.verify(&[]), @r#"
    exit code: 1
    ----- stdout -----
        names failed, 5 deltas, 3 new in [DURATION]
              delta/delta_1.2.0_a.sql: error: it is the same delta as delta/delta_1.02.0_a.sql: version 1.2.0, title "a", kind sql
                help: a delta is known by version, title and kind: give one of them another title
              more deltas/delta_1.1.0_pipe.sql: error: it is the same delta as delta/delta_1.1.0_pipe.sql: version 1.1.0, title "pipe", kind sql
                help: a delta is known by version, title and kind: give one of them another title
      refuted HEAD ([COMMIT]): 2 errors in names in [DURATION]
    ----- stderr -----
    "#);
}

#[test]
fn what_an_upgrade_would_refuse_is_shown_with_its_place() {
    let repo = Repo::new();
    repo.file("delta/delta_1.2.0_string.sql", "select 1;\nselect 'é' || 'open;\n");
    repo.file("delta/delta_1.2.1_latin.sql", b"select 1;\n-- gr\xf6\xdfe\n");
    repo.file("delta/delta_1.2.2_psql.sql", "\\i other.sql\n");
    repo.file("delta/delta_1.2.3_variable.sql", "select :ROW_COUNT;\n");
    repo.file("delta/delta_1.2.4_directive.sql", "-- pum: no-transactoin\nselect 1;\n");
    repo.file("delta/delta_1.2.5_vacuum.sql", "vacuum;\n");
    repo.file("delta/pre-all.sql", "select 1;\n\\gexec\n");
    repo.commit("wrong");
    assert_verify!(repo.verify(&[]), @r#"
    exit code: 1
    ----- stdout -----
        names failed, 8 deltas, 6 new in [DURATION]
              delta/delta_1.2.0_string.sql:2:15: error: unterminated string: begins here
              delta/delta_1.2.1_latin.sql:2:6: error: delta/delta_1.2.1_latin.sql is not UTF-8: byte 0xf6
                help: if it is Latin-1: iconv -f LATIN1 -t UTF-8 delta/delta_1.2.1_latin.sql > new.sql, then replace the file with it
              delta/delta_1.2.2_psql.sql:1:1: error: the psql command \i does not work in a delta
                help: put the other file's text here: a delta is one file
              delta/delta_1.2.3_variable.sql:1:8: error: the variable ROW_COUNT is set by psql only
                help: write the value itself, or \set ROW_COUNT to it
              delta/delta_1.2.4_directive.sql:1:1: error: unknown directive "no-transactoin"
                help: what can be said here: -- pum: no-transaction
              delta/delta_1.2.5_vacuum.sql:1:1: error: VACUUM cannot run in a transaction
                help: add the line `-- pum: no-transaction`; the delta is then no longer applied whole or not at all
                help: best move the statement to a delta of its own
              delta/pre-all.sql:2:1: error: the psql command \gexec does not work in a delta
                help: use a DO block with EXECUTE
      refuted HEAD ([COMMIT]): 7 errors in names in [DURATION]
    ----- stderr -----
    "#);
}

#[test]
fn what_is_not_finished_is_refused() {
    let repo = Repo::new();
    repo.file("delta/delta_1.2.0_a.sql", "-- made by hand\n-- TODO: the statements\n");
    repo.file("delta/delta_1.2.1_b.sql", "select 1;\n-- UNPROVEN: app.pipe\nselect '-- TODO in a text';\n");
    repo.file(
        "delta/delta_1.2.2_c.py",
        "class Delta:\n    def run(self):\n        # TODO: what is to be done\n",
    );
    repo.file("delta/delta_1.2.3_d.sql", "<<<<<<< HEAD\nselect 1;\n=======\nselect 2;\n>>>>>>> feature\n");
    repo.commit("unfinished");
    assert_verify!(repo.verify(&[]), @r"
    exit code: 1
    ----- stdout -----
        names failed, 6 deltas, 4 new in [DURATION]
              delta/delta_1.2.0_a.sql:2:1: error: a TODO is left: the delta is not finished
                help: write what is missing, and remove the line
              delta/delta_1.2.1_b.sql:2:1: error: UNPROVEN: nobody has shown yet that this statement does what it should
                help: write what is missing, and remove the line
              delta/delta_1.2.2_c.py:3:9: error: a TODO is left: the delta is not finished
                help: finish it, and remove the line
              delta/delta_1.2.3_d.sql:1:1: error: a conflict marker of a merge that was not ended
                help: choose what is right, and commit the file without the marks
      refuted HEAD ([COMMIT]): 4 errors in names in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn deltas_that_the_base_has_are_not_read_again() {
    let repo = Repo::new();
    repo.file("delta/delta_1.2.0_a.sql", "-- TODO: never done\n");
    repo.commit("unfinished");
    repo.git(&["tag", "v1.2.0"]);
    repo.file("delta/delta_1.3.0_b.sql", "select 1;\n");
    repo.commit("later");
    assert_verify!(repo.verify(&[]), @r"
    exit code: 0
    ----- stdout -----
        names 4 deltas, 1 new in [DURATION]
       frozen 3 deltas of 3 releases in [DURATION]
        order 1 new delta against v1.2.0 in [DURATION]
       proven HEAD ([COMMIT]), without lint, apply, compare, again in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn variables_of_the_commits_own_configuration_count() {
    let repo = Repo::new();
    repo.file("pum.yaml", format!("{CONFIG}variables: {{SRID: 2056}}\n"));
    repo.file("delta/delta_1.2.0_a.sql", "select %(SRID)s, %(SIRD)s;\n");
    repo.commit("variables");
    assert_verify!(repo.verify(&[]), @r"
    exit code: 1
    ----- stdout -----
        names failed, 3 deltas, 1 new in [DURATION]
              delta/delta_1.2.0_a.sql:1:18: error: the variable SIRD is not given
                help: did you mean SRID?
      refuted HEAD ([COMMIT]): 1 error in names in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn a_release_tag_is_at_least_the_highest_delta() {
    let repo = Repo::new();
    repo.file("delta/delta_1.3.0_a.sql", "select 1;\n");
    repo.commit("later");
    repo.git(&["tag", "v1.2.0"]);
    assert_verify!(repo.verify(&["v1.2.0"]), @r"
    exit code: 1
    ----- stdout -----
        names failed, 3 deltas, 1 new in [DURATION]
              delta/delta_1.3.0_a.sql: error: the release v1.2.0 is tagged on [COMMIT], but this delta is of version 1.3.0: a database that has had it is beyond the release
                help: tag the release v1.3.0 instead (git tag -d v1.2.0), or move the tag to a commit without the delta
      refuted v1.2.0 ([COMMIT]): 1 error in names in [DURATION]
    ----- stderr -----
    ");
    repo.git(&["tag", "-d", "v1.2.0"]);
    repo.git(&["tag", "v1.3.0"]);
    repo.verify(&["v1.3.0"]).assert().code(0);
}

#[test]
fn a_configuration_that_is_not_understood_is_the_commits_fault() {
    let repo = Repo::new();
    repo.file("pum.yaml", "delta_dirs: [delta]\nupsteam: origin/main\n");
    repo.commit("typo");
    assert_verify!(repo.verify(&[]), @r#"
    exit code: 1
    ----- stdout -----
        names failed in [DURATION]
              pum.yaml:2:1: error: unknown key "upsteam" in pum.yaml: did you mean "upstream"?
      refuted HEAD ([COMMIT]): 1 error in names in [DURATION]
    ----- stderr -----
    "#);
    repo.file("pum.yaml", "upgrades_table: app.upgrades\n");
    repo.commit("no directory");
    assert_verify!(repo.verify(&[]), @r"
    exit code: 1
    ----- stdout -----
        names failed, 0 deltas, 0 new in [DURATION]
              pum.yaml:1:1: error: no delta directory is named
                help: name it: delta_dirs: [delta]
      refuted HEAD ([COMMIT]): 1 error in names in [DURATION]
    ----- stderr -----
    ");
    repo.file("pum.yaml", "delta_dirs: [deltas]\n");
    repo.commit("another directory");
    assert_verify!(repo.verify(&[]), @r"
    exit code: 1
    ----- stdout -----
        names 0 deltas, 0 new in [DURATION]
              pum.yaml: warning: HEAD has no delta directory deltas
                help: git keeps no empty directory: it is there with its first file
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
fn deltas_that_moved_with_their_directory_are_not_new() {
    let repo = Repo::new();
    repo.file("delta/delta_1.1.0_left.sql.post", "select 1;\n");
    repo.file("delta/delta_1.1.1_todo.sql", "-- TODO: what was released is judged no more\nselect 1;\n");
    repo.commit("more");
    repo.git(&["tag", "v1.2.0"]);
    repo.git(&["mv", "delta", "upgrades"]);
    let outside = tempfile::tempdir_in(crate::support::scratch()).unwrap();
    let config = std::fs::read_to_string(repo.path().join("pum.yaml")).unwrap();
    std::fs::write(outside.path().join("pum.yaml"), config.replace("delta]", "upgrades]")).unwrap();
    repo.commit("moved");
    let mut command = repo.verify(&["-c"]);
    command.arg(outside.path().join("pum.yaml"));
    assert_verify!(command, @r"
    exit code: 0
    ----- stdout -----
        names 3 deltas, 0 new in [DURATION]
              upgrades/delta_1.1.0_left.sql.post: warning: it looks like a delta and is none, so it would never run: the ending .sql.post is an older spelling that never ran
                help: git mv upgrades/delta_1.1.0_left.sql.post upgrades/delta_1.1.0_left.post.sql
       frozen 3 deltas of 3 releases in [DURATION]
        order no new delta in [DURATION]
       proven HEAD ([COMMIT]), without lint, apply, compare, again in [DURATION]
    ----- stderr -----
    ");
}
