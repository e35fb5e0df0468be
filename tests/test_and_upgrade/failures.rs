//! Differences, and a failure at each step: prod is untouched, and what is left is said.

use super::World;
use crate::support::{assert_run, run, run_sql};

#[test]
fn differences_are_shown_whole_and_stop_it() {
    let world = World::with_comp();
    run_sql(
        world.comp.as_ref().unwrap().uri(),
        "alter table app.valve add depth numeric(4,1); create view app.v as select 1 as one",
    );
    let before = world.prod();
    assert_run!(world.command("-f prod.dump --yes"), @r"
    exit code: 1
    ----- stdout -----
    [DATABASE] and [DATABASE] differ: 2 differences in 2 objects
      columns          1  1 only in [DATABASE]
      views            1  1 only in [DATABASE]

    - only in [DATABASE], the first
    + only in [DATABASE], the second
    ~ in both, but different: [DATABASE] → [DATABASE]

    schema app
        table app.valve
        + column depth: numeric(4,1)
      + view app.v:  SELECT 1 AS one;
          column one: integer
    ----- stderr -----
         Plan 2 files: delta_1.1.0_length.sql, delta_1.2.0_valve.sql
         Step [1/6] dump [DATABASE] to prod.dump
         Done [1/6] in [DURATION]
         Step [2/6] restore it into [DATABASE]
         Note made the database [DATABASE]
         Done [2/6] in [DURATION]
         Step [3/6] apply the deltas to [DATABASE]
         Plan 2 files: delta_1.1.0_length.sql, delta_1.2.0_valve.sql
      Applied [1/2] delta_1.1.0_length.sql in [DURATION]
      Applied [2/2] delta_1.2.0_valve.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 2 files applied
         Done [3/6] in [DURATION]
         Step [4/6] compare [DATABASE] with [DATABASE]
         Done [4/6] in [DURATION]
         Note [DATABASE] differs from [DATABASE]: [DATABASE] is untouched; [DATABASE] holds a copy of prod with the deltas applied; prod.dump holds [DATABASE] as it was
    ");
    assert_eq!(world.prod(), before);
    // What is left out is no difference.
    let told = run(&mut world.command("--yes -i columns views"));
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert!(world.it.has("app.valve"));
}

#[test]
fn prod_is_compared_too() {
    let world = World::with_comp();
    let prod = world.it.database.name();
    world.it.delta(
        "delta_1.2.0_valve.sql",
        format!(
            "create table app.valve (id int primary key);\n\
             do $$ begin if current_database() = '{prod}' then alter table app.valve add only_prod int; end if; end $$;"
        ),
    );
    let told = run(&mut world.command("--yes"));
    assert!(told.starts_with("exit code: 1"), "{told}");
    assert!(told.contains("only_prod"), "{told}");
    assert!(told.contains("is upgraded, and differs from"), "{told}");
}

#[test]
fn a_dump_that_fails_leaves_everything() {
    let world = World::with_comp();
    let script = "#!/bin/sh\n[ \"$1\" = --version ] && echo 'pg_dump (PostgreSQL) 99.1' && exit\necho 'pg_dump: error: no' >&2\nexit 1\n";
    let file = world.it.project.file("pg_dump", script);
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    world.it.project.file("pum.yaml", format!("pg_dump_exe: {}\n", file.display()));
    let before = world.prod();
    assert_run!(world.command("--yes -f prod.dump"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.1.0_length.sql, delta_1.2.0_valve.sql
         Step [1/6] dump [DATABASE] to prod.dump
    error: pg_dump failed (exit status: 1); no dump was written
      pg_dump: no
      prod: [DATABASE] is untouched
    ");
    assert_eq!(world.prod(), before);
    assert!(!world.has_test() && !world.it.project.path().join("prod.dump").exists());
}

#[test]
fn a_restore_that_fails_says_what_is_left() {
    let world = World::with_comp();
    // A dump is restored with an empty search_path, which this does not survive.
    world.it.database.sql(
        "create table app.allowed (v int); insert into app.allowed values (1);
         set search_path = app;
         create function app.ok(int) returns boolean language sql as 'select exists (select from allowed where v = $1)';
         create table app.checked (v int check (app.ok(v))); insert into app.checked values (1)",
    );
    let before = world.prod();
    let told = run(&mut world.command("--yes -f prod.dump"));
    assert!(told.starts_with("exit code: 3"), "{told}");
    let (prod, test) = (world.it.database.name(), &world.test);
    for words in [
        "relation \"allowed\" does not exist",
        &format!("prod: {prod} is untouched"),
        &format!("test: {test} holds a part of prod; the next run empties it"),
        &format!("dump: prod.dump holds {prod} as it was"),
        "hint: -x goes on in spite of errors while restoring",
    ] {
        assert!(told.contains(words), "{words}\n{told}");
    }
    assert_eq!(world.prod(), before);
    // The next run empties it, and -x goes on.
    let told = run(&mut world.command("-x -f prod.dump -i tables functions constraints columns"));
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert!(told.contains("ignored while restoring prod.dump"), "{told}");
}

#[test]
fn a_delta_that_fails_on_the_copy_stops_it() {
    let world = World::with_comp();
    world.it.delta("delta_1.2.0_valve.sql", "create table app.valve (id int primary key);\nselect 1/0;");
    let before = world.prod();
    assert_run!(world.command("--yes"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.1.0_length.sql, delta_1.2.0_valve.sql
         Step [1/6] dump [DATABASE]
         Done [1/6] in [DURATION]
         Step [2/6] restore it into [DATABASE]
         Note made the database [DATABASE]
         Done [2/6] in [DURATION]
         Step [3/6] apply the deltas to [DATABASE]
         Plan 2 files: delta_1.1.0_length.sql, delta_1.2.0_valve.sql
      Applied [1/2] delta_1.1.0_length.sql in [DURATION]
    error: delta_1.2.0_valve.sql failed: division by zero
     --> delta/delta_1.2.0_valve.sql:2:1
      |
    2 | select 1/0;
      | ^^^^^^^^^^
      sqlstate: 22012
      state: it was undone
      database: [DATABASE] is at version 1.1.0; this run completed delta_1.1.0_length.sql before, which stays
      prod: [DATABASE] is untouched
      test: [DATABASE] holds a copy of prod, with the deltas applied in part at most
    hint: mend it, then run the same command again: it goes on from there
    ");
    assert_eq!(world.prod(), before);
    // Mended, the same command goes on.
    world.it.delta("delta_1.2.0_valve.sql", "create table app.valve (id int primary key);");
    let told = run(&mut world.command("--yes"));
    assert!(told.starts_with("exit code: 0"), "{told}");
}

#[test]
fn a_delta_that_fails_on_prod_alone_says_at_which_version_it_is() {
    let world = World::with_comp();
    let prod = world.it.database.name();
    world.it.delta(
        "delta_1.2.0_valve.sql",
        format!(
            "create table app.valve (id int primary key);\n\
             do $$ begin if current_database() = '{prod}' then raise 'not here'; end if; end $$;"
        ),
    );
    let told = run(&mut world.command("--yes -f prod.dump"));
    assert!(told.starts_with("exit code: 3"), "{told}");
    for words in [
        "not here",
        &format!("{prod} is at version 1.1.0; this run completed delta_1.1.0_length.sql before, which stays"),
        &format!("dump: prod.dump holds {prod} as it was"),
        "holds a copy of prod with the deltas applied",
    ] {
        assert!(told.contains(words), "{words}\n{told}");
    }
    assert!(!told.contains("is untouched"), "{told}");
    assert!(!world.it.has("app.valve"));
}

#[test]
fn one_transaction_for_all_undoes_all_of_prod() {
    let world = World::with_comp();
    let prod = world.it.database.name();
    world.it.delta(
        "delta_1.2.0_valve.sql",
        format!(
            "create table app.valve (id int primary key);\n\
             do $$ begin if current_database() = '{prod}' then raise 'not here'; end if; end $$;"
        ),
    );
    let before = world.prod();
    let told = run(&mut world.command("--yes --transaction all"));
    assert!(told.starts_with("exit code: 3") && told.contains("not here"), "{told}");
    assert_eq!(world.prod(), before);
}

#[test]
fn a_source_to_compare_with_that_cannot_be_opened_is_found_at_once() {
    let mut world = World::with_comp();
    world.comp = None;
    let told = run(&mut world.command("-pc file:missing.dump"));
    assert!(told.starts_with("exit code: 2") && !told.contains("Step"), "{told}");
    assert!(told.contains("there is no dump missing.dump"), "{told}");
    assert!(!world.has_test());
}
