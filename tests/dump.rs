//! `dump`: whole or not at all, private, in every format.

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use pum::commands::dump::{self, Options};
use pum::dump::Format;
use pum::error::Kind;
use pum::progress::{Cancel, Event, Progress, Silent};

use crate::support::{Database, Project, database};

/// Remembers the events, as the lines of `--progress json`.
#[derive(Default)]
pub struct Recorder(pub RefCell<Vec<String>>);

impl Progress for Recorder {
    fn event(&self, event: &Event<'_>) {
        self.0.borrow_mut().push(serde_json::to_string(event).unwrap());
    }
}

impl Recorder {
    pub fn has(&self, text: &str) -> bool {
        self.0.borrow().iter().any(|line| line.contains(text))
    }
}

/// A database with two schemas, rows, a view and a sequence.
pub fn sample() -> Database {
    let database = database();
    database.sql(
        "create schema app; create schema other;
         create table app.pipe (id serial primary key, name text not null);
         insert into app.pipe (name) select 'pipe ' || i from generate_series(1, 1000) i;
         create view app.named as select name from app.pipe;
         create table other.t (a int)",
    );
    database
}

pub fn names_in(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "delta")
        .collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn every_format_is_written_whole_and_for_its_owner_only() {
    let (database, project) = (sample(), Project::new());
    for format in [Format::Custom, Format::Directory, Format::Tar, Format::Plain] {
        let file = project.path().join(format.name());
        let options = Options { format, ..Options::new(&file) };
        // Twice: the second replaces the first.
        for _ in 0..2 {
            dump::run(&database.parameters(), &options, &Silent, &Cancel::default()).unwrap();
        }
        assert_eq!(mode(&file), if format == Format::Directory { 0o700 } else { 0o600 }, "{format}");
        assert_eq!(pum::dump::Archive::open(&file).unwrap().format(), format);
    }
    assert_eq!(names_in(project.path()), ["custom", "directory", "plain", "tar"]);
}

#[test]
fn progress_tells_the_database_and_each_table() {
    let (database, project) = (sample(), Project::new());
    let recorder = Recorder::default();
    let options = Options { format: Format::Directory, jobs: 2, ..Options::new(project.path().join("d")) };
    dump::run(&database.parameters(), &options, &recorder, &Cancel::default()).unwrap();
    assert!(recorder.has(&format!(r#""database":"{}""#, database.name())));
    assert!(recorder.has(r#"{"event":"stage_started","name":"dump","items":2}"#), "{:?}", recorder.0);
    assert!(recorder.has(r#"{"event":"stage_item","name":"app.pipe"}"#), "{:?}", recorder.0);
    assert!(recorder.has(r#"{"event":"stage_done","name":"dump""#));
}

#[test]
fn each_excluded_schema_is_excluded() {
    let (database, project) = (sample(), Project::new());
    let file = project.path().join("x.sql");
    let options = Options {
        format: Format::Plain,
        exclude_schemas: vec!["other".to_owned(), "no_such".to_owned(), "ap?".to_owned()],
        ..Options::new(&file)
    };
    dump::run(&database.parameters(), &options, &Silent, &Cancel::default()).unwrap();
    let text = fs::read_to_string(file).unwrap();
    assert!(!text.contains("app.pipe") && !text.contains("other.t"), "{text}");
}

#[test]
fn a_dump_that_fails_leaves_the_old_one_and_nothing_else() {
    let (database, project) = (database(), Project::new());
    let file = project.file("x.dump", "the old one");
    database.sql("create function f() returns int language sql as 'select 1/0'; create table t (a int)");
    // A materialized view's rows are no matter, but a broken catalog is: a type that is gone.
    database.sql("set allow_system_table_mods = on; delete from pg_catalog.pg_proc where proname = 'f'");
    database.sql("update pg_catalog.pg_class set relnamespace = 1 where relname = 't'");
    let error =
        dump::run(&database.parameters(), &Options::new(&file), &Silent, &Cancel::default()).unwrap_err();
    assert_eq!(error.kind, Kind::Failed);
    assert!(error.notes.iter().any(|(label, _)| label == "pg_dump"), "{error:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "the old one");
    assert_eq!(names_in(project.path()), ["x.dump"]);
}

#[test]
fn a_cancelled_dump_ends_at_once_and_leaves_nothing() {
    let (database, project) = (sample(), Project::new());
    // pg_dump waits for this lock.
    let uri = database.uri().to_owned();
    let holder = std::thread::spawn(move || {
        let _ = crate::support::try_sql(&uri, "begin; lock table app.pipe; select pg_sleep(30)");
    });
    let waits = "select count(*) from pg_locks where relation = 'app.pipe'::regclass and granted";
    while database.value(waits) == "0" {
        std::thread::sleep(Duration::from_millis(10));
    }
    let cancel = Cancel::default();
    let stop = cancel.clone();
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(500));
        stop.request();
        Instant::now()
    });
    let file = project.path().join("x.dump");
    let error = dump::run(&database.parameters(), &Options::new(&file), &Silent, &cancel).unwrap_err();
    let late = stopper.join().unwrap().elapsed();
    assert_eq!(error.kind, Kind::Interrupted);
    assert!(late < Duration::from_secs(1), "{late:?}");
    assert!(names_in(project.path()).is_empty());
    database.query("select pg_terminate_backend(pid) from pg_stat_activity where query like 'begin; lock%'");
    holder.join().unwrap();
}

#[test]
fn what_cannot_be_written_is_refused_before_anything_runs() {
    let (database, project) = (sample(), Project::new());
    project.file("full/file", "");
    let refused = |options: Options| {
        let error = dump::run(&database.parameters(), &options, &Silent, &Cancel::default()).unwrap_err();
        assert_eq!(error.kind, Kind::Usage, "{error}");
        error.message
    };
    let path = |name: &str| project.path().join(name);
    assert!(refused(Options::new(path("none/x.dump"))).contains("cannot write to the directory"));
    assert!(refused(Options::new(path("full"))).contains("it is a directory"));
    assert!(refused(Options::new("/dev/null")).contains("not a regular file"));
    let directory = Options { format: Format::Directory, ..Options::new(path("full")) };
    assert!(refused(directory).contains("not a dump in the directory format"));
    assert!(refused(Options { jobs: 2, ..Options::new(path("x")) }).contains("in parallel"));
    let missing = Options { pg_dump: Some("/nowhere/pg_dump".into()), ..Options::new(path("x")) };
    assert!(refused(missing).contains("there is no program /nowhere/pg_dump"));
    assert_eq!(names_in(project.path()), ["full"]);
}
