//! Nothing is left of a throwaway server, however a command ends that uses one: no process, no socket, no directory, no half entry of
//! the cache; and the cache still works.

use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use pum::shadow::cache::{Cache, Kind};
use rustix::process::Signal;

use crate::source::temporary;
use crate::source_git::{commit, git};
use crate::support::{Project, Running};

const PATIENCE: Duration = Duration::from_secs(60);

/// A run with its own directory for temporary files and its own cache.
struct Place {
    temporary: tempfile::TempDir,
    project: Project,
    cache: Cache,
}

impl Place {
    fn new(model: &str) -> Place {
        let project = Project::new();
        git(&project, &["init", "-q", "-b", "main"]);
        project.file("pum.yaml", "model: {sql: [model.sql]}\n");
        project.file("model.sql", model);
        commit(&project, "v1.0.0");
        let cache = Cache::new(project.path().join(".git/cache"), Cache::DEFAULT_LIMIT);
        Place { temporary: temporary(), project, cache }
    }

    fn command(&self) -> Command {
        let mut command = self.project.command();
        command.args(["check", "-p1", "git:v1.0.0", "-p2", "git:", "-s"]);
        command.env("TMPDIR", self.temporary.path()).env("PUM_CACHE_DIR", self.cache.directory());
        command
    }

    fn start(&self) -> Running {
        Running::start(&mut self.command())
    }

    /// What is there of servers: directories and sockets in the directory, processes that work or were started there.
    fn remains(&self) -> Vec<String> {
        let directory = self.temporary.path();
        let mut remains: Vec<String> = files(directory);
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let read = |name| std::fs::read(entry.path().join(name)).unwrap_or_default();
            let line = String::from_utf8_lossy(&read("cmdline")).replace('\0', " ");
            let cwd = std::fs::read_link(entry.path().join("cwd")).unwrap_or_default();
            if cwd.starts_with(directory) || line.contains(&*directory.to_string_lossy()) {
                remains.push(format!("process {line}"));
            }
        }
        remains
    }

    /// That nothing is there now, or soon: the guard of a killed owner needs a moment.
    fn assert_nothing_remains(&self, after: &str) {
        let began = Instant::now();
        while !self.remains().is_empty() {
            assert!(began.elapsed() < Duration::from_secs(20), "{after}: {:#?}", self.remains());
            sleep(Duration::from_millis(10));
        }
    }

    /// That the next run works, and leaves no half entry in the cache.
    fn assert_works(&self, after: &str) {
        let ended = self.start().wait(PATIENCE);
        assert_eq!(ended.code(), Some(0), "{after}: {ended}");
        assert!(!ended.text.contains("broken"), "{after}: {ended}");
        self.assert_nothing_remains(&format!("the run after {after}"));
        for kind in [Kind::Template, Kind::Model] {
            let count = self.cache.list().iter().filter(|listed| listed.kind == kind).count();
            assert_eq!(count, 1, "{after}: {kind:?}");
        }
        self.cache.clear().unwrap();
        assert_eq!(files(self.cache.directory()).len(), 1, "{after}: {:?}", files(self.cache.directory()));
    }
}

/// Everything below a directory.
fn files(directory: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        files.push(entry.path().display().to_string());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            files.extend(self::files(&entry.path()));
        }
    }
    files
}

#[test]
fn after_success_and_failure() {
    let place = Place::new("create table a (id int);");
    for _ in 0..2 {
        assert_eq!(place.start().wait(PATIENCE).code(), Some(0));
        place.assert_nothing_remains("success");
    }
    place.project.file("model.sql", "create table a (id integr);");
    assert_eq!(place.start().wait(PATIENCE).code(), Some(3));
    place.assert_nothing_remains("failure");
    place.project.file("model.sql", "create table a (id int);");
    place.assert_works("failure");
}

#[test]
fn after_a_signal_in_the_middle_of_a_model() {
    for signal in [Signal::INT, Signal::TERM] {
        let place = Place::new("create table a (id int);");
        place.project.file("model.sql", "create table a (id int); select pg_sleep(60);");
        let running = place.start();
        running.wait_for("building git:v1.0.0");
        sleep(Duration::from_millis(500));
        running.signal(signal);
        let ended = running.wait(PATIENCE);
        assert_eq!(ended.code(), Some(128 + signal.as_raw()), "{ended}");
        place.assert_nothing_remains("a signal");
        place.project.file("model.sql", "create table a (id int);");
        place.assert_works("a signal");
    }
}

/// With an empty cache, so that the signal meets initdb, the copy into the cache, and the dump of a model as well.
#[test]
fn after_a_signal_at_any_moment() {
    let place = Place::new("create table a (id int);");
    let began = Instant::now();
    assert_eq!(place.start().wait(PATIENCE).code(), Some(0));
    let whole = began.elapsed();
    let signals = [Signal::KILL, Signal::INT, Signal::KILL, Signal::TERM, Signal::KILL];
    for (number, signal) in signals.into_iter().cycle().take(10).enumerate() {
        place.cache.clear().unwrap();
        let running = place.start();
        let moment = whole * u32::try_from(number).unwrap() / 10;
        sleep(moment);
        running.signal(signal);
        running.wait(PATIENCE);
        let after = format!("{signal:?} after {moment:?}");
        if signal == Signal::KILL {
            // Files that are no server's are removed by the next run.
            wait_for_servers(&place, &after);
        } else {
            place.assert_nothing_remains(&after);
        }
        place.assert_works(&after);
    }
}

fn wait_for_servers(place: &Place, after: &str) {
    let began = Instant::now();
    let is_of_server = |remains: &String| remains.contains("pum-shadow-") || remains.starts_with("process");
    while place.remains().iter().any(is_of_server) {
        assert!(began.elapsed() < Duration::from_secs(20), "{after}: {:#?}", place.remains());
        sleep(Duration::from_millis(10));
    }
}
