//! Which deltas run: pending, late, edited, up to a version, so many.

use crate::support::{Installation, assert_run};

#[test]
fn the_first_line_says_where_and_the_plan_comes_before_the_work() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ()");
    it.delta("delta_1.2.0_b.sql", "create table app.b ()");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.1.0_a.sql, delta_1.2.0_b.sql
      Applied [1/2] delta_1.1.0_a.sql in [DURATION]
      Applied [2/2] delta_1.2.0_b.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 2 files applied
    ");
    assert_eq!(it.record(), "1.0.0 baseline 0 true\n1.1.0 a 8 true\n1.2.0 b 8 true");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
     Finished [DATABASE] is at version 1.2.0; nothing to do
    ");
}

#[test]
fn a_row_is_what_pum_0_would_write() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.post.sql", "select pg_sleep(0.01)");
    it.works("upgrade");
    let row = it.database.query(
        "select version, description, type, script, checksum, installed_by, execution_time between 10 and 9999, success,
                installed_on > now()::timestamp - interval '1 min'
         from app.upgrades where type <> 0",
    );
    let checksum = "0a71be1693b9be0dd189da94eee72eac";
    assert_eq!(
        row,
        [["1.1.0", "a", "10", "delta/delta_1.1.0_a.post.sql", checksum, "postgres", "t", "t", "t"]]
    );
}

#[test]
fn a_dry_run_writes_nothing_and_takes_no_lock() {
    let it = Installation::at("1.0.0");
    it.delta("pre-all.sql", "create table app.pre ()");
    it.delta("delta_1.1.0_a.sql", "create table app.a ()");
    let before = it.database.value("select pg_current_xact_id()");
    assert_run!(it.pum("upgrade --dry-run"), @r"
    exit code: 0
    ----- stdout -----
    pre-all.sql
    delta_1.1.0_a.sql
    ----- stderr -----
         Plan 2 files: pre-all.sql, delta_1.1.0_a.sql
      Planned 2 files would run, from version 1.0.0; nothing was done
    ");
    let after = it.database.value("select pg_current_xact_id()");
    assert!(before.parse::<u64>().unwrap() < after.parse::<u64>().unwrap());
    assert!(!it.has("app.pre") && !it.has("app.a"));
    assert_eq!(it.record(), "1.0.0 baseline 0 true");
    it.database.sql(
        "alter database current set default_transaction_read_only = on"
            .replace("current", it.database.name())
            .as_str(),
    );
    assert_run!(it.pum("upgrade --dry-run -q"), @r"
    exit code: 0
    ----- stdout -----
    pre-all.sql
    delta_1.1.0_a.sql
    ----- stderr -----
    ");
}

#[test]
fn without_the_table_the_baseline_command_is_named() {
    let it = Installation::new();
    it.delta("delta_1.1.0_a.sql", "create table app.a ()");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: there is no upgrades table app.upgrades in this database
    hint: declare which version the database is at: pum baseline -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta -b X.Y.Z
    ");
    it.works("baseline -b 1.0.0");
    it.database.sql("truncate app.upgrades");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: no row of the upgrades table app.upgrades says at which version the database is
    hint: declare which version the database is at: pum baseline -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta -b X.Y.Z
    ");
    assert!(!it.has("app.a"));
}

#[test]
fn deltas_of_the_current_version_run_too_and_older_ones_do_not() {
    let it = Installation::at("1.1.0");
    it.delta("delta_1.0.0_before.sql", "create table app.before ()");
    it.delta("delta_1.1.0_same.sql", "create table app.same ()");
    it.works("upgrade");
    assert_eq!((it.has("app.before"), it.has("app.same")), (false, true));
    it.delta("delta_1.1.0_later.sql", "create table app.later ()");
    it.works("upgrade");
    assert!(it.has("app.later"));
}

#[test]
fn ten_comes_after_nine() {
    let it = Installation::at("1.8.0");
    it.delta("delta_1.10.0_a.sql", "");
    it.delta("delta_1.9.0_b.sql", "");
    it.works("upgrade");
    assert_eq!(it.record(), "1.8.0 baseline 0 true\n1.9.0 b 8 true\n1.10.0 a 8 true");
}

#[test]
fn a_highest_version_and_a_number_of_deltas_leave_the_rest() {
    let it = Installation::at("1.0.0");
    for version in ["1.1.0", "1.2.0", "1.3.0", "1.4.0"] {
        it.delta(&format!("delta_{version}_x.sql"), "");
    }
    assert_run!(it.pum("upgrade -u 1.2.0"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.1.0_x.sql, delta_1.2.0_x.sql
      Applied [1/2] delta_1.1.0_x.sql in [DURATION]
      Applied [2/2] delta_1.2.0_x.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 2 files applied; 2 deltas left
    ");
    assert_run!(it.pum("upgrade --stop-after 1"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.3.0_x.sql
      Applied [1/1] delta_1.3.0_x.sql in [DURATION]
     Finished [DATABASE] is at version 1.3.0, 1 file applied; 1 delta left
    ");
    assert_run!(it.pum("upgrade --max-version 1.3"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
     Finished [DATABASE] is at version 1.3.0; nothing to do; 1 delta left
    ");
    assert_run!(it.pum("upgrade --max-version 0.1.0"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
     Finished [DATABASE] is at version 1.3.0; nothing to do; 1 delta left
    ");
}

/// 1.2.0 is applied, and then 1.1.0 comes.
fn late() -> Installation {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.2.0_b.sql", "");
    it.works("upgrade");
    it.delta("delta_1.1.0_a.sql", "create table app.a ()");
    it.delta("delta_1.3.0_c.sql", "");
    it
}

#[test]
fn late_deltas_stop_the_upgrade() {
    let it = late();
    assert_run!(it.pum("upgrade"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: late: delta_1.1.0_a.sql
      reason: a higher version of the same directory was applied before they came
      state: nothing was done
    hint: give them a version above the database's, or run them as they are with --out-of-order
    hint: --ignore-late, or `late: [FILE]` in pum.yaml, says that they are known and to be passed over
    ");
    assert_eq!(it.record(), "1.0.0 baseline 0 true\n1.2.0 b 8 true");
}

#[test]
fn late_deltas_run_out_of_order_if_asked_to() {
    let it = late();
    assert_run!(it.pum("upgrade --out-of-order"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.1.0_a.sql, delta_1.3.0_c.sql
      Applied [1/2] delta_1.1.0_a.sql in [DURATION]
      Applied [2/2] delta_1.3.0_c.sql in [DURATION]
     Finished [DATABASE] is at version 1.3.0, 2 files applied
    ");
    assert_eq!(it.record(), "1.0.0 baseline 0 true\n1.2.0 b 8 true\n1.1.0 a 8 true\n1.3.0 c 8 true");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
     Finished [DATABASE] is at version 1.3.0; nothing to do
    ");
}

#[test]
fn late_deltas_that_are_known_are_passed_over() {
    let it = late();
    it.works("upgrade --ignore-late --stop-after 0");
    it.project.file("pum.yaml", "late: delta_1.1.0_a.sql\n");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.3.0_c.sql
      Applied [1/1] delta_1.3.0_c.sql in [DURATION]
     Finished [DATABASE] is at version 1.3.0, 1 file applied
    ");
    assert!(!it.has("app.a"));
}

#[test]
fn late_is_measured_in_each_directory_by_itself() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.2.0_b.sql", "");
    it.works("upgrade");
    it.project.file("own/delta_1.1.0_mine.sql", "create table app.mine ()");
    assert_run!(it.pum("upgrade -d own"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_mine.sql
      Applied [1/1] delta_1.1.0_mine.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 1 file applied
    ");
}

#[test]
fn an_edited_delta_is_told_and_does_not_run_again() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ();\n");
    it.works("upgrade");
    it.delta("delta_1.1.0_a.sql", "create table app.a ();\r\n");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
     Finished [DATABASE] is at version 1.1.0; nothing to do
    ");
    it.delta("delta_1.1.0_a.sql", "create table app.b ();\n");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
      warning delta_1.1.0_a.sql was edited after it was applied; what it says now did not run
     Finished [DATABASE] is at version 1.1.0; nothing to do
    ");
    it.project.file("pum.yaml", "edited: error\n");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: edited after they were applied: delta_1.1.0_a.sql
      state: nothing was done
    hint: put the change into a new delta, or say that the file as it is now is what was applied: pum repair accept delta_1.1.0_a.sql -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta
    ");
    assert!(!it.has("app.b"));
}

#[test]
fn a_checkout_with_crlf_then_one_with_lf_is_not_edited() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "select 1;\r\n");
    it.works("upgrade");
    it.delta("delta_1.1.0_a.sql", "select 1;\n");
    let told = String::from_utf8(it.pum("upgrade").output().unwrap().stderr).unwrap();
    assert!(!told.contains("edited"), "{told}");
}

#[test]
fn what_is_gone_and_what_is_no_delta_is_said() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "");
    it.works("upgrade");
    std::fs::remove_file(it.project.path().join("delta/delta_1.1.0_a.sql")).unwrap();
    it.delta("delta_1.2.0_b.SQL", "");
    it.delta("delta_1.2.0_c.sql.post", "");
    it.delta("delta_1.2.0.1_d.sql", "");
    it.delta("delta_1.2.0_e", "");
    it.delta("Delta_1.2.0_f.sql", "");
    it.delta("pre_all.sql", "");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
      warning delta/Delta_1.2.0_f.sql is not a delta and does not run: the name must begin with `delta_`, in lower case; rename it to delta_1.2.0_f.sql
      warning delta/delta_1.2.0.1_d.sql is not a delta and does not run: the version 1.2.0.1 has 4 numbers; three are expected
      warning delta/delta_1.2.0_b.SQL is not a delta and does not run: the ending .SQL must be in lower case; rename it to delta_1.2.0_b.sql
      warning delta/delta_1.2.0_c.sql.post is not a delta and does not run: the ending .sql.post is an older spelling that never ran; rename it to delta_1.2.0_c.post.sql
      warning delta/delta_1.2.0_e is not a delta and does not run: it has no ending; one of .pre.py .pre.sql .py .sql .post.py .post.sql is expected; rename it to delta_1.2.0_e.sql
      warning delta/pre_all.sql is not a delta and does not run: only pre-all.sql and pre-all.py run at every upgrade; rename it to pre-all.sql
      warning delta_1.1.0_a.sql is recorded as applied, but its file is gone
     Finished [DATABASE] is at version 1.1.0; nothing to do
    ");
}
