//! Errors of deltas: the place in the file as it is on disk, and everything the server said.

use crate::support::{Installation, assert_run};

/// Runs an upgrade over one delta that fails.
fn failing(setup: &str, delta: impl AsRef<[u8]>) -> (Installation, assert_cmd::Command) {
    let it = Installation::at("1.0.0");
    if !setup.is_empty() {
        it.database.sql(setup);
    }
    it.delta("delta_1.1.0_a.sql", delta);
    let command = it.pum("upgrade");
    (it, command)
}

#[test]
fn a_place_is_a_line_and_a_column_in_characters() {
    let (_it, mut command) = failing("", "-- é\nselect 'été 日本', nothing from app.x;\nselect 2;\n");
    assert_run!(command, @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
    error: delta_1.1.0_a.sql failed: relation "app.x" does not exist
     --> delta/delta_1.1.0_a.sql:2:31
      |
    2 | select 'été 日本', nothing from app.x;
      |                                 ^^^
      sqlstate: 42P01
      state: it was undone
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: mend it, then run the same command again: it goes on from there
    "#);
}

#[test]
fn a_place_is_right_behind_a_variable() {
    let (it, _) = failing("", "select 1;\nselect %(NAME)s, '%%', nope;\n");
    assert_run!(it.pum("upgrade -v str NAME a_rather_long_value"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
    error: delta_1.1.0_a.sql failed: column "nope" does not exist
     --> delta/delta_1.1.0_a.sql:2:24
      |
    2 | select %(NAME)s, '%%', nope;
      |                        ^^^^
      sqlstate: 42703
      state: it was undone
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: mend it, then run the same command again: it goes on from there
    "#);
}

#[test]
fn a_place_is_right_with_crlf_and_bom() {
    let (_it, mut command) = failing("", "\u{feff}select 1;\r\n\r\n  selct 2;\r\n");
    assert_run!(command, @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
    error: delta_1.1.0_a.sql failed: syntax error at or near "selct"
     --> delta/delta_1.1.0_a.sql:3:3
      |
    3 |   selct 2;
      |   ^^^^^
      sqlstate: 42601
      state: it was undone
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: mend it, then run the same command again: it goes on from there
    "#);
}

#[test]
fn constraints_point_at_their_statement_with_all_that_the_server_says() {
    let (_it, mut command) = failing(
        "create table app.t (id int primary key)",
        "insert into app.t values (1);\n\ninsert into app.t\nvalues (1);\nselect 3;\n",
    );
    assert_run!(command, @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
    error: delta_1.1.0_a.sql failed: duplicate key value violates unique constraint "t_pkey"
     --> delta/delta_1.1.0_a.sql:3:1
      |
    3 | insert into app.t
      | ^^^^^^^^^^^^^^^^^
      sqlstate: 23505
      detail: Key (id)=(1) already exists.
      state: it was undone
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: mend it, then run the same command again: it goes on from there
    "#);
}

#[test]
fn context_hint_and_detail_are_shown() {
    let (_it, mut command) = failing(
        "create function app.f() returns int language plpgsql as $$ begin
           raise exception 'too deep' using detail = 'at 7 m', hint = 'dig less', errcode = 'P0042'; end $$",
        "do $$ begin\n  perform app.f();\nend $$;\n",
    );
    assert_run!(command, @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
    error: delta_1.1.0_a.sql failed: too deep
     --> delta/delta_1.1.0_a.sql:1:1
      |
    1 | do $$ begin
      | ^^^^^^^^^^^
      sqlstate: P0042
      detail: at 7 m
      context: PL/pgSQL function app.f() line 2 at RAISE
        SQL statement "SELECT app.f()"
        PL/pgSQL function inline_code_block line 2 at PERFORM
      server's hint: dig less
      state: it was undone
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: mend it, then run the same command again: it goes on from there
    "#);
}

#[test]
fn a_position_inside_a_function_body_is_not_taken_for_one_in_the_file() {
    let (_it, mut command) = failing("", "select 1;\ndo $$ begin\n  perform nothing_at_all();\nend $$;\n");
    assert_run!(command, @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
    error: delta_1.1.0_a.sql failed: function nothing_at_all() does not exist
     --> delta/delta_1.1.0_a.sql:2:1
      |
    2 | do $$ begin
      | ^^^^^^^^^^^
      sqlstate: 42883
      context: PL/pgSQL function inline_code_block line 2 at PERFORM
      in query: SELECT nothing_at_all() (at character 8)
      server's hint: No function matches the given name and argument types. You might need to add explicit type casts.
      state: it was undone
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: mend it, then run the same command again: it goes on from there
    ");
}

#[test]
fn a_deferred_constraint_and_dependent_objects_have_their_hints() {
    let (_it, mut command) = failing(
        "create table app.t (id int); create view app.v as select * from app.t",
        "alter table app.t drop column id;\n",
    );
    assert_run!(command, @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
    error: delta_1.1.0_a.sql failed: cannot drop column id of table app.t because other objects depend on it
     --> delta/delta_1.1.0_a.sql:1:1
      |
    1 | alter table app.t drop column id;
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      sqlstate: 2BP01
      detail: view app.v depends on column id of table app.t
      server's hint: Use DROP ... CASCADE to drop the dependent objects too.
      state: it was undone
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: other objects depend on it: drop them before and make them again after, for instance in pre-all.sql and post-all.sql
    ");
}

#[test]
fn a_long_line_is_cut() {
    let (_it, mut command) =
        failing("", format!("select '{}', nope, '{}';\n", "x".repeat(5000), "y".repeat(5000)));
    let told = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(told.contains("delta_1.1.0_a.sql:1:"), "{told}");
    assert!(told.len() < 2000, "{}", told.len());
}

#[test]
fn a_missing_schema_or_right_is_the_servers_word() {
    let (it, mut command) = failing("", "create table nowhere.x ();");
    assert_run!(command, @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
    error: delta_1.1.0_a.sql failed: schema "nowhere" does not exist
     --> delta/delta_1.1.0_a.sql:1:14
      |
    1 | create table nowhere.x ();
      |              ^^^^^^^
      sqlstate: 3F000
      state: it was undone
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: mend it, then run the same command again: it goes on from there
    "#);
    assert_eq!(it.record(), "1.0.0 baseline 0 true");
}
