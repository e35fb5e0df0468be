//! A lock that somebody else holds: the delta gives way, says who it is, and tries again.

use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

use super::world::{Ground, Plot, run_upgrade};
use crate::support::{Project, try_query};

/// A table that a delta alters, and one more.
fn world() -> (Project, Ground, Plot) {
    let (project, ground) = (Project::new(), Ground::new());
    let plot = ground.plot();
    plot.sql("create table pipe (id int); create table other (id int)");
    project.delta(
        "delta_1.1.0_alter.sql",
        "insert into ledger values ('alter', 'first');\n\
         lock table other in access exclusive mode;\n\
         alter table pipe add column name text;",
    );
    (project, ground, plot)
}

/// Somebody who locks the table for so many seconds; gives its process number too.
fn block(plot: &Plot, seconds: f32) -> (JoinHandle<()>, String) {
    let uri = plot.uri_of("reader");
    let sql = format!("lock table pipe in access exclusive mode; select pg_sleep({seconds})");
    let blocker = spawn(move || drop(try_query(&uri, &format!("begin; {sql}; commit"))));
    let began = Instant::now();
    loop {
        let pid = plot.value("select pid from pg_locks where relation = 'pipe'::regclass and granted");
        if !pid.is_empty() {
            return (blocker, pid);
        }
        assert!(began.elapsed() < Duration::from_secs(20));
    }
}

const ALTERED: &str = "select (select count(*) from ledger) || ' ' || (select count(*) from upgrades where description = 'alter')";

#[test]
fn a_delta_that_waits_too_long_is_undone_and_tried_again_and_says_for_whom() {
    let (project, _ground, plot) = world();
    let (blocker, pid) = block(&plot, 4.0);
    let ended = run_upgrade(&project, &plot.uri(), &["--lock-timeout", "1800ms"]);
    assert_eq!(ended.code(), Some(0), "{ended}");
    let reason = "delta_1.1.0_alter.sql was undone because it waited too long for a lock";
    assert!(ended.text.contains(reason), "{ended}");
    let who = format!("pid {pid}, user postgres, application 'reader of {}', active since", plot.name());
    assert!(ended.text.contains(&who), "{ended}");
    assert!(ended.text.contains("its query: begin; lock table pipe"), "{ended}");
    assert!(ended.text.contains("try 2 of 11"), "{ended}");
    assert_eq!(plot.value(ALTERED), "1 1");
    blocker.join().unwrap();
}

#[test]
fn without_retries_it_fails_and_says_what_to_do() {
    let (project, _ground, plot) = world();
    let (blocker, pid) = block(&plot, 3.0);
    let ended = run_upgrade(&project, &plot.uri(), &["--lock-timeout", "300ms", "--retries", "0"]);
    assert_eq!(ended.code(), Some(3), "{ended}");
    assert!(
        ended.text.contains("delta_1.1.0_alter.sql failed: canceling statement due to lock timeout"),
        "{ended}"
    );
    assert!(ended.text.contains("delta_1.1.0_alter.sql:3:1"), "{ended}");
    assert!(
        ended.text.contains("end what is in the way, or give --lock-timeout or --retries more"),
        "{ended}"
    );
    assert!(ended.text.contains("it was undone"), "{ended}");
    assert_eq!(plot.value("select (select count(*) from ledger) || ' ' || (select count(*) from upgrades where description = 'alter')"), "0 0");
    // A little more patience, and it knows who it is.
    let ended = run_upgrade(&project, &plot.uri(), &["--lock-timeout", "1400ms", "--retries", "0"]);
    assert_eq!(ended.code(), Some(3), "{ended}");
    assert!(ended.text.contains(&format!("pid {pid}, user postgres")), "{ended}");
    blocker.join().unwrap();
}

#[test]
fn a_lock_timeout_of_0_waits() {
    let (project, _ground, plot) = world();
    let (blocker, _) = block(&plot, 2.0);
    let ended = run_upgrade(&project, &plot.uri(), &["--lock-timeout", "0", "--retries", "0"]);
    assert_eq!(ended.code(), Some(0), "{ended}");
    assert_eq!(plot.value(ALTERED), "1 1");
    blocker.join().unwrap();
}

#[test]
fn a_delta_that_meets_a_deadlock_is_tried_again() {
    let (project, _ground, plot) = world();
    let uri = plot.uri();
    // It asks for the second table as soon as the delta, which has that one, waits for the first: then it is the delta
    // that finds the deadlock.
    let other = spawn(move || {
        try_query(
            &uri,
            "begin; lock table pipe in access exclusive mode;
             do $$ begin
                 while not exists (select from pg_locks where relation = 'pipe'::regclass and not granted) loop
                     perform pg_sleep(0.01);
                 end loop;
             end $$;
             lock table other in access exclusive mode; commit",
        )
    });
    plot.wait_until_running("perform pg_sleep");
    let ended = run_upgrade(&project, &plot.uri(), &[]);
    assert_eq!(ended.code(), Some(0), "{ended}");
    assert!(ended.text.contains("delta_1.1.0_alter.sql was undone because it met a deadlock"), "{ended}");
    assert_eq!(other.join().unwrap(), Ok(Vec::new()));
    assert_eq!(plot.value(ALTERED), "1 1");
}
