//! The client is killed at a random moment, the server's process is ended, the whole server crashes.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::world::{
    Ground, PATIENCE, assert_completes, assert_consistent, each, project, run_upgrade, upgrade,
};
use crate::support::{Proxy, Running, Trap, cluster, own_cluster, try_query};

/// Numbers from 0 to 1, the same for the same seed (SplitMix64).
fn chances(seed: u64) -> impl Iterator<Item = f64> {
    (1..).map(move |n: u64| {
        let mut z = seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as f64 / u64::MAX as f64
    })
}

#[test]
fn record_and_effects_agree_after_a_kill_at_any_moment() {
    let seed = std::env::var("PUM_TEST_SEED")
        .map_or_else(|_| RandomState::new().build_hasher().finish(), |seed| seed.parse().expect("a number"));
    let (project, ground) = (project(), Ground::new());
    let began = Instant::now();
    assert_eq!(run_upgrade(&project, &ground.plot().uri(), &[]).code(), Some(0));
    let whole = began.elapsed();
    let moments: Vec<Duration> = chances(seed).take(200).map(|chance| whole.mul_f64(chance * 1.5)).collect();
    each(&moments, |&moment| {
        let case = format!("PUM_TEST_SEED={seed}, killed after {moment:?} of {whole:?}");
        let plot = ground.plot();
        let running = Running::start(&mut upgrade(&project, &plot.uri(), &[]));
        sleep(moment);
        running.signal(Signal::KILL);
        running.wait(PATIENCE);
        assert_consistent(&plot.uri(), &case);
        // The server's process may still be at it: then the lock makes this one wait.
        assert_completes(&project, &plot.uri(), &[], &case);
    });
}

#[test]
fn record_and_effects_agree_after_the_servers_process_was_ended() {
    let (project, ground) = (project(), Ground::new());
    let proxy = Proxy::of(cluster());
    assert_eq!(run_upgrade(&project, &ground.plot().through(&proxy), &[]).code(), Some(0));
    let cases: Vec<usize> = (1..=proxy.traffic().messages()).step_by(8).collect();
    each(&cases, |&n| {
        let plot = ground.plot();
        let proxy = Proxy::of(cluster());
        let (uri, name) = (plot.uri(), plot.name().to_owned());
        let end = move || {
            let sql = format!(
                "select pg_terminate_backend(pid) from pg_stat_activity
                 where application_name = '{name}' and pid <> pg_backend_pid()"
            );
            try_query(&uri, &sql).expect("ended");
        };
        proxy.trap(n, Trap::Call(Box::new(end)));
        let ended = run_upgrade(&project, &plot.through(&proxy), &[]);
        let case = format!("ended at message {n}: {ended}");
        assert!(matches!(ended.code(), Some(0 | 3)), "{case}");
        assert_consistent(&plot.uri(), &case);
        assert_completes(&project, &plot.uri(), &[], &case);
    });
}

#[test]
fn record_and_effects_agree_after_the_server_crashed() {
    let mut cluster = own_cluster(&[]);
    let (project, ground) = (project(), Ground::of(&cluster));
    let proxy = Proxy::of(&cluster);
    assert_eq!(run_upgrade(&project, &ground.plot().through(&proxy), &[]).code(), Some(0));
    for n in (30..=proxy.traffic().messages()).step_by(23) {
        let plot = ground.plot();
        let proxy = Proxy::of(&cluster);
        let server = Pid::from_raw(cluster.server_pid().unwrap().cast_signed()).unwrap();
        let crash = move || {
            // What `pg_ctl stop -m immediate` sends.
            kill_process(server, Signal::QUIT).expect("a server");
            sleep(Duration::from_millis(30));
        };
        proxy.trap(n, Trap::Call(Box::new(crash)));
        let ended = run_upgrade(&project, &plot.through(&proxy), &[]);
        let case = format!("crashed at message {n}: {ended}");
        cluster.stop().unwrap();
        cluster.resume().unwrap();
        let done = assert_consistent(&plot.uri(), &case);
        // The answer to the last COMMIT may have come before.
        assert!(ended.code() == Some(3) || (ended.code() == Some(0) && done == 3), "{case}");
        assert_completes(&project, &plot.uri(), &[], &case);
    }
}
