//! The question, and who answers it how.

use std::io::Write;
use std::time::Duration;

use super::World;
use crate::support::{Running, assert_run, cluster, run};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn only_y_is_yes() {
    let world = World::with_comp();
    let before = world.prod();
    for no in ["n\n", "N\n", "\n", "", "yes\nno\n", "1\n\n", "x"] {
        let told = run(world.command("").write_stdin(no));
        assert!(told.starts_with("exit code: 0"), "{no:?}: {told}");
        assert!(told.contains("nothing was applied to"), "{no:?}: {told}");
        assert_eq!(world.prod(), before, "{no:?}");
    }
    let told = run(world.command("").write_stdin("perhaps\nY\n"));
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert!(world.it.has("app.valve"));
}

#[test]
fn the_answer_may_be_given_in_advance() {
    let world = World::with_comp();
    let told = run(&mut world.command("--yes"));
    assert!(told.starts_with("exit code: 0") && !told.contains("[n]|y"), "{told}");
    assert!(world.it.has("app.valve"));
}

#[test]
fn yes_may_be_piped_for_ever() {
    let world = World::with_comp();
    let mut shell = std::process::Command::new("sh");
    shell.args([
        "-c",
        "yes | \"$0\" \"$@\"",
        env!("CARGO_BIN_EXE_pum"),
        "test-and-upgrade",
        "-t",
        "app.upgrades",
        "-d",
    ]);
    shell.args(["delta", "-pp", world.it.database.uri(), "-pt", &world.test_uri()]);
    let output = shell.current_dir(world.it.project.path()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(world.it.has("app.valve"));
}

#[test]
fn a_terminal_asks_the_same() {
    for (keys, upgraded) in [("y\r", true), ("n\r", false), ("\r", false), ("\u{3}", false)] {
        let world = World::with_comp();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pum"));
        command.args([
            "test-and-upgrade",
            "-t",
            "app.upgrades",
            "-d",
            "delta",
            "-pp",
            world.it.database.uri(),
        ]);
        command.args(["-pt", &world.test_uri(), "-pc", world.comp.as_ref().unwrap().uri()]);
        command.current_dir(world.it.project.path());
        let mut terminal = rexpect::session::spawn_command(command, Some(60_000)).unwrap();
        terminal.exp_string("[n]|y").unwrap();
        terminal.send(keys).unwrap();
        terminal.flush().unwrap();
        terminal.exp_eof().unwrap();
        let status = terminal.process().wait().unwrap();
        let expected = if keys == "\u{3}" { 130 } else { 0 };
        assert!(format!("{status:?}").contains(&format!(", {expected})")), "{keys:?}: {status:?}");
        assert_eq!(world.it.has("app.valve"), upgraded, "{keys:?}");
    }
}

#[test]
fn a_protected_prod_wants_its_name() {
    let world = World::with_comp();
    let name = world.it.database.name().to_owned();
    world.it.project.file("pum.yaml", format!("protect: [{name}]\n"));
    let before = world.prod();
    for no in ["y\n", "\n", ""] {
        let told = run(world.command("").write_stdin(no));
        assert!(told.starts_with("exit code: 0") && told.contains("nothing was applied"), "{no:?}: {told}");
    }
    assert_run!(world.command("--yes"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: [DATABASE] is protected, and --yes does not name it
      state: nothing was done
    hint: --yes=[DATABASE] says that you mean it
    ");
    assert_eq!(world.prod(), before);
    let told = run(world.command("").write_stdin(format!("{name}\n")));
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert!(world.it.has("app.valve"));
    world.it.delta("delta_1.3.0_x.sql", "alter table app.pipe add x int");
    crate::support::run_sql(world.comp.as_ref().unwrap().uri(), "alter table app.pipe add x int");
    let told = run(&mut world.command(&format!("--yes={name}")));
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert!(world.prod().contains("app.pipe x"));
}

/// Does something while the question stands, then says yes: it must not count.
fn changed_at_the_question(change: impl FnOnce(&World)) -> (World, String) {
    let world = World::with_comp();
    let mut command = world.it.project.command();
    command.args(["test-and-upgrade", "-t", "app.upgrades", "-d", "delta", "-pp", world.it.database.uri()]);
    command.args(["-pt", &world.test_uri(), "-pc", world.comp.as_ref().unwrap().uri()]);
    let (running, mut input) = Running::start_with_input(&mut command);
    running.wait_for("[n]|y");
    change(&world);
    input.write_all(b"y\n").unwrap();
    let ended = running.wait(PATIENCE);
    assert_eq!(ended.code(), Some(3), "{ended}");
    assert!(!world.it.has("app.valve"), "{ended}");
    (world, ended.text)
}

#[test]
fn what_was_tested_is_what_runs() {
    let (_, told) = changed_at_the_question(|world| {
        world.it.delta("delta_1.2.0_valve.sql", "create table app.valve (id int primary key, name text);");
    });
    assert!(
        told.contains("the deltas are not what they were when the test began: delta/delta_1.2.0_valve.sql"),
        "{told}"
    );
    let (_, told) = changed_at_the_question(|world| world.it.delta("delta_1.3.0_new.sql", "select 1"));
    assert!(told.contains("not what they were when the test began: delta/delta_1.3.0_new.sql"), "{told}");
    let (_, told) = changed_at_the_question(|world| {
        std::fs::remove_file(world.it.project.path().join("delta/delta_1.1.0_length.sql")).unwrap();
    });
    assert!(told.contains("not what they were when the test began: delta/delta_1.1.0_length.sql"), "{told}");
    let (world, told) = changed_at_the_question(|world| world.it.works("upgrade --stop-after 1"));
    assert!(told.contains("is not what it was when the test began: delta_1.1.0_length.sql"), "{told}");
    assert!(told.contains(&format!("nothing was applied to {}", world.it.database.name())), "{told}");
}

#[test]
fn an_upgrade_that_runs_meanwhile_is_waited_for() {
    let world = World::with_comp();
    let mut command = world.it.project.command();
    command.args([
        "test-and-upgrade",
        "-t",
        "app.upgrades",
        "-d",
        "delta",
        "-pp",
        world.it.database.uri(),
        "--yes",
    ]);
    command.args(["-pt", &world.test_uri(), "--lock-wait", "0s"]);
    world.it.project.file("other/delta_1.1.0_slow.sql", "select pg_sleep(30)");
    let mut other = world.it.project.command();
    other.args(["upgrade", "-t", "app.upgrades", "-d", "other", "-p", world.it.database.uri()]);
    let slow = Running::start(&mut other);
    let sleeping =
        "select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
    while world.it.database.query(sleeping).is_empty() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let ended = Running::start(&mut command).wait(PATIENCE);
    assert_eq!(ended.code(), Some(4), "{ended}");
    drop(slow);
    assert!(!world.it.has("app.valve"));
    let _ = cluster();
}
