//! Verdicts that were found before are told again, unless something that they depend on has changed.

use super::world::{Repo, assert_verify};

/// Whether the verdict was kept, and the exit code.
fn verify(repo: &Repo, words: &[&str]) -> (bool, i32) {
    let output = repo.verify(words).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (text.contains("(cached)"), output.status.code().unwrap())
}

#[test]
fn a_verdict_is_told_again_with_its_findings() {
    let repo = Repo::new();
    repo.file("delta/delta_1.2.0_a.sql", "-- TODO\n");
    repo.commit("unfinished");
    repo.verify(&[]).assert().code(1);
    assert_verify!(repo.verify(&[]), @r"
    exit code: 1
    ----- stdout -----
        names failed, 3 deltas, 1 new in [DURATION]
              delta/delta_1.2.0_a.sql:1:1: error: a TODO is left: the delta is not finished
                help: write what is missing, and remove the line
      refuted HEAD ([COMMIT]): 1 error in names in [DURATION] (cached)
    ----- stderr -----
    ");
    assert_eq!(verify(&repo, &["--no-cache"]), (false, 1));
    // The same content under another commit.
    repo.git(&["commit", "-q", "--amend", "-m", "another message"]);
    assert_eq!(verify(&repo, &[]), (true, 1));
    repo.file("src/app.py", "print()\n");
    repo.commit("code");
    assert_eq!(verify(&repo, &[]), (true, 1));
    repo.file("delta/delta_1.2.0_a.sql", "select 1;\n");
    repo.commit("finished");
    assert_eq!(verify(&repo, &[]), (false, 0));
    assert_eq!(verify(&repo, &[]), (true, 0));
}

#[test]
fn whatever_a_verdict_depends_on_makes_it_anew() {
    let repo = Repo::new();
    repo.file("delta/delta_1.2.0_a.sql", "select 1;\n");
    repo.commit("next");
    assert_eq!(verify(&repo, &[]), (false, 0));
    assert_eq!(verify(&repo, &["--skip", "names"]), (false, 0));
    assert_eq!(verify(&repo, &["--base", "v1.0.0"]), (false, 0));
    repo.git(&["tag", "v1.1.5", "v1.1.0^{}"]);
    assert_eq!(verify(&repo, &[]), (false, 0));
    repo.git(&["tag", "v1.1.9"]);
    assert_eq!(verify(&repo, &[]), (false, 1));
    repo.git(&["tag", "-d", "v1.1.9"]);
    assert_eq!(verify(&repo, &[]), (true, 0));
    for (path, content) in [
        ("model/more.sql", "create table app.more (id integer);\n"),
        ("pum.ignore.yaml", "- element: views\n  reason: none\n"),
        ("pum.yaml", &format!("{}edited: warn\n", super::world::CONFIG)),
    ] {
        repo.file(path, content);
        repo.commit(path);
        assert_eq!(verify(&repo, &[]), (false, 0), "{path}");
        assert_eq!(verify(&repo, &[]), (true, 0), "{path}");
    }
}

#[test]
fn no_answer_is_not_kept() {
    let repo = Repo::new();
    let repo = repo.with_origin();
    let clone = repo.clone_with(&["--depth", "1"]);
    assert_eq!(verify(&clone, &[]), (false, 3));
    assert_eq!(verify(&clone, &[]), (false, 3));
    clone.git(&["fetch", "-q", "--unshallow", "--tags"]);
    assert_eq!(verify(&clone, &[]), (false, 0));
}

#[test]
fn a_cache_that_cannot_be_written_changes_no_answer() {
    let repo = Repo::new();
    let file = repo.path().join("file");
    std::fs::write(&file, "no directory").unwrap();
    let mut command = repo.verify(&[]);
    command.env("PUM_CACHE_DIR", file.join("below"));
    command.assert().code(0);
}
