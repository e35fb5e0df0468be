//! The configuration: pum.yaml here or above, the older file, and what is wrong with either.

use crate::support::{Installation, assert_run, run};

/// An installation without options: everything stands in `pum.yaml`.
fn configured(more: &str) -> Installation {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ()");
    let text = format!(
        "upgrades_table: app.upgrades\ndelta_dirs: [delta]\ndatabase: \"{}\"\n{more}",
        it.database.uri()
    );
    it.project.file("pum.yaml", text);
    it
}

#[test]
fn everything_may_come_from_the_file() {
    let it = configured("");
    assert_run!(it.bare("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
      Applied [1/1] delta_1.1.0_a.sql in [DURATION]
     Finished [DATABASE] is at version 1.1.0, 1 file applied
    ");
    assert_run!(it.bare("version"), @r"
    exit code: 0
    ----- stdout -----
    1.1.0
    ----- stderr -----
    ");
}

#[test]
fn it_is_found_from_below_up_to_the_top_of_the_repository() {
    let it = configured("");
    let below = it.project.path().join("a/b");
    std::fs::create_dir_all(&below).unwrap();
    let told = run(it.bare("info").current_dir(&below));
    assert!(told.starts_with("exit code: 0") && told.contains("1.1.0    a"), "{told}");
    std::fs::create_dir(it.project.path().join("a/.git")).unwrap();
    assert_run!(it.bare("info").current_dir(&below), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: no upgrades table is named
    hint: name it with -t schema.table, or as upgrades_table in pum.yaml
    ");
}

#[test]
fn the_command_line_replaces_also_a_list() {
    let it = configured("");
    it.project.file("own/delta_1.1.0_b.sql", "create table app.b ()");
    assert!(run(&mut it.bare("upgrade -d own")).starts_with("exit code: 0"));
    assert_eq!((it.has("app.a"), it.has("app.b")), (false, true));
}

#[test]
fn the_environment_names_the_database_last() {
    let it = configured("");
    it.project.file("pum.yaml", "upgrades_table: app.upgrades\ndelta_dirs: delta\n");
    let host =
        it.database.uri().split("host=").nth(1).unwrap().split('&').next().unwrap().replace("%2F", "/");
    let mut command = it.bare("version");
    command.env("PGDATABASE", it.database.name()).env("PGHOST", host).env("PGUSER", "postgres");
    assert_run!(command, @r"
    exit code: 0
    ----- stdout -----
    1.0.0
    ----- stderr -----
    ");
}

#[test]
fn the_older_file_is_read_and_forgiven_what_is_unknown() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ()");
    it.project.file(
        "conf/old.yaml",
        "upgrades_table: app.upgrades\ndelta_dir: ./delta\npg_resotre_exe: x\nbackup_file: x.dump\n",
    );
    let mut command = it.bare("-c conf/old.yaml upgrade -p");
    assert_run!(command.arg(it.database.uri()), @r#"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
      warning conf/old.yaml: unknown key "pg_resotre_exe" in conf/old.yaml; it is passed over
         Plan 1 file: delta_1.1.0_a.sql
      Applied [1/1] delta_1.1.0_a.sql in [DURATION]
     Finished [DATABASE] is at version 1.1.0, 1 file applied
    "#);
}

#[test]
fn what_is_wrong_in_the_file_is_shown_with_its_place() {
    let it = Installation::at("1.0.0");
    let mut told = String::new();
    for text in [
        "upgrade_table: app.upgrades\n",
        "delta_dirs: [delta\nprotect: x\n",
        "edited: perhaps\n",
        "- a\n- b\n",
        "\u{0}\u{1}garbage: [\n",
        "variables: [1, 2]\n",
        "variables: {A: [1]}\n",
        "hook:\n  timout: 3s\n",
        "a: 1\na: 2\n",
    ] {
        it.project.file("pum.yaml", text);
        told.push_str(&run(&mut it.pum("info")).replace("----- stdout -----\n----- stderr -----\n", ""));
    }
    let _filters = crate::support::filters();
    insta::assert_snapshot!(told, @r#"
    exit code: 2
    error: unknown key "upgrade_table" in pum.yaml
     --> pum.yaml:1:1
      |
    1 | upgrade_table: app.upgrades
      | ^^^^^^^^^^^^^ did you mean "upgrades_table"?
    exit code: 2
    error: pum.yaml is not understood
     --> pum.yaml:2:8
      |
    2 | protect: x
      |        ^ did not find expected ',' or ']' at line 2 column 8, while parsing a flow sequence at line 1 column 13
    exit code: 2
    error: pum.yaml is not understood
     --> pum.yaml:1:9
      |
    1 | edited: perhaps
      |         ^ edited: unknown variant `perhaps`, expected `warn` or `error` at line 1 column 9
    exit code: 2
    error: pum.yaml: keys with values are expected
    exit code: 2
    error: pum.yaml is not understood
     --> pum.yaml:1:1
      |
    1 | ␀␁garbage: [
      | ^ control characters are not allowed
    exit code: 2
    error: pum.yaml is not understood
     --> pum.yaml:1:12
      |
    1 | variables: [1, 2]
      |            ^ variables: invalid type: sequence, expected a map at line 1 column 12
    exit code: 2
    error: pum.yaml is not understood
     --> pum.yaml:1:12
      |
    1 | variables: {A: [1]}
      |            ^ variables: a variable is a number or a text at line 1 column 12
    exit code: 2
    error: unknown key "timout" below "hook" in pum.yaml
     --> pum.yaml:2:3
      |
    2 |   timout: [DURATION]
      |   ^^^^^^ did you mean "timeout"?
    exit code: 2
    error: pum.yaml is not understood
     --> pum.yaml:1:1
      |
    1 | a: 1
      | ^ duplicate entry with key "a"
    "#);
    it.project.file("pum.yaml", b"database: \xff\n");
    assert_run!(it.pum("info"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: the configuration file pum.yaml cannot be read: stream did not contain valid UTF-8
    ");
    assert_run!(it.pum("info -c nowhere.yaml"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: the configuration file nowhere.yaml cannot be read: No such file or directory (os error 2)
    ");
    it.project.file("pum.yaml", "");
    assert!(run(&mut it.pum("info")).starts_with("exit code: 0"));
}
