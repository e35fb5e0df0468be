//! `pum renumber`: one's own deltas behind those of the branch that was merged, in real repositories.

use crate::support::{Project, assert_run};

/// Two branches that took the same version; `mine` is checked out.
fn project() -> Project {
    let project = Project::new();
    project.file("pum.yaml", "delta_dirs: [delta]\nupstream: main\n");
    project.delta("delta_1.4.0_pipes.sql", "select 1;\n");
    project.release("v1.4.0");
    project.git(&["checkout", "-q", "-b", "mine"]);
    project.delta("delta_1.4.1_materials.sql", "-- delta_1.4.1_materials.sql\n--\nselect 1;\n");
    project.delta("delta_1.4.1_views.post.sql", "select 2;\n");
    project.delta("delta_1.4.2_valves.py", "# no header of pum's\n");
    project.commit("mine");
    project.git(&["checkout", "-q", "main"]);
    project.delta("delta_1.4.1_zones.sql", "select 3;\n");
    project.commit("theirs");
    project.git(&["checkout", "-q", "mine"]);
    project
}

fn renumber(project: &Project, words: &str) -> assert_cmd::Command {
    let mut command = project.pum();
    command.arg("renumber").args(words.split_whitespace());
    command
}

fn deltas(project: &Project) -> Vec<String> {
    let entries = std::fs::read_dir(project.path().join("delta")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn own_deltas_go_behind_those_that_were_merged() {
    let project = project();
    project.git(&["merge", "-q", "main", "-m", "merge"]);
    assert_run!(renumber(&project, "--dry-run"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.4.1_materials.sql -> delta/delta_1.4.2_materials.sql
    delta/delta_1.4.1_views.post.sql -> delta/delta_1.4.2_views.post.sql
    delta/delta_1.4.2_valves.py -> delta/delta_1.4.3_valves.py
    ----- stderr -----
         Note this is what would be done to come after main
    ");
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    assert_run!(renumber(&project, ""), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.4.1_materials.sql -> delta/delta_1.4.2_materials.sql
    delta/delta_1.4.1_views.post.sql -> delta/delta_1.4.2_views.post.sql
    delta/delta_1.4.2_valves.py -> delta/delta_1.4.3_valves.py
    ----- stderr -----
         Note your own deltas come after those of main; the renames are staged
         Note a development database that had one knows it by its old name: make it anew (pum create -p DATABASE --overwrite), or mend its record (pum repair forget OLD, pum repair mark-applied NEW)
    ");
    // The renames are staged, with the corrected line, and nothing else is there to stage.
    insta::assert_snapshot!(project.git(&["status", "--porcelain"]), @r"
    D  delta/delta_1.4.1_materials.sql
    A  delta/delta_1.4.2_materials.sql
    R  delta/delta_1.4.1_views.post.sql -> delta/delta_1.4.2_views.post.sql
    R  delta/delta_1.4.2_valves.py -> delta/delta_1.4.3_valves.py
    ");
    let text = std::fs::read_to_string(project.path().join("delta/delta_1.4.2_materials.sql")).unwrap();
    assert_eq!(text, "-- delta_1.4.2_materials.sql\n--\nselect 1;\n");
    assert_run!(renumber(&project, ""), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note the 3 deltas of your own come after those of main
    ");
}

#[test]
fn what_is_not_merged_yet_or_not_committed_goes_behind_as_well() {
    let project = project();
    project.delta("delta_1.4.2_zz.sql", "not tracked");
    project.delta("delta_1.4.1_views.post.sql", "select 2; -- edited\n");
    assert_run!(renumber(&project, ""), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.4.1_materials.sql -> delta/delta_1.4.2_materials.sql
    delta/delta_1.4.1_views.post.sql -> delta/delta_1.4.2_views.post.sql
    delta/delta_1.4.2_valves.py -> delta/delta_1.4.3_valves.py
    delta/delta_1.4.2_zz.sql -> delta/delta_1.4.3_zz.sql
    ----- stderr -----
         Note your own deltas come after those of main; the renames are staged
         Note a development database that had one knows it by its old name: make it anew (pum create -p DATABASE --overwrite), or mend its record (pum repair forget OLD, pum repair mark-applied NEW)
    ");
    insta::assert_snapshot!(project.git(&["status", "--porcelain"]), @r"
    D  delta/delta_1.4.1_materials.sql
    A  delta/delta_1.4.2_materials.sql
    RM delta/delta_1.4.1_views.post.sql -> delta/delta_1.4.2_views.post.sql
    R  delta/delta_1.4.2_valves.py -> delta/delta_1.4.3_valves.py
    ?? delta/delta_1.4.3_zz.sql
    ");
    // What was staged is staged, what was not is not.
    assert_eq!(project.git(&["show", ":delta/delta_1.4.2_views.post.sql"]), "select 2;");
}

#[test]
fn after_a_rebase_they_go_behind() {
    let project = project();
    project.git(&["rebase", "-q", "main"]);
    assert_run!(renumber(&project, "-q"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.4.1_materials.sql -> delta/delta_1.4.2_materials.sql
    delta/delta_1.4.1_views.post.sql -> delta/delta_1.4.2_views.post.sql
    delta/delta_1.4.2_valves.py -> delta/delta_1.4.3_valves.py
    ----- stderr -----
    ");
    insta::assert_snapshot!(deltas(&project).join("\n"), @r"
    delta_1.4.0_pipes.sql
    delta_1.4.1_zones.sql
    delta_1.4.2_materials.sql
    delta_1.4.2_views.post.sql
    delta_1.4.3_valves.py
    ");
}

#[test]
fn numbers_of_one_version_go_on() {
    let project = Project::new();
    project.file("pum.yaml", "delta_dirs: [delta]\n");
    project.delta("delta_1.5.0_001_a.sql", "");
    project.commit("start");
    project.git(&["checkout", "-q", "-b", "mine"]);
    project.delta("delta_1.5.0_002_mine.sql", "");
    project.commit("mine");
    project.git(&["checkout", "-q", "main"]);
    project.delta("delta_1.5.0_002_theirs.sql", "");
    project.commit("theirs");
    project.git(&["checkout", "-q", "mine"]);
    project.git(&["merge", "-q", "main", "-m", "merge"]);
    assert_run!(renumber(&project, "--onto main"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.5.0_002_mine.sql -> delta/delta_1.5.0_003_mine.sql
    ----- stderr -----
         Note your own deltas come after those of main; the renames are staged
         Note a development database that had one knows it by its old name: make it anew (pum create -p DATABASE --overwrite), or mend its record (pum repair forget OLD, pum repair mark-applied NEW)
    ");
    assert_run!(renumber(&project, "--onto main"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note the one delta of your own comes after those of main
    ");
    assert_run!(renumber(&project, ""), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: there is no upstream branch to come after
      state: nothing was renamed
    hint: name it: pum renumber --onto main, or upstream: origin/main in pum.yaml
    hint: git remote set-head origin --auto lets git know the branch of the remote
    ");
}

#[test]
fn what_is_released_in_conflict_or_in_the_middle_of_a_rebase_stays() {
    let project = project();
    project.git(&["tag", "v1.4.2"]);
    assert_run!(renumber(&project, ""), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta/delta_1.4.1_materials.sql is released, in v1.4.2
      reason: databases have it under that name, and would run it again under another one
      state: nothing was renamed
    hint: the deltas of the other branch, if they are not released, are those to renumber: on that branch, pum renumber --onto this one
    ");
    project.git(&["tag", "-d", "v1.4.2"]);
    // Both wrote the same file.
    project.git(&["checkout", "-q", "main"]);
    project.delta("delta_1.4.2_valves.py", "# theirs\n");
    project.file("x", "theirs");
    project.commit("more");
    project.git(&["checkout", "-q", "mine"]);
    project.file("x", "mine");
    project.delta("delta_1.4.1_materials.sql", "select 'mine';\n");
    project.commit("x");
    assert!(!project.git_command(&["rebase", "-q", "main"]).output().unwrap().status.success());
    assert_run!(renumber(&project, ""), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: a rebase is not finished
      state: nothing was renamed
    hint: finish it first: pum renumber comes after it, and its renames into a commit of their own
    ");
    project.git(&["rebase", "--abort"]);
    project.git(&["checkout", "-q", "-b", "other", "mine~1"]);
    project.delta("delta_1.4.1_materials.sql", "select 'other';\n");
    project.commit("other");
    assert!(!project.git_command(&["merge", "-q", "mine"]).output().unwrap().status.success());
    assert_run!(renumber(&project, ""), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta/delta_1.4.1_materials.sql has a conflict that is not resolved
      state: nothing was renamed
    hint: resolve it, then: git add delta/delta_1.4.1_materials.sql
    ");
    assert_eq!(deltas(&project).len(), 4);
}

#[test]
fn a_failure_undoes_the_renames() {
    let project = project();
    let before = deltas(&project);
    // Another git is at work: the index cannot be written, and that is found after the renames.
    project.file(".git/index.lock", "");
    assert_run!(renumber(&project, ""), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: the index of the repository cannot be written
      git: the index is locked; this might be due to a concurrent or crashed process
      state: nothing was renamed
    hint: another git may be at work: if none is, remove index.lock from the git directory
    ");
    assert_eq!(deltas(&project), before);
    std::fs::remove_file(project.path().join(".git/index.lock")).unwrap();
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    project.delta("delta_1.4.2_views.post.sql", "in the way");
    project.git(&["add", "-A"]);
    let told = crate::support::run(&mut renumber(&project, ""));
    assert!(told.starts_with("exit code: 0"), "{told}");
}

#[test]
fn without_anything_to_come_after_it_says_what_is_missing() {
    let project = Project::new();
    project.delta("delta_1.0.0_a.sql", "");
    assert_run!(renumber(&project, "-d delta"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta is in no git repository
    hint: run pum in a clone of the project, or make it a repository with git init
    ");
    project.commit("start");
    assert_run!(renumber(&project, "-d delta"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: there is no upstream branch to come after
      state: nothing was renamed
    hint: name it: pum renumber --onto main, or upstream: origin/main in pum.yaml
    hint: git remote set-head origin --auto lets git know the branch of the remote
    ");
    project.file("pum.yaml", "delta_dirs: [delta]\nupstream: origin/main\n");
    assert_run!(renumber(&project, ""), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: origin/main, upstream in pum.yaml, is not in this clone
      state: nothing was renamed
    hint: git fetch brings the branches of the remote; --onto names another one
    ");
}
