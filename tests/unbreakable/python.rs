//! Python deltas commit by themselves: one that did not end is recorded so, and runs again, said aloud.

use rustix::process::Signal;

use super::world::{Ground, PATIENCE, run_upgrade, upgrade};
use crate::support::{Project, Running};

fn delta(project: &Project, body: &str) {
    project.delta(
        "delta_1.1.0_fill.py",
        format!(
            "import time\nfrom pum.core.deltapy import DeltaPy\n\nclass Fill(DeltaPy):\n    def run(self):\n        {body}\n"
        ),
    );
}

const RECORDED: &str =
    "select string_agg(description || ' ' || success, ', ' order by id) from upgrades where type > 0";

#[test]
fn one_that_fails_stays_recorded_as_failed_and_runs_again() {
    let (project, ground) = (Project::new(), Ground::new());
    let plot = ground.whole();
    delta(&project, "raise ValueError('not today')");
    let ended = run_upgrade(&project, &plot.uri(), &[]);
    assert_eq!(ended.code(), Some(3), "{ended}");
    assert!(ended.text.contains("not today"), "{ended}");
    assert!(ended.text.contains("it is recorded as begun and not ended, and runs again"), "{ended}");
    assert_eq!(plot.value(RECORDED), "fill false");
    delta(&project, "print('filled')");
    let ended = run_upgrade(&project, &plot.uri(), &[]);
    assert_eq!(ended.code(), Some(0), "{ended}");
    assert!(ended.text.contains("warning delta_1.1.0_fill.py began at"), "{ended}");
    assert!(ended.text.contains("and did not end; it runs again"), "{ended}");
    assert_eq!(plot.value(RECORDED), "fill true");
}

#[test]
fn one_that_is_killed_with_pum_stays_recorded_as_failed_and_runs_again() {
    let (project, ground) = (Project::new(), Ground::new());
    let plot = ground.whole();
    delta(&project, "print('under way', flush=True); time.sleep(60)");
    let running = Running::start(&mut upgrade(&project, &plot.uri(), &[]));
    running.wait_for("under way");
    running.signal(Signal::KILL);
    // The program holds pum's outputs: that they end shows that it died too.
    running.wait(PATIENCE);
    assert_eq!(plot.value(RECORDED), "fill false");
    delta(&project, "pass");
    let ended = run_upgrade(&project, &plot.uri(), &[]);
    assert_eq!(ended.code(), Some(0), "{ended}");
    assert!(ended.text.contains("and did not end; it runs again"), "{ended}");
    assert_eq!(plot.value(RECORDED), "fill true");
}
