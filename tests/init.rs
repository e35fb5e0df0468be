//! `pum init`: what it recognises and writes, and that it overwrites nothing.

use std::process::Command;

use pum::config::Config;
use pum::source::Recipe;

use crate::support::{Project, assert_run, filters, run};

/// A directory without anything, in a fresh git repository.
fn project() -> Project {
    let project = Project::new();
    std::fs::remove_dir(project.path().join("delta")).unwrap();
    git(&project, &["init", "-q", "-b", "main"]);
    project
}

fn git(project: &Project, words: &[&str]) {
    let status = Command::new("git")
        .current_dir(project.path())
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"])
        .args(words)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .status()
        .unwrap();
    assert!(status.success(), "git {words:?}");
}

fn read(project: &Project, file: &str) -> String {
    std::fs::read_to_string(project.path().join(file)).unwrap()
}

#[test]
fn an_empty_repository_gets_a_commented_file_and_a_delta_directory() {
    let project = project();
    let mut init = project.pum();
    assert_run!(init.args(["init", "-t", "water_sys.upgrades"]), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note pum.yaml is written
         Note delta/README.md is written
         Note deltas in delta, the model from model/**/*.sql, releases v{version} or {version}, the upgrades table water_sys.upgrades
         Note next: git add and commit them; pum new TITLE makes a delta; pum verify proves it; pum hook install lets git verify what is pushed
    ");
    insta::assert_snapshot!(read(&project, "pum.yaml"), @r"
    # What pum knows of this project. Every key may be left out; paths are relative to this file.

    # The table in each database that records which deltas it has had, schema.table.
    upgrades_table: water_sys.upgrades

    # Where the deltas lie: files such as delta_1.4.0_add_pipe_material.sql.
    delta_dirs: [delta]

    # How the schema is built from nothing, at any revision, into an empty database: SQL files in this order (those that a
    # pattern matches by name), or a command, or all deltas from the first one on:
    #   model: {sql: ['model/**/*.sql']}
    #   model: {run: './build.sh -p $PGSERVICE'}
    #   model: {deltas: true}
    model: {sql: ['model/**/*.sql']}

    # How git tags name releases; the first that fits counts.
    releases: ['v{version}', '{version}']

    # The branch that work is merged into. Without it: the remote's own, origin/HEAD.
    # upstream: origin/main

    # Tables whose rows are part of the model, such as value lists.
    # value_lists: ['app.vl_*']

    # Values for the variables that deltas use, %(SRID)s or :SRID.
    # variables: {SRID: 2056}

    # The database that -p names otherwise, and those for which the name must be typed before anything is written.
    # database: dev
    # protect: [prod]

    # Throwaway databases: extensions and roles that they have before the model is built.
    # shadow: {extensions: [postgis], roles: [viewer]}

    # What the deltas are tried on: the newest release, or others.
    # verify: {from: [newest]}

    # The git hook: how long it may hold up a push, and what then: pass, or refuse.
    # hook: {timeout: 60s, on_timeout: pass}
    ");
    let config = Config::load(Some(&project.path().join("pum.yaml"))).unwrap();
    assert_eq!((config.warnings.len(), config.model), (0, Some(Recipe::Sql(vec!["model/**/*.sql".into()]))));
    git(&project, &["add", "-A"]);
    git(&project, &["commit", "-q", "-m", "pum"]);
}

#[test]
fn nothing_is_overwritten() {
    let project = project();
    project.file("pum.yaml", "database: mine\n");
    let mut init = project.pum();
    assert_run!(init.args(["init", "--yes", "--ci", "github"]), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: pum.yaml is there already
      state: nothing was written
    hint: edit it, or move it away and run pum init again; pum hook install installs the hook
    ");
    assert_eq!(read(&project, "pum.yaml"), "database: mine\n");
    assert!(!project.path().join(".github").exists() && !project.path().join("delta").exists());

    std::fs::remove_file(project.path().join("pum.yaml")).unwrap();
    project.file(".github/workflows/pum.yml", "name: mine\n");
    let said = run(project.pum().args(["init", "--yes", "--ci", "github"]));
    assert!(said.contains("exit code: 0"), "{said}");
    assert!(said.contains(".github/workflows/pum.yml is there already and was left as it is"), "{said}");
    assert_eq!(read(&project, ".github/workflows/pum.yml"), "name: mine\n");
}

#[test]
fn outside_of_a_repository_git_init_is_named() {
    let project = Project::new();
    let mut init = project.pum();
    assert_run!(init.arg("init"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: this is no git repository, and pum's deltas live in git
      state: nothing was written
    hint: git init makes it one; then run pum init again
    ");
    assert!(!project.path().join("pum.yaml").exists());
}

#[test]
fn what_cannot_be_said_in_pum_yaml_is_refused_before_anything_is_written() {
    let project = project();
    for wrong in [["--releases", "v1"], ["-t", "a.b.c"], ["-d", "/elsewhere"]] {
        let said = run(project.pum().args(["init", "--yes"]).args(wrong));
        assert!(said.starts_with("exit code: 2"), "{wrong:?}: {said}");
        assert_eq!(std::fs::read_dir(project.path()).unwrap().count(), 1, "{wrong:?}: {said}");
    }
}

#[test]
fn an_existing_project_is_recognised_with_its_hook_and_ci_file() {
    let _filters = filters();
    let project = project();
    project.file("update/delta/delta_1.0.1_x.sql", "select 1");
    project.file("schema/a.sql", "select 1");
    git(&project, &["add", "-A"]);
    git(&project, &["commit", "-q", "-m", "one"]);
    git(&project, &["tag", "release-1.0.0"]);
    let said =
        run(project.pum().args(["init", "--yes", "--hook", "--ci", "gitlab", "--ci-server", "service"]));
    let said = said.replace(project.path().file_name().unwrap().to_str().unwrap(), "NAME");
    assert!(said.starts_with("exit code: 0"), "{said}");
    assert!(
        said.contains("deltas in update/delta, the model from schema/**/*.sql, releases release-{version},"),
        "{said}"
    );
    assert!(said.contains(".git/hooks/pre-push is installed"), "{said}");
    assert!(project.path().join(".git/hooks/pre-push").exists());
    assert!(read(&project, ".gitlab-ci.yml").contains("PUM_SHADOW: postgresql://"));
    // In a directory further down, the CI's command and the hook name the file.
    let below = project.path().join("other");
    std::fs::create_dir(&below).unwrap();
    let said = run(project.pum().current_dir(&below).args(["init", "--yes", "--hook", "--ci", "github"]));
    assert!(said.contains("other/pum.yaml is written"), "{said}");
    assert!(read(&project, ".github/workflows/pum.yml").contains("pum --config-file other/pum.yaml verify"));
    assert!(read(&project, ".git/hooks/pre-push").contains("--config-file other/pum.yaml hook run pre-push"));
}

#[test]
fn on_a_terminal_it_asks() {
    let project = project();
    let mut command = project.command();
    command.arg("init").env("TERM", "xterm");
    let mut terminal = rexpect::session::spawn_command(command, Some(20_000)).unwrap();
    let mut expect = |words: &str, keys: &str| {
        terminal.exp_string(words).unwrap();
        terminal.send(keys).unwrap();
        terminal.flush().unwrap();
    };
    expect("The delta directories", "s\r");
    expect("The model is built from", "\x1b[B\r");
    expect("The command", "\r");
    expect("How tags name releases", "\r");
    expect("The upgrades table", "\x15app_sys.upgrades\r");
    expect("Install the hook", "y");
    expect("A CI file", "\x1b[B\r");
    expect("PostgreSQL there comes from", "\r");
    terminal.exp_string("next: ").unwrap();
    terminal.exp_eof().unwrap();
    let config = Config::load(Some(&project.path().join("pum.yaml"))).unwrap();
    assert_eq!(config.model, Some(Recipe::Run("./build.sh -p $PGSERVICE".into())));
    assert_eq!(config.upgrades_table.as_deref(), Some("app_sys.upgrades"));
    assert!(project.path().join("deltas/README.md").exists());
    assert!(project.path().join(".git/hooks/pre-push").exists());
    assert!(read(&project, ".github/workflows/pum.yml").contains("postgresql-16"));
}
