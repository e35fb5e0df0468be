//! Throwaway clusters: they answer, they are private, and nothing of them stays.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use pum::shadow::Options;

use crate::support::{Database, Project, cluster, database, own_cluster, start, try_query};

#[test]
fn databases_of_the_shared_cluster_are_apart() {
    let (one, two) = (database(), database());
    one.sql("create table t (a int); insert into t values (1), (null)");
    assert_eq!(one.query("select a from t order by a"), [["1"], [""]]);
    assert_eq!(two.value("select count(*) from pg_class where relname = 't'"), "0");
    assert!(one.value("show server_version").starts_with(cluster().version()));
}

#[test]
fn a_dropped_cluster_leaves_no_process_and_no_directory() {
    let cluster = own_cluster(&[("work_mem", "7MB")]);
    assert_eq!(Database::create(&cluster).value("show work_mem"), "7MB");
    let (directory, pid) = (cluster.socket_dir().to_owned(), cluster.server_pid().unwrap());
    drop(cluster);
    assert!(!directory.exists());
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn data_survive_a_crash() {
    let mut cluster = own_cluster(&[]);
    let database = Database::create(&cluster);
    database.sql("create table t (a int); insert into t values (1)");
    cluster.stop().unwrap();
    assert!(try_query(database.uri(), "select 1").is_err());
    cluster.resume().unwrap();
    assert_eq!(database.value("select a from t"), "1");
}

#[test]
fn a_setting_that_is_wrong_is_told_with_the_servers_words() {
    let options = Options { settings: vec![("no_such".to_owned(), "1".to_owned())], ..Options::default() };
    let error = pum::shadow::Cluster::start(&options).unwrap_err();
    assert!(error.notes[0].1.contains("unrecognized configuration parameter \"no_such\""), "{error:?}");
}

#[test]
fn a_given_directory_is_kept_and_used_again_also_when_its_path_is_long() {
    let project = Project::new();
    let directory = project.path().join("a b?é%".repeat(12));
    let options = Options { directory: Some(directory.clone()), tcp: true, ..Options::default() };
    let sockets = {
        let cluster = start(&options);
        let database = cluster.uri("postgres");
        try_query(&database, "create table t (a int)").unwrap();
        let tcp = format!("postgresql://postgres@127.0.0.1:{}/postgres", cluster.port());
        assert!(try_query(&tcp, "select 1").unwrap_err().contains("password"));
        cluster.socket_dir().to_owned()
    };
    assert!(!sockets.exists() && directory.join("data").exists());
    let cluster = start(&options);
    assert!(try_query(&cluster.uri("postgres"), "select * from t").unwrap().is_empty());
}

#[test]
fn a_directory_that_the_server_cannot_enter_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let project = Project::new();
    std::fs::set_permissions(project.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let options = Options { directory: Some(project.path().join("server")), ..Options::default() };
    let error = pum::shadow::Cluster::start(&options).unwrap_err();
    assert!(error.message.contains("cannot enter"), "{error:?}");
}

#[test]
fn nothing_is_left_when_the_owner_is_killed() {
    let (mut owner, directory, server) = start_owner();
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert_gone(&directory, &server);
}

#[test]
fn nothing_is_left_when_the_whole_process_group_is_killed() {
    let (mut owner, directory, server) = start_owner();
    let group = rustix::process::Pid::from_child(&owner);
    rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
    owner.wait().unwrap();
    assert_gone(&directory, &server);
}

#[test]
fn what_a_killed_owner_and_guard_left_is_swept_at_the_next_start() {
    let (mut owner, directory, server) = start_owner();
    for guard in children_of(owner.id()) {
        if guard != server {
            let guard = rustix::process::Pid::from_raw(guard.parse().unwrap()).unwrap();
            rustix::process::kill_process(guard, rustix::process::Signal::KILL).unwrap();
        }
    }
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert!(Path::new(&directory).exists());
    drop(own_cluster(&[]));
    assert_gone(&directory, &server);
}

/// Not a test by itself: the process that the tests above kill.
#[test]
fn owner_of_a_cluster() {
    if std::env::var_os("PUM_TEST_OWNER").is_some() {
        let cluster = own_cluster(&[]);
        println!("\nowner {} {}", cluster.server_pid().unwrap(), cluster.socket_dir().display());
        sleep(Duration::from_secs(60));
    }
}

fn start_owner() -> (std::process::Child, String, String) {
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "shadow::owner_of_a_cluster", "--nocapture"])
        .env("PUM_TEST_OWNER", "1")
        .process_group(0)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.find_map(|line| Some(line.strip_prefix("owner ")?.to_owned())).expect("an owner");
    let (server, directory) = line.split_once(' ').unwrap();
    (owner, directory.to_owned(), server.to_owned())
}

fn children_of(pid: u32) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    tasks
        .flat_map(|task| {
            let children = std::fs::read_to_string(task.unwrap().path().join("children")).unwrap();
            children.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

fn assert_gone(directory: &str, server: &str) {
    let begin = Instant::now();
    // Where nobody reaps orphans the server stays as a zombie, which has no command line.
    let runs = || std::fs::read(format!("/proc/{server}/cmdline")).is_ok_and(|line| !line.is_empty());
    while Path::new(directory).exists() || runs() {
        assert!(
            begin.elapsed() < Duration::from_secs(10),
            "{directory} or its server {server} is still there"
        );
        sleep(Duration::from_millis(10));
    }
}
