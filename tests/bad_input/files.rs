//! Files and directories that are not what was expected.

use std::os::unix::fs::symlink;

use crate::support::{Installation, assert_run};

/// What an upgrade over one delta tells.
fn upgrade(delta: impl AsRef<[u8]>) -> (Installation, assert_cmd::Command) {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", delta);
    let command = it.pum("upgrade");
    (it, command)
}

#[test]
fn files_without_statements_are_applied() {
    for text in ["", "\n\n", "-- nothing\n/* to /* do */ */", ";", "\u{feff}", " \t", ";;\n;"] {
        let (it, mut command) = upgrade(text);
        assert!(command.output().unwrap().status.success(), "{text:?}");
        assert_eq!(it.record(), "1.0.0 baseline 0 true\n1.1.0 a 8 true", "{text:?}");
    }
}

#[test]
fn bom_crlf_and_a_missing_last_semicolon_are_fine() {
    let (it, mut command) =
        upgrade("\u{feff}create table app.a (t text);\r\ninsert into app.a\r\nvalues ('x;\r\ny')");
    assert!(command.output().unwrap().status.success());
    assert_eq!(it.database.value("select t from app.a"), "x;\r\ny");
}

#[test]
fn latin_1_is_named_with_its_place() {
    let (it, mut command) = upgrade(b"create table app.a ();\ninsert into app.b values ('\xe9t\xe9');\n");
    assert_run!(command, @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta/delta_1.1.0_a.sql is not UTF-8
     --> delta/delta_1.1.0_a.sql:2:28
      |
    2 | insert into app.b values ('�t�');
      |                            ^ byte 0xe9
    hint: if it is Latin-1: iconv -f LATIN1 -t UTF-8 delta/delta_1.1.0_a.sql > new.sql, then replace the file with it
    ");
    assert!(!it.has("app.a"));
}

#[test]
fn nul_bytes_are_named_with_their_place() {
    let (_it, mut command) = upgrade(b"select 1;\nselect '\0';\n");
    assert_run!(command, @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta/delta_1.1.0_a.sql has a NUL byte, which PostgreSQL cannot store in text
     --> delta/delta_1.1.0_a.sql:2:9
      |
    2 | select '␀';
      |         ^ NUL byte
    hint: remove it: nothing after it would reach the server
    ");
}

#[test]
fn utf_16_is_said_to_be_that() {
    let text: Vec<u8> = "\u{feff}select 1;".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (_it, mut command) = upgrade(text);
    assert_run!(command, @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta/delta_1.1.0_a.sql is UTF-16LE, not UTF-8
    hint: iconv -f UTF-16LE -t UTF-8 delta/delta_1.1.0_a.sql > new.sql, then replace the file with it
    ");
}

#[test]
fn three_megabytes_and_eight_thousand_statements_are_applied() {
    let it = Installation::at("1.0.0");
    it.database.sql("create table app.a (n int, t text)");
    let wide = "x".repeat(380);
    let text: String = (0..8000).map(|n| format!("insert into app.a values ({n}, '{wide}');\n")).collect();
    assert!(text.len() > 3_000_000);
    it.delta("delta_1.1.0_a.sql", text);
    it.delta("delta_1.2.0_b.sql", format!("insert into app.a values (-1, '{}')", "y".repeat(3_000_000)));
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.1.0_a.sql, delta_1.2.0_b.sql
      Applied [1/2] delta_1.1.0_a.sql in [DURATION]
      Applied [2/2] delta_1.2.0_b.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 2 files applied
    ");
    assert_eq!(it.database.query("select count(*), sum(length(t)) from app.a"), [["8001", "6040000"]]);
}

#[test]
fn what_is_not_ended_is_shown_where_it_began() {
    let mut told = String::new();
    for text in [
        "select 1;\nselect 'a;\nselect 2;\n",
        "select 1;\n  do $body$ begin\nend $bod$;\n",
        "select \"a;\n",
        "select 1; /* /* */ and more\n",
        "select 1;\nCOPY a FROM stdin;\n",
        "select (1;\n",
    ] {
        let (it, _) = upgrade(text);
        told.push_str(
            &crate::support::run(&mut it.pum("upgrade -q"))
                .replace("----- stdout -----\n----- stderr -----\n", ""),
        );
        assert_eq!(it.record(), "1.0.0 baseline 0 true");
    }
    let _filters = crate::support::filters();
    insta::assert_snapshot!(told, @r#"
    exit code: 2
    error: unterminated string
     --> delta/delta_1.1.0_a.sql:2:8
      |
    2 | select 'a;
      |        ^ begins here
    exit code: 2
    error: unterminated dollar-quoted string
     --> delta/delta_1.1.0_a.sql:2:6
      |
    2 |   do $body$ begin
      |      ^^^^^^ begins here
    exit code: 2
    error: unterminated quoted name
     --> delta/delta_1.1.0_a.sql:1:8
      |
    1 | select "a;
      |        ^ begins here
    exit code: 2
    error: unterminated comment
     --> delta/delta_1.1.0_a.sql:1:11
      |
    1 | select 1; /* /* */ and more
      |           ^^ begins here
    exit code: 3
    error: delta_1.1.0_a.sql failed: relation "a" does not exist
     --> delta/delta_1.1.0_a.sql:2:1
      |
    2 | COPY a FROM stdin;
      | ^^^^^^^^^^^^^^^^^
      sqlstate: 42P01
      state: it was undone
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: mend it, then run the same command again: it goes on from there
    exit code: 3
    error: delta_1.1.0_a.sql failed: syntax error at or near ";"
     --> delta/delta_1.1.0_a.sql:1:10
      |
    1 | select (1;
      |          ^
      sqlstate: 42601
      state: it was undone
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: mend it, then run the same command again: it goes on from there
    "#);
}

#[test]
fn a_missing_directory_is_named() {
    let it = Installation::at("1.0.0");
    assert_run!(it.pum("upgrade -d nowhere"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: the delta directory nowhere cannot be read: No such file or directory (os error 2)
    hint: name it with -d DIR, or as delta_dirs in pum.yaml
    ");
    it.project.file("file", "");
    assert_run!(it.pum("info -d file"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: the delta directory file cannot be read: Not a directory (os error 20)
    hint: name it with -d DIR, or as delta_dirs in pum.yaml
    ");
}

#[test]
fn twins_in_two_directories_are_both_named() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ()");
    it.project.file("own/delta_1.01.0_a.sql", "create table app.b ()");
    assert_run!(it.pum("upgrade -d own"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: own/delta_1.01.0_a.sql and delta/delta_1.1.0_a.sql are the same delta: version 1.1.0, title "a", kind sql
    hint: give one of them another title; a delta is known by version, title and kind
    "#);
    assert_run!(it.pum("info -d own"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: own/delta_1.01.0_a.sql and delta/delta_1.1.0_a.sql are the same delta: version 1.1.0, title "a", kind sql
    hint: give one of them another title; a delta is known by version, title and kind
    "#);
}

#[test]
fn twins_in_one_directory_and_a_directory_given_twice_are_named() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ()");
    assert_run!(it.pum("upgrade -d ./delta/"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
      Applied [1/1] delta_1.1.0_a.sql in [DURATION]
     Finished [DATABASE] is at version 1.1.0, 1 file applied
    ");
    it.delta("delta_1.1.00_a.sql", "create table app.b ()");
    assert_run!(it.pum("upgrade"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta/delta_1.1.0_a.sql and delta/delta_1.1.00_a.sql are the same delta: version 1.1.0, title "a", kind sql
    hint: give one of them another title; a delta is known by version, title and kind
    "#);
    assert!(!it.has("app.b"));
}

#[test]
fn a_delta_that_cannot_be_read_is_named_before_anything_runs() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.0.0_first.sql", "create table app.first ()");
    symlink("nothing", it.project.path().join("delta/delta_1.1.0_a.sql")).unwrap();
    assert_run!(it.pum("info"), @r"
    exit code: 0
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    version 1.0.0 (baseline 1.0.0), recorded in app.upgrades

     version  title  kind  state
     1.0.0    first  sql   pending
     1.1.0    a      sql   pending

    2 pending; next: pum upgrade -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta
    ----- stderr -----
    ");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta/delta_1.1.0_a.sql cannot be read: No such file or directory (os error 2)
    ");
    assert!(!it.has("app.first"));
    std::fs::remove_file(it.project.path().join("delta/delta_1.1.0_a.sql")).unwrap();
    std::fs::create_dir(it.project.path().join("delta/delta_1.1.0_a.sql")).unwrap();
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
      warning delta/delta_1.1.0_a.sql is not a delta and does not run: it is not a file
         Plan 1 file: delta_1.0.0_first.sql
      Applied [1/1] delta_1.0.0_first.sql in [DURATION]
     Finished [DATABASE] is at version 1.0.0, 1 file applied
    ");
    assert!(it.has("app.first"));
}

#[test]
fn a_title_that_the_table_cannot_hold_is_no_delta() {
    let it = Installation::at("1.0.0");
    it.delta(&format!("delta_1.1.0_{}.sql", "t".repeat(200)), "create table app.fits ()");
    it.delta(&format!("delta_1.1.0_{}.sql", "u".repeat(201)), "create table app.too_long ()");
    let told = crate::support::run(&mut it.pum("upgrade"));
    assert!(
        told.contains("the title is longer than the 200 characters that the upgrades table holds"),
        "{told}"
    );
    assert!(it.has("app.fits") && !it.has("app.too_long"));
}
