//! Variables by psycopg2's rules, from the command line and from pum.yaml.

use crate::support::{Installation, assert_run};

#[test]
fn variables_of_the_command_line_are_put_in_as_psycopg2_does() {
    let it = Installation::at("1.0.0");
    it.delta(
        "delta_1.1.0_a.sql",
        "create table app.a as select %(SRID)s as srid, %(F)s as f, %(T)s as t, '100%%' as p, 1-%(NEG)s as neg;",
    );
    let mut command = it.pum("upgrade -v int SRID 2056 -v float F 0.5 -v int NEG -3");
    assert_run!(command.args(["--var", "str", "T", "l'été \"\\ %"]), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
      Applied [1/1] delta_1.1.0_a.sql in [DURATION]
     Finished [DATABASE] is at version 1.1.0, 1 file applied
    ");
    let row = it.database.query("select srid, f, t, p, neg, pg_typeof(srid), pg_typeof(t) from app.a");
    assert_eq!(row, [["2056", "0.5", "l'été \"\\ %", "100%", "4", "integer", "text"]]);
}

#[test]
fn without_variables_the_text_is_untouched() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a as select '100% %% %(SRID)s' as p;");
    it.works("upgrade");
    assert_eq!(it.database.value("select p from app.a"), "100% %% %(SRID)s");
}

#[test]
fn wrong_per_cent_signs_and_unknown_variables_are_named_before_anything_runs() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ();");
    it.delta("delta_1.2.0_b.sql", "select 1\n  where 'é' like '50%';");
    assert_run!(it.pum("upgrade -v int SRID 2056"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: a single % is not allowed where variables are in use
     --> delta/delta_1.2.0_b.sql:2:21
      |
    2 |   where 'é' like '50%';
      |                     ^
    hint: write %% for a per cent sign, %(NAME)s for a variable
    ");
    it.delta("delta_1.2.0_b.sql", "select %(SRDI)s;");
    assert_run!(it.pum("upgrade -v int SRID 2056"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: the variable SRDI is not given
     --> delta/delta_1.2.0_b.sql:1:8
      |
    1 | select %(SRDI)s;
      |        ^^^^^^^^
    hint: did you mean SRID?
    ");
    assert!(!it.has("app.a"));
    it.delta("delta_1.2.0_b.sql", "select 1");
    assert_run!(it.pum("upgrade -v int SRID 2056"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
      warning the variable SRID (-v) is used by no delta of this run
         Plan 2 files: delta_1.1.0_a.sql, delta_1.2.0_b.sql
      Applied [1/2] delta_1.1.0_a.sql in [DURATION]
      Applied [2/2] delta_1.2.0_b.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 2 files applied
    ");
    assert_run!(it.pum("upgrade -v int SRID x"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: "x" is not a whole number of 64 bits
    "#);
    assert_run!(it.pum("upgrade -v int SRID"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: 3 values required for '--var <TYPE> <NAME> <VALUE>' but 2 were provided

    Usage: pum upgrade [OPTIONS]

    For more information, try '--help'.
    ");
}

#[test]
fn variables_of_the_file_touch_only_what_names_them() {
    let it = Installation::at("1.0.0");
    it.project.file("pum.yaml", "variables: {SRID: 2056, NAME: \"l'eau\", FACTOR: 1.5, UNUSED: 1}\n");
    it.delta(
        "delta_1.1.0_a.sql",
        "create table app.a as select %(SRID)s as srid, %(NAME)s as n, %(FACTOR)s as f, '%%' as p;",
    );
    it.delta("delta_1.2.0_b.sql", "create table app.b as select '100% %%' as p;");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.1.0_a.sql, delta_1.2.0_b.sql
      Applied [1/2] delta_1.1.0_a.sql in [DURATION]
      Applied [2/2] delta_1.2.0_b.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 2 files applied
    ");
    assert_eq!(
        it.database.query("select srid, n, f, a.p, b.p from app.a, app.b"),
        [["2056", "l'eau", "1.5", "%", "100% %%"]]
    );
    it.delta("delta_1.3.0_c.sql", "create table app.c as select %(SRID)s as srid;");
    it.works("upgrade -v int SRID 4326");
    assert_eq!(it.database.value("select srid from app.c"), "4326");
}

#[test]
fn values_never_become_sql() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a as select %(V)s as v;");
    let evil = "'); drop schema app cascade; -- \\'";
    assert!(it.pum("upgrade").args(["-v", "str", "V", evil]).output().unwrap().status.success());
    assert_eq!(it.database.value("select v from app.a"), evil);
}
