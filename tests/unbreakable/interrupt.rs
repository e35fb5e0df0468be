//! Ctrl-C, and the other signals that ask a process to end, in the middle of a delta.

use std::io::Read;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::world::{Ground, PATIENCE, upgrade};
use crate::support::{Project, Proxy, Running, Trap, cluster};

fn project() -> Project {
    let project = Project::new();
    project.delta("delta_1.1.0_quick.sql", "insert into ledger values ('quick', 'first');");
    project.delta(
        "delta_1.2.0_slow.sql",
        "insert into ledger values ('slow', 'first');\nselect pg_sleep(60);\ninsert into ledger values ('slow', 'last');",
    );
    project
}

#[test]
fn the_server_is_asked_to_stop_and_the_delta_is_undone() {
    let (project, ground) = (project(), Ground::new());
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let plot = ground.plot();
        let running = Running::start(&mut upgrade(&project, &plot.uri(), &[]));
        plot.wait_until_running("pg_sleep(60)");
        let began = Instant::now();
        running.signal(signal);
        let ended = running.wait(PATIENCE);
        assert!(began.elapsed() < Duration::from_secs(5), "it took {:?}", began.elapsed());
        assert_eq!(ended.code(), Some(code), "{ended}");
        assert!(ended.text.contains("interrupted in delta_1.2.0_slow.sql"), "{ended}");
        assert!(ended.text.contains("it was undone"), "{ended}");
        assert!(
            ended.text.contains(
                "is at version 1.1.0; this run completed delta_1.1.0_quick.sql before, which stays"
            ),
            "{ended}"
        );
        plot.wait_until_left("interrupted");
        assert_eq!(plot.value("select string_agg(delta, ' ') from ledger"), "quick");
        assert_eq!(
            plot.value("select string_agg(description, ' ' order by id) from upgrades"),
            "baseline quick"
        );
    }
}

#[test]
fn a_delta_that_catches_the_cancel_request_is_asked_again() {
    let (project, ground) = (Project::new(), Ground::new());
    project.delta(
        "delta_1.1.0_stubborn.sql",
        "do $$ begin perform pg_sleep(60); exception when query_canceled then perform pg_sleep(59); end $$;",
    );
    let plot = ground.plot();
    let running = Running::start(&mut upgrade(&project, &plot.uri(), &[]));
    plot.wait_until_running("pg_sleep(60)");
    running.signal(Signal::INT);
    let ended = running.wait(PATIENCE);
    assert_eq!(ended.code(), Some(130), "{ended}");
    assert!(ended.text.contains("it was undone"), "{ended}");
}

#[test]
fn two_at_once_are_one() {
    let (project, ground) = (project(), Ground::new());
    let plot = ground.plot();
    let running = Running::start(&mut upgrade(&project, &plot.uri(), &[]));
    plot.wait_until_running("pg_sleep(60)");
    running.signal(Signal::INT);
    sleep(Duration::from_millis(3));
    running.signal(Signal::INT);
    let ended = running.wait(PATIENCE);
    assert_eq!(ended.code(), Some(130), "{ended}");
    assert!(ended.text.contains("it was undone"), "{ended}");
    assert!(ended.text.contains("is at version 1.1.0"), "{ended}");
}

#[test]
fn a_question_is_no_obstacle() {
    let (project, ground) = (Project::new(), Ground::new());
    project.delta("delta_1.1.0_quick.sql", "select 1;");
    let plot = ground.plot();
    let mut command = project.command();
    command.args(["repair", "mark-applied", "delta_1.1.0_quick.sql", "-p", &plot.uri()]);
    command.args(["-t", "upgrades", "-d", "delta"]).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut told = String::new();
    let mut errors = child.stderr.take().unwrap();
    while !told.contains("[n]|y") {
        let mut piece = [0; 256];
        let length = errors.read(&mut piece).unwrap();
        assert!(length > 0, "{told}");
        told.push_str(&String::from_utf8_lossy(&piece[..length]));
    }
    // To wait for the end would close it, and that is an answer.
    let _input = child.stdin.take();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(plot.value("select count(*) from upgrades"), "1");
}

#[test]
fn nohup_is_honoured() {
    let (project, ground) = (project(), Ground::new());
    project.delta("delta_1.2.0_slow.sql", "select pg_sleep(1.5);");
    let plot = ground.plot();
    let wrapped = upgrade(&project, &plot.uri(), &[]);
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' HUP; exec \"$@\"", "sh"])
        .arg(wrapped.get_program())
        .args(wrapped.get_args());
    command.env_clear().envs(wrapped.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(wrapped.get_current_dir().expect("a directory"));
    let running = Running::start(&mut command);
    plot.wait_until_running("pg_sleep(1.5)");
    running.signal(Signal::HUP);
    let ended = running.wait(PATIENCE);
    assert_eq!(ended.code(), Some(0), "{ended}");
}

#[test]
fn a_second_one_kills_when_the_server_does_not_answer() {
    let (project, ground) = (project(), Ground::new());
    let plot = ground.plot();
    let proxy = Proxy::of(cluster());
    let mut running = Running::start(&mut upgrade(&project, &plot.through(&proxy), &[]));
    plot.wait_until_running("pg_sleep(60)");
    proxy.trap(0, Trap::Hold);
    running.signal(Signal::INT);
    sleep(Duration::from_millis(500));
    assert!(!running.has_ended());
    let began = Instant::now();
    running.signal(Signal::INT);
    let ended = running.wait(PATIENCE);
    assert!(began.elapsed() < Duration::from_secs(2), "it took {:?}", began.elapsed());
    assert_eq!(ended.code(), Some(130), "{ended}");
    assert!(ended.text.contains("interrupted twice: ended at once"), "{ended}");
    drop(proxy);
    plot.wait_until_left("killed");
    assert_eq!(plot.value("select string_agg(delta, ' ') from ledger"), "quick");
}
