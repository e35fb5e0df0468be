//! Throwaway databases on a server of somebody else's: they are told apart, dropped at the end of every kind, and nothing else
//! is touched.

use std::time::{Duration, Instant};

use pum::shadow::Cluster;
use rustix::process::Signal;

use crate::source_git::{commit, git};
use crate::support::{Database, Project, Running, assert_run, own_cluster, run, try_query, try_sql};

/// A server with a role that may make databases and nothing else.
fn server() -> Cluster {
    let cluster = own_cluster(&[]);
    try_sql(&cluster.uri("postgres"), "create role ci login createdb").unwrap();
    cluster
}

/// As that role.
fn uri(cluster: &Cluster) -> String {
    cluster.uri("postgres").replace("user=postgres", "user=ci")
}

fn project(model: &str) -> Project {
    let project = Project::new();
    git(&project, &["init", "-q", "-b", "main"]);
    project.file("pum.yaml", "model: {sql: [model.sql]}\n");
    project.file("model.sql", model);
    commit(&project, "v1.0.0");
    project
}

fn check(project: &Project, cluster: &Cluster) -> assert_cmd::Command {
    let mut command = project.pum();
    command.args(["check", "-p1", "git:v1.0.0", "-p2", "git:", "-s", "--shadow", &uri(cluster)]);
    command
}

/// Databases and roles of the server that do not belong to a new one.
fn left(cluster: &Cluster) -> Vec<String> {
    let sql = "select datname::text from pg_database where datname not in ('postgres', 'template0', 'template1')
               union all select rolname from pg_roles where rolname !~ '^pg_' and rolname not in ('postgres', 'ci') order by 1";
    try_query(&cluster.uri("postgres"), sql).unwrap().concat()
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn models_are_built_there_by_a_role_that_may_make_databases_and_nothing_is_left() {
    let (cluster, project) = (server(), project("create table a (id int);"));
    project.file("model.sql", "create table a (id bigint);");
    for _ in 0..2 {
        let told = run(&mut check(&project, &cluster));
        assert!(told.starts_with("exit code: 1") && told.contains("1 difference in 1 object"), "{told}");
        assert!(left(&cluster).is_empty(), "{:?}", left(&cluster));
    }
    let told = run(&mut check(&project, &cluster));
    assert!(told.contains("git:v1.0.0 was built before"), "{told}");
}

#[test]
fn the_option_comes_before_the_variable_and_that_before_the_file() {
    let (cluster, project) = (server(), project("create table a (id int);"));
    let told = |file: &str, variable: &str, option: &str| {
        project.file("pum.yaml", format!("model: {{sql: [model.sql]}}\nshadow: {{server: '{file}'}}\n"));
        let mut command = project.pum();
        command.args(["check", "-p1", "git:", "-p2", "shadow:"]).env("PUM_SHADOW", variable);
        command.args(option.split_whitespace().flat_map(|option| ["--shadow", option]));
        run(&mut command)
    };
    let there = |told: String| told.contains("throwaway databases on");
    let here = |told: String| told.contains("a throwaway server, PostgreSQL");
    let (real, nowhere) = (uri(&cluster), "host=/nowhere");
    assert!(there(told(&real, "", "")));
    assert!(here(told("auto", "", "")));
    assert!(there(told(nowhere, &real, "")));
    assert!(there(told(nowhere, nowhere, &real)));
    assert!(here(told(nowhere, nowhere, "auto")));
    assert!(told(nowhere, "", "").starts_with("exit code: 3"));
}

#[test]
fn while_they_live_they_say_who_made_them_and_a_signal_drops_them() {
    let cluster = server();
    let project = project("create table a (id int); select pg_sleep(60);");
    for signal in [Signal::INT, Signal::TERM] {
        let mut command = project.command();
        command.args(["check", "-p1", "git:", "-p2", "shadow:", "--shadow", &uri(&cluster)]);
        let running = Running::start(&mut command);
        let comment = "select shobj_description(oid, 'pg_database') from pg_database
                       where datname ~ '^pum_shadow_' and shobj_description(oid, 'pg_database') is not null";
        let comments = || try_query(&cluster.uri("postgres"), comment).unwrap();
        wait_until("a comment", || !comments().is_empty());
        let maker: serde_json::Value = serde_json::from_str(&comments()[0][0]).unwrap();
        assert_eq!(maker["pid"], u32::try_from(running.pid().as_raw_nonzero().get()).unwrap());
        assert_eq!(maker["pum"], env!("CARGO_PKG_VERSION"));
        running.signal(signal);
        let ended = running.wait(Duration::from_secs(30));
        assert_eq!(ended.code(), Some(128 + signal.as_raw()), "{ended}");
        assert!(left(&cluster).is_empty(), "{:?}", left(&cluster));
    }
}

#[test]
fn what_a_killed_run_left_is_swept_and_nothing_of_others_or_in_use() {
    let cluster = server();
    let slow = project("create table a (id int); select pg_sleep(3);");
    let mut command = slow.command();
    command.args(["check", "-p1", "git:", "-p2", "shadow:", "--shadow", &uri(&cluster)]);
    let running = Running::start(&mut command);
    let asleep = "select 1 from pg_stat_activity where datname ~ '^pum_shadow_' and query ~ 'pg_sleep'";
    wait_until("a model", || !try_query(&cluster.uri("postgres"), asleep).unwrap().is_empty());
    running.signal(Signal::KILL);
    running.wait(Duration::from_secs(10));
    assert_eq!(left(&cluster).len(), 1);
    // In use as long as the server has not noticed.
    let query = format!("{asleep} and pid <> pg_backend_pid()");
    wait_until("the end", || try_query(&cluster.uri("postgres"), &query).unwrap().is_empty());
    let others = [("pum_shadow_x", "null"), ("pum_shadow_y", "'somebody''s'"), ("pum_shadowy", "null")];
    let sql = |sql: &str| try_sql(&cluster.uri("postgres"), sql).unwrap();
    let comment =
        "select shobj_description(oid, 'pg_database') from pg_database where datname ~ '^pum_shadow_'";
    let maker = try_query(&cluster.uri("postgres"), comment).unwrap().concat().remove(0);
    for (name, comment) in others {
        sql(&format!("create database {name} owner ci"));
        sql(&format!("comment on database {name} is {comment}"));
    }
    // A live one of another machine, one of a day ago there, and one that is in use.
    let mut maker: serde_json::Value = serde_json::from_str(&maker).unwrap();
    let dead = maker.clone();
    maker["machine"] = "another".into();
    let mut old = maker.clone();
    old["time"] = (maker["time"].as_u64().unwrap() - 90_000).into();
    for (name, maker) in [("pum_shadow_there", &maker), ("pum_shadow_old", &old), ("pum_shadow_used", &dead)]
    {
        sql(&format!("create database {name} owner ci"));
        sql(&format!("comment on database {name} is '{maker}'"));
    }
    let used = cluster.uri("pum_shadow_used");
    let user = std::thread::spawn(move || try_query(&used, "select pg_sleep(60)"));
    let in_use = "select 1 from pg_stat_activity where datname = 'pum_shadow_used'";
    wait_until("a user", || !try_query(&cluster.uri("postgres"), in_use).unwrap().is_empty());
    let told = run(&mut check(&project("create table a (id int);"), &cluster));
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert!(told.contains("pum_shadow_old, which an earlier run left on the server, is dropped"), "{told}");
    let kept = ["pum_shadow_there", "pum_shadow_used", "pum_shadow_x", "pum_shadow_y", "pum_shadowy"];
    assert_eq!(left(&cluster), kept);
    sql("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'pum_shadow_used'");
    user.join().unwrap().unwrap_err();
}

#[test]
fn roles_are_made_only_if_they_are_listed_and_only_those_are_removed() {
    let cluster = server();
    let project = project("create table a (id int); grant select on a to viewer, editor;");
    let sql = |sql: &str| try_sql(&cluster.uri("postgres"), sql).unwrap();
    sql("create role viewer");
    let told = run(&mut check(&project, &cluster));
    assert!(told.starts_with("exit code: 3"), "{told}");
    assert!(
        told.contains("the role editor is missing on") && told.contains("shadow: {roles: [editor]}"),
        "{told}"
    );
    assert_eq!(left(&cluster), ["viewer"]);
    project.file("pum.yaml", "model: {sql: [model.sql]}\nshadow: {roles: [viewer, editor]}\n");
    // The role may not make roles.
    let told = run(&mut check(&project, &cluster));
    assert!(told.contains("as a role with CREATEROLE"), "{told}");
    sql("alter role ci createrole");
    for _ in 0..2 {
        let told = run(&mut check(&project, &cluster));
        assert!(told.starts_with("exit code: 0"), "{told}");
        assert_eq!(left(&cluster), ["viewer"]);
    }
}

#[test]
fn a_role_that_may_not_make_databases_is_told_what_is_missing() {
    let (cluster, project) = (server(), project("create table a (id int);"));
    try_sql(&cluster.uri("postgres"), "alter role ci nocreatedb").unwrap();
    assert_run!(check(&project, &cluster), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: throwaway databases cannot be made: the role ci may not create databases
      server: dbname=postgres host=[SOCKET] port=5432 user=ci
      source: the first one, git:v1.0.0
    hint: as a superuser there: ALTER ROLE "ci" CREATEDB
    hint: --shadow auto makes a throwaway server instead
    "#);
}

#[test]
fn a_server_that_is_starting_is_waited_for() {
    let (mut cluster, project) = (server(), project("create table a (id int);"));
    cluster.stop().unwrap();
    let told = run(&mut check(&project, &cluster));
    assert!(told.starts_with("exit code: 3") && told.contains("hint: --wait 30s waits"), "{told}");
    let began = Instant::now();
    let told = run(check(&project, &cluster).args(["--wait", "500ms"]));
    assert!(told.starts_with("exit code: 3") && told.contains("waited: 0.5 s"), "{told}");
    assert!(began.elapsed() >= Duration::from_millis(500));
    let mut command = check(&project, &cluster);
    let waiting = std::thread::spawn(move || run(command.args(["--wait", "30s"])));
    std::thread::sleep(Duration::from_millis(700));
    cluster.resume().unwrap();
    let told = waiting.join().unwrap();
    assert!(told.starts_with("exit code: 0"), "{told}");
}

#[test]
fn a_dump_is_restored_there_too() {
    let (cluster, project) = (server(), project("create table a (id int);"));
    let database = Database::create(&cluster);
    database.sql("create table a (id int)");
    let dump = project.path().join("x.dump");
    let told = run(project.pum().args(["dump", "-q", "-p", database.uri()]).arg(&dump));
    assert!(told.starts_with("exit code: 0"), "{told}");
    let mut command = project.pum();
    command.args(["check", "-p1", "git:", "-s", "--shadow", &cluster.uri("postgres"), "-p2"]);
    let told = run(command.arg(format!("file:{}", dump.display())));
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert_eq!(left(&cluster), [database.name()]);
}
