//! Installing and removing: where git looks, what was there before, what others rule.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::repository::{Repository, said};

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

fn write_hook(file: &Path, text: &str, mode: u32) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_hook_is_installed_once_shown_and_removed() {
    let it = Repository::without_hook();
    let file = it.clone.join(".git/hooks/pre-push");
    let status = it.pum(&["hook", "status"]);
    assert_eq!(
        (status.code, status.text.as_str()),
        (1, "pre-push: not installed\npre-commit: not installed\n")
    );
    let installed = it.pum(&["hook", "install"]);
    assert_eq!(installed.code, 0);
    insta::assert_snapshot!(installed.text, @"     Note .git/hooks/pre-push is installed");
    let text = fs::read(&file).unwrap();
    assert_eq!(mode(&file), 0o755);
    let again = it.pum(&["hook", "install"]);
    assert_eq!(again.code, 0);
    insta::assert_snapshot!(again.text, @"     Note .git/hooks/pre-push is installed already");
    assert_eq!(fs::read(&file).unwrap(), text);
    let status = it.pum(&["hook", "status"]);
    assert_eq!(status.code, 0);
    insta::assert_snapshot!(status.text, @r"
    pre-push: installed, .git/hooks/pre-push
    pre-commit: not installed
    ");
    let json = it.pum(&["hook", "status", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.text).unwrap();
    assert_eq!((&json[0]["type"], &json[0]["state"]), (&"pre-push".into(), &"installed".into()));
    let removed = it.pum(&["hook", "uninstall"]);
    assert_eq!(removed.code, 0);
    insta::assert_snapshot!(removed.text, @"     Note pum's hook .git/hooks/pre-push is removed");
    assert!(!file.exists());
    let again = it.pum(&["hook", "uninstall"]);
    assert_eq!((again.code, again.text.contains("nothing was done")), (0, true), "{}", again.text);
}

#[test]
fn what_was_there_before_is_kept_with_its_mode_and_comes_back() {
    let it = Repository::without_hook();
    let file = it.clone.join(".git/hooks/pre-push");
    let before = it.clone.join(".git/hooks/pre-push.before-pum");
    for mode_before in [0o750, 0o644] {
        write_hook(&file, "#!/bin/sh\nexit 0\n", mode_before);
        let installed = it.pum(&["hook", "install"]);
        assert_eq!(installed.code, 0, "{}", installed.text);
        assert_eq!(installed.text.contains("and not run"), mode_before == 0o644, "{}", installed.text);
        assert_eq!(
            (fs::read_to_string(&before).unwrap().as_str(), mode(&before)),
            ("#!/bin/sh\nexit 0\n", mode_before)
        );
        let again = it.pum(&["hook", "install"]);
        assert!(again.text.contains("is installed already"), "{}", again.text);
        let status = it.pum(&["hook", "status", "--type", "pre-push"]);
        assert!(status.text.contains("before it runs .git/hooks/pre-push.before-pum"), "{}", status.text);
        let removed = it.pum(&["hook", "uninstall"]);
        assert!(removed.text.contains("the hook that was there before is back"), "{}", removed.text);
        assert_eq!(
            (fs::read_to_string(&file).unwrap().as_str(), mode(&file)),
            ("#!/bin/sh\nexit 0\n", mode_before)
        );
        assert!(!before.exists());
    }
}

#[test]
fn an_edited_hook_is_not_destroyed_and_one_of_another_pum_is_replaced() {
    let it = Repository::without_hook();
    let file = it.clone.join(".git/hooks/pre-push");
    // With another configuration file, the text is another: as of another version.
    it.file("other.yaml", "delta_dirs: [delta]\ndatabase: x\n");
    assert_eq!(it.pum(&["-c", "other.yaml", "hook", "install"]).code, 0);
    let other = fs::read_to_string(&file).unwrap();
    assert!(other.contains("--config-file other.yaml hook run pre-push"), "{other}");
    let status = it.pum(&["hook", "status"]);
    assert!(status.code == 0 && status.text.contains("by another version"), "{}", status.text);
    let installed = it.pum(&["hook", "install"]);
    assert_eq!((installed.code, installed.text.contains("is installed\n")), (0, true), "{}", installed.text);
    let ours = fs::read_to_string(&file).unwrap();
    assert!(ours != other);

    let edited = ours.replace("exit 1", "exit 0");
    fs::write(&file, &edited).unwrap();
    for action in ["install", "uninstall"] {
        let refused = it.pum(&["hook", action, "--type", "pre-push"]);
        assert_eq!(refused.code, 2, "{}", refused.text);
        assert!(refused.text.contains("was edited after pum wrote it"), "{}", refused.text);
        assert_eq!(fs::read_to_string(&file).unwrap(), edited);
    }
    assert_eq!(it.pum(&["hook", "install", "--force"]).code, 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), ours);
    assert_eq!(fs::read_to_string(file.with_file_name("pre-push.edited")).unwrap(), edited);
}

#[test]
fn somebody_elses_hook_is_never_removed() {
    let it = Repository::without_hook();
    let file = it.clone.join(".git/hooks/pre-push");
    write_hook(&file, "#!/bin/sh\nexit 0\n", 0o755);
    assert_eq!(it.pum(&["hook", "uninstall"]).code, 0);
    let refused = it.pum(&["hook", "uninstall", "--type", "pre-push"]);
    assert_eq!(refused.code, 1);
    insta::assert_snapshot!(refused.text, @r"
    error: .git/hooks/pre-push is not pum's, so it is not removed
      state: nothing was done
    ");
    assert!(file.exists());
    // Two hooks from before: which one counts is the user's to say.
    write_hook(&file.with_file_name("pre-push.before-pum"), "#!/bin/sh\n", 0o755);
    let refused = it.pum(&["hook", "install"]);
    assert_eq!(
        (refused.code, refused.text.contains("which is there already")),
        (2, true),
        "{}",
        refused.text
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "#!/bin/sh\nexit 0\n");
}

#[test]
fn a_hook_lies_where_git_looks_for_it() {
    let it = Repository::without_hook();
    // A linked working tree shares the hooks.
    let linked = it.directory().join("linked");
    it.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "-b", "linked"]);
    let sub = linked.join("model");
    assert_eq!(said(it.pum_in(&sub).args(["hook", "install"])).code, 0);
    assert!(it.clone.join(".git/hooks/pre-push").exists());
    let asked = it.git_in(&linked).args(["rev-parse", "--git-path", "hooks"]).output().unwrap();
    let asked = String::from_utf8(asked.stdout).unwrap();
    assert_eq!(
        linked.join(asked.trim()).canonicalize().unwrap(),
        it.clone.join(".git/hooks").canonicalize().unwrap()
    );
    assert_eq!(it.pum(&["hook", "uninstall"]).code, 0);

    // The repository's own core.hooksPath is heeded.
    it.git(&["config", "core.hooksPath", ".githooks"]);
    let installed = it.pum(&["hook", "install"]);
    assert_eq!(installed.code, 0);
    insta::assert_snapshot!(installed.text, @r"
         Note .githooks/pre-push is installed
         Note .githooks/pre-push is a file of the repository: commit it for the others
    ");
    assert!(it.clone.join(".githooks/pre-push").exists());
}

#[test]
fn a_core_hooks_path_of_all_repositories_is_left_alone() {
    let it = Repository::without_hook();
    let home = it.directory().join("home");
    fs::create_dir_all(home.join("hooks")).unwrap();
    fs::write(home.join(".gitconfig"), format!("[core]\n\thooksPath = {}/hooks\n", home.display())).unwrap();
    let pum = |arguments: &[&str]| {
        let mut command = it.pum_in(&it.clone);
        command.env_remove("GIT_CONFIG_GLOBAL").env("HOME", &home).args(arguments);
        said(&mut command)
    };
    let refused = pum(&["hook", "install"]);
    assert_eq!(refused.code, 1);
    let _filters = crate::support::filters();
    insta::assert_snapshot!(refused.text, @r#"
    error: core.hooksPath is [PROJECT]/home/hooks, for all repositories, so no hook is installed there
      state: nothing was written
      add to [PROJECT]/home/hooks/pre-push: 
        #!/bin/sh
        if [ -e pum.yaml ]; then
          exec pum hook run pre-push "$@"
        fi
    hint: or let this repository have hooks of its own, and install again: git config core.hooksPath "$(git rev-parse --path-format=absolute --git-common-dir)/hooks"
    "#);
    assert_eq!(fs::read_dir(home.join("hooks")).unwrap().count(), 0);
    assert_eq!(pum(&["hook", "status"]).code, 1);
    // The lines work: pum is found to be run.
    write_hook(&home.join("hooks/pre-push"), "#!/bin/sh\nexec pum hook run pre-push \"$@\"\n", 0o755);
    assert_eq!(pum(&["hook", "status"]).code, 0);
    it.git(&["config", "core.hooksPath", ".git/hooks"]);
    assert_eq!(pum(&["hook", "install"]).code, 0);
    assert!(it.clone.join(".git/hooks/pre-push").exists());
}

#[test]
fn other_managers_of_hooks_get_the_lines_to_add_and_nothing_is_written() {
    let _filters = crate::support::filters();
    let refuse = |prepare: &dyn Fn(&Repository)| {
        let it = Repository::without_hook();
        prepare(&it);
        let refused = it.pum(&["hook", "install"]);
        assert_eq!(refused.code, 1, "{}", refused.text);
        assert!(!it.clone.join(".git/hooks/pre-push.before-pum").exists());
        assert_eq!(it.pum(&["hook", "status"]).code, 1);
        refused.text
    };
    let husky = refuse(&|it| {
        it.file(".husky/pre-commit", "npm test\n");
        it.git(&["config", "core.hooksPath", ".husky/_"]);
    });
    insta::assert_snapshot!(husky, @r#"
    error: husky rules the hooks of this repository: there is a directory .husky
      state: nothing was written
      add to .husky/pre-push: 
        pum hook run pre-push "$@"
    hint: husky does nothing in linked working trees
    "#);
    let lefthook = refuse(&|it| it.file("lefthook.yml", "pre-commit:\n"));
    insta::assert_snapshot!(lefthook, @r"
    error: lefthook rules the hooks of this repository: there is a file lefthook.yml
      state: nothing was written
      add to lefthook.yml: 
        pre-push:
          commands:
            pum:
              run: pum hook run pre-push {1} {2}
              use_stdin: true
    hint: lefthook install makes it heed them
    ");
    let pre_commit = refuse(&|it| {
        let text = "#!/usr/bin/env bash\n# File generated by pre-commit: https://pre-commit.com\n";
        write_hook(&it.clone.join(".git/hooks/pre-push"), text, 0o755);
    });
    insta::assert_snapshot!(pre_commit, @r"
    error: pre-commit rules the hooks of this repository: it wrote the hook pre-push
      state: nothing was written
      add to .pre-commit-config.yaml: 
        repos:
          - repo: local
            hooks:
              - id: pum-verify
                name: pum-verify
                entry: pum hook run pre-push
                language: system
                stages: [pre-push]
                always_run: true
                pass_filenames: false
    hint: pre-commit and prek look at the first ref of a push only; pre-commit install --hook-type pre-push (or pre-commit) makes it heed them
    ");
}

#[test]
fn outside_of_a_repository_it_says_so() {
    let it = Repository::without_hook();
    let refused = said(it.pum_in(it.directory()).args(["hook", "install"]));
    assert_eq!(refused.code, 2);
    assert!(refused.text.contains("is in no git repository"), "{}", refused.text);
    // git tells what is pushed; nobody else does.
    let by_hand = said(it.pum_in(&it.clone).args(["hook", "run", "pre-push"]));
    assert_eq!(
        (by_hand.code, by_hand.text.contains("pum verify verifies by hand")),
        (2, true),
        "{}",
        by_hand.text
    );
}
