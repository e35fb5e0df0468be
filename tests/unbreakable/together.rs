//! Several upgraders of one database at once: every delta runs exactly once, and nobody waits for ever.

use super::world::{Ground, PATIENCE, TITLES, each, project, run_upgrade, upgrade};
use crate::support::{Ended, Project, Running};

/// So many upgrades at once, and how they ended.
fn upgrade_together(count: usize, project: &Project, uri: &str) -> Vec<Ended> {
    let running: Vec<Running> = (0..count).map(|_| Running::start(&mut upgrade(project, uri, &[]))).collect();
    running.into_iter().map(|running| running.wait(PATIENCE)).collect()
}

#[test]
fn every_delta_runs_once_when_2_to_16_upgrade_at_once() {
    let (project, ground) = (project(), Ground::new());
    for count in [2, 3, 5, 8, 16] {
        let plot = ground.plot();
        for ended in upgrade_together(count, &project, &plot.uri()) {
            assert_eq!(ended.code(), Some(0), "{count} at once: {ended}");
        }
        assert_eq!(plot.marks(&TITLES), [[1; 4]; 3], "{count} at once");
    }
}

#[test]
fn an_index_made_without_a_lock_does_not_deadlock_with_those_who_wait() {
    let project = project();
    project.delta(
        "delta_1.11.0_index.sql",
        "-- pum: no-transaction\n\
         insert into ledger values ('index', 'first');\n\
         create table t_index (id int);\n\
         create index concurrently i_index on t_index (id);\n\
         insert into ledger values ('index', 'last');\n",
    );
    let template = Ground::new();
    each(&[2, 4, 8, 16], |&count| {
        let ground = template.copy();
        let plot = ground.whole();
        for ended in upgrade_together(count, &project, &plot.uri()) {
            assert_eq!(ended.code(), Some(0), "{count} at once: {ended}");
        }
        assert_eq!(plot.marks(&["many", "copied", "block", "index"]), [[1; 4]; 4], "{count} at once");
    });
}

#[test]
fn who_does_not_want_to_wait_is_told_who_upgrades() {
    let (project, ground) = (Project::new(), Ground::new());
    let plot = ground.plot();
    project.delta("delta_1.1.0_slow.sql", "select pg_sleep(4);");
    let first = Running::start(&mut upgrade(&project, &plot.uri(), &[]));
    let holder = plot.wait_until_running("pg_sleep(4)");
    let second = run_upgrade(&project, &plot.uri(), &["--lock-wait", "300ms"]);
    assert_eq!(second.code(), Some(4), "{second}");
    assert!(
        second.text.contains(&format!("another upgrade of this database is running: pid {holder},")),
        "{second}"
    );
    assert!(second.text.contains("select pg_sleep(4)"), "{second}");
    let third = run_upgrade(&project, &plot.uri(), &[]);
    assert_eq!(third.code(), Some(0), "{third}");
    assert!(
        third.text.contains(&format!("waiting for the upgrade of pid {holder},"))
            || third.text.contains(&format!("for the upgrade of pid {holder},")),
        "{third}"
    );
    assert_eq!(first.wait(PATIENCE).code(), Some(0));
    assert_eq!(plot.value("select count(*) from upgrades where description = 'slow' and success"), "1");
}
