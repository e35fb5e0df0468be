//! What a commit is measured against: upstream, CI, releases; and clones that do not hold enough.

use super::world::{Repo, assert_verify};

/// The lines of `--explain`.
fn explained(repo: &Repo, words: &[&str], environment: &[(&str, &str)]) -> String {
    let mut command = repo.verify(&["--explain"]);
    let output = command.args(words).envs(environment.iter().copied()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter(|line| {
            ["base", "upstream", "releases", "warning"]
                .iter()
                .any(|label| line.trim_start().starts_with(label))
        })
        .map(|line| format!("{}\n", line.trim_start()))
        .collect()
}

#[test]
fn the_base_is_the_first_that_says_something() {
    let _filters = super::world::filters();
    let repo = Repo::new();
    repo.file("delta/delta_1.2.0_a.sql", "select 1;\n");
    repo.commit("next");
    // No remote: the release before.
    insta::assert_snapshot!(explained(&repo, &[], &[]), @r"
    base v1.1.0 ([COMMIT]): the newest release before HEAD
    upstream none: pum.yaml names none (upstream: BRANCH), and there is no origin/HEAD
    releases 2 releases before it: v1.0.0, v1.1.0
    ");
    insta::assert_snapshot!(explained(&repo, &["v1.1.0"], &[]), @r"
    base v1.0.0 ([COMMIT]): the newest release before v1.1.0
    upstream none: pum.yaml names none (upstream: BRANCH), and there is no origin/HEAD
    releases 1 release before it: v1.0.0
    ");
    insta::assert_snapshot!(explained(&repo, &["v1.0.0"], &[]), @r"
    base nothing: there is no release before v1.0.0, so everything in it is new
    upstream none: pum.yaml names none (upstream: BRANCH), and there is no origin/HEAD
    releases none before it
    ");
    insta::assert_snapshot!(explained(&repo, &["--base", "HEAD~2"], &[]), @r"
    base HEAD~2 ([COMMIT]): --base names it
    upstream none: pum.yaml names none (upstream: BRANCH), and there is no origin/HEAD
    releases 2 releases before it: v1.0.0, v1.1.0
    ");
    insta::assert_snapshot!(explained(&repo, &["HEAD~1..main"], &[]), @r"
    base HEAD~1 ([COMMIT]): the range begins there
    upstream none: pum.yaml names none (upstream: BRANCH), and there is no origin/HEAD
    releases 2 releases before it: v1.0.0, v1.1.0
    ");
    // The remote's own branch is HEAD itself, then it is behind.
    let repo = repo.with_origin();
    insta::assert_snapshot!(explained(&repo, &[], &[]), @r"
    base v1.1.0 ([COMMIT]): the newest release before HEAD
    upstream origin/main, the remote's own branch, is HEAD
    releases 2 releases before it: v1.0.0, v1.1.0
    ");
    repo.git(&["checkout", "-q", "-b", "feature"]);
    repo.file("delta/delta_1.3.0_b.sql", "select 1;\n");
    repo.commit("more");
    insta::assert_snapshot!(explained(&repo, &[], &[]), @r"
    base origin/main ([COMMIT]): where HEAD left origin/main, the remote's own branch
    upstream origin/main ([COMMIT]): the remote's own branch
    releases 2 releases before it: v1.0.0, v1.1.0
    ");
    // Detached, as in CI.
    repo.git(&["checkout", "-q", "--detach"]);
    insta::assert_snapshot!(explained(&repo, &[], &[("GITHUB_BASE_REF", "main")]), @r"
    base origin/main ([COMMIT]): where HEAD left origin/main, from GITHUB_BASE_REF
    upstream origin/main ([COMMIT]): from GITHUB_BASE_REF
    releases 2 releases before it: v1.0.0, v1.1.0
    ");
    let release = repo.git(&["rev-parse", "v1.1.0^{}"]);
    insta::assert_snapshot!(explained(&repo, &[], &[("CI_MERGE_REQUEST_DIFF_BASE_SHA", &release)]), @r"
    base [COMMIT]: where HEAD left [COMMIT], from CI_MERGE_REQUEST_DIFF_BASE_SHA
    upstream [COMMIT]: from CI_MERGE_REQUEST_DIFF_BASE_SHA
    releases 2 releases before it: v1.0.0, v1.1.0
    ");
    insta::assert_snapshot!(explained(&repo, &[], &[("GITHUB_BASE_REF", "gone"), ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "")]), @r"
    base origin/main ([COMMIT]): where HEAD left origin/main, the remote's own branch
    upstream origin/gone, from GITHUB_BASE_REF, is not in this clone
    upstream origin/main ([COMMIT]): the remote's own branch
    releases 2 releases before it: v1.0.0, v1.1.0
    warning origin/gone is not in this clone, so others may have deltas that are not known here: git fetch origin gone
    ");
    // pum.yaml goes before origin/HEAD.
    repo.git(&["branch", "next", "HEAD~1"]);
    repo.file("pum.yaml", "upgrades_table: app.upgrades\ndelta_dirs: [delta]\nupstream: next\n");
    repo.commit("upstream");
    insta::assert_snapshot!(explained(&repo, &[], &[]), @r"
    base next ([COMMIT]): where HEAD left next, upstream in pum.yaml
    upstream next ([COMMIT]): upstream in pum.yaml
    releases 2 releases before it: v1.0.0, v1.1.0
    ");
}

#[test]
fn without_any_release_everything_is_new() {
    let repo = Repo::empty();
    repo.file("pum.yaml", "upgrades_table: app.upgrades\ndelta_dirs: [delta]\n");
    repo.file("delta/delta_1.0.0_a.sql", "select 1;\n");
    repo.commit("first");
    assert_verify!(repo.verify(&["--explain"]), @r"
    exit code: 0
    ----- stdout -----
      subject HEAD ([COMMIT])
       config pum.yaml of HEAD
         base nothing: there is no release before HEAD, so everything in it is new
     upstream none: pum.yaml names none (upstream: BRANCH), and there is no origin/HEAD
     releases none before it
        names 1 delta, 1 new in [DURATION]
       frozen no release and no upstream branch has deltas in [DURATION]
        order 1 new delta against nothing in [DURATION]
       proven HEAD ([COMMIT]), without lint, apply, compare, again in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn a_shallow_clone_is_told_what_brings_the_rest() {
    let repo = Repo::new();
    repo.file("delta/delta_1.2.0_a.sql", "select 1;\n");
    repo.commit("next");
    let repo = repo.with_origin();
    let clone = repo.clone_with(&["--depth", "1"]);
    assert_verify!(clone.verify(&[]), @r"
    exit code: 3
    ----- stdout -----
    no answer HEAD ([COMMIT]) could not be verified: the clone is shallow: neither a release nor the branch that this will be merged into is in it in [DURATION]
         help GitHub Actions: give actions/checkout `with: {fetch-depth: 0}`
         help GitLab CI: set `variables: {GIT_DEPTH: 0}` in the job
         help elsewhere: git fetch --unshallow --tags
    ----- stderr -----
    ");
    assert_verify!(clone.verify(&["--base", "v1.1.0"]), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: "v1.1.0" is no revision of [PROJECT]/
      git: revspec 'v1.1.0' not found
    hint: the clone is shallow: git fetch --unshallow --tags brings what is missing (in CI: fetch-depth: 0, GIT_DEPTH: 0)
    "#);
    assert_verify!(clone.verify(&["--base", "HEAD"]), @r"
    exit code: 3
    ----- stdout -----
    no answer HEAD ([COMMIT]) could not be verified: the clone is shallow: no release is in it, so nobody knows which deltas must stay as they are in [DURATION]
         help GitHub Actions: give actions/checkout `with: {fetch-depth: 0}`
         help GitLab CI: set `variables: {GIT_DEPTH: 0}` in the job
         help elsewhere: git fetch --unshallow --tags
    ----- stderr -----
    ");
    clone.git(&["fetch", "-q", "--unshallow", "--tags"]);
    assert_verify!(clone.verify(&[]), @r"
    exit code: 0
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
       proven HEAD ([COMMIT]), without lint, apply, compare, again in [DURATION]
    ----- stderr -----
    ");
    // Deep enough is enough.
    let clone = repo.clone_with(&["--depth", "2"]);
    clone.git(&["fetch", "-q", "--depth", "2", "--tags"]);
    clone.verify(&[]).assert().code(0);
}

#[test]
fn no_repository_no_commit_and_no_configuration_are_no_answers() {
    let project = crate::support::Project::new();
    let mut command = project.pum();
    command.arg("verify");
    assert_verify!(command, @r"
    exit code: 3
    ----- stdout -----
    no answer HEAD could not be verified: . is in no git repository in [DURATION]
         help run pum in a clone of the project, or make it a repository with git init
    ----- stderr -----
    ");
    let repo = Repo::empty();
    assert_verify!(repo.verify(&[]), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: "HEAD" is no revision of [PROJECT]/
      git: revspec 'HEAD' not found
    hint: git log --oneline --decorate shows the revisions; git fetch --tags brings those of the remote
    "#);
    repo.commit("nothing");
    repo.file("pum.yaml", "delta_dirs: [delta]\n");
    assert_verify!(repo.verify(&[]), @r"
    exit code: 3
    ----- stdout -----
    no answer HEAD ([COMMIT]) could not be verified: HEAD has no pum.yaml in [DURATION]
         help it is not in git yet: git add pum.yaml, and commit it
         help pum verify -c FILE names a configuration file elsewhere
    ----- stderr -----
    ");
    assert_verify!(repo.verify(&["nosuch"]), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: "nosuch" is no revision of [PROJECT]/
      git: revspec 'nosuch' not found
    hint: git log --oneline --decorate shows the revisions; git fetch --tags brings those of the remote
    "#);
    assert_verify!(repo.verify(&["main...HEAD"]), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: "main...HEAD" is no range
    hint: A..B with two dots verifies B, measured against A
    "#);
}

#[test]
fn a_worktree_a_subdirectory_and_a_project_below_the_top_are_fine() {
    let repo = Repo::empty();
    repo.file("data model/pum.yaml", "upgrades_table: app.upgrades\ndelta_dirs: [./delta, ../other]\n");
    repo.file("data model/delta/delta_1.0.0_größe.sql", "select 1;\n");
    repo.file("other/delta_1.0.0_b.sql", "select 1;\n");
    repo.file("data model/deep/file.txt", "x\n");
    repo.commit("first");
    repo.git(&["tag", "1.0.0"]);
    repo.file("data model/delta/delta_1.0.0_größe.sql", "select 2;\n");
    repo.file("other/delta_1.1.0_c.sql", "-- TODO\n");
    repo.commit("second");
    let worktree =
        tempfile::Builder::new().prefix("worktree-").tempdir_in(crate::support::scratch()).unwrap();
    let place = worktree.path().join("linked");
    repo.git(&["worktree", "add", "-q", "--detach", &place.to_string_lossy()]);
    let in_directory = |directory: std::path::PathBuf| {
        let mut command = repo.verify(&[]);
        command.current_dir(directory);
        command
    };
    assert_verify!(in_directory(repo.path().join("data model")), @r"
    exit code: 1
    ----- stdout -----
        names failed, 3 deltas, 2 new in [DURATION]
              other/delta_1.1.0_c.sql:1:1: error: a TODO is left: the delta is not finished
                help: write what is missing, and remove the line
      refuted HEAD ([COMMIT]): 1 error in names in [DURATION]
    ----- stderr -----
    ");
    assert_verify!(in_directory(place.join("data model/deep")), @r"
    exit code: 1
    ----- stdout -----
        names failed, 3 deltas, 2 new in [DURATION]
              other/delta_1.1.0_c.sql:1:1: error: a TODO is left: the delta is not finished
                help: write what is missing, and remove the line
      refuted HEAD ([COMMIT]): 1 error in names in [DURATION]
    ----- stderr -----
    ");
    assert_verify!(repo.verify(&["-c", "data model/pum.yaml", "--skip", "names"]), @r"
    exit code: 1
    ----- stdout -----
       frozen failed, 2 deltas of 1 release in [DURATION]
              data model/delta/delta_1.0.0_größe.sql:1:1: error: the release 1.0.0 has this delta with other content: databases that have had it will not get what changed
                help: git checkout 1.0.0 -- 'data model/delta/delta_1.0.0_größe.sql'
                help: then write what shall be otherwise as a delta of its own: pum new TITLE
      refuted HEAD ([COMMIT]): 1 error in frozen in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn a_configuration_outside_of_the_repository_speaks_of_its_top() {
    let repo = Repo::new();
    repo.git(&["rm", "-q", "pum.yaml"]);
    repo.file("delta/delta_1.1.0_pipe.sql", "select 'changed';\n");
    repo.commit("without");
    let outside = tempfile::tempdir_in(crate::support::scratch()).unwrap();
    let file = outside.path().join("water.yaml");
    std::fs::write(&file, "upgrades_table: app.upgrades\ndelta_dirs: [delta]\nmodel: {deltas: true}\n")
        .unwrap();
    assert_verify!(repo.verify(&["-c", &file.to_string_lossy()]), @r"
    exit code: 1
    ----- stdout -----
        names 2 deltas, 1 new in [DURATION]
       frozen failed, 2 deltas of 2 releases in [DURATION]
              delta/delta_1.1.0_pipe.sql:1:1: error: the release v1.1.0 has this delta with other content: databases that have had it will not get what changed
                help: git checkout v1.1.0 -- delta/delta_1.1.0_pipe.sql
                help: then write what shall be otherwise as a delta of its own: pum new TITLE
      refuted HEAD ([COMMIT]): 1 error in frozen in [DURATION]
    ----- stderr -----
    ");
}
