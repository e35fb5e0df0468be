//! `info` and `version`: the state of a database and of every delta, for people and for programs.

use std::fs;

use crate::support::{Installation, PYTHON, assert_run};

/// A database with a delta in every state.
fn every_state() -> Installation {
    let it = Installation::at("1.0.0");
    it.delta("delta_0.9.0_old.sql", "select 1");
    it.delta("delta_1.0.0_same_version.sql", "create table app.a ()");
    it.delta("delta_1.1.0_gone.sql", "create table app.b ()");
    it.delta("delta_1.2.0_edited.sql", "create table app.c ()");
    it.delta("delta_1.3.0_crlf.sql", "create table app.d ();\n");
    it.delta("delta_1.4.0_fails.py", format!("{PYTHON}        raise SystemExit(3)\n"));
    assert!(!it.pum("upgrade").output().unwrap().status.success());
    fs::remove_file(it.project.path().join("delta/delta_1.1.0_gone.sql")).unwrap();
    it.delta("delta_1.2.0_edited.sql", "create table app.c (id int)");
    it.delta("delta_1.3.0_crlf.sql", "create table app.d ();\r\n");
    it.delta("delta_1.2.1_late.sql", "select 1");
    it.delta("delta_1.2.2_known.sql", "select 1");
    it.delta("delta_1.5.0_next.post.sql", "select 1");
    it.delta("delta_1.5.0_a-fix.sql", "select 1");
    it.delta("delta_1.5_two.sql", "select 1");
    it.delta("delta_1.5.0_old.sql.pre", "select 1");
    it.delta("readme.txt", "nothing");
    it.project.file("pum.yaml", "late: [delta_1.2.2_known.sql]\n");
    it
}

#[test]
fn every_state_has_its_words() {
    let it = every_state();
    assert_run!(it.pum("info"), @r"
    exit code: 0
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    version 1.3.0 (baseline 1.0.0), recorded in app.upgrades

     version  title         kind      state
     0.9.0    old           sql       before the baseline
     1.0.0    same_version  sql       applied [TIME] by postgres
     1.2.0    edited        sql       applied [TIME] by postgres, edited since
     1.2.1    late          sql       late: a higher version was applied before it came
     1.2.2    known         sql       late, known and passed over
     1.3.0    crlf          sql       applied [TIME] by postgres
     1.4.0    fails         py        begun [TIME] by postgres, not ended
     1.5.0    next          post sql  pending
     1.1.0    gone          sql       applied [TIME] by postgres, its file is gone

    files that look like deltas and are not:
      delta/delta_1.5.0_a-fix.sql: the title has '-' in it; only letters, digits and underscores may be there; rename it to delta_1.5.0_a_fix.sql
      delta/delta_1.5.0_old.sql.pre: the ending .sql.pre is an older spelling that never ran; rename it to delta_1.5.0_old.pre.sql
      delta/delta_1.5_two.sql: the version 1.5 has 2 numbers; three are expected

    2 pending, 1 late, 1 edited, 1 gone, 3 not deltas; next: pum upgrade -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta --out-of-order (or --ignore-late)
    ----- stderr -----
    ");
    assert_run!(it.pum("info --exit-code --format json"), @r#"
    exit code: 1
    ----- stdout -----
    {
      "host": "[SOCKET]",
      "port": 5432,
      "database": "[DATABASE]",
      "user": "postgres",
      "server_version": "[VERSION]",
      "table": "app.upgrades",
      "table_exists": true,
      "lacks_schema": false,
      "version": "1.3.0",
      "baseline": "1.0.0",
      "deltas": [
        {
          "version": "0.9.0",
          "title": "old",
          "kind": "sql",
          "file": "delta/delta_0.9.0_old.sql",
          "state": "before_baseline",
          "edited": false,
          "unreadable": null,
          "installed_on": null,
          "installed_by": null,
          "statements_done": null
        },
        {
          "version": "1.0.0",
          "title": "same_version",
          "kind": "sql",
          "file": "delta/delta_1.0.0_same_version.sql",
          "state": "applied",
          "edited": false,
          "unreadable": null,
          "installed_on": "[TIME]",
          "installed_by": "postgres",
          "statements_done": null
        },
        {
          "version": "1.2.0",
          "title": "edited",
          "kind": "sql",
          "file": "delta/delta_1.2.0_edited.sql",
          "state": "applied",
          "edited": true,
          "unreadable": null,
          "installed_on": "[TIME]",
          "installed_by": "postgres",
          "statements_done": null
        },
        {
          "version": "1.2.1",
          "title": "late",
          "kind": "sql",
          "file": "delta/delta_1.2.1_late.sql",
          "state": "late",
          "edited": false,
          "unreadable": null,
          "installed_on": null,
          "installed_by": null,
          "statements_done": null
        },
        {
          "version": "1.2.2",
          "title": "known",
          "kind": "sql",
          "file": "delta/delta_1.2.2_known.sql",
          "state": "known_late",
          "edited": false,
          "unreadable": null,
          "installed_on": null,
          "installed_by": null,
          "statements_done": null
        },
        {
          "version": "1.3.0",
          "title": "crlf",
          "kind": "sql",
          "file": "delta/delta_1.3.0_crlf.sql",
          "state": "applied",
          "edited": false,
          "unreadable": null,
          "installed_on": "[TIME]",
          "installed_by": "postgres",
          "statements_done": null
        },
        {
          "version": "1.4.0",
          "title": "fails",
          "kind": "py",
          "file": "delta/delta_1.4.0_fails.py",
          "state": "begun",
          "edited": false,
          "unreadable": null,
          "installed_on": "[TIME]",
          "installed_by": "postgres",
          "statements_done": null
        },
        {
          "version": "1.5.0",
          "title": "next",
          "kind": "post sql",
          "file": "delta/delta_1.5.0_next.post.sql",
          "state": "pending",
          "edited": false,
          "unreadable": null,
          "installed_on": null,
          "installed_by": null,
          "statements_done": null
        },
        {
          "version": "1.1.0",
          "title": "gone",
          "kind": "sql",
          "file": "delta/delta_1.1.0_gone.sql",
          "state": "gone",
          "edited": false,
          "unreadable": null,
          "installed_on": "[TIME]",
          "installed_by": "postgres",
          "statements_done": null
        }
      ],
      "not_deltas": [
        {
          "file": "delta/delta_1.5.0_a-fix.sql",
          "reason": "the title has '-' in it; only letters, digits and underscores may be there",
          "rename": "delta_1.5.0_a_fix.sql"
        },
        {
          "file": "delta/delta_1.5.0_old.sql.pre",
          "reason": "the ending .sql.pre is an older spelling that never ran",
          "rename": "delta_1.5.0_old.pre.sql"
        },
        {
          "file": "delta/delta_1.5_two.sql",
          "reason": "the version 1.5 has 2 numbers; three are expected",
          "rename": null
        }
      ],
      "unknown_rows": []
    }
    ----- stderr -----
    "#);
}

#[test]
fn without_the_table_everything_is_pending_and_the_next_command_is_named() {
    let it = Installation::new();
    it.delta("delta_1.0.0_a.sql", "");
    assert_run!(it.pum("info"), @r"
    exit code: 0
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    no upgrades table app.upgrades: everything is pending

     version  title  kind  state
     1.0.0    a      sql   pending

    next: pum baseline -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta -b X.Y.Z
    ----- stderr -----
    ");
    let told = it.pum("info --exit-code").output().unwrap();
    assert_eq!(told.status.code(), Some(1));
}

#[test]
fn a_database_in_order_is_said_to_be() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "");
    assert_run!(it.pum("info --exit-code"), @r"
    exit code: 1
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    version 1.0.0 (baseline 1.0.0), recorded in app.upgrades

     version  title  kind  state
     1.1.0    a      sql   pending

    1 pending; next: pum upgrade -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta
    ----- stderr -----
    ");
    it.works("upgrade");
    assert_run!(it.pum("info --exit-code"), @r"
    exit code: 0
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    version 1.1.0 (baseline 1.0.0), recorded in app.upgrades

     version  title  kind  state
     1.1.0    a      sql   applied [TIME] by postgres

    nothing is pending
    ----- stderr -----
    ");
}

#[test]
fn a_file_that_is_gone_and_one_that_is_no_delta_are_summed_up() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "");
    it.works("upgrade");
    fs::rename(
        it.project.path().join("delta/delta_1.1.0_a.sql"),
        it.project.path().join("delta/delta_1.1.0_a.SQL"),
    )
    .unwrap();
    assert_run!(it.pum("info --exit-code"), @r"
    exit code: 1
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    version 1.1.0 (baseline 1.0.0), recorded in app.upgrades

     version  title  kind  state
     1.1.0    a      sql   applied [TIME] by postgres, its file is gone

    files that look like deltas and are not:
      delta/delta_1.1.0_a.SQL: the ending .SQL must be in lower case; rename it to delta_1.1.0_a.sql

    nothing is pending; 1 gone, 1 not a delta
    ----- stderr -----
    ");
}

#[test]
fn a_delta_without_transaction_that_died_shows_how_far_it_came() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "-- pum: no-transaction\ncreate table app.a ();\nselect 1/0;\n");
    assert!(!it.pum("upgrade").output().unwrap().status.success());
    assert_run!(it.pum("info"), @r"
    exit code: 0
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    version 1.0.0 (baseline 1.0.0), recorded in app.upgrades

     version  title  kind  state
     1.1.0    a      sql   begun [TIME] by postgres, not ended: 1 statement done

    1 pending; next: pum upgrade -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta
    ----- stderr -----
    ");
}

#[test]
fn the_version_is_printed_alone() {
    let it = Installation::at("1.9.0");
    it.delta("delta_1.10.0_a.sql", "");
    let version = |it: &Installation| {
        let mut command = it.bare("version -t app.upgrades -p");
        command.arg(it.database.uri());
        command
    };
    assert_run!(version(&it), @r"
    exit code: 0
    ----- stdout -----
    1.9.0
    ----- stderr -----
    ");
    it.works("upgrade");
    assert_run!(version(&it), @r"
    exit code: 0
    ----- stdout -----
    1.10.0
    ----- stderr -----
    ");
    it.database.sql("truncate app.upgrades");
    assert_run!(version(&it), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: app.upgrades records no version
    hint: declare one with `pum baseline`
    ");
    assert_run!(it.pum("info"), @r"
    exit code: 0
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    no version, recorded in app.upgrades

     version  title  kind  state
     1.10.0   a      sql   pending

    next: pum baseline -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta -b X.Y.Z
    ----- stderr -----
    ");
    it.database.sql("drop table app.upgrades");
    assert_run!(version(&it), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: there is no upgrades table app.upgrades in this database
    hint: declare which version the database is at: pum baseline -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -b X.Y.Z
    ");
}

#[test]
fn an_applied_delta_whose_file_cannot_be_read_is_not_called_edited() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ()");
    it.works("upgrade");
    // A link to itself: nobody can read it, not even root.
    let file = it.project.path().join("delta/delta_1.1.0_a.sql");
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink(&file, &file).unwrap();
    assert_run!(it.pum("info --exit-code"), @r"
    exit code: 1
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    version 1.1.0 (baseline 1.0.0), recorded in app.upgrades

     version  title  kind  state
     1.1.0    a      sql   applied [TIME] by postgres, its file cannot be read

    nothing is pending; 1 unreadable
    ----- stderr -----
    ");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
      warning delta/delta_1.1.0_a.sql cannot be read: Too many levels of symbolic links (os error 40); whether it was edited after it was applied is not known
     Finished [DATABASE] is at version 1.1.0; nothing to do
    ");
    std::fs::write(it.project.path().join("pum.yaml"), "edited: error\n").unwrap();
    assert_run!(it.pum("upgrade"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta/delta_1.1.0_a.sql cannot be read: Too many levels of symbolic links (os error 40); whether it was edited after it was applied is not known
      state: nothing was done
    ");
}

#[test]
fn a_schema_that_is_missing_is_made_by_the_command_that_comes_next() {
    let it = Installation::new();
    let next = |table: &str, words: &str| {
        let mut command = it.bare(words);
        command.args(["-p", it.database.uri(), "-t", table, "-d", "delta"]);
        crate::support::run(&mut command)
    };
    it.delta("delta_1.1.0_a.sql", "create table app.a ()");
    for words in ["info", "upgrade"] {
        let told = next("sys.upgrades", words);
        assert!(told.contains("-t sys.upgrades -d delta -b X.Y.Z --create-schema\n"), "{told}");
        let told = next("app.upgrades", words);
        assert!(told.contains("-t app.upgrades -d delta -b X.Y.Z\n"), "{told}");
    }
}
