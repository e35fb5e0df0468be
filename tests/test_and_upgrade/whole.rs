//! From the dump to the last comparison.

use super::{World, state};
use crate::source::{assert_nothing_left, temporary};
use crate::support::{Database, Installation, PYTHON, assert_run, cluster, run};

#[test]
fn prod_is_upgraded_when_the_copy_is_what_it_should_be() {
    let world = World::with_comp();
    assert_run!(world.command("-f prod.dump").write_stdin("y\n"), @r"
    exit code: 0
    ----- stdout -----
    [DATABASE] and [DATABASE] are equal
    [DATABASE] and [DATABASE] are equal
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
         Note [DATABASE], at version 1.0.0, would get 2 files:
              delta_1.1.0_length.sql
              delta_1.2.0_valve.sql
    Apply deltas to [DATABASE]? [n]|y: 
         Step [5/6] apply the deltas to [DATABASE]
         Plan 2 files: delta_1.1.0_length.sql, delta_1.2.0_valve.sql
      Applied [1/2] delta_1.1.0_length.sql in [DURATION]
      Applied [2/2] delta_1.2.0_valve.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 2 files applied
         Done [5/6] in [DURATION]
         Step [6/6] compare [DATABASE] with [DATABASE]
         Done [6/6] in [DURATION]
    ");
    assert_eq!(world.it.database.value("select sum(length) from app.pipe"), "3");
    assert_eq!(state(&world.test_uri()).lines().count(), world.prod().lines().count());
    assert!(world.it.project.path().join("prod.dump").is_file());
}

#[test]
fn a_second_run_empties_what_the_first_one_made() {
    let world = World::with_comp();
    assert!(run(world.command("").write_stdin("n\n")).starts_with("exit code: 0"));
    assert_eq!(
        world.mark(),
        format!("pum test-and-upgrade empties this database, {:?}, at each run", world.test)
    );
    crate::support::try_sql(&world.test_uri(), "create table app.left_over ()").unwrap();
    let told = run(world.command("").write_stdin("y\n"));
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert!(told.contains(&format!("Note made the database {} anew", world.test)), "{told}");
    assert!(world.it.has("app.valve"));
    // Nothing is pending any more, and that is no question.
    let told = run(&mut world.command(""));
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert!(told.contains("there is nothing to apply to"), "{told}");
}

#[test]
fn an_empty_database_with_extensions_is_used_and_belongs_to_pum_then() {
    let world = World::with_comp();
    crate::support::run_sql(&cluster().uri("postgres"), &format!("create database {}", world.test));
    crate::support::run_sql(
        &cluster().uri("postgres"),
        &format!("comment on database {} is 'Bob''s'", world.test),
    );
    crate::support::run_sql(&world.test_uri(), "create schema ext; create extension hstore schema ext");
    for _ in 0..2 {
        let told = run(&mut world.command("-i schemas extensions"));
        assert!(told.starts_with("exit code: 0"), "{told}");
        assert!(world.mark().starts_with("Bob's\npum test-and-upgrade"), "{}", world.mark());
    }
}

#[test]
fn a_throwaway_cluster_may_stand_in_for_the_test_database() {
    let (world, temporary) = (World::with_comp(), temporary());
    let mut command = world.command_for("shadow:", "--yes");
    let told = run(command.env("TMPDIR", temporary.path()));
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert!(world.it.has("app.valve"));
    assert_nothing_left(temporary.path(), "shadow:");
}

#[test]
fn without_comp_nothing_is_compared() {
    let world = World::new();
    let told = run(world.command("").write_stdin("y\n"));
    assert!(told.starts_with("exit code: 0\n----- stdout -----\n----- stderr"), "{told}");
    assert!(told.contains("Step [4/4] apply the deltas to"), "{told}");
    assert!(world.it.has("app.valve"));
}

#[test]
fn comp_may_be_a_dump() {
    let mut world = World::with_comp();
    let comp = world.comp.take().unwrap();
    let mut dump = world.it.bare("dump -q -p");
    dump.args([comp.uri(), "comp.dump"]).assert().success();
    for test in [world.test_uri(), "shadow:".to_owned()] {
        let told = run(world.command_for(&test, "-pc file:comp.dump").write_stdin("n\n"));
        assert!(told.starts_with("exit code: 0"), "{told}");
        assert!(told.contains("and file:comp.dump are equal"), "{told}");
    }
}

#[test]
fn names_may_have_quotes_and_spaces() {
    let test = format!("{} \"Bob's\" test; é", crate::support::database().name());
    let mut world = World::with_test(&test);
    let comp = world.it.database.copy(cluster());
    let mut upgrade = world.it.bare("upgrade -t app.upgrades -d delta -q -p");
    upgrade.arg(comp.uri()).assert().success();
    world.comp = Some(comp);
    for _ in 0..2 {
        let told = run(&mut world.command("--yes"));
        assert!(told.starts_with("exit code: 0"), "{told}");
    }
    assert!(world.it.has("app.valve"));
}

#[test]
fn settings_of_the_database_are_those_of_prod() {
    let world = World::new();
    let prod = world.it.database.name();
    world.it.database.sql(&format!("alter database {prod} set search_path = app, public"));
    world.it.delta("delta_1.3.0_by_path.sql", "alter table pipe add by_path int;");
    for test in [world.test_uri(), "shadow:".to_owned()] {
        let told = run(&mut world.command_for(&test, ""));
        assert!(told.starts_with("exit code: 0"), "{told}");
    }
}

#[test]
fn each_format_of_dump_will_do() {
    let world = World::with_comp();
    for words in [
        "-f one.sql --format plain",
        "-f one.tar --format tar",
        "-f one.dir/ -j 3",
        "-f one.dump -j 3",
        "-j 2",
    ] {
        let told = run(&mut world.command(words));
        assert!(told.starts_with("exit code: 0"), "{words}: {told}");
    }
    assert!(world.it.project.path().join("one.dir/toc.dat").is_file());
}

#[test]
fn the_lines_of_pum_0_x_work_as_they_stand() {
    let world = World::with_comp();
    let entry = |service: &str, database: &str| {
        let port = cluster().port();
        format!(
            "[{service}]\nhost={}\nport={port}\nuser=postgres\ndbname={database}\n",
            cluster().socket_dir().display()
        )
    };
    let comp = world.comp.as_ref().map(Database::name).unwrap();
    let services = [
        entry("qgep_prod", world.it.database.name()),
        entry("qgep_pum_test", &world.test),
        entry("qgep_build", comp),
    ];
    let file = world.it.project.file("pg_service.conf", services.concat());
    let line = |it: &Installation, words: &str| {
        run(it.bare(words).env("PGSERVICEFILE", &file).write_stdin("y\ny\ny\n"))
    };
    let told = line(
        &world.it,
        "test-and-upgrade -pp qgep_prod -pt qgep_pum_test -pc qgep_build -t app.upgrades -f dump -d ./delta/ \
         -i constraints views --exclude-schema public -v int SRID 2056",
    );
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert!(told.contains("Apply deltas to qgep_prod? [n]|y"), "{told}");
    assert!(world.it.has("app.valve"));
    let told = line(&world.it, "check -p1 qgep_prod -p2 qgep_pum_test --exclude-schema public -i views");
    assert!(told.starts_with("exit code: 0"), "{told}");
}

#[test]
fn a_python_delta_works_on_the_copy_also_if_its_service_is_that_of_prod() {
    let world = World::new();
    let (socket, port) = (cluster().socket_dir().display().to_string(), cluster().port());
    let file = world.it.project.file(
        "pg_service.conf",
        format!("[prod]\nhost={socket}\nport={port}\nuser=postgres\ndbname={}\n", world.it.database.name()),
    );
    let body = "        import subprocess\n        sql = 'create table app.by_python ()'\n        \
                subprocess.run(['psql', '-qc', sql, 'service=' + self.pg_service], check=True)\n";
    world.it.delta("delta_1.3.0_by_python.py", format!("{PYTHON}{body}"));
    let before = world.prod();
    let mut command = world.it.bare("test-and-upgrade -t app.upgrades -d delta -pp prod -pt");
    command.arg(format!("service=prod dbname={}", world.test)).env("PGSERVICEFILE", file);
    let told = run(command.write_stdin("n\n"));
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert!(told.contains(&format!("apply the deltas to {}", world.test)), "{told}");
    assert_eq!(world.prod(), before);
    assert!(!world.it.has("app.by_python"));
    crate::support::run_sql(&world.test_uri(), "select * from app.by_python");
}
