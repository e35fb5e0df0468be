//! What a test run leaves when it is killed in the middle of everything: nothing.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::pooler::Bouncer;
use super::world::{Ground, upgrade};
use crate::support::{Project, Running, cluster, scratch};

#[test]
fn a_killed_test_run_leaves_no_process_and_no_directory() {
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "unbreakable::remains::owner_of_everything", "--nocapture"])
        .env("PUM_TEST_OWNER_OF_EVERYTHING", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines().map(Result::unwrap);
    let words = lines.find_map(|line| Some(line.strip_prefix("owner ")?.to_owned())).expect("an owner");
    owner.kill().unwrap();
    owner.wait().unwrap();
    let began = Instant::now();
    let left = || words.split(' ').filter(|what| exists(what)).collect::<Vec<_>>();
    while !left().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(15), "still there: {:?}", left());
        sleep(Duration::from_millis(20));
    }
}

/// A directory, or a process; where nobody reaps orphans one stays as a zombie, which has no command line.
fn exists(what: &str) -> bool {
    match what.parse::<u32>() {
        Ok(pid) => std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty()),
        Err(_) => Path::new(what).exists(),
    }
}

/// Not a test by itself: the process that the test above kills.
#[test]
fn owner_of_everything() {
    if std::env::var_os("PUM_TEST_OWNER_OF_EVERYTHING").is_none() {
        return;
    }
    let (project, ground) = (Project::new(), Ground::new());
    project.delta("delta_1.1.0_slow.sql", "select pg_sleep(60);");
    let bouncer = Bouncer::start("pool_mode = session");
    let plot = ground.plot();
    let running = Running::start(&mut upgrade(&project, &plot.uri(), &[]));
    let served = plot.wait_until_running("pg_sleep(60)");
    println!(
        "\nowner {} {} {} {served} {} {}",
        cluster().server_pid().unwrap(),
        bouncer.pid(),
        running.pid(),
        cluster().socket_dir().display(),
        scratch().display()
    );
    sleep(Duration::from_secs(60));
}
