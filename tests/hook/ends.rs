//! How a push ends that verifies with a database: well, too late, interrupted, killed. Nothing stays in any case.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::repository::Repository;
use crate::support::Running;

/// A change whose model is built by a command that does not end by itself.
fn slow(it: &Repository) {
    it.good("1.4.1");
    let slow = "upgrades_table: water_sys.upgrades\ndelta_dirs: [delta]\nmodel: {run: 'touch ../begun; sleep 600'}\n";
    it.file("pum.yaml", &slow.replace("../begun", it.directory().join("begun").to_str().unwrap()));
    it.commit("slow");
}

/// `git push` in a process group of its own, as a terminal has it, as soon as the model is being built.
fn begun(it: &Repository) -> Running {
    let mut command: Command = it.git_in(&it.clone);
    let running = Running::start(command.args(["push", "origin", "HEAD"]).process_group(0));
    let began = Instant::now();
    while !it.directory().join("begun").exists() {
        assert!(began.elapsed() < Duration::from_secs(60), "the model is not built");
        std::thread::sleep(Duration::from_millis(10));
    }
    running
}

#[test]
fn a_good_change_is_proven_and_goes_through() {
    let it = Repository::new();
    it.good("1.4.1");
    let said = it.accepted(&["-q", "origin", "HEAD"]);
    assert!(said.contains("\n   proven work ("), "{said}");
    for stage in ["scope", "names", "frozen", "order", "lint", "apply", "compare", "again"] {
        assert!(said.contains(&format!("{stage:>9} ")), "{said}");
    }
    // The same commit to another branch needs nothing; a good delta on top of it is proven, too.
    assert_eq!(it.accepted(&["-q", "origin", "HEAD:refs/heads/copy"]), "");
    it.git(&["push", "-q", "--no-verify", "origin", "HEAD:refs/heads/main"]);
    it.git(&["tag", "v1.4.1"]);
    let said = it.accepted(&["-q", "origin", "v1.4.1"]);
    assert!(said.contains("proven tags/v1.4.1 ("), "{said}");
}

#[test]
fn several_refs_are_proven_each_and_the_sample_is_consistent() {
    let it = Repository::new();
    // In every release the deltas lead to the model: the tags go to a remote that has nothing yet.
    it.git(&["push", "-q", "--no-verify", "origin", "--delete", "v1.1.0", "v1.4.0"]);
    let said = it.accepted(&["-q", "origin", "v1.1.0", "v1.4.0"]);
    for tag in ["v1.1.0", "v1.4.0"] {
        assert!(said.contains(&format!("proven tags/{tag} (")), "{said}");
    }
}

#[test]
fn a_push_that_takes_too_long_goes_through_and_says_so_or_is_refused() {
    let it = Repository::new();
    slow(&it);
    // How long it may take is this working tree's to say.
    let config = std::fs::read_to_string(it.clone.join("pum.yaml")).unwrap();
    it.file("pum.yaml", &format!("{config}hook: {{timeout: 12s, on_timeout: refuse}}\n"));
    let began = Instant::now();
    let refused = it.refused(&["origin", "HEAD"]);
    assert!(began.elapsed() < Duration::from_secs(40), "{refused}");
    assert!(refused.contains("NOT VERIFIED: work: 12 s were not enough"), "{refused}");
    assert!(refused.contains("hook.on_timeout is refuse"), "{refused}");
    assert!(it.directory().join("begun").exists(), "the model was not begun");
    it.file("pum.yaml", &format!("{config}hook: {{timeout: 2s}}\n"));
    let said = it.accepted(&["origin", "HEAD"]);
    assert!(said.contains("NOT VERIFIED: work: 2 s were not enough"), "{said}");
    assert!(said.contains("the push goes on all the same"), "{said}");
    assert!(it.remote("refs/heads/work").is_some());
}

#[test]
fn without_a_server_the_stages_that_need_none_run_and_the_push_goes_through_loudly() {
    let it = Repository::new();
    it.good("1.4.1");
    let push = || {
        let mut push = it.git_in(&it.clone);
        // A service of a server that is not there: as good as none.
        push.args(["push", "origin", "HEAD"]).env("PUM_SHADOW", "host=/nowhere dbname=postgres");
        super::repository::said(&mut push)
    };
    let said = push();
    assert_eq!(said.code, 0, "{}", said.text);
    assert!(said.text.contains("NOT VERIFIED: work: "), "{}", said.text);
    assert!(said.text.contains("     lint "), "{}", said.text);
    it.delta("delta_1.4.2-x.sql", "select 1;\n");
    let said = push();
    assert_eq!(said.code, 1, "{}", said.text);
}

#[test]
fn ctrl_c_ends_the_push_and_everything() {
    let it = Repository::new();
    slow(&it);
    let running = begun(&it);
    kill_process_group(running.pid(), Signal::INT).unwrap();
    let ended = running.wait(Duration::from_secs(20));
    assert_ne!(ended.code(), Some(0), "{ended}");
    it.assert_nothing_is_left();
    assert_eq!(it.remote("refs/heads/work"), None);
}

#[test]
fn a_killed_pum_pushes_nothing_and_leaves_nothing_running() {
    let it = Repository::new();
    slow(&it);
    let running = begun(&it);
    let pum = descendants(running.pid())
        .into_iter()
        .find(|pid| {
            let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            name.trim() == "pum"
        })
        .expect("pum");
    kill_process(Pid::from_raw(pum).unwrap(), Signal::KILL).unwrap();
    let ended = running.wait(Duration::from_secs(20));
    assert_ne!(ended.code(), Some(0), "{ended}");
    assert_eq!(it.remote("refs/heads/work"), None);
    // Files that are no server's are removed by the next run.
    it.assert_nothing_is_left_but("pum-dump-");
    it.git(&["checkout", "-q", "-f", "origin/main"]);
    it.good("1.4.1");
    it.accepted(&["origin", "HEAD"]);
}

/// The processes that a process started, and those that they did.
fn descendants(of: Pid) -> Vec<i32> {
    let parents: Vec<(i32, i32)> = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| {
            let pid: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
            Some((pid, parent))
        })
        .collect();
    let mut found = vec![of.as_raw_nonzero().get()];
    let mut next = 0;
    while next < found.len() {
        let of = found[next];
        found.extend(parents.iter().filter(|(_, parent)| *parent == of).map(|(pid, _)| *pid));
        next += 1;
    }
    found
}
