//! `git:REV` as a source: the model of a project, as of a revision or as the working tree has it.

use std::process::Command;

use crate::support::{Project, assert_run};

pub fn git(project: &Project, words: &[&str]) {
    let status = Command::new("git")
        .current_dir(project.path())
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"])
        .args(words)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .status()
        .unwrap();
    assert!(status.success(), "git {words:?}");
}

pub fn commit(project: &Project, tag: &str) {
    git(project, &["add", "-A"]);
    git(project, &["commit", "-q", "-m", tag]);
    git(project, &["tag", tag]);
}

/// A project with two releases, the second of which has another layout, and a working tree beyond it.
fn project() -> Project {
    let project = Project::new();
    git(&project, &["init", "-q", "-b", "main"]);
    project.file("pum.yaml", "model: {sql: [schema.sql, 'views/*.sql']}\n");
    project.file("schema.sql", "create schema app; create table app.pipe (id integer);\n");
    project.file("views/b.sql", "create view app.b as select id from app.a;\n");
    project.file(
        "views/a.sql",
        "\\set x id\ncreate view app.a as select :x from app.pipe; grant select on app.a to viewer;\n",
    );
    commit(&project, "v1.0.0");
    git(&project, &["mv", "schema.sql", "model.sql"]);
    project.file(
        "pum.yaml",
        "model: {run: 'psql -Xqf model.sql && pum --version && cat views/*.sql | psql -Xq'}\n",
    );
    project.file("model.sql", "create schema app; create table app.pipe (id integer, material text);\n");
    commit(&project, "v1.1.0");
    project.file("views/c.sql", "create view app.c as select material from app.pipe;\n");
    project
}

#[test]
fn a_release_and_the_working_tree_are_built_and_compared() {
    let project = project();
    let check = |first: &str, second: &str| {
        let mut command = project.pum();
        command.args(["check", "-p1", first, "-p2", second, "-q"]);
        command
    };
    assert_run!(check("git:v1.0.0", "git:v1.0.0"), @r"
    exit code: 0
    ----- stdout -----
    git:v1.0.0 (first) and git:v1.0.0 (second) are equal
    ----- stderr -----
    ");
    assert_run!(check("git:v1.0.0", "git:v1.1.0"), @r"
    exit code: 1
    ----- stdout -----
    git:v1.0.0 and git:v1.1.0 differ: 1 difference in 1 object
      columns          1  1 only in git:v1.1.0

    - only in git:v1.0.0, the first
    + only in git:v1.1.0, the second
    ~ in both, but different: git:v1.0.0 → git:v1.1.0

    schema app
        table app.pipe
        + column material: text
    ----- stderr -----
    ");
    assert_run!(check("git:v1.1.0", "git:"), @r"
    exit code: 1
    ----- stdout -----
    git:v1.1.0 and git: differ: 1 difference in 1 object
      views            1  1 only in git:

    - only in git:v1.1.0, the first
    + only in git:, the second
    ~ in both, but different: git:v1.1.0 → git:

    schema app
      + view app.c
          definition:
             SELECT pipe.material
               FROM app.pipe;
          column material: text
    ----- stderr -----
    ");
    assert_run!(check("git:v9.0.0", "git:"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: "v9.0.0" is no revision of [PROJECT]/
      git: revspec 'v9.0.0' not found
      source: the first one, -p1
    hint: git log --oneline --decorate shows the revisions; git fetch --tags brings those of the remote
    "#);
}

#[test]
fn a_model_of_deltas_is_built_from_the_first_one_on() {
    let project = Project::new();
    git(&project, &["init", "-q", "-b", "main"]);
    project.file("pum.yaml", "upgrades_table: app.upgrades\ndelta_dirs: [delta]\nmodel: {deltas: true}\n");
    project.delta("delta_1.0.0_pipe.sql", "create table app.pipe (id integer)");
    commit(&project, "v1.0.0");
    project.delta("delta_1.1.0_material.sql", "alter table app.pipe add material text");
    let mut command = project.pum();
    command.args(["check", "-p1", "git:v1.0.0", "-p2", "git:", "-q"]);
    assert_run!(command, @r"
    exit code: 1
    ----- stdout -----
    git:v1.0.0 and git: differ: 1 difference in 1 object
      columns          1  1 only in git:

    - only in git:v1.0.0, the first
    + only in git:, the second
    ~ in both, but different: git:v1.0.0 → git:

    schema app
        table app.pipe
        + column material: text
    ----- stderr -----
    ");
}

#[test]
fn what_fails_in_a_model_is_shown() {
    let project = Project::new();
    git(&project, &["init", "-q", "-b", "main"]);
    project.file("pum.yaml", "model: {sql: [model.sql]}\n");
    project.file("model.sql", "create table a (id integer);\ncreate table b (id integr);\n");
    let mut command = project.pum();
    command.args(["check", "-p1", "git:", "-p2", "shadow:", "-q"]);
    assert_run!(command, @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: psql failed (exit status: 3)
      output: psql:model.sql:2: ERROR:  type "integr" does not exist
        LINE 1: create table b (id integr);
                                   ^
      building: git:
      source: the first one, git:
    "#);
    project.file("pum.yaml", "database: x\n");
    let mut command = project.pum();
    command.args(["check", "-p1", "git:", "-p2", "shadow:", "-q"]);
    assert_run!(command, @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: git: cannot be built: pum.yaml does not say how the model is built
      source: the first one, git:
    hint: for instance: model: {sql: [model/**/*.sql]}, or {run: ./build.sh}, or {deltas: true}
    ");
}

#[test]
fn a_configuration_outside_of_the_repository_speaks_of_its_top() {
    let project = project();
    let outside = tempfile::tempdir_in(crate::support::scratch()).unwrap();
    let deltas = project.path().join("delta");
    project.file("delta/delta_1.0.0_pipe.sql", "create table public.pipe (id integer);");
    std::fs::write(
        outside.path().join("pum.yaml"),
        format!(
            "model: {{deltas: true}}\nupgrades_table: public.upgrades\ndelta_dirs: ['{}']\n",
            deltas.display()
        ),
    )
    .unwrap();
    commit(&project, "v2.0.0");
    project.file("delta/delta_2.0.1_pipe.sql", "alter table public.pipe add material text;");
    std::fs::create_dir(project.path().join("sub")).unwrap();
    let mut command = project.pum();
    command
        .current_dir(project.path().join("sub"))
        .arg("check")
        .arg("-c")
        .arg(outside.path().join("pum.yaml"));
    assert_run!(command.args(["-p1", "git:v2.0.0", "-p2", "git:", "-q", "-v", "0"]), @r"
    exit code: 1
    ----- stdout -----
    git:v2.0.0 and git: differ: 1 difference in 1 object
      columns          1  1 only in git:
    ----- stderr -----
    ");
}
