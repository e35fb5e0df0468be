//! Ctrl-C in the middle of a delta.

use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Signal;

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
    for signal in [Signal::INT, Signal::TERM] {
        let plot = ground.plot();
        let running = Running::start(&mut upgrade(&project, &plot.uri(), &[]));
        plot.wait_until_running("pg_sleep(60)");
        let began = Instant::now();
        running.signal(signal);
        let ended = running.wait(PATIENCE);
        assert!(began.elapsed() < Duration::from_secs(5), "it took {:?}", began.elapsed());
        assert_eq!(ended.code(), Some(130), "{ended}");
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
    drop(proxy);
    plot.wait_until_left("killed");
    assert_eq!(plot.value("select string_agg(delta, ' ') from ledger"), "quick");
}
