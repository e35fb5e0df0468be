//! psql's own commands in deltas.

use crate::support::{Installation, assert_run};

#[test]
fn what_real_deltas_use_works() {
    let it = Installation::at("1.0.0");
    it.database.sql("create table app.t (id int, name text)");
    it.delta(
        "delta_1.1.0_a.sql",
        "\\restrict abc123\n\\set schema app\n\\set who 'l''eau'\n\\echo making :schema\nalter table :schema.t add note text;\n\
         insert into :\"schema\".t values (0, :'who');\nCOPY app.t (id, name) FROM stdin;\n1\tone; two\n2\t\\N\n\\.\n\\unset who\n\
         select 'x'::text, ':schema';\n\\unrestrict abc123\n",
    );
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
              echo: making app
      Applied [1/1] delta_1.1.0_a.sql in [DURATION]
     Finished [DATABASE] is at version 1.1.0, 1 file applied
    ");
    assert_eq!(
        it.database.query("select id, name from app.t order by id"),
        [["0", "l'eau"], ["1", "one; two"], ["2", ""]]
    );
}

#[test]
fn the_others_are_refused_by_name_and_place_before_anything_runs() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ();");
    it.delta("delta_1.2.0_b.sql", "select 1;\n  \\i other.sql\n");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: the psql command \i does not work in a delta
     --> delta/delta_1.2.0_b.sql:2:3
      |
    2 |   \i other.sql
      |   ^^
    hint: put the other file's text here: a delta is one file
    ");
    it.delta("delta_1.2.0_b.sql", "\\copy app.t from 'x.csv'\n");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: the psql command \copy does not work in a delta
     --> delta/delta_1.2.0_b.sql:1:1
      |
    1 | \copy app.t from 'x.csv'
      | ^^^^^
    hint: write COPY … FROM stdin; with the data after it, ended by a line \.
    ");
    it.delta("delta_1.2.0_b.sql", "select 1 \\gexec\n");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: the psql command \gexec does not work in a delta
     --> delta/delta_1.2.0_b.sql:1:10
      |
    1 | select 1 \gexec
      |          ^^^^^^
    hint: use a DO block with EXECUTE
    ");
    assert!(!it.has("app.a"));
}

#[test]
fn wrong_copy_data_is_an_error_of_the_delta() {
    let it = Installation::at("1.0.0");
    it.database.sql("create table app.t (id int)");
    it.delta("delta_1.1.0_a.sql", "select 1;\nCOPY app.t FROM stdin;\n1\nx\n\\.\n");
    assert_run!(it.pum("upgrade"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
    error: delta_1.1.0_a.sql failed: invalid input syntax for type integer: "x"
     --> delta/delta_1.1.0_a.sql:2:1
      |
    2 | COPY app.t FROM stdin;
      | ^^^^^^^^^^^^^^^^^^^^^
      sqlstate: 22P02
      context: COPY t, line 2, column id: "x"
      state: it was undone
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: mend it, then run the same command again: it goes on from there
    "#);
    it.delta("delta_1.1.0_a.sql", "select 1;\nCOPY app.t FROM stdin;\n1\n2\n");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
      Applied [1/1] delta_1.1.0_a.sql in [DURATION]
     Finished [DATABASE] is at version 1.1.0, 1 file applied
    ");
    it.delta("delta_1.1.0_a.sql", "copy app.t to stdout;");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
      warning delta_1.1.0_a.sql was edited after it was applied; what it says now did not run
     Finished [DATABASE] is at version 1.1.0; nothing to do
    ");
}
