//! The session: reset between deltas, protected from the role's settings, and the role to work as.

use crate::support::{Installation, assert_run};

/// What a session may leave behind, as rows; all must be as after connecting.
const PROBE: &str = "create table app.probe as select
    (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks,
    current_user = session_user as own_role, current_setting('search_path') as path,
    current_setting('statement_timeout') as timeout, current_setting('role') as role,
    to_regclass('pg_temp.mine') is null as no_temp, (select count(*) from pg_prepared_statements) as prepared,
    (select count(*) from pg_listening_channels()) as channels, (select count(*) from pg_cursors where is_holdable) as cursors,
    coalesce(current_setting('my.own', true), '') as own, current_setting('check_function_bodies') as bodies;";

#[test]
fn nothing_of_a_delta_leaks_into_the_next() {
    let it = Installation::at("1.0.0");
    let role = format!("leak_{}", it.database.name());
    it.database.sql(&format!("create role {role}"));
    it.delta(
        "delta_1.1.0_a.sql",
        format!(
            "set search_path = app; set statement_timeout = '1h'; set my.own = 'x'; set check_function_bodies = off;
             create temp table mine (); prepare p as select 1; listen news; declare c cursor with hold for select 1;
             select pg_advisory_lock(1), pg_advisory_lock(1), pg_advisory_lock_shared(2), pg_advisory_lock(-3, -4), pg_advisory_lock_shared(5, 6);
             set role {role};"
        ),
    );
    it.delta("delta_1.2.0_b.sql", PROBE);
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.1.0_a.sql, delta_1.2.0_b.sql
      Applied [1/2] delta_1.1.0_a.sql in [DURATION]
      Applied [2/2] delta_1.2.0_b.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 2 files applied
    ");
    let columns = it.database.query(
        "select unnest(array(select key || ' ' || value from app.probe, json_each_text(to_json(probe))))",
    );
    insta::assert_snapshot!(columns.concat().join("\n"), @r#"
    locks 1
    own_role true
    path "$user", public
    timeout 0
    role none
    no_temp true
    prepared 0
    channels 0
    cursors 0
    own 
    bodies on
    "#);
    it.database.sql(&format!("drop role {role}"));
}

#[test]
fn in_one_transaction_deltas_are_kept_apart_too() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "set local search_path = app; create temp table mine (); prepare p as select 1; create table here ();");
    it.delta("delta_1.2.0_b.sql", "prepare p as select 2; create temp table mine (); create table here ();");
    it.works("upgrade --transaction all");
    assert!(it.has("app.here") && it.has("public.here"));
}

#[test]
fn timeouts_of_the_role_do_not_hurt() {
    let it = Installation::at("1.0.0");
    let role = format!("hurried_{}", it.database.name());
    it.database.sql(&format!(
        "create role {role} login superuser; alter role {role} set statement_timeout = '1ms';
         alter role {role} set lock_timeout = '1ms'; alter role {role} set idle_in_transaction_session_timeout = '1ms'"
    ));
    it.delta(
        "delta_1.1.0_a.sql",
        "select pg_sleep(0.05); create table app.a as select current_setting('lock_timeout');",
    );
    it.delta("delta_1.2.0_b.sql", "-- pum: no-transaction\nselect pg_sleep(0.05);");
    let mut command = it.bare("upgrade -t app.upgrades -d delta -p");
    assert_run!(command.arg(it.database.uri().replace("user=postgres", &format!("user={role}"))), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] as hurried[DATABASE] on [SOCKET]:5432, PostgreSQL [VERSION]
         Plan 2 files: delta_1.1.0_a.sql, delta_1.2.0_b.sql
      Applied [1/2] delta_1.1.0_a.sql in [DURATION]
      Applied [2/2] delta_1.2.0_b.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 2 files applied
    ");
    assert_eq!(it.database.value("select * from app.a"), "5s");
    it.database.sql(&format!("drop owned by {role} cascade; drop role {role}"));
}

#[test]
fn a_role_to_work_as_owns_what_is_made() {
    let it = Installation::new();
    let role = format!("works_{}", it.database.name());
    it.database.sql(&format!("create role {role}; grant create, usage on schema app to {role}"));
    it.works(&format!("baseline -b 1.0.0 --role {role}"));
    it.delta("delta_1.1.0_a.sql", "create table app.a (); reset role; create table app.b ();");
    it.delta("delta_1.2.0_c.sql", "create table app.c ();");
    assert_run!(it.pum(&format!("upgrade --role {role}")), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] as works[DATABASE] on [SOCKET]:5432, PostgreSQL [VERSION]
         Plan 2 files: delta_1.1.0_a.sql, delta_1.2.0_c.sql
      Applied [1/2] delta_1.1.0_a.sql in [DURATION]
      Applied [2/2] delta_1.2.0_c.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 2 files applied
    ");
    let owners = it
        .database
        .query("select relowner::regrole from pg_class where relname in ('a', 'b', 'c') order by relname");
    assert_eq!(owners, [[role.as_str()], ["postgres"], [role.as_str()]]);
    assert_run!(it.pum("upgrade --role nobody_at_all"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: role "nobody_at_all" does not exist
      sqlstate: 22023
    hint: --role nobody_at_all needs a role that exists and that you are a member of
    "#);
    it.database.sql(&format!("drop owned by {role} cascade; drop role {role}"));
}
