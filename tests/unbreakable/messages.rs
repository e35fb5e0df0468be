//! The line is cut, the client is killed, or everything stops, at every message of an upgrade.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::world::{
    PATIENCE, assert_completes, assert_consistent, baselined, each, project, run_upgrade, upgrade,
    wait_until_alone,
};
use crate::support::{Database, Project, Proxy, Running, Trap, cluster};

/// What happens at message n.
#[derive(Debug, Clone, Copy)]
pub enum Accident {
    /// Both sides of the connection are closed.
    Cut,
    /// The client gets SIGKILL; what it had sent already arrives.
    Kill,
    /// Nothing passes any more, then the client gets SIGKILL.
    Stop,
}

/// Runs an upgrade to which the accident happens instead of message n; gives what it printed, unless it was killed.
pub fn upgrade_with(
    accident: Accident,
    n: usize,
    project: &Project,
    database: &Database,
    options: &[&str],
) -> Option<String> {
    let proxy = Proxy::of(cluster());
    let mut command = upgrade(project, &proxy.uri(database.name()), options);
    match accident {
        Accident::Cut => {
            proxy.trap(n, Trap::Cut);
            Some(Running::start(&mut command).wait(PATIENCE).to_string())
        }
        Accident::Kill => {
            let client: Arc<Mutex<Option<Pid>>> = Arc::default();
            let target = Arc::clone(&client);
            let kill = move || {
                let pid = target.lock().expect("pid").expect("a client that speaks");
                kill_process(pid, Signal::KILL).expect("not waited for yet");
            };
            proxy.trap(n, Trap::Call(Box::new(kill)));
            let mut pid = client.lock().expect("pid");
            let running = Running::start(&mut command);
            *pid = Some(running.pid());
            drop(pid);
            running.wait(PATIENCE);
            None
        }
        Accident::Stop => {
            proxy.trap(n, Trap::Hold);
            let running = Running::start(&mut command);
            if proxy.wait_for_trap(PATIENCE) {
                std::thread::sleep(Duration::from_millis(30));
            }
            running.signal(Signal::KILL);
            running.wait(PATIENCE);
            None
        }
    }
}

/// How many messages an upgrade is when nothing happens to it.
pub fn messages(project: &Project, template: &Database, options: &[&str]) -> usize {
    let database = template.copy(cluster());
    let proxy = Proxy::of(cluster());
    let ended = run_upgrade(project, &proxy.uri(database.name()), options);
    assert_eq!(ended.code(), Some(0), "{ended}");
    proxy.traffic().messages()
}

/// Every n, and of stopping each seventh.
fn cases(last: usize) -> Vec<(usize, Accident)> {
    let accidents = |n| {
        let stop = (n % 7 == 0).then_some(Accident::Stop);
        [Some(Accident::Cut), Some(Accident::Kill), stop].into_iter().flatten().map(move |what| (n, what))
    };
    (1..=last).flat_map(accidents).collect()
}

#[test]
fn record_and_effects_agree_after_an_accident_at_any_message() {
    let (project, template) = (project(), baselined(cluster()));
    let last = messages(&project, &template, &[]);
    each(&cases(last), |&(n, accident)| {
        let database = template.copy(cluster());
        let text = upgrade_with(accident, n, &project, &database, &[]);
        let case = format!("{accident:?} at message {n} of {last}: {}", text.as_deref().unwrap_or_default());
        assert_consistent(database.uri(), &case);
        wait_until_alone(database.uri(), &case);
        assert_consistent(database.uri(), &case);
        assert_completes(&project, database.uri(), &[], &case);
    });
}

#[test]
fn one_transaction_for_all_is_all_or_nothing_after_an_accident_at_any_message() {
    const ALL: [&str; 2] = ["--transaction", "all"];
    let (project, template) = (project(), baselined(cluster()));
    let last = messages(&project, &template, &ALL);
    each(&cases(last), |&(n, accident)| {
        let database = template.copy(cluster());
        let text = upgrade_with(accident, n, &project, &database, &ALL);
        let case = format!("{accident:?} at message {n} of {last}: {}", text.as_deref().unwrap_or_default());
        wait_until_alone(database.uri(), &case);
        let done = assert_consistent(database.uri(), &case);
        let hooks = database.value("select count(*) from ledger where part = 'ran'");
        assert!((done, hooks.as_str()) == (0, "0") || (done, hooks.as_str()) == (4, "2"), "{case}: {done}");
        assert_completes(&project, database.uri(), &ALL, &case);
    });
}
