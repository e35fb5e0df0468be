//! `pum new`: a delta's version, title and header from real repositories.

use std::os::unix::fs::PermissionsExt;

use crate::support::{Installation, Project, assert_run, run};

const CONFIG: &str = "delta_dirs: [delta]\nmodel: {sql: ['model/*.sql']}\n";

/// A release, and beyond it a commit on a branch and a file that is not committed.
fn project() -> Project {
    let project = Project::new();
    project.file("pum.yaml", CONFIG);
    project.file("model/pipe.sql", "create table pipe (id integer);\n");
    project.delta("delta_1.4.0_pipes.sql", "select 1;\n");
    project.release("v1.4.0");
    project.git(&["checkout", "-q", "-b", "feature/pipe-material"]);
    project.file("model/pipe.sql", "create table pipe (id integer, material text);\n");
    project.commit("Pipes have a material\n\nIt is asked for.");
    project.file("README.md", "no model");
    project.commit("Explain");
    project.file("model/valve.sql", "create table valve (id integer);\n");
    project
}

fn new(project: &Project, words: &str) -> assert_cmd::Command {
    let mut command = project.pum();
    command.arg("new").args(words.split_whitespace());
    command
}

fn read(project: &Project, file: &str) -> String {
    std::fs::read_to_string(project.path().join(file)).unwrap()
}

#[test]
fn the_next_delta_is_written_with_a_header_of_what_changed_since_the_release() {
    let project = project();
    assert_run!(new(&project, ""), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.4.1_pipe_material.sql
    ----- stderr -----
         Note from v1.4.0 ([ID]), the newest release that HEAD contains: 1 commit and 2 files of the model
         Note 1.4.1 is the next version: 1.4.0 is that of delta_1.4.0_pipes.sql
         Note titled after the branch feature/pipe-material
    ");
    let _filters = crate::support::filters();
    insta::assert_snapshot!(read(&project, "delta/delta_1.4.1_pipe_material.sql"), @r"
    -- delta_1.4.1_pipe_material.sql
    --
    -- from v1.4.0 ([ID]), the newest release that HEAD contains
    -- Commits since then that touched the model:
    --   [ID] Ada: Pipes have a material
    -- Files of the model that changed, + those that are not committed:
    --   M  model/pipe.sql
    --   A+ model/valve.sql

    -- TODO: the statements that take a database from there to here. `pum verify` refuses a delta with this line.
    ");
}

#[test]
fn the_version_is_above_the_working_tree_head_upstream_and_releases() {
    let project = project();
    // Upstream has gone on.
    project.git(&["checkout", "-q", "main"]);
    project.delta("delta_1.4.7_theirs.sql", "select 1;");
    project.commit("theirs");
    project.git(&["checkout", "-q", "-"]);
    project.file("pum.yaml", format!("{CONFIG}upstream: main\n"));
    assert_run!(new(&project, "a --stdout -q"), @r"
    exit code: 0
    ----- stdout -----
    -- delta_1.4.8_a.sql
    --
    -- from v1.4.0 ([ID]), the newest release that HEAD contains
    -- Commits since then that touched the model:
    --   [ID] Ada: Pipes have a material
    -- Files of the model that changed, + those that are not committed:
    --   M  model/pipe.sql

    -- TODO: the statements that take a database from there to here. `pum verify` refuses a delta with this line.
    ----- stderr -----
    ");
    assert_run!(new(&project, "a"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.4.8_a.sql
    ----- stderr -----
         Note from v1.4.0 ([ID]), the newest release that HEAD contains: 1 commit and 1 file of the model
         Note 1.4.8 is the next version: 1.4.7 is that of delta_1.4.7_theirs.sql in main
    ");
    assert_run!(new(&project, "b"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.4.9_b.sql
    ----- stderr -----
         Note from v1.4.0 ([ID]), the newest release that HEAD contains: 1 commit and 1 file of the model
         Note 1.4.9 is the next version: 1.4.8 is that of delta_1.4.8_a.sql
    ");
    assert_run!(new(&project, "c --minor"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.5.0_c.sql
    ----- stderr -----
         Note from v1.4.0 ([ID]), the newest release that HEAD contains: 1 commit and 1 file of the model
         Note 1.5.0 is the next version: 1.4.9 is that of delta_1.4.9_b.sql
    ");
    assert_run!(new(&project, "d --major"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_2.0.0_d.sql
    ----- stderr -----
         Note from v1.4.0 ([ID]), the newest release that HEAD contains: 1 commit and 1 file of the model
         Note 2.0.0 is the next version: 1.5.0 is that of delta_1.5.0_c.sql
    ");
    assert_run!(new(&project, "e"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_2.0.1_e.sql
    ----- stderr -----
         Note from v1.4.0 ([ID]), the newest release that HEAD contains: 1 commit and 1 file of the model
         Note 2.0.1 is the next version: 2.0.0 is that of delta_2.0.0_d.sql
    ");
    // A release without deltas counts as well.
    project.git(&["tag", "v3.0.0"]);
    assert_run!(new(&project, "f"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_3.0.1_f.sql
    ----- stderr -----
         Note from v3.0.0 ([ID]), the newest release that HEAD contains: 0 commits and 0 files of the model
         Note 3.0.1 is the next version: 3.0.0 is that of the release v3.0.0
    ");
}

#[test]
fn deltas_of_one_version_are_numbered() {
    let project = project();
    assert_run!(new(&project, "valves --version 1.5.0 -q"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.5.0_001_valves.sql
    ----- stderr -----
    ");
    assert_run!(new(&project, "pipes --version 1.5.0 -q"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.5.0_002_pipes.sql
    ----- stderr -----
    ");
    assert_run!(new(&project, "views --version 1.5.0 -q --post"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.5.0_003_views.post.sql
    ----- stderr -----
    ");
    project.delta("delta_1.6.0_pipes.sql", "select 1");
    assert_run!(new(&project, "valves --version 1.6.0 -q"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.6.0_valves.sql
    ----- stderr -----
    ");
    assert_run!(new(&project, "materials --version 1.6.0 -q"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: no title would come after delta_1.6.0_valves.sql, and the deltas of a version run in the order of their titles
      state: nothing was written
    hint: where nobody has it yet, give it a number: delta_1.6.0_001_valves.sql
    hint: or leave out --version: the next version comes after it
    ");
}

#[test]
fn a_version_below_what_is_released_is_refused() {
    let project = project();
    assert_run!(new(&project, "late --version 1.3.9"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
         Note from v1.4.0 ([ID]), the newest release that HEAD contains: 1 commit and 2 files of the model
    error: 1.3.9 is below 1.4.0, which is released
      reason: a database of v1.4.0 has passed 1.3.9: the delta would be late there
      state: nothing was written
    hint: leave out the version: the next one is 1.4.1
    ");
    assert_run!(new(&project, "--release 1.3.9"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
         Note from v1.4.0 ([ID]), the newest release that HEAD contains: 1 commit and 2 files of the model
    error: 1.3.9 is below 1.4.0, which is released
      reason: a database of v1.4.0 has passed 1.3.9: the delta would be late there
      state: nothing was written
    hint: leave out the version: the next one is 1.4.1
    ");
    assert_run!(new(&project, "--release 1.4.0"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
         Note from v1.4.0 ([ID]), the newest release that HEAD contains: 1 commit and 2 files of the model
    error: 1.4.0 is there already: delta_1.4.0_pipes.sql leaves it in the database
      state: nothing was written
    ");
    project.delta("delta_1.6.0_pipes.sql", "select 1");
    assert_run!(new(&project, "early --version 1.5.0"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.5.0_001_early.sql
    ----- stderr -----
         Note from v1.4.0 ([ID]), the newest release that HEAD contains: 1 commit and 2 files of the model
      warning 1.5.0 is below 1.6.0, that of delta_1.6.0_pipes.sql: in a database that had that one, the delta will be late
    ");
}

#[test]
fn a_release_without_changes_leaves_its_version() {
    let it = Installation::at("1.4.0");
    assert_run!(new(&it.project, "--release 1.5 -d delta"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.5.0_release.sql
    ----- stderr -----
         Note the history is unknown: this is no git repository
    ");
    insta::assert_snapshot!(read(&it.project, "delta/delta_1.5.0_release.sql"), @r"
    -- delta_1.5.0_release.sql
    --
    -- the history is unknown: this is no git repository

    -- Nothing changes with 1.5.0: this leaves the version in the database.
    ");
    assert_run!(new(&it.project, "--release 1.5 -d delta"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
         Note the history is unknown: this is no git repository
    error: 1.5.0 is there already: delta_1.5.0_release.sql leaves it in the database
      state: nothing was written
    ");
    it.works("upgrade");
    insta::assert_snapshot!(it.record(), @r"
    1.4.0 baseline 0 true
    1.5.0 release 8 true
    ");
}

#[test]
fn a_title_comes_from_the_branch_or_else_the_newest_commit_of_the_model() {
    let project = project();
    project.git(&["checkout", "-q", "--detach"]);
    assert_run!(new(&project, ""), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.4.1_Pipes_have_a_material.sql
    ----- stderr -----
         Note from v1.4.0 ([ID]), the newest release that HEAD contains: 1 commit and 2 files of the model
         Note 1.4.1 is the next version: 1.4.0 is that of delta_1.4.0_pipes.sql
         Note titled after the commit [ID]
    ");
    project.git(&["checkout", "-q", "main"]);
    project.git(&["clean", "-fdq"]);
    assert_run!(new(&project, ""), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
         Note from v1.4.0 ([ID]), the newest release that HEAD contains: 0 commits and 0 files of the model
         Note 1.4.1 is the next version: 1.4.0 is that of delta_1.4.0_pipes.sql
    error: there is no title: neither the branch nor a commit gives one
      state: nothing was written
    hint: pum new TITLE, for instance pum new add-pipe-material
    ");
    assert_run!(new(&project, "…!"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
         Note from v1.4.0 ([ID]), the newest release that HEAD contains: 0 commits and 0 files of the model
         Note 1.4.1 is the next version: 1.4.0 is that of delta_1.4.0_pipes.sql
    error: "…!" has no word for a title: letters, digits and underscores make one
    "#);
    let long = "wörter ".repeat(50);
    let mut command = project.pum();
    command.args(["new", &long]);
    let told = run(&mut command);
    assert!(told.starts_with("exit code: 0") && told.contains("the title is cut"), "{told}");
}

#[test]
fn what_stands_in_a_subject_stays_in_its_comment() {
    let it = Installation::at("1.4.0");
    it.project.file("pum.yaml", CONFIG);
    it.project.commit("start");
    it.project.git(&["checkout", "-q", "-b", "odd"]);
    for (number, subject) in
        ["50% */ drop table x; /* \\q", "pum: no-transaction", "TODO: $$ ' \" %(X)s"].iter().enumerate()
    {
        it.project.file("model/a.sql", number.to_string());
        it.project.commit(subject);
    }
    assert!(run(&mut new(&it.project, "")).starts_with("exit code: 0"));
    let file = "delta/delta_1.4.1_odd.sql";
    // Without any delta the version begins at the beginning.
    assert!(!it.project.path().join(file).exists());
    let text = read(&it.project, "delta/delta_0.0.1_odd.sql");
    let _filters = crate::support::filters();
    insta::assert_snapshot!(text, @r"
    -- delta_0.0.1_odd.sql
    --
    -- from the beginning: there is no release, and no branch that this one comes from
    -- Commits since then that touched the model:
    --   [ID] Ada: 50 percent * / drop table x; / * \q
    --   [ID] Ada: 'pum: no-transaction'
    --   [ID] Ada: 'TODO: $$ ' ' percent(X)s'
    -- Files of the model that changed, + those that are not committed:
    --   A  model/a.sql

    -- TODO: the statements that take a database from there to here. `pum verify` refuses a delta with this line.
    ");
    it.delta("delta_1.4.1_odd.sql", format!("{text}\nselect %(X)s;"));
    it.works("upgrade -v int X 1");
}

#[test]
fn it_works_before_the_first_commit_outside_of_git_and_in_a_shallow_clone() {
    let project = Project::new();
    project.file("pum.yaml", CONFIG);
    project.delta("delta_1.0.0_a.sql", "select 1");
    assert_run!(new(&project, "pipes"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.0.1_pipes.sql
    ----- stderr -----
         Note the history is unknown: this is no git repository
         Note 1.0.1 is the next version: 1.0.0 is that of delta_1.0.0_a.sql
    ");
    project.git(&["init", "-q"]);
    project.file("model/a.sql", "");
    assert_run!(new(&project, "valves"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.0.2_valves.sql
    ----- stderr -----
         Note from the beginning: there is no release, and no branch that this one comes from: 0 commits and 1 file of the model
         Note 1.0.2 is the next version: 1.0.1 is that of delta_1.0.1_pipes.sql
    ");
    project.commit("one");
    project.file("model/a.sql", "select 1");
    project.commit("two");
    let clone = Project::new();
    std::fs::remove_dir(clone.path().join("delta")).unwrap();
    clone.git(&["clone", "-q", "--depth", "1", &format!("file://{}", project.path().display()), "."]);
    assert_run!(new(&clone, "shallow"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_1.0.3_shallow.sql
    ----- stderr -----
      warning the clone is shallow: releases and commits from before its beginning are not seen; git fetch --unshallow --tags brings them (in CI: fetch-depth: 0)
         Note from the beginning: there is no release, and no branch that this one comes from: 1 commit and 1 file of the model
         Note 1.0.3 is the next version: 1.0.2 is that of delta_1.0.2_valves.sql
    ");
}

#[test]
fn a_linked_worktree_and_a_subdirectory_are_places_like_any_other() {
    let project = project();
    let linked = Project::new();
    let place = linked.path().join("linked");
    project.git(&["worktree", "add", "-q", place.to_str().unwrap(), "-b", "linked"]);
    let mut command = linked.pum();
    command.current_dir(place.join("model")).arg("new");
    assert_run!(command, @r"
    exit code: 0
    ----- stdout -----
    [PROJECT]/linked/delta/delta_1.4.1_linked.sql
    ----- stderr -----
         Note from v1.4.0 ([ID]), the newest release that HEAD contains: 1 commit and 1 file of the model
         Note 1.4.1 is the next version: 1.4.0 is that of delta_1.4.0_pipes.sql
         Note titled after the branch linked
    ");
    assert!(place.join("delta/delta_1.4.1_linked.sql").exists());
}

#[test]
fn of_several_delta_directories_one_is_asked_for() {
    let project = Project::new();
    project.file("pum.yaml", "delta_dirs: [delta, extension]\n");
    project.file("extension/delta_2.0.0_x.sql", "select 1");
    assert_run!(new(&project, "a"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: there are 2 delta directories: delta, extension
    hint: say which one it is for: pum new -d delta
    ");
    assert_run!(new(&project, "a -d ./extension -q"), @r"
    exit code: 0
    ----- stdout -----
    extension/delta_2.0.1_a.sql
    ----- stderr -----
    ");
    assert_run!(new(&project, "b -d other -q"), @r"
    exit code: 0
    ----- stdout -----
    other/delta_2.0.2_b.sql
    ----- stderr -----
    ");
}

#[test]
fn python_and_templates_of_the_project() {
    let it = Installation::at("0.0.0");
    it.project.file("pum.yaml", format!("{CONFIG}templates: {{delta: tools/delta.j2}}\n"));
    assert_run!(new(&it.project, "a"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
         Note the history is unknown: this is no git repository
         Note 0.0.1 is the first version: there is no delta and no release
    error: the template tools/delta.j2 cannot be read: No such file or directory (os error 2)
    hint: it is named by templates: {delta: …} in pum.yaml
    ");
    it.project.file("tools/delta.j2", "-- {{ version }} {{ title }}\n-- {{ nobody }}\n");
    assert_run!(new(&it.project, "a -q"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: the template tools/delta.j2 is not understood
     --> tools/delta.j2:2:1
      |
    2 | -- {{ nobody }}
      | ^^^^^^^^^^^^^^^ undefined value
    ");
    it.project.file("tools/delta.j2", "-- {{ version }} {{ title }} {{ files|length }}\n");
    assert_run!(new(&it.project, "a --stdout -q"), @r"
    exit code: 0
    ----- stdout -----
    -- 0.0.1 a 0
    ----- stderr -----
    ");
    assert_run!(new(&it.project, "fill_pipes --python --pre -q"), @r"
    exit code: 0
    ----- stdout -----
    delta/delta_0.0.1_fill_pipes.pre.py
    ----- stderr -----
    ");
    insta::assert_snapshot!(read(&it.project, "delta/delta_0.0.1_fill_pipes.pre.py"), @r#"
    # delta_0.0.1_fill_pipes.pre.py
    #
    # the history is unknown: this is no git repository

    import psycopg2
    from pum.core.deltapy import DeltaPy


    class FillPipes(DeltaPy):
        def run(self):
            # The delta opens its own connection; what is done in it is committed at the end of the block.
            with psycopg2.connect(service=self.pg_service) as connection, connection.cursor() as cursor:
                # TODO: what is to be done, and without this line.
                raise NotImplementedError("delta_0.0.1_fill_pipes.pre.py")
    "#);
    let told = run(&mut it.pum("upgrade"));
    assert!(told.starts_with("exit code: 3"), "{told}");
}

#[test]
fn it_tells_programs_and_opens_the_editor() {
    let project = project();
    let editor = project.file("my editor", "#!/bin/sh\necho opened >> \"$1\"\n");
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o755)).unwrap();
    project.git(&["config", "core.editor", &format!("'{}'", editor.display())]);
    project.file(".gitignore", "my editor\n.gitignore\n");
    let mut command = new(&project, "pipes --edit --format json -q");
    assert_run!(command, @r#"
    exit code: 0
    ----- stdout -----
    {
      "path": "delta/delta_1.4.1_pipes.sql",
      "version": "1.4.1",
      "title": "pipes",
      "kind": "sql",
      "base": {
        "name": "v1.4.0",
        "id": "[ID]",
        "reason": "release"
      },
      "commits": [
        {
          "id": "[ID]",
          "author": "Ada",
          "subject": "Pipes have a material"
        }
      ],
      "files": [
        {
          "change": "M",
          "path": "model/pipe.sql",
          "uncommitted": false
        },
        {
          "change": "A",
          "path": "model/valve.sql",
          "uncommitted": true
        }
      ]
    }
    ----- stderr -----
    "#);
    assert!(read(&project, "delta/delta_1.4.1_pipes.sql").ends_with("\nopened\n"));
    let mut command = new(&project, "valves --edit -q");
    command.env("GIT_EDITOR", "false");
    assert_run!(command, @r"
    exit code: 3
    ----- stdout -----
    delta/delta_1.4.2_valves.sql
    ----- stderr -----
    error: the editor false failed (exit status: 1)
      state: delta/delta_1.4.2_valves.sql is written
    hint: the editor is GIT_EDITOR, git's core.editor, VISUAL or EDITOR, the first of them that is set
    ");
    let mode = project.path().join("delta/delta_1.4.2_valves.sql").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o600, 0o600);
}

#[test]
fn two_at_once_get_two_versions() {
    let project = project();
    let spawn = |title: &str| {
        let mut command = project.command();
        command.args(["new", title, "-q"]).stdout(std::process::Stdio::null()).spawn().unwrap()
    };
    let children: Vec<_> = (0..8).map(|number| spawn(&format!("t{number}"))).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let mut versions: Vec<String> = std::fs::read_dir(project.path().join("delta"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| name.split('_').nth(1).unwrap().to_owned())
        .collect();
    versions.sort();
    versions.dedup();
    assert_eq!(versions.len(), 9, "{versions:?}");
}
