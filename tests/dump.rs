//! `dump`: whole or not at all, private, in every format.

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use pum::commands::dump::{self, Options};
use pum::connection::Parameters;
use pum::dump::Format;
use pum::error::Kind;
use pum::progress::{Cancel, Event, Progress, Silent};
use pum::shadow;

use crate::support::{Database, Project, database, start, try_sql};

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
    // pg_dump does not survive a table whose schema does not exist.
    database.sql(
        "create table t (a int); set allow_system_table_mods = on;
         update pg_catalog.pg_class set relnamespace = 1 where relname = 't'",
    );
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
        let _ = try_sql(&uri, "begin; lock table app.pipe; select pg_sleep(30)");
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
    database.query(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and query like 'begin; lock%'",
    );
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

#[test]
fn what_a_killed_dump_left_is_removed_by_the_next_but_not_what_is_being_written() {
    let (database, project) = (sample(), Project::new());
    project.file(".x.dump.abc.partial", "abandoned");
    project.file(".x.dump.def.partial/toc.dat", "abandoned");
    let busy = fs::File::open(project.file(".x.dump.ghi.partial", "busy")).unwrap();
    busy.lock().unwrap();
    let options = Options::new(project.path().join("x.dump"));
    dump::run(&database.parameters(), &options, &Silent, &Cancel::default()).unwrap();
    assert_eq!(names_in(project.path()), [".x.dump.ghi.partial", "x.dump"]);
}

#[test]
fn a_password_reaches_the_programs_and_no_argument_list() {
    let cluster = start(&shadow::Options { tcp: true, ..shadow::Options::default() });
    let password = r#"s3cret#;\'" x"#;
    let role = format!("create role ann superuser login password '{}'", password.replace('\'', "''"));
    try_sql(&cluster.uri("postgres"), &format!("{role}; create table t (a int)")).unwrap();
    let uri = format!("postgresql://ann:s3cret%23%3B%5C%27%22%20x@127.0.0.1:{}/postgres", cluster.port());
    let database = Parameters::resolve(&uri).unwrap();
    let project = Project::new();
    // Shows its arguments, then does what pg_dump does.
    let real = pum::programs::find(pum::programs::Program::PgDump, None, None).unwrap();
    let arguments = project.path().join("arguments");
    let script = project.file(
        "my_pg_dump",
        format!(
            "#!/bin/sh\necho \"$@\" >>'{}'\nexec '{}' \"$@\"\n",
            arguments.display(),
            real.path.display()
        ),
    );
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let file = project.path().join("x.dump");
    let options = Options { pg_dump: Some(script), ..Options::new(&file) };
    dump::run(&database, &options, &Silent, &Cancel::default()).unwrap();
    let restore = pum::commands::restore::Options {
        clean_database: true,
        ..pum::commands::restore::Options::new(file)
    };
    let target = database.with("dbname", "copy");
    pum::commands::restore::run(&target, &restore, &Silent, &Cancel::default()).unwrap();
    assert!(try_sql(&cluster.uri("copy"), "select * from t").is_ok());
    let arguments = fs::read_to_string(arguments).unwrap();
    assert!(arguments.contains("--verbose") && !arguments.contains("s3cret"), "{arguments}");
}

/// Not a test by itself: the process that the test below kills.
#[test]
fn dump_that_waits() {
    if let Some(arguments) = std::env::var_os("PUM_TEST_DUMP") {
        let arguments = arguments.into_string().unwrap();
        let (uri, file) = arguments.split_once(' ').unwrap();
        let database = Parameters::resolve(uri).unwrap();
        let _ = dump::run(&database, &Options::new(file), &Silent, &Cancel::default());
    }
}

#[test]
fn a_killed_dump_takes_pg_dump_with_it() {
    let (database, project) = (sample(), Project::new());
    let uri = database.uri().to_owned();
    let holder = std::thread::spawn(move || {
        let _ = try_sql(&uri, "begin; lock table app.pipe; select pg_sleep(30)");
    });
    let mut owner = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "dump::dump_that_waits"])
        .env("PUM_TEST_DUMP", format!("{} {}", database.uri(), project.path().join("x.dump").display()))
        // A killed process leaves its temporary files: here they go with the project.
        .env("TMPDIR", project.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let dumps = "select count(*) from pg_stat_activity
                 where datname = current_database() and application_name = 'pg_dump' and wait_event_type = 'Lock'";
    let wait = |count: &str| {
        let begin = Instant::now();
        while database.value(dumps) != count {
            assert!(begin.elapsed() < Duration::from_secs(10), "not {count} dumps");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    wait("1");
    owner.kill().unwrap();
    owner.wait().unwrap();
    wait("0");
    let terminate = "select pg_terminate_backend(pid) from pg_stat_activity
                     where datname = current_database() and query like 'begin; lock%'";
    database.query(terminate);
    holder.join().unwrap();
}
