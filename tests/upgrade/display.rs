//! What is shown while it works: lines, every statement, JSON, nothing; notices, the log, the backup.

use std::fs;

use crate::support::{Installation, assert_run};

fn talkative() -> Installation {
    let it = Installation::at("1.0.0");
    it.delta(
        "delta_1.1.0_a.sql",
        "create table if not exists app.a (id int);\ncreate table if not exists app.a ();\ninsert into app.a\n  select generate_series(1, 3);\ndo $$ begin raise warning 'be careful'; raise info 'by the way'; end $$;\n",
    );
    it.delta("delta_1.2.0_b.sql", "\\echo done\n");
    it
}

#[test]
fn notices_are_shown_between_the_lines() {
    assert_run!(talkative().pum("upgrade"), @r#"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.1.0_a.sql, delta_1.2.0_b.sql
              NOTICE: relation "a" already exists, skipping
              WARNING: be careful
              INFO: by the way
      Applied [1/2] delta_1.1.0_a.sql in [DURATION]
              echo: done
      Applied [2/2] delta_1.2.0_b.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 2 files applied
    "#);
}

#[test]
fn verbose_tells_every_statement() {
    assert_run!(talkative().pum("upgrade -vv"), @r#"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.1.0_a.sql, delta_1.2.0_b.sql
              1/4 [DURATION] 0 rows create table if not exists app.a (id int)
              NOTICE: relation "a" already exists, skipping
              2/4 [DURATION] 0 rows create table if not exists app.a ()
              3/4 [DURATION] 3 rows insert into app.a select generate_series(1, 3)
              WARNING: be careful
              INFO: by the way
              4/4 [DURATION] 0 rows do $$ begin raise warning 'be careful'; raise info 'by the way'; end $$
      Applied [1/2] delta_1.1.0_a.sql in [DURATION]
              echo: done
      Applied [2/2] delta_1.2.0_b.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 2 files applied
    "#);
}

#[test]
fn quiet_tells_only_what_is_wrong() {
    let it = talkative();
    assert_run!(it.pum("upgrade -q"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    ");
    it.delta("delta_1.3.0_c.sql", "select nope");
    assert_run!(it.pum("upgrade --quiet"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: delta_1.3.0_c.sql failed: column "nope" does not exist
     --> delta/delta_1.3.0_c.sql:1:8
      |
    1 | select nope
      |        ^^^^
      sqlstate: 42703
      state: it was undone
      database: [DATABASE] is at version 1.2.0; this run completed nothing before
    hint: mend it, then run the same command again: it goes on from there
    "#);
}

#[test]
fn json_is_an_event_a_line() {
    let it = talkative();
    let output = it.pum("upgrade --progress json").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let events: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    insta::assert_snapshot!(names.join(" "), @r"connected planned delta_started statement_started statement_done statement_started notice statement_done statement_started statement_done statement_started notice notice statement_done delta_done delta_started output delta_done finished");
    let last = events.last().unwrap();
    assert_eq!((last["version"].as_str(), last["dry_run"].as_bool()), (Some("1.2.0"), Some(false)));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    it.delta("delta_1.3.0_c.sql", "select 1,\n nope");
    let output = it.pum("upgrade --progress json").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let error: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!((error["event"].as_str(), error["sqlstate"].as_str()), (Some("error"), Some("42703")));
    assert_eq!((error["place"]["line"].as_u64(), error["place"]["column"].as_u64()), (Some(2), Some(2)));
}

#[test]
fn off_a_terminal_there_are_no_colours_and_no_color_is_obeyed() {
    let it = talkative();
    let output = it.pum("upgrade").env("NO_COLOR", "1").env("CLICOLOR_FORCE", "0").output().unwrap();
    assert!(!output.stderr.contains(&0x1b));
    let output = it.pum("upgrade --dry-run").env("TERM", "xterm").output().unwrap();
    assert!(!output.stderr.contains(&0x1b) && !output.stdout.contains(&0x1b));
}

#[test]
fn the_log_holds_every_statement_with_its_rows_and_the_notices() {
    let it = talkative();
    it.works("upgrade --log upgrade.log");
    let log = fs::read_to_string(it.project.path().join("upgrade.log")).unwrap();
    let _filters = crate::support::filters();
    insta::assert_snapshot!(log, @r#"
    [TIME] connected to [DATABASE] as postgres on [SOCKET]:5432, PostgreSQL [VERSION]
    [TIME] plan: delta_1.1.0_a.sql, delta_1.2.0_b.sql
    [TIME] begin delta_1.1.0_a.sql (1 of 2), 4 statements
    [TIME] statement 1/4, [DURATION], 0 rows:
    create table if not exists app.a (id int);
    [TIME] NOTICE: relation "a" already exists, skipping
    [TIME] statement 2/4, [DURATION], 0 rows:
    create table if not exists app.a ();
    [TIME] statement 3/4, [DURATION], 3 rows:
    insert into app.a
      select generate_series(1, 3);
    [TIME] WARNING: be careful
    [TIME] INFO: by the way
    [TIME] statement 4/4, [DURATION], 0 rows:
    do $$ begin raise warning 'be careful'; raise info 'by the way'; end $$;
    [TIME] end delta_1.1.0_a.sql, [DURATION]
    [TIME] begin delta_1.2.0_b.sql (2 of 2), 0 statements
    [TIME] echo: done
    [TIME] end delta_1.2.0_b.sql, [DURATION]
    [TIME] finished: [DATABASE] is at version 1.2.0, 2 files applied
    "#);
    it.delta("delta_1.3.0_c.sql", "select nope");
    assert!(!it.pum("upgrade --log upgrade.log").output().unwrap().status.success());
    let log = fs::read_to_string(it.project.path().join("upgrade.log")).unwrap();
    assert!(log.contains("column \"nope\" does not exist"), "{log}");
    assert_run!(it.pum("upgrade --log no/such/place.log"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: the log file no/such/place.log cannot be written: No such file or directory (os error 2)
    ");
}

#[test]
fn a_backup_comes_first_and_without_one_nothing_begins() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ()");
    assert_run!(it.pum("upgrade --backup no/such/before.dump"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
    error: cannot write to the directory no/such: it does not exist
      state: the upgrade did not begin: there is no backup
    ");
    assert!(!it.has("app.a"));
    assert_run!(it.pum("upgrade --backup"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: --backup names no file
    hint: --backup FILE, or backup_file in pum.yaml
    ");
    assert_run!(it.pum("upgrade --backup before.dump"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
         Done dump in [DURATION]
      Applied [1/1] delta_1.1.0_a.sql in [DURATION]
     Finished [DATABASE] is at version 1.1.0, 1 file applied
    ");
    let dump = fs::read(it.project.path().join("before.dump")).unwrap();
    assert!(dump.starts_with(b"PGDMP"));
    fs::remove_file(it.project.path().join("before.dump")).unwrap();
    it.works("upgrade --backup before.dump");
}
