//! Ctrl-C, at every step: prod is as before or upgraded delta by delta, and nothing goes on.

use std::thread::sleep;
use std::time::Duration;

use rustix::process::Signal;

use super::World;
use crate::source::{assert_nothing_left, temporary};
use crate::support::Running;

const PATIENCE: Duration = Duration::from_secs(60);

fn start(world: &World, test: &str, temporary: &std::path::Path, more: &[&str]) -> Running {
    let mut command = world.it.project.command();
    command.args(["test-and-upgrade", "-t", "app.upgrades", "-d", "delta", "-pp", world.it.database.uri()]);
    command.args(["-pt", test, "-pc", world.comp.as_ref().unwrap().uri()]).args(more);
    Running::start(command.env("TMPDIR", temporary))
}

/// Whether each delta's effects are there exactly if its record is, and nobody works on either database.
fn assert_whole(world: &World, after: &str) {
    let recorded =
        world.it.database.value("select coalesce(max(version), '') from app.upgrades where type = 8");
    let prod = world.prod();
    assert_eq!(prod.contains("app.pipe length"), recorded.as_str() >= "1.1.0", "{after}: {prod}");
    assert_eq!(world.it.has("app.valve"), recorded.as_str() >= "1.2.0", "{after}: {prod}");
    let sessions = format!(
        "select application_name, state from pg_stat_activity where datname in ('{}', '{}') and pid <> pg_backend_pid()",
        world.it.database.name(),
        world.test
    );
    let began = std::time::Instant::now();
    while !world.it.database.query(&sessions).is_empty() {
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "{after}: {:?}",
            world.it.database.query(&sessions)
        );
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn at_the_question_it_is_no() {
    let (world, temporary) = (World::with_comp(), temporary());
    let before = world.prod();
    let mut command = world.it.project.command();
    command.args(["test-and-upgrade", "-t", "app.upgrades", "-d", "delta", "-pp", world.it.database.uri()]);
    command.args(["-pt", &world.test_uri()]).env("TMPDIR", temporary.path());
    let (running, _input) = Running::start_with_input(&mut command);
    running.wait_for("[n]|y");
    running.signal(Signal::INT);
    let ended = running.wait(PATIENCE);
    assert_eq!(ended.code(), Some(130), "{ended}");
    assert!(ended.text.contains("is untouched"), "{ended}");
    assert_eq!(world.prod(), before);
    assert_whole(&world, "question");
    assert_nothing_left(temporary.path(), "question");
}

#[test]
fn while_the_copy_is_upgraded_prod_is_untouched() {
    let (world, temporary) = (World::with_comp(), temporary());
    world
        .it
        .delta("delta_1.2.0_valve.sql", "create table app.valve (id int primary key);\nselect pg_sleep(60);");
    let before = world.prod();
    for test in [world.test_uri(), "shadow:".to_owned()] {
        let running = start(&world, &test, temporary.path(), &["--yes"]);
        running.wait_for("Applied [1/2]");
        sleep(Duration::from_millis(200));
        running.signal(Signal::INT);
        let ended = running.wait(PATIENCE);
        assert_eq!(ended.code(), Some(130), "{ended}");
        assert!(ended.text.contains("is untouched"), "{ended}");
        assert_eq!(world.prod(), before);
        assert_whole(&world, &test);
        assert_nothing_left(temporary.path(), &test);
    }
}

#[test]
fn at_any_moment_nothing_is_half_done_and_nothing_goes_on() {
    for (test_is_shadow, signal) in [(false, Signal::INT), (true, Signal::INT), (true, Signal::KILL)] {
        let (world, temporary) = (World::with_comp(), temporary());
        let test = if test_is_shadow { "shadow:".to_owned() } else { world.test_uri() };
        let mut milliseconds = 20;
        loop {
            let mut running = start(&world, &test, temporary.path(), &["--yes"]);
            sleep(Duration::from_millis(milliseconds));
            let has_ended = running.has_ended();
            running.signal(signal);
            let ended = running.wait(PATIENCE);
            let after = format!("{test} {signal:?} after {milliseconds} ms: {ended}");
            assert_whole(&world, &after);
            if signal == Signal::KILL {
                // The guard needs a moment; a temporary dump is removed by the next run.
                sleep(Duration::from_millis(500));
            } else {
                assert!(matches!(ended.code(), Some(130 | 0)), "{after}");
                assert_nothing_left(temporary.path(), &after);
            }
            if has_ended {
                break;
            }
            milliseconds = milliseconds * 3 / 2 + 40;
        }
        let last = start(&world, &test, temporary.path(), &["--yes"]).wait(PATIENCE);
        assert_eq!(last.code(), Some(0), "{last}");
        assert!(world.it.has("app.valve"));
        assert_nothing_left(temporary.path(), "the last run");
    }
}
