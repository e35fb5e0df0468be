//! What is refused before anything is done.

use super::World;
use crate::support::{assert_run, cluster, database, run, run_sql, try_query};

/// That it is refused with these words, and nothing was done.
fn refused(world: &World, command: &mut assert_cmd::Command, words: &str) {
    let before = world.prod();
    let told = run(command);
    assert!(told.starts_with("exit code: 2"), "{told}");
    assert!(told.contains(words), "{words}\n{told}");
    assert!(!told.contains("Step"), "{told}");
    assert_eq!(world.prod(), before);
}

#[test]
fn three_roles_need_three_databases() {
    let mut world = World::with_comp();
    // The same database under another name: the socket's directory with a slash more.
    let prod = world.it.database.uri().replace("&port=", "%2F&port=");
    let comp = world.comp.as_ref().unwrap().uri().to_owned();
    let name = world.it.database.name().to_owned();
    for words in ["", "--overwrite-test"] {
        let same = format!("error: prod ({name}) and test ({name}) are the same database");
        refused(&world, &mut world.command_for(&prod, words), &same);
    }
    refused(&world, &mut world.command_for(&comp, "--overwrite-test"), ") are the same database");
    world.comp = None;
    let same = format!("error: prod ({name}) and comp ({name}) are the same database");
    refused(&world, world.command("-pc").arg(&prod), &same);
    assert!(!world.has_test());
}

#[test]
fn a_role_that_may_not_ask_for_the_system_identifier_is_told_the_same() {
    let mut world = World::new();
    let database = &world.it.database;
    let role = format!("{}_plain", database.name());
    database.sql(&format!(
        "create role {role} login; revoke execute on function pg_control_system() from public;
         grant usage on schema app to {role}; grant all on all tables in schema app to {role};
         grant all on all sequences in schema app to {role}"
    ));
    let plain = database.uri().replace("user=postgres", &format!("user={role}"));
    let mut command = world.it.bare("test-and-upgrade -t app.upgrades -d delta -pp");
    command.args([&plain, "-pt", &plain, "--overwrite-test"]);
    refused(&world, &mut command, "are the same database");
    let other = crate::support::database();
    let mut command = world.it.bare("test-and-upgrade -t app.upgrades -d delta -pp");
    command.args([plain.as_str(), "-pt", other.uri(), "-pc", database.uri()]);
    refused(&world, &mut command, "are the same database");
    database.sql(&format!("drop owned by {role}; drop role {role}"));
    world.comp = None;
}

#[test]
fn a_test_database_with_somebody_elses_objects_is_not_touched_unless_it_is_meant() {
    let world = World::with_comp();
    run_sql(&cluster().uri("postgres"), &format!("create database {}", world.test));
    run_sql(&world.test_uri(), "create table precious (a int); create view seen as select 1");
    let before = world.prod();
    assert_run!(world.command("--yes"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.1.0_length.sql, delta_1.2.0_valve.sql
    error: the test database [DATABASE] holds what no earlier run of test-and-upgrade made
      objects: 2: public.precious, public.seen
      state: nothing was done
    hint: name another one, which need not exist, or shadow: for a throwaway one
    hint: --overwrite-test empties it, whatever it holds
    ");
    assert_eq!(world.prod(), before);
    assert!(try_query(&world.test_uri(), "select * from precious").is_ok());
    let told = run(&mut world.command("--yes --overwrite-test"));
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert!(try_query(&world.test_uri(), "select * from precious").is_err());
    // From now on it is pum's.
    let told = run(&mut world.command("--yes"));
    assert!(told.starts_with("exit code: 0"), "{told}");
}

#[test]
fn a_test_database_that_was_renamed_is_no_longer_pums_to_empty() {
    let world = World::with_comp();
    assert!(run(&mut world.command("")).starts_with("exit code: 0"));
    let kept = database().name().to_owned();
    run_sql(&cluster().uri("postgres"), &format!("alter database {} rename to {kept}", world.test));
    refused(&world, &mut world.command_for(&cluster().uri(&kept), ""), "holds what no earlier run");
    run_sql(&cluster().uri("postgres"), &format!("drop database {kept}"));
}

#[test]
fn a_test_database_that_somebody_uses_is_not_dropped_under_him() {
    let world = World::with_comp();
    assert!(run(&mut world.command("")).starts_with("exit code: 0"));
    let before = world.prod();
    let uri = world.test_uri();
    let user = std::thread::spawn(move || try_query(&uri, "select pg_sleep(300)"));
    let here = format!("select 1 from pg_stat_activity where datname = '{}'", world.test);
    while world.it.database.query(&here).is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let told = run(&mut world.command(""));
    assert!(told.starts_with("exit code: 3"), "{told}");
    assert!(told.contains("1 other session is connected to it") && told.contains("add --force"), "{told}");
    assert!(told.contains("is untouched"), "{told}");
    let told = run(&mut world.command("--force"));
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert!(user.join().unwrap().is_err());
    assert_eq!(world.prod(), before);
}

#[test]
fn a_role_that_may_not_make_databases_has_its_test_database_emptied_in_place() {
    let world = World::with_comp();
    let database = &world.it.database;
    let role = format!("{}_tester", database.name());
    database.sql(&format!("create role {role} login"));
    let postgres = cluster().uri("postgres");
    run_sql(&postgres, &format!("create database {} owner {role}", world.test));
    run_sql(&world.test_uri(), "create extension hstore");
    let test = world.test_uri().replace("user=postgres", &format!("user={role}"));
    for _ in 0..2 {
        let told = run(&mut world.command_for(&test, "-i extensions"));
        assert!(told.starts_with("exit code: 0"), "{told}");
    }
    let told = run(&mut world.command_for(&test, "-i extensions"));
    assert!(told.contains(&format!("emptied the database {}", world.test)), "{told}");
    // The extension, which it could not make again, is there still.
    assert_eq!(
        try_query(&test, "select extname from pg_extension where extname = 'hstore'").unwrap().len(),
        1
    );
    run_sql(&postgres, &format!("drop database {}", world.test));
    database.sql(&format!("drop role {role}"));
}

#[test]
fn a_protected_database_is_no_test_database() {
    let world = World::with_comp();
    world.it.project.file("pum.yaml", format!("protect: [{}]\n", world.test));
    for words in ["", "--overwrite-test", "--yes"] {
        refused(&world, &mut world.command(words), "is protected, so it cannot be the test database");
    }
}

#[test]
fn prod_and_test_are_databases() {
    let world = World::with_comp();
    for test in ["file:x", "git:x", "shadow:x"] {
        refused(&world, &mut world.command_for(test, ""), "error: ");
    }
    for prod in ["shadow:", "file:x", "git:"] {
        let mut command = world.it.bare("test-and-upgrade -t app.upgrades -d delta -pt shadow: -pp");
        refused(&world, command.arg(prod), "error: ");
    }
    refused(
        &world,
        world.it.bare("test-and-upgrade -t app.upgrades -d delta").arg("-pp").arg(world.it.database.uri()),
        "",
    );
}

#[test]
fn what_is_wrong_with_prod_is_said_before_the_dump() {
    let world = World::with_comp();
    world.it.works("upgrade --stop-after 1");
    world.it.delta("delta_1.0.5_late.sql", "select 1");
    refused(&world, &mut world.command(""), "late: delta_1.0.5_late.sql");
    std::fs::remove_file(world.it.project.path().join("delta/delta_1.0.5_late.sql")).unwrap();
    world.it.delta("delta_1.3.0_bad.sql", "select 'never ends");
    refused(&world, &mut world.command(""), "delta_1.3.0_bad.sql");
    assert!(!world.has_test());
    let name = world.it.database.name();
    world.it.delta("delta_1.3.0_bad.sql", "select 1");
    world.it.database.sql(&format!("alter database {name} set default_transaction_read_only = on"));
    let told = run(&mut world.command(""));
    assert!(told.starts_with("exit code: 3") && told.contains("is read-only"), "{told}");
    assert!(!told.contains("Step"), "{told}");
}
