//! The client is killed at a random moment, the whole server crashes.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::world::{
    Ground, PATIENCE, assert_completes, assert_consistent, each_in, project, run_upgrade, upgrade,
};
use crate::support::{Proxy, Running, Trap, own_cluster};

/// A transaction a delta, and one for all.
const KINDS: [&[&str]; 2] = [&[], &["--transaction", "all"]];

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
    let moments = chances(seed).take(200).map(|chance| whole.mul_f64(chance * 1.5));
    let moments: Vec<_> = moments.zip(KINDS.into_iter().cycle()).collect();
    each_in(
        || ground.plot(),
        &moments,
        |plot, &(moment, options)| {
            let case = format!("PUM_TEST_SEED={seed}, {options:?}, killed after {moment:?} of {whole:?}");
            plot.reset();
            let running = Running::start(&mut upgrade(&project, &plot.uri(), options));
            sleep(moment);
            running.signal(Signal::KILL);
            running.wait(PATIENCE);
            let done = assert_consistent(plot, &case);
            assert!(options.is_empty() || matches!(done, 0 | 3), "{case}: {done} deltas");
            // The server's process may still be at it: then the lock makes this one wait.
            assert_completes(&project, plot, options, &case);
        },
    );
}

#[test]
fn record_and_effects_agree_after_the_server_crashed() {
    let mut cluster = own_cluster(&[]);
    let (project, ground) = (project(), Ground::of(&cluster));
    let proxy = Proxy::of(&cluster);
    assert_eq!(run_upgrade(&project, &ground.plot().through(&proxy), &[]).code(), Some(0));
    let last = proxy.traffic().messages();
    let plot = ground.plot();
    for n in (1..=last).rev().step_by(5) {
        plot.reset();
        let options = KINDS[n % 2];
        let proxy = Proxy::of(&cluster);
        let server = Pid::from_raw(cluster.server_pid().unwrap().cast_signed()).unwrap();
        let crash = move || {
            // What `pg_ctl stop -m immediate` sends.
            kill_process(server, Signal::QUIT).expect("a server");
            sleep(Duration::from_millis(30));
        };
        proxy.trap(n, Trap::Call(Box::new(crash)));
        let ended = run_upgrade(&project, &plot.through(&proxy), options);
        let case = format!("{options:?}, crashed at message {n}: {ended}");
        cluster.stop().unwrap();
        cluster.resume().unwrap();
        let done = assert_consistent(&plot, &case);
        // The answer to the last COMMIT may have come before.
        assert!(ended.code() == Some(3) || (ended.code() == Some(0) && done == 3), "{case}");
        assert!(options.is_empty() || matches!(done, 0 | 3), "{case}: {done} deltas");
        assert_completes(&project, &plot, options, &case);
    }
}
