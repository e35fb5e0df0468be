//! What commits together, and what a failure leaves.

use crate::support::{Installation, PYTHON, assert_run};

#[test]
fn a_failing_delta_leaves_nothing_and_those_before_it_stay() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ();");
    it.delta("delta_1.2.0_b.sql", "create table app.b ();\nselect 1/0;\n");
    it.delta("delta_1.3.0_c.sql", "create table app.c ();");
    it.delta("delta_1.4.0_d.sql", "create table app.d ();");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 4 files: delta_1.1.0_a.sql, delta_1.2.0_b.sql, delta_1.3.0_c.sql, delta_1.4.0_d.sql
      Applied [1/4] delta_1.1.0_a.sql in [DURATION]
    error: delta_1.2.0_b.sql failed: division by zero
     --> delta/delta_1.2.0_b.sql:2:1
      |
    2 | select 1/0;
      | ^^^^^^^^^^
      sqlstate: 22012
      state: it was undone
      database: [DATABASE] is at version 1.1.0; this run completed delta_1.1.0_a.sql before, which stays
      not run: delta_1.3.0_c.sql and 1 more
    hint: mend it, then run the same command again: it goes on from there
    ");
    assert_eq!(it.record(), "1.0.0 baseline 0 true\n1.1.0 a 8 true");
    assert!(it.has("app.a") && !it.has("app.b") && !it.has("app.c"));
}

#[test]
fn a_committed_pre_all_is_spoken_of_after_a_failure() {
    let it = Installation::at("1.0.0");
    it.delta("pre-all.sql", "create table app.pre ();");
    it.delta("delta_1.1.0_a.sql", "select 1/0;");
    it.delta("post-all.sql", "create table app.post ();");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 3 files: pre-all.sql, delta_1.1.0_a.sql, post-all.sql
      Applied [1/3] pre-all.sql in [DURATION]
    error: delta_1.1.0_a.sql failed: division by zero
     --> delta/delta_1.1.0_a.sql:1:1
      |
    1 | select 1/0;
      | ^^^^^^^^^^
      sqlstate: 22012
      state: it was undone
      database: [DATABASE] is at version 1.0.0; this run completed pre-all.sql before, which stays
      not run: post-all.sql
      attention: what pre-all did stays done, and post-all did not run
    hint: mend it, then run the same command again: it goes on from there
    hint: `--transaction all` undoes everything when something fails, if all deltas are SQL
    ");
    assert!(it.has("app.pre") && !it.has("app.post"));
}

#[test]
fn in_one_transaction_a_failure_undoes_everything() {
    let it = Installation::at("1.0.0");
    it.delta("pre-all.sql", "create table app.pre ();");
    it.delta("delta_1.1.0_a.sql", "create table app.a ();");
    it.delta("delta_1.2.0_b.sql", "select 1/0;");
    it.delta("post-all.sql", "create table app.post ();");
    assert_run!(it.pum("upgrade --transaction all"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 4 files: pre-all.sql, delta_1.1.0_a.sql, delta_1.2.0_b.sql, post-all.sql
    error: delta_1.2.0_b.sql failed: division by zero
     --> delta/delta_1.2.0_b.sql:1:1
      |
    1 | select 1/0;
      | ^^^^^^^^^^
      sqlstate: 22012
      state: everything that this run did was undone
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: mend it, then run the same command again
    ");
    assert!(!it.has("app.pre") && !it.has("app.a"));
    assert_eq!(it.record(), "1.0.0 baseline 0 true");
    it.delta("delta_1.2.0_b.sql", "select 1;");
    it.delta("post-all.sql", "select 1/0;");
    assert_run!(it.pum("upgrade --transaction all"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 4 files: pre-all.sql, delta_1.1.0_a.sql, delta_1.2.0_b.sql, post-all.sql
    error: post-all.sql failed: division by zero
     --> delta/post-all.sql:1:1
      |
    1 | select 1/0;
      | ^^^^^^^^^^
      sqlstate: 22012
      state: everything that this run did was undone
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: mend it, then run the same command again
    ");
    assert!(!it.has("app.pre") && !it.has("app.a"));
    it.delta("post-all.sql", "create table app.post ();");
    assert_run!(it.pum("upgrade --transaction all"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 4 files: pre-all.sql, delta_1.1.0_a.sql, delta_1.2.0_b.sql, post-all.sql
      Applied [1/4] pre-all.sql in [DURATION]
      Applied [2/4] delta_1.1.0_a.sql in [DURATION]
      Applied [3/4] delta_1.2.0_b.sql in [DURATION]
      Applied [4/4] post-all.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 4 files applied
    ");
    assert!(it.has("app.post"));
}

#[test]
fn what_forbids_one_transaction_is_named_before_anything_begins() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ();");
    it.delta("delta_1.2.0_b.py", format!("{PYTHON}        pass\n"));
    assert_run!(it.pum("upgrade --transaction all"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: cannot be part of one transaction: delta_1.2.0_b.py (Python scripts use connections of their own)
      state: nothing was done
    hint: run without --transaction all, or up to there with -u or --stop-after
    ");
    it.delta("delta_1.1.5_c.sql", "-- pum: no-transaction\nvacuum;");
    assert_run!(it.pum("upgrade --transaction all"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: cannot be part of one transaction: delta_1.1.5_c.sql (it says `-- pum: no-transaction`), delta_1.2.0_b.py (Python scripts use connections of their own)
      state: nothing was done
    hint: run without --transaction all, or up to there with -u or --stop-after
    ");
    assert!(!it.has("app.a"));
    it.works("upgrade --transaction all -u 1.1.0");
    assert!(it.has("app.a"));
}

#[test]
fn a_new_enum_value_that_is_used_too_early_is_explained() {
    let it = Installation::at("1.0.0");
    it.database.sql("create type app.mood as enum ('good')");
    it.delta("delta_1.1.0_a.sql", "alter type app.mood add value 'bad';");
    it.delta("delta_1.2.0_b.sql", "create table app.a as select 'bad'::app.mood;");
    assert_run!(it.pum("upgrade --transaction all"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.1.0_a.sql, delta_1.2.0_b.sql
    error: delta_1.2.0_b.sql failed: unsafe use of new value "bad" of enum type app.mood
     --> delta/delta_1.2.0_b.sql:1:30
      |
    1 | create table app.a as select 'bad'::app.mood;
      |                              ^
      sqlstate: 55P04
      server's hint: New enum values must be committed before they can be used.
      state: everything that this run did was undone
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: a value added to an enum can be used only after COMMIT: run without --transaction all
    "#);
    it.works("upgrade");
    it.delta("delta_1.3.0_c.sql", "alter type app.mood add value 'odd';\nselect 'odd'::app.mood;");
    assert_run!(it.pum("upgrade"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.3.0_c.sql
    error: delta_1.3.0_c.sql failed: unsafe use of new value "odd" of enum type app.mood
     --> delta/delta_1.3.0_c.sql:2:8
      |
    2 | select 'odd'::app.mood;
      |        ^
      sqlstate: 55P04
      server's hint: New enum values must be committed before they can be used.
      state: it was undone
      database: [DATABASE] is at version 1.2.0; this run completed nothing before
    hint: a value added to an enum can be used only after COMMIT: add it in a delta of its own before this one
    "#);
}

#[test]
fn a_begin_and_commit_of_its_own_run_inside_ours() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "BEGIN;\ncreate table app.a ();\nCOMMIT;\n");
    it.delta("delta_1.2.0_b.sql", "begin transaction isolation level serializable;\ncreate table app.b as select current_setting('transaction_isolation');\nend;\n");
    it.delta("delta_1.3.0_c.sql", "begin;\ncreate table app.c ();\ncommit;\nselect 1/0;\n");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Note 3 files, from delta_1.1.0_a.sql to delta_1.3.0_c.sql, carry BEGIN and COMMIT; they are left out, for each file runs in one transaction with its record
         Plan 3 files: delta_1.1.0_a.sql, delta_1.2.0_b.sql, delta_1.3.0_c.sql
      Applied [1/3] delta_1.1.0_a.sql in [DURATION]
      Applied [2/3] delta_1.2.0_b.sql in [DURATION]
    error: delta_1.3.0_c.sql failed: division by zero
     --> delta/delta_1.3.0_c.sql:4:1
      |
    4 | select 1/0;
      | ^^^^^^^^^^
      sqlstate: 22012
      state: it was undone
      database: [DATABASE] is at version 1.2.0; this run completed 2 files before, which stay, from delta_1.1.0_a.sql to delta_1.2.0_b.sql
    hint: mend it, then run the same command again: it goes on from there
    ");
    assert!(it.has("app.a") && !it.has("app.c"));
    assert_eq!(it.database.value("select * from app.b"), "serializable");
}

#[test]
fn transaction_control_that_would_break_the_rule_is_refused_with_its_place() {
    let mut told = String::new();
    for sql in [
        "create table app.x ();\nCOMMIT;",
        "begin;\ncreate table app.x ();",
        "create table app.x ();\n  ROLLBACK;",
        "begin;\ncommit and chain;",
        "prepare transaction 'x';",
        "discard all;",
    ] {
        let it = Installation::at("1.0.0");
        it.delta("delta_1.1.0_a.sql", sql);
        let mut command = it.pum("upgrade -q");
        told.push_str(
            &crate::support::run(&mut command).replace("----- stdout -----\n----- stderr -----\n", ""),
        );
        assert!(!it.has("app.x"), "{sql}");
    }
    insta::assert_snapshot!(told, @r"
    exit code: 2
    error: COMMIT without a BEGIN
     --> delta/delta_1.1.0_a.sql:2:1
      |
    2 | COMMIT;
      | ^^^^^^
    hint: remove it: pum commits the delta itself, together with its record
    exit code: 2
    error: BEGIN without a COMMIT: psql would undo everything after it at the end
     --> delta/delta_1.1.0_a.sql:1:1
      |
    1 | begin;
      | ^^^^^ begins here
    hint: add COMMIT at the end, or remove BEGIN: pum runs a delta in a transaction anyway
    exit code: 2
    error: ROLLBACK does not work in a delta
     --> delta/delta_1.1.0_a.sql:2:3
      |
    2 |   ROLLBACK;
      |   ^^^^^^^^
    hint: a delta that undoes its work does nothing: remove it
    exit code: 2
    error: COMMIT AND CHAIN does not work in a delta
     --> delta/delta_1.1.0_a.sql:2:1
      |
    2 | commit and chain;
      | ^^^^^^^^^^^^^^^^
    hint: write COMMIT, then BEGIN
    exit code: 2
    error: PREPARE TRANSACTION does not work in a delta
     --> delta/delta_1.1.0_a.sql:1:1
      |
    1 | prepare transaction 'x';
      | ^^^^^^^^^^^^^^^^^^^^^^^
    hint: pum commits the delta itself: remove it
    exit code: 2
    error: DISCARD ALL does not work in a delta
     --> delta/delta_1.1.0_a.sql:1:1
      |
    1 | discard all;
      | ^^^^^^^^^^^
    hint: it would release pum's lock; pum resets the session between deltas: remove it
    ");
}

#[test]
fn a_procedure_that_commits_needs_the_directive() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "do $$ begin create table app.x (); commit; end $$;");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
    error: delta_1.1.0_a.sql failed: invalid transaction termination
     --> delta/delta_1.1.0_a.sql:1:1
      |
    1 | do $$ begin create table app.x (); commit; end $$;
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      sqlstate: 2D000
      context: PL/pgSQL function inline_code_block line 1 at COMMIT
      state: it was undone
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: put the line `-- pum: no-transaction` into the delta if the statement cannot run in a transaction
    ");
    assert!(!it.has("app.x"));
    it.delta(
        "delta_1.1.0_a.sql",
        "-- pum: no-transaction\ndo $$ begin create table app.x (); commit; end $$;",
    );
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
      Applied [1/1] delta_1.1.0_a.sql in [DURATION]
     Finished [DATABASE] is at version 1.1.0, 1 file applied
    ");
    assert!(it.has("app.x"));
}

#[test]
fn a_constraint_that_fails_at_commit_undoes_the_delta() {
    let it = Installation::at("1.0.0");
    it.database.sql("create table app.a (id int primary key); create table app.b (a int references app.a deferrable initially deferred)");
    it.delta("delta_1.1.0_a.sql", "insert into app.b values (1);\ncreate table app.c ();\n");
    assert_run!(it.pum("upgrade"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
    error: delta_1.1.0_a.sql could not be committed: insert or update on table "b" violates foreign key constraint "b_a_fkey"
      sqlstate: 23503
      detail: Key (a)=(1) is not present in table "a".
      state: it was undone
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: mend it, then run the same command again: it goes on from there
    "#);
    assert!(!it.has("app.c"));
    assert_eq!(it.record(), "1.0.0 baseline 0 true");
}

#[test]
fn a_serializable_delta_after_another_is_no_surprise() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a (id int);");
    it.delta(
        "delta_1.2.0_b.sql",
        "set transaction isolation level serializable;\ninsert into app.a values (1);",
    );
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.1.0_a.sql, delta_1.2.0_b.sql
      Applied [1/2] delta_1.1.0_a.sql in [DURATION]
      Applied [2/2] delta_1.2.0_b.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 2 files applied
    ");
}
