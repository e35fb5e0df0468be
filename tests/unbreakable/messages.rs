//! The line is cut, the client is killed, or everything stops, at every message of an upgrade.

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::world::{
    Ground, PATIENCE, assert_completes, assert_consistent, each, project, run_upgrade, upgrade,
};
use crate::support::{Proxy, Running, Trap, cluster};

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

/// Runs an upgrade to which the accident happens instead of message n, through this proxy; gives what it printed,
/// unless it was killed.
pub fn run_with(accident: Accident, n: usize, proxy: &Proxy, mut command: Command) -> Option<String> {
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
            assert!(proxy.wait_for_trap(PATIENCE), "message {n} does not come");
            std::thread::sleep(Duration::from_millis(30));
            running.signal(Signal::KILL);
            running.wait(PATIENCE);
            None
        }
    }
}

/// All n, and of stopping each seventh.
pub fn cases(last: usize) -> Vec<(usize, Accident)> {
    let accidents = |n| {
        let stop = (n % 7 == 0 && n < last - 7).then_some(Accident::Stop);
        [Some(Accident::Cut), Some(Accident::Kill), stop].into_iter().flatten().map(move |what| (n, what))
    };
    (1..=last).flat_map(accidents).collect()
}

/// Upgrades with these options and these accidents, out of all; then it must be consistent, as `check` says too, and
/// the next upgrade must complete.
fn accidents(
    options: &[&str],
    chosen: impl Fn(&(usize, Accident)) -> bool,
    check: impl Fn(usize, &str) -> bool + Sync,
) {
    let (project, ground) = (project(), Ground::new());
    let proxy = Proxy::of(cluster());
    let ended = run_upgrade(&project, &ground.plot().through(&proxy), options);
    assert_eq!(ended.code(), Some(0), "{ended}");
    let last = proxy.traffic().messages();
    let cases: Vec<_> = cases(last).into_iter().filter(chosen).collect();
    each(&cases, |&(n, accident)| {
        let plot = ground.plot();
        let proxy = Proxy::of(cluster());
        let text = run_with(accident, n, &proxy, upgrade(&project, &plot.through(&proxy), options));
        drop(proxy);
        let case = format!("{accident:?} at message {n} of {last}: {}", text.as_deref().unwrap_or_default());
        assert_consistent(&plot.uri(), &case);
        plot.wait_until_left(&case);
        let done = assert_consistent(&plot.uri(), &case);
        let hooks = plot.value("select count(*) from ledger where part = 'ran'");
        assert!(check(done, &hooks), "{case}: {done} deltas, {hooks} other scripts");
        assert_completes(&project, &plot.uri(), options, &case);
    });
}

#[test]
fn record_and_effects_agree_after_an_accident_at_any_message() {
    let check = |done, hooks: &str| match hooks {
        "0" => done == 0,
        "1" => true,
        _ => done == 3,
    };
    accidents(&[], |_| true, check);
}

#[test]
fn one_transaction_is_all_or_nothing_after_an_accident_at_any_message() {
    let alternately = |&(n, accident): &(usize, Accident)| matches!(accident, Accident::Kill) == (n % 2 == 0);
    let check = |done, hooks: &str| (done, hooks) == (0, "0") || (done, hooks) == (3, "2");
    accidents(&["--transaction", "all"], alternately, check);
}
