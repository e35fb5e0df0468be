//! Pushes that git's own rules are about: which commits, from where, with what beside. What they are refused for is
//! `refusals`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::repository::{Repository, said};
use crate::support::sample::git_command;

/// A delta that no push may carry.
const BAD: (&str, &str) = ("delta_1.4.1_x.sql", "-- TODO: write it\n");

fn bad(it: &Repository) {
    it.delta(BAD.0, BAD.1);
}

#[test]
fn a_push_that_touches_no_delta_goes_through_without_a_word() {
    let it = Repository::new();
    it.file("README.md", "# Water\n");
    it.commit("words");
    let said = it.accepted(&["-q", "origin", "HEAD"]);
    assert_eq!(said, "");
    assert_eq!(it.remote("refs/heads/main").unwrap(), it.git(&["rev-parse", "HEAD"]));
}

#[test]
fn everything_up_to_date_deletions_and_what_the_remote_has_need_no_verification() {
    let it = Repository::new();
    for words in [
        &["-q", "origin", "HEAD"][..],
        &["-q", "origin", ":refs/heads/pressure"],
        &["-q", "origin", "v1.3.0^{commit}:refs/heads/old"],
        &["-q", "origin", "HEAD:refs/tags/nightly"],
        &["-q", "--force", "origin", "v1.3.0^{commit}:refs/heads/material"],
    ] {
        assert_eq!(it.accepted(words), "", "{words:?}");
    }
    assert_eq!(it.remote("refs/heads/pressure"), None);
    // Also where the branch that is deleted is the bad one.
    bad(&it);
    it.git(&["push", "-q", "--no-verify", "origin", "HEAD:refs/heads/bad"]);
    assert_eq!(it.accepted(&["-q", "origin", ":refs/heads/bad"]), "");
}

#[test]
fn the_second_ref_a_new_branch_and_a_tag_are_looked_at_too() {
    let it = Repository::new();
    it.git(&["branch", "harmless"]);
    bad(&it);
    it.git(&["tag", "-a", "nightly", "-m", "annotated"]);
    for words in [
        &["origin", "harmless", "HEAD:refs/heads/bad"][..],
        &["origin", "HEAD:refs/heads/bad"],
        &["origin", "nightly"],
        &["origin", "HEAD~0:refs/heads/bad"],
        &["--dry-run", "origin", "HEAD"],
        &["--all", "origin"],
        &["--tags", "origin"],
    ] {
        let said = it.refused(words);
        assert!(said.contains("delta/delta_1.4.1_x.sql:1:1: error: "), "{words:?}: {said}");
        assert_eq!(
            said.matches("TODO").count(),
            said.matches("error: a TODO").count().max(1),
            "{words:?}: {said}"
        );
    }
    // A tag of a tree is no commit, and harmless.
    it.git(&["tag", "tree", "HEAD^{tree}"]);
    assert_eq!(it.accepted(&["-q", "origin", "tree"]), "");
}

#[test]
fn a_commit_in_two_refs_is_verified_once() {
    let it = Repository::new();
    bad(&it);
    let said = it.refused(&["origin", "HEAD:refs/heads/one", "HEAD:refs/heads/two"]);
    assert_eq!(said.matches("1:1: error").count(), 1, "{said}");
    assert!(said.contains("one, two "), "{said}");
}

#[test]
fn it_is_the_pushed_commit_that_counts_not_the_working_tree() {
    let it = Repository::new();
    bad(&it);
    it.file(&format!("delta/{}", BAD.0), "select 1;\n");
    it.file("pum.yaml", "not: understood\n");
    let said = it.refused(&["origin", "HEAD"]);
    assert!(said.contains("delta_1.4.1_x.sql:1:1"), "{said}");
    assert!(said.contains("unknown key \"not\""), "{said}");
    it.git(&["checkout", "-q", "-f", "-b", "words", "origin/main"]);
    it.file("README.md", "# Water\n");
    it.commit("words");
    it.file("delta/delta_1.4.1_y.sql", BAD.1);
    it.git(&["add", "-A"]);
    it.accepted(&["origin", "HEAD"]);
}

#[test]
fn a_commit_without_pum_yaml_has_nothing_to_verify() {
    let it = Repository::new();
    it.git(&["checkout", "-q", "--orphan", "pages"]);
    it.git(&["rm", "-rfq", "."]);
    it.file("index.html", "<p>\n");
    it.commit("pages");
    assert_eq!(it.accepted(&["-q", "origin", "pages"]), "");
}

#[test]
fn pushes_come_from_linked_working_trees_and_subdirectories() {
    let it = Repository::new();
    let linked = it.directory().join("linked");
    it.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "-b", "linked"]);
    bad(&it);
    it.git(&["branch", "bad"]);
    for directory in [linked.clone(), linked.join("model"), it.clone.join("delta")] {
        let said = it.push_from(&directory, &["origin", "bad"]);
        assert_eq!((said.code, said.text.contains("delta_1.4.1_x.sql:1:1")), (1, true), "{}", said.text);
        let said = it.push_from(&directory, &["-q", "origin", "linked"]);
        assert_eq!((said.code, said.text.as_str()), (0, ""));
    }
}

#[test]
fn a_remote_object_that_is_unknown_here_and_a_forced_push_are_no_obstacle() {
    let it = Repository::new();
    // Somebody else pushes to the branch, and nobody fetches here.
    let other = it.directory().join("other");
    git_command(it.directory()).args(["clone", "-q", "upstream.git", "other"]).status().unwrap();
    fs::write(other.join("theirs.txt"), "theirs").unwrap();
    for words in [
        &["checkout", "-q", "-b", "shared"][..],
        &["add", "-A"],
        &["commit", "-q", "-m", "theirs"],
        &["push", "-q", "origin", "shared"],
    ] {
        assert!(git_command(&other).args(words).status().unwrap().success());
    }
    it.git(&["checkout", "-q", "-b", "shared"]);
    it.file("README.md", "# Water\n");
    it.commit("words");
    let rejected = it.push(&["origin", "shared"]);
    assert!(rejected.text.contains("(fetch first)"), "{}", rejected.text);
    assert_eq!(it.accepted(&["-q", "--force", "origin", "shared"]), "");
    bad(&it);
    let said = it.refused(&["--force", "origin", "shared"]);
    assert!(said.contains("delta_1.4.1_x.sql:1:1"), "{said}");
}

#[test]
fn a_remote_given_by_its_address_and_one_that_was_never_fetched_work() {
    let it = Repository::new();
    let bare = it.bare.to_str().unwrap().to_owned();
    it.file("README.md", "# Water\n");
    it.commit("words");
    assert_eq!(it.accepted(&["-q", &bare, "HEAD"]), "");
    git_command(it.directory()).args(["init", "-q", "--bare", "second.git"]).status().unwrap();
    it.git(&["remote", "add", "second", "../second.git"]);
    let words = it.push(&["-q", "second", "HEAD:refs/heads/main"]);
    assert_eq!((words.code, words.text.as_str()), (0, ""));
    bad(&it);
    assert!(it.refused(&[&bare, "HEAD"]).contains("delta_1.4.1_x.sql:1:1"));
    assert!(it.refused(&["second", "HEAD:refs/heads/main"]).contains("delta_1.4.1_x.sql:1:1"));
}

#[test]
fn the_hook_that_was_there_before_runs_first_with_the_same_arguments_and_input() {
    let it = Repository::without_hook();
    let file = it.clone.join(".git/hooks/pre-push");
    let script = "#!/bin/sh\nprintf '%s|' \"$@\" > ../seen; cat >> ../seen\ntest ! -e ../refuse\n";
    fs::write(&file, script).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    let seen = || fs::read_to_string(it.directory().join("seen")).unwrap();
    it.file("README.md", "# Water\n");
    it.commit("words");
    it.git(&["branch", "second"]);
    it.git_in(&it.clone).args(["push", "--dry-run", "origin", "HEAD", "second"]).output().unwrap();
    let without_pum = seen();
    assert_eq!(without_pum.lines().count(), 2, "{without_pum}");

    assert_eq!(it.pum(&["hook", "install"]).code, 0);
    it.accepted(&["--dry-run", "origin", "HEAD", "second"]);
    assert_eq!(seen(), without_pum);
    // Its refusal holds, and pum's does after it.
    fs::write(it.directory().join("refuse"), "").unwrap();
    it.refused(&["origin", "HEAD"]);
    fs::remove_file(it.directory().join("refuse")).unwrap();
    bad(&it);
    assert!(it.refused(&["origin", "HEAD"]).contains("delta_1.4.1_x.sql:1:1"));
    assert!(seen().contains(&it.git(&["rev-parse", "HEAD"])));
}

#[test]
fn pum_skip_skips_and_a_missing_pum_refuses_with_how_to_go_on() {
    let it = Repository::new();
    bad(&it);
    let skipped = said(
        it.git_in(&it.clone).args(["push", "-q", "origin", "HEAD:refs/heads/skipped"]).env("PUM_SKIP", "1"),
    );
    assert_eq!((skipped.code, skipped.text.as_str()), (0, "pum: PUM_SKIP is set, so nothing is verified\n"));

    let mut push = it.git_in(&it.clone);
    let without_pum = it.directory().join("bin");
    fs::create_dir(&without_pum).unwrap();
    for program in ["git", "sh", "cat"] {
        let found = std::env::split_paths(&std::env::var_os("PATH").unwrap())
            .map(|directory| directory.join(program))
            .find(|path| path.is_file());
        std::os::unix::fs::symlink(found.unwrap(), without_pum.join(program)).unwrap();
    }
    push.args(["push", "-q", "origin", "HEAD"]).env("PATH", &without_pum);
    let refused = said(&mut push);
    assert_eq!(refused.code, 1);
    let _filters = crate::support::filters();
    insta::assert_snapshot!(refused.text, @r"
    error: pum is not on PATH, so the deltas cannot be verified, and nothing is pushed
    hint: install pum, or put the directory that it is in on PATH
    hint: PUM_SKIP=1 git push pushes without verifying; git push --no-verify does so without any hook
    hint: rm .git/hooks/pre-push takes the hook away for good
    error: failed to push some refs to '[PROJECT]/upstream.git'
    ");
}

#[test]
fn the_pre_commit_hook_verifies_what_is_going_to_be_committed() {
    let it = Repository::without_hook();
    assert_eq!(it.pum(&["hook", "install", "--type", "pre-commit"]).code, 0);
    assert_eq!(it.pum(&["hook", "status"]).code, 0);
    let commit = |words: &[&str]| said(it.git_in(&it.clone).args(["commit", "-q", "-m", "x"]).args(words));
    it.file(&format!("delta/{}", BAD.0), BAD.1);
    it.git(&["add", "-A"]);
    let head = it.git(&["rev-parse", "HEAD"]);
    let refused = commit(&[]);
    assert_eq!((refused.code, refused.text.contains("delta_1.4.1_x.sql:1:1")), (1, true), "{}", refused.text);
    assert_eq!(it.git(&["rev-parse", "HEAD"]), head);
    // What is in the index counts; what is in the working tree only does not.
    it.file(&format!("delta/{}", BAD.0), "select 1;\n");
    assert_eq!(commit(&[]).code, 1);
    it.git(&["add", "-A"]);
    it.file(&format!("delta/{}", BAD.0), BAD.1);
    let committed = commit(&[]);
    assert_eq!(committed.code, 0, "{}", committed.text);
    let skipped = commit(&["-a", "--no-verify"]);
    assert_eq!(skipped.code, 0, "{}", skipped.text);
    it.assert_nothing_is_left();
}
