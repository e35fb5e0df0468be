//! Deltas without a transaction: named when the directive lacks, going on where they died, judged where in doubt.

use crate::support::{Installation, assert_run, run};

#[test]
fn a_statement_that_cannot_run_in_a_transaction_is_named_with_its_line() {
    let it = Installation::at("1.0.0");
    it.delta(
        "delta_1.1.0_a.sql",
        "create table app.a (id int);\n\n  create index concurrently i on app.a (id);\n",
    );
    assert_run!(it.pum("upgrade"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: CREATE INDEX CONCURRENTLY cannot run in a transaction
     --> delta/delta_1.1.0_a.sql:3:3
      |
    3 |   create index concurrently i on app.a (id);
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: add the line `-- pum: no-transaction`; the delta is then no longer applied whole or not at all
    hint: best move the statement to a delta of its own
    ");
    assert!(!it.has("app.a"));
}

#[test]
fn with_the_directive_it_works_and_the_column_is_added_when_first_needed() {
    let it = Installation::at("1.0.0");
    let column = || {
        it.database.value("select count(*) from pg_attribute where attrelid = 'app.upgrades'::regclass and attname = 'statements_done'")
    };
    it.delta("delta_1.1.0_a.sql", "create table app.a (id int);");
    it.works("upgrade");
    assert_eq!(column(), "0");
    it.delta(
        "delta_1.2.0_b.sql",
        "-- pum: no-transaction\ncreate index concurrently i on app.a (id);\nvacuum app.a;\nreindex table concurrently app.a;\ndrop index concurrently app.i;\n",
    );
    it.delta("delta_1.3.0_c.sql", "create table app.c ();");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.2.0_b.sql, delta_1.3.0_c.sql
      Applied [1/2] delta_1.2.0_b.sql in [DURATION]
      Applied [2/2] delta_1.3.0_c.sql in [DURATION]
     Finished [DATABASE] is at version 1.3.0, 2 files applied
    ");
    assert_eq!((column().as_str(), it.has("app.i"), it.has("app.c")), ("1", false, true));
    assert_eq!(it.record(), "1.0.0 baseline 0 true\n1.1.0 a 8 true\n1.2.0 b 8 true\n1.3.0 c 8 true");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
     Finished [DATABASE] is at version 1.3.0; nothing to do
    ");
}

#[test]
fn one_that_died_goes_on_with_the_statement_that_failed() {
    let it = Installation::at("1.0.0");
    let sql = |last: &str| {
        format!(
            "-- pum: no-transaction\ncreate table app.a (id int);\ncreate index concurrently i on app.a (id);\ninsert into app.a values ({last});\n"
        )
    };
    it.delta("delta_1.1.0_a.sql", sql("1/0"));
    it.delta("delta_1.2.0_b.sql", "");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.1.0_a.sql, delta_1.2.0_b.sql
    error: delta_1.1.0_a.sql failed: division by zero
     --> delta/delta_1.1.0_a.sql:4:1
      |
    4 | insert into app.a values (1/0);
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      sqlstate: 22012
      state: the first 2 of 3 statements of delta_1.1.0_a.sql are done and committed
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
      not run: delta_1.2.0_b.sql
    hint: mend it, then run the same command again: it goes on with that statement
    ");
    assert_eq!(it.record(), "1.0.0 baseline 0 true\n1.1.0 a 8 false");
    assert_eq!(it.database.value("select statements_done from app.upgrades where type = 8"), "2");
    it.delta("delta_1.1.0_a.sql", sql("7"));
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
      warning delta_1.1.0_a.sql began at [TIME] and did not end; it goes on with statement 3
         Plan 2 files: delta_1.1.0_a.sql, delta_1.2.0_b.sql
      Applied [1/2] delta_1.1.0_a.sql in [DURATION]
      Applied [2/2] delta_1.2.0_b.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 2 files applied
    ");
    assert_eq!(it.database.value("select id from app.a"), "7");
    assert_eq!(it.record(), "1.0.0 baseline 0 true\n1.1.0 a 8 true\n1.2.0 b 8 true");
    let told = crate::support::run(&mut it.pum("info"));
    assert!(!told.contains("edited"), "{told}");
}

#[test]
fn an_edit_of_what_is_done_already_stops_it_until_it_is_told_where_to_go_on() {
    let it = Installation::at("1.0.0");
    it.delta(
        "delta_1.1.0_a.sql",
        "-- pum: no-transaction\ncreate table app.a ();\ncreate table app.b ();\nselect 1/0;\n",
    );
    assert!(!it.pum("upgrade").output().unwrap().status.success());
    it.delta(
        "delta_1.1.0_a.sql",
        "-- pum: no-transaction\ncreate table app.a (id int);\ncreate table app.b ();\nselect 1/1;\n",
    );
    assert_run!(it.pum("upgrade"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
      warning delta_1.1.0_a.sql began at [TIME] and did not end; it goes on with statement 3
         Plan 1 file: delta_1.1.0_a.sql
    error: delta_1.1.0_a.sql was edited in what ran already: its first 2 statements
      state: 2 statements are done and committed; nothing more was done
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: bring those statements back to what they were, then run the upgrade again
    hint: or say where to go on in the file as it is now: pum repair resume delta_1.1.0_a.sql --statement N -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta
    ");
    assert_run!(it.pum("repair resume delta_1.1.0_a.sql --statement 3").write_stdin("y\n"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note delta_1.1.0_a.sql: 2 of 3 statements are recorded as done; the next upgrade goes on with statement 3: select 1/1
    Change the record so? [n]|y: 
         Note app.upgrades is mended; `pum info` shows it
    ");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
      warning delta_1.1.0_a.sql began at [TIME] and did not end; it goes on with statement 3
         Plan 1 file: delta_1.1.0_a.sql
      Applied [1/1] delta_1.1.0_a.sql in [DURATION]
     Finished [DATABASE] is at version 1.1.0, 1 file applied
    ");
    assert_eq!(it.record(), "1.0.0 baseline 0 true\n1.1.0 a 8 true");
}

#[test]
fn an_invalid_index_stops_it_with_the_drop_to_run() {
    let it = Installation::at("1.0.0");
    it.database.sql("create table app.a as select 1 as id from generate_series(1, 2)");
    it.delta(
        "delta_1.1.0_a.sql",
        "-- pum: no-transaction\ncreate unique index concurrently i on app.a (id);\n",
    );
    assert_run!(it.pum("upgrade"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
    error: delta_1.1.0_a.sql failed: could not create unique index "i"
     --> delta/delta_1.1.0_a.sql:2:1
      |
    2 | create unique index concurrently i on app.a (id);
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      sqlstate: 23505
      detail: Key (id)=(1) is duplicated.
      state: no statement of delta_1.1.0_a.sql is done
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: it left the index app.i INVALID: DROP INDEX CONCURRENTLY app.i; before you run the upgrade again
    hint: mend it, then run the same command again: it goes on with that statement
    "#);
    assert_run!(it.pum("upgrade"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
      warning delta_1.1.0_a.sql began at [TIME] and did not end; it runs again
         Plan 1 file: delta_1.1.0_a.sql
    error: delta_1.1.0_a.sql cannot go on: the index app.i is INVALID
     --> delta/delta_1.1.0_a.sql:2:1
      |
    2 | create unique index concurrently i on app.a (id);
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this statement makes it, and did not end
      state: the statements before it are done and committed
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: DROP INDEX CONCURRENTLY app.i;   then run the upgrade again
    ");
    it.database.sql("drop index app.i; truncate app.a");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
      warning delta_1.1.0_a.sql began at [TIME] and did not end; it runs again
         Plan 1 file: delta_1.1.0_a.sql
      Applied [1/1] delta_1.1.0_a.sql in [DURATION]
     Finished [DATABASE] is at version 1.1.0, 1 file applied
    ");
}

#[test]
fn an_index_that_was_made_before_it_died_is_not_made_twice() {
    let it = Installation::at("1.0.0");
    it.database.sql("create table app.a (id int)");
    it.delta(
        "delta_1.1.0_a.sql",
        "-- pum: no-transaction\nselect 1;\ncreate index concurrently i on app.a (id);\nselect 1/0",
    );
    assert!(!it.pum("upgrade").output().unwrap().status.success());
    // As if the process had died between the index and the record of it.
    it.database
        .sql("update app.upgrades set statements_done = -2, checksum = md5('select 1') where type = 8");
    it.delta(
        "delta_1.1.0_a.sql",
        "-- pum: no-transaction\nselect 1;\ncreate index concurrently i on app.a (id);\nselect 1",
    );
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
      warning delta_1.1.0_a.sql began at [TIME] and did not end; it goes on with statement 2
         Plan 1 file: delta_1.1.0_a.sql
         Note statement 2 of delta_1.1.0_a.sql took effect before the last run died
      Applied [1/1] delta_1.1.0_a.sql in [DURATION]
     Finished [DATABASE] is at version 1.1.0, 1 file applied
    ");
}

#[test]
fn a_statement_in_doubt_is_asked_about() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "-- pum: no-transaction\nselect 1;\ncall app.p();\n");
    it.database.sql("create table app.a (); create procedure app.p() language plpgsql as 'begin drop table app.a; commit; perform 1/0; end'");
    assert!(!it.pum("upgrade").output().unwrap().status.success());
    it.database.sql("create or replace procedure app.p() language plpgsql as 'begin commit; end'");
    assert_run!(it.pum("upgrade").write_stdin(""), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
      warning delta_1.1.0_a.sql began at [TIME] and did not end; it goes on with statement 2
         Plan 1 file: delta_1.1.0_a.sql
    delta_1.1.0_a.sql died before or in its statement call app.p(). It is not known whether that took effect. Run it (again)? [n]|y: 
    error: delta_1.1.0_a.sql: it is not known whether CALL took effect
     --> delta/delta_1.1.0_a.sql:3:1
      |
    3 | call app.p();
      | ^^^^^^^^^^^^ the last run died before or in this statement
      state: the statements before it are done and committed; nothing more was done
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: if it did not: pum repair resume delta_1.1.0_a.sql --statement 2 -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta
    hint: if it did: pum repair resume delta_1.1.0_a.sql --statement 3 -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta
    ");
    assert_run!(it.pum("upgrade").write_stdin("y\n"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
      warning delta_1.1.0_a.sql began at [TIME] and did not end; it goes on with statement 2
         Plan 1 file: delta_1.1.0_a.sql
    delta_1.1.0_a.sql died before or in its statement call app.p(). It is not known whether that took effect. Run it (again)? [n]|y: 
      Applied [1/1] delta_1.1.0_a.sql in [DURATION]
     Finished [DATABASE] is at version 1.1.0, 1 file applied
    ");
}

#[test]
fn blocks_of_its_own_commit_as_blocks() {
    let it = Installation::at("1.0.0");
    it.delta(
        "delta_1.1.0_a.sql",
        "-- pum: no-transaction\nbegin;\ncreate table app.a ();\ncreate table app.b ();\ncommit;\nbegin;\ncreate table app.c ();\nselect 1/0;\ncommit;\n",
    );
    assert_run!(it.pum("upgrade"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
    error: delta_1.1.0_a.sql failed: division by zero
     --> delta/delta_1.1.0_a.sql:8:1
      |
    8 | select 1/0;
      | ^^^^^^^^^^
      sqlstate: 22012
      state: the first 2 of 4 statements of delta_1.1.0_a.sql are done and committed
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: mend it, then run the same command again: it goes on with that statement
    ");
    assert!(it.has("app.a") && it.has("app.b") && !it.has("app.c"));
    assert_eq!(it.database.value("select statements_done from app.upgrades where type = 8"), "2");
}

#[test]
fn pre_all_without_a_transaction_and_unknown_directives_are_refused() {
    let it = Installation::at("1.0.0");
    it.delta("pre-all.sql", "-- pum: no-transaction\nvacuum;");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta/pre-all.sql cannot run without a transaction
      reason: pre-all and post-all scripts are not recorded, so one that died could not be told from one that ended
    hint: move those statements to a delta
    ");
    it.delta("pre-all.sql", "select 1;\n-- pum: no-transactions\n");
    assert_run!(it.pum("upgrade"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: unknown directive "no-transactions"
     --> delta/pre-all.sql:2:1
      |
    2 | -- pum: no-transactions
      | ^^^^^^^^^^^^^^^^^^^^^^^
    hint: what can be said here: -- pum: no-transaction
    "#);
}

#[test]
fn a_resumed_delta_is_judged_with_the_settings_it_had() {
    let it = Installation::at("1.0.0");
    it.database.sql("create table app.t (a int); insert into app.t values (1), (1)");
    it.delta(
        "delta_1.1.0_a.sql",
        "-- pum: no-transaction\nselect set_config('search_path', 'app', false);\n\
         create unique index concurrently if not exists i on t (a);\ncreate table made_in_app ();\n",
    );
    // The second run finds the index that the first one left, and so does a third, until it is dropped.
    for _ in 0..3 {
        let told = run(&mut it.pum("upgrade"));
        assert!(
            told.starts_with("exit code: 3") && told.contains("DROP INDEX CONCURRENTLY app.i;"),
            "{told}"
        );
    }
    it.database.sql("drop index app.i; delete from app.t");
    let told = run(&mut it.pum("upgrade"));
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert_eq!(
        it.database.value("select indisvalid from pg_index where indexrelid = 'app.i'::regclass"),
        "t"
    );
    assert_eq!(it.database.value("select to_regclass('app.made_in_app') is null"), "f");
}

#[test]
fn a_statement_that_the_server_refused_is_not_in_doubt() {
    let it = Installation::at("1.0.0");
    it.database.sql("create table app.t (a int, b int); create index i on app.t (a)");
    it.delta("delta_1.1.0_a.sql", "-- pum: no-transaction\ncreate index concurrently i on app.t (b);\n");
    for _ in 0..2 {
        let told = run(&mut it.pum("upgrade"));
        assert!(told.starts_with("exit code: 3") && told.contains("already exists"), "{told}");
        assert!(!told.contains("INVALID"), "{told}");
    }
}

#[test]
fn another_encoding_of_the_client_is_refused_before_anything_runs() {
    let it = Installation::at("1.0.0");
    it.delta(
        "delta_1.1.0_a.sql",
        "set client_encoding = 'UTF8';\nselect 1;\nset client_encoding to 'LATIN1';\n",
    );
    let told = run(&mut it.pum("upgrade"));
    assert!(told.starts_with("exit code: 2") && told.contains("delta_1.1.0_a.sql:3:1"), "{told}");
}
