//! The line is cut, the client is killed, everything stops, or the server's process is ended, at every message of an
//! upgrade.

use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::world::{
    Ground, PATIENCE, Plot, assert_completes, assert_consistent, each_in, project, run_upgrade, upgrade,
};
use crate::support::{Ended, Project, Proxy, Running, Trap, cluster, try_query};

/// What happens at message n.
#[derive(Debug, Clone, Copy)]
pub enum Accident {
    /// Both sides of the connection are closed.
    Cut,
    /// The client gets SIGKILL; what it had sent already arrives.
    Kill,
    /// Nothing passes any more, then the client gets SIGKILL.
    Stop,
    /// The server's processes are ended.
    End,
}

impl Accident {
    /// Each of them.
    pub const ALL: [Accident; 4] = [Accident::Cut, Accident::Kill, Accident::Stop, Accident::End];
}

/// How many messages an upgrade is that nothing happens to.
pub fn messages_of(project: &Project, plot: &Plot, options: &[&str]) -> usize {
    let proxy = Proxy::of(cluster());
    let ended = run_upgrade(project, &plot.through(&proxy), options);
    assert_eq!(ended.code(), Some(0), "{ended}");
    proxy.traffic().messages()
}

/// Runs an upgrade to which the accident happens instead of message n; gives how it ended, unless it was killed.
pub fn run_with(
    accident: Accident,
    n: usize,
    project: &Project,
    plot: &Plot,
    options: &[&str],
) -> Option<Ended> {
    let proxy = Proxy::of(cluster());
    let mut command = upgrade(project, &plot.through(&proxy), options);
    match accident {
        Accident::Cut => {
            proxy.trap(n, Trap::Cut);
            Some(Running::start(&mut command).wait(PATIENCE))
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
            let mut running = Running::start(&mut command);
            // One to whose goodbye nobody listens ends by itself; so may one that had a message less to say.
            while !proxy.wait_for_trap(Duration::from_millis(20)) && !running.has_ended() {}
            // What had passed takes effect.
            sleep(Duration::from_millis(10));
            if running.has_ended() {
                let ended = running.wait(PATIENCE);
                assert_eq!(ended.code(), Some(0), "{accident:?} at message {n}: {ended}");
                return Some(ended);
            }
            running.signal(Signal::KILL);
            running.wait(PATIENCE);
            None
        }
        Accident::End => {
            let (uri, name) = (plot.uri_of("end"), plot.name().to_owned());
            let end = move || {
                let sql = format!(
                    "select pg_terminate_backend(pid) from pg_stat_activity
                     where application_name = '{name}' and datname = current_database()"
                );
                try_query(&uri, &sql).expect("ended");
            };
            proxy.trap(n, Trap::Call(Box::new(end)));
            let ended = Running::start(&mut command).wait(PATIENCE);
            assert!(matches!(ended.code(), Some(0 | 3)), "{accident:?} at message {n}: {ended}");
            Some(ended)
        }
    }
}

/// Each accident at each of these messages; the server's processes are ended at every third, for to pum that is a cut.
pub fn cases(messages: impl Iterator<Item = usize>) -> Vec<(usize, Accident)> {
    let all = messages.flat_map(|n| Accident::ALL.map(|accident| (n, accident)));
    all.filter(|(n, accident)| !matches!(accident, Accident::End) || n % 3 == 0).collect()
}

/// Upgrades with these options and every accident; then it must be consistent, as `check` says too, and the next upgrade
/// must complete.
fn accidents(options: &[&str], check: impl Fn(usize, &str) -> bool + Sync) {
    let (project, ground) = (project(), Ground::new());
    let last = messages_of(&project, &ground.plot(), options);
    each_in(
        || ground.plot(),
        &cases(1..=last),
        |plot, &(n, accident)| {
            plot.reset();
            let ended = run_with(accident, n, &project, plot, options);
            let text = ended.map_or_else(String::new, |ended| ended.to_string());
            let case = format!("{accident:?} at message {n} of {last}: {text}");
            assert_consistent(plot, &case);
            plot.wait_until_left(&case);
            let done = assert_consistent(plot, &case);
            let hooks = plot.value("select count(*) from ledger where part = 'ran'");
            assert!(check(done, &hooks), "{case}: {done} deltas, {hooks} other scripts");
            if text.contains("is at version") {
                let version = ["1.0.0", "1.1.0", "1.2.0", "1.10.0"][done];
                assert!(text.contains(&format!("is at version {version}")), "{case}: it is at {version}");
            }
            assert_completes(&project, plot, options, &case);
        },
    );
}

#[test]
fn record_and_effects_agree_after_an_accident_at_any_message() {
    accidents(&[], |done, hooks| match hooks {
        "0" => done == 0,
        "1" => true,
        _ => done == 3,
    });
}

#[test]
fn one_transaction_is_all_or_nothing_after_an_accident_at_any_message() {
    accidents(&["--transaction", "all"], |done, hooks| {
        (done, hooks) == (0, "0") || (done, hooks) == (3, "2")
    });
}
