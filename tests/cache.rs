//! The cache: what comes from it is what was made, what went into it counts, and nothing breaks it.

mod model;
mod template;

use std::path::Path;

use pum::shadow::cache::{Cache, Kind, Listed};

use crate::support::{Project, assert_run, run};

/// A cache of the test's own, below its project.
fn cache(project: &Project) -> Cache {
    Cache::new(project.path().join(".git/cache"), Cache::DEFAULT_LIMIT)
}

/// A command of the project with that cache.
fn pum(project: &Project, words: &[&str]) -> assert_cmd::Command {
    let mut command = project.pum();
    command.args(words).env("PUM_CACHE_DIR", cache(project).directory());
    command
}

fn of_kind(cache: &Cache, kind: Kind) -> Vec<Listed> {
    cache.list().into_iter().filter(|listed| listed.kind == kind).collect()
}

/// What lies in a directory.
fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn info_tells_what_there_is_and_clear_removes_it() {
    let project = Project::new();
    let mut info = pum(&project, &["cache", "info"]);
    info.env("PUM_CACHE_SIZE", "2GB");
    assert_run!(info, @r"
    exit code: 0
    ----- stdout -----
    [PROJECT]/.git/cache
     templates  0  0 bytes
     models     0  0 bytes
     verdicts   0  0 bytes
    0 bytes of 2.0 GB at most
    ----- stderr -----
    ");
    let told = run(&mut pum(&project, &["check", "-p1", "shadow:", "-p2", "shadow:"]));
    assert!(told.starts_with("exit code: 0"), "{told}");
    let told = run(&mut pum(&project, &["cache", "info", "--format", "json"]));
    let json: serde_json::Value =
        serde_json::from_str(told.split("stdout -----\n").nth(1).unwrap().split("-----").next().unwrap())
            .unwrap();
    assert_eq!(json["kinds"][0]["kind"], "template");
    assert_eq!(json["kinds"][0]["count"], 1);
    assert_eq!(json["limit"], 1 << 30);
    assert!(json["bytes"].as_u64().unwrap() > 1 << 20, "{json}");
    let told = run(&mut pum(&project, &["cache", "clear"]));
    assert!(told.contains("1 template (") && told.contains("removed"), "{told}");
    assert_eq!(names(cache(&project).directory()), ["CACHEDIR.TAG"]);
}

#[test]
fn a_size_that_is_none_is_refused() {
    let project = Project::new();
    let mut command = pum(&project, &["cache", "info"]);
    command.env("PUM_CACHE_SIZE", "much");
    assert_run!(command, @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: PUM_CACHE_SIZE: "much" is no size
    hint: a size is a number with a unit, such as 500MB or 2GB
    "#);
}

#[test]
fn without_a_home_the_cache_is_in_the_temporary_directory() {
    use std::os::unix::fs::MetadataExt;
    let temporary = crate::source::temporary();
    let project = Project::new();
    for home in [None, Some("/nonexistent/home")] {
        let mut command = project.pum();
        command.args(["check", "-p1", "shadow:", "-p2", "shadow:"]).env_remove("PUM_CACHE_DIR");
        command.env_remove("HOME").envs(home.map(|home| ("HOME", home))).env("TMPDIR", temporary.path());
        let told = run(&mut command);
        assert!(told.starts_with("exit code: 0"), "{told}");
    }
    assert!(!std::path::Path::new("/nonexistent").exists(), "a home was made");
    let uid = rustix::process::geteuid().as_raw();
    assert_eq!(names(temporary.path()), [format!("pum-cache-{uid}")]);
    let directory = temporary.path().join(format!("pum-cache-{uid}"));
    assert_eq!(std::fs::metadata(&directory).unwrap().mode() & 0o777, 0o700);
    assert_eq!(of_kind(&Cache::new(directory, 0), Kind::Template).len(), 1);
}

#[test]
fn a_directory_that_cannot_be_used_is_passed_over() {
    let project = Project::new();
    project.file("file", "");
    let mut command = project.pum();
    command.args(["check", "-p1", "shadow:", "-p2", "shadow:", "-q"]).env("PUM_CACHE_DIR", "file/cache");
    assert_run!(command, @r"
    exit code: 0
    ----- stdout -----
    shadow: (first) and shadow: (second) are equal
    ----- stderr -----
    ");
}

#[test]
fn a_user_without_a_passwd_entry_is_told_and_leaves_nothing() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let temporary = crate::source::temporary();
    std::fs::set_permissions(temporary.path(), std::fs::Permissions::from_mode(0o1777)).unwrap();
    // A place that everybody can reach, also where the tests are built in somebody's home.
    let binary = temporary.path().join("pum");
    std::fs::copy(env!("CARGO_BIN_EXE_pum"), &binary).unwrap();
    let mut command = std::process::Command::new(&binary);
    command.args(["check", "-p1", "shadow:", "-p2", "shadow:", "-q"]).env_clear().uid(54321).gid(54321);
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("TMPDIR", temporary.path()).env("HOME", "/");
    command.envs(std::env::var_os("PUM_PG_BIN").map(|value| ("PUM_PG_BIN", value)));
    let told = run(&mut assert_cmd::Command::from_std({
        command.current_dir(temporary.path());
        command
    }));
    // PostgreSQL itself refuses to work for them.
    assert!(told.starts_with("exit code: 3") && told.contains("hint: PostgreSQL needs an entry"), "{told}");
    assert_eq!(names(temporary.path()), ["pum"]);
}
