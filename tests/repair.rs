//! `repair`: shows what it changes in the record, asks, does it, and runs nothing.

use crate::support::{Installation, PYTHON, assert_run};

/// 1.1.0 is applied and was edited since.
fn edited() -> Installation {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ();\n");
    it.works("upgrade");
    it.delta("delta_1.1.0_a.sql", "create table app.a (id int);\n");
    it
}

#[test]
fn accept_takes_the_file_as_it_is_for_what_was_applied() {
    let it = edited();
    assert_run!(it.pum("repair accept delta_1.1.0_a.sql").write_stdin(""), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note delta_1.1.0_a.sql: its checksum b396c58d9fd08e39e5b80dee5f11f213 becomes 816de80a0b8cf057cb114f684ce87dca, that of the file as it is now
    Change the record so? [n]|y: 
         Note nothing was changed; --yes answers beforehand
    ");
    assert_run!(it.pum("repair accept delta_1.1.0_a.sql").write_stdin("n\n"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note delta_1.1.0_a.sql: its checksum b396c58d9fd08e39e5b80dee5f11f213 becomes 816de80a0b8cf057cb114f684ce87dca, that of the file as it is now
    Change the record so? [n]|y: 
         Note nothing was changed; --yes answers beforehand
    ");
    let told = crate::support::run(&mut it.pum("info"));
    assert!(told.contains("edited since"), "{told}");
    assert_run!(it.pum("repair accept delta_1.1.0_a.sql").write_stdin("y\n"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note delta_1.1.0_a.sql: its checksum b396c58d9fd08e39e5b80dee5f11f213 becomes 816de80a0b8cf057cb114f684ce87dca, that of the file as it is now
    Change the record so? [n]|y: 
         Note app.upgrades is mended; `pum info` shows it
    ");
    let told = crate::support::run(&mut it.pum("info --exit-code"));
    assert!(told.starts_with("exit code: 0") && !told.contains("edited since"), "{told}");
}

#[test]
fn mark_applied_records_without_running() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.pre.sql", "create table app.a ();\n");
    assert_run!(it.pum("repair mark-applied delta/delta_1.1.0_a.pre.sql --yes"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note delta_1.1.0_a.pre.sql: not recorded, becomes applied; nothing of it runs
         Note app.upgrades is mended; `pum info` shows it
    ");
    assert_eq!(it.record(), "1.0.0 baseline 0 true\n1.1.0 a 9 true");
    assert!(!it.has("app.a"));
    assert_run!(it.pum("repair mark-applied delta_1.1.0_a.pre.sql --yes"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta_1.1.0_a.pre.sql is recorded as applied already, on [TIME]
    ");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
     Finished [DATABASE] is at version 1.1.0; nothing to do
    ");
}

#[test]
fn mark_applied_ends_what_began() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.py", format!("{PYTHON}        raise ValueError\n"));
    assert!(!it.pum("upgrade").output().unwrap().status.success());
    assert_run!(it.pum("repair mark-applied delta_1.1.0_a.py --yes"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note delta_1.1.0_a.py: recorded as begun on [TIME], becomes applied; nothing of it runs
         Note app.upgrades is mended; `pum info` shows it
    ");
    assert_eq!(it.record(), "1.0.0 baseline 0 true\n1.1.0 a 4 true");
}

#[test]
fn forget_makes_it_pending_again() {
    let it = edited();
    it.database.sql("drop table app.a");
    assert_run!(it.pum("repair forget delta_1.1.0_a.sql --yes"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note delta_1.1.0_a.sql: recorded as applied on [TIME] by postgres, its row 2 is deleted; what it did in the database stays
         Note it is pending then; to run it: pum upgrade -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta
         Note app.upgrades is mended; `pum info` shows it
    ");
    it.works("upgrade");
    assert!(it.has("app.a"));
}

#[test]
fn forget_below_the_newest_makes_it_late_and_says_so() {
    let it = edited();
    it.delta("delta_1.2.0_b.sql", "create table app.b ();\n");
    it.works("upgrade");
    it.database.sql("drop table app.a");
    assert_run!(it.pum("repair forget delta_1.1.0_a.sql --yes"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note delta_1.1.0_a.sql: recorded as applied on [TIME] by postgres, its row 2 is deleted; what it did in the database stays
         Note it is late then, for a higher version of its directory is applied; to run it: pum upgrade -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta --out-of-order
         Note app.upgrades is mended; `pum info` shows it
    ");
    it.works("upgrade --out-of-order");
    assert!(it.has("app.a"));
}

#[test]
fn forget_works_for_a_delta_whose_file_is_gone() {
    let it = edited();
    std::fs::remove_file(it.project.path().join("delta/delta_1.1.0_a.sql")).unwrap();
    assert_run!(it.pum("repair forget delta_1.1.0_a.sql --yes"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note delta_1.1.0_a.sql: recorded as applied on [TIME] by postgres, its row 2 is deleted; what it did in the database stays
         Note app.upgrades is mended; `pum info` shows it
    ");
    assert_eq!(it.record(), "1.0.0 baseline 0 true");
}

#[test]
fn resume_says_with_which_statement_it_goes_on() {
    let it = Installation::at("1.0.0");
    it.delta(
        "delta_1.1.0_a.sql",
        "-- pum: no-transaction\ncreate table app.a ();\ncreate table app.b ();\nselect 1/0;\n",
    );
    assert!(!it.pum("upgrade").output().unwrap().status.success());
    assert_run!(it.pum("repair resume delta_1.1.0_a.sql --yes --statement 9"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta_1.1.0_a.sql has 3 statements; there is no statement 9 to go on with
    ");
    assert_run!(it.pum("repair resume delta_1.1.0_a.sql --yes"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note delta_1.1.0_a.sql: 2 of 3 statements are recorded as done; the next upgrade goes on with statement 3: select 1/0
         Note app.upgrades is mended; `pum info` shows it
    ");
    it.database.sql("drop table app.b");
    assert_run!(it.pum("repair resume delta_1.1.0_a.sql --yes --statement 2"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note delta_1.1.0_a.sql: 2 of 3 statements are recorded as done; the next upgrade goes on with statement 2: create table app.b ()
         Note app.upgrades is mended; `pum info` shows it
    ");
    it.delta(
        "delta_1.1.0_a.sql",
        "-- pum: no-transaction\ncreate table app.a ();\ncreate table app.b ();\nselect 1/1;\n",
    );
    it.works("upgrade");
    assert!(it.has("app.b"));
    assert_run!(it.pum("repair resume delta_1.1.0_a.sql --yes --statement 4"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta_1.1.0_a.sql is applied: there is nothing to resume
    ");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "select 1");
    assert_run!(it.pum("repair accept delta_1.1.0_a.sql --yes"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta_1.1.0_a.sql is not recorded in app.upgrades
    hint: `pum info` shows what is
    ");
    assert_run!(it.pum("repair forget delta_1.1.0_a.sql --yes"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta_1.1.0_a.sql is not recorded in app.upgrades
    hint: `pum info` shows what is
    ");
    assert_run!(it.pum("repair resume delta_1.1.0_a.sql --yes"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta_1.1.0_a.sql is not recorded in app.upgrades
    hint: `pum info` shows what is
    ");
    assert_run!(it.pum("repair mark-applied delta_9.9.9_x.sql --yes"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta_9.9.9_x.sql is in none of the delta directories
    hint: give the name of the file, as `pum info` shows it
    ");
    it.database.sql("drop table app.upgrades");
    assert_run!(it.pum("repair forget delta_1.1.0_a.sql --yes"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: there is no upgrades table app.upgrades in this database
    hint: declare which version the database is at: pum baseline -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta -b X.Y.Z
    ");
}

#[test]
fn an_action_that_does_not_fit_the_state_says_so() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "-- pum: no-transaction\nselect 1/0");
    assert!(!it.pum("upgrade").output().unwrap().status.success());
    assert_run!(it.pum("repair accept delta_1.1.0_a.sql --yes"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta_1.1.0_a.sql began and did not end: there is nothing to accept
    hint: `pum upgrade` goes on with it
    ");
    it.works("repair mark-applied delta_1.1.0_a.sql --yes");
    assert_run!(it.pum("repair resume delta_1.1.0_a.sql --yes"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta_1.1.0_a.sql is applied: there is nothing to resume
    ");
    it.delta("delta_1.2.0_b.py", format!("{PYTHON}        raise ValueError\n"));
    assert!(!it.pum("upgrade").output().unwrap().status.success());
    assert_run!(it.pum("repair resume delta_1.2.0_b.py --yes"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta_1.2.0_b.py is a Python delta, which runs again as a whole
    hint: `pum upgrade` runs it again; `pum repair mark-applied` if it is done
    ");
}
