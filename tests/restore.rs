//! `restore`: from every format, only into what may be overwritten, and every error told.

use std::fs;
use std::path::PathBuf;

use pum::commands::dump;
use pum::commands::restore::{self, Options};
use pum::dump::Format;
use pum::error::Kind;
use pum::progress::{Cancel, Silent};
use pum::{Error, Result};

use crate::dump::{Recorder, sample};
use crate::support::{Database, Project, database, try_query};

fn dump_of(database: &Database, project: &Project, format: Format) -> PathBuf {
    let file = project.path().join(format.name());
    let options = dump::Options { format, ..dump::Options::new(&file) };
    dump::run(&database.parameters(), &options, &Silent, &Cancel::default()).unwrap();
    file
}

fn run(database: &Database, options: &Options) -> Result<restore::Outcome> {
    restore::run(&database.parameters(), options, &Silent, &Cancel::default())
}

fn notes(error: &Error, label: &str) -> Vec<String> {
    error.notes.iter().filter(|(l, _)| l == label).map(|(_, text)| text.clone()).collect()
}

#[test]
fn every_format_is_recognised_and_restored() {
    let (source, project) = (sample(), Project::new());
    for format in [Format::Custom, Format::Directory, Format::Tar, Format::Plain] {
        let file = dump_of(&source, &project, format);
        let (target, recorder) = (database(), Recorder::default());
        let jobs = if format == Format::Directory { 2 } else { 1 };
        let options = Options { jobs, ..Options::new(file) };
        let outcome = restore::run(&target.parameters(), &options, &recorder, &Cancel::default()).unwrap();
        assert!(outcome.complaints.is_empty());
        assert_eq!(target.value("select count(*) from app.named"), "1000");
        if format != Format::Plain {
            assert!(recorder.has(r#""name":"TABLE app.pipe""#), "{:?}", recorder.0);
        }
    }
}

#[test]
fn a_database_that_holds_something_is_refused_unless_asked() {
    let (source, project) = (sample(), Project::new());
    let options = Options::new(dump_of(&source, &project, Format::Custom));
    let target = database();
    target.sql("create table public.mine (a int); create type public.mood as enum ('good')");
    let error = run(&target, &options).unwrap_err();
    assert_eq!(error.kind, Kind::Failed);
    assert!(error.message.ends_with("is not empty: it has 2 objects"), "{error}");
    assert_eq!(notes(&error, "objects"), ["public.mine, public.mood"]);
    assert_eq!(target.value("select to_regclass('app.pipe') is null"), "t");
    run(&target, &Options { into_existing: true, ..options }).unwrap();
    assert_eq!(target.value("select count(*) from app.pipe, mine"), "0");
}

#[test]
fn extensions_are_no_objects_of_the_user() {
    let (source, project) = (sample(), Project::new());
    let target = database();
    target.sql("create extension if not exists plpgsql");
    if target.value("select count(*) from pg_available_extensions where name = 'hstore'") == "1" {
        target.sql("create schema ext; drop schema ext; create extension hstore");
    }
    run(&target, &Options::new(dump_of(&source, &project, Format::Custom))).unwrap();
}

#[test]
fn errors_are_all_listed_and_with_x_ignored() {
    let (source, project) = (sample(), Project::new());
    for format in [Format::Custom, Format::Plain] {
        let file = dump_of(&source, &project, format);
        let target = database();
        target.sql("create schema app; create table app.pipe (wrong int)");
        let recorder = Recorder::default();
        let options = Options { ignore_errors: true, ..Options::new(&file) };
        let outcome = restore::run(&target.parameters(), &options, &recorder, &Cancel::default()).unwrap();
        let text: Vec<String> = outcome.complaints.iter().map(ToString::to_string).collect();
        assert!(text.iter().any(|line| line.contains("schema \"app\" already exists")), "{text:#?}");
        assert!(text.iter().any(|line| line.contains("relation \"pipe\" already exists")), "{text:#?}");
        assert!(recorder.has(&format!("{} errors ignored while restoring", text.len())), "{:?}", recorder.0);
        assert_eq!(target.value("select to_regclass('other.t') is not null"), "t");

        let target = database();
        target.sql("create schema app; create table app.pipe (wrong int)");
        let error = run(&target, &Options { into_existing: true, ..Options::new(&file) }).unwrap_err();
        assert_eq!(error.kind, Kind::Failed);
        let refused = notes(&error, "refused");
        // psql stops at the first one.
        assert_eq!(refused.len(), if format == Format::Plain { 1 } else { text.len() }, "{error:?}");
        assert!(error.message.contains(" while restoring "), "{error}");
    }
}

#[test]
fn each_excluded_schema_is_excluded() {
    let (source, project) = (sample(), Project::new());
    source.sql("create schema third; create table third.t (a int)");
    let exclude_schemas = vec!["app".to_owned(), "other".to_owned()];
    let file = dump_of(&source, &project, Format::Custom);
    let target = database();
    run(&target, &Options { exclude_schemas: exclude_schemas.clone(), ..Options::new(file) }).unwrap();
    let tables = "select oid::regclass from pg_class where relkind = 'r' and oid >= 16384";
    assert_eq!(target.query(tables), [["third.t"]]);
    let plain = dump_of(&source, &project, Format::Plain);
    let error = run(&target, &Options { exclude_schemas, ..Options::new(plain) }).unwrap_err();
    assert!(error.kind == Kind::Usage && error.message.contains("SQL text"), "{error}");
}

#[test]
fn clean_makes_the_database_anew_with_its_properties() {
    let (source, project) = (sample(), Project::new());
    let options =
        Options { clean_database: true, ..Options::new(dump_of(&source, &project, Format::Custom)) };
    let target = database();
    let (name, role) = (target.name(), format!("r_{}", target.name()));
    target.sql(&format!(
        "create role {role}; create table mine (a int); alter database {name} owner to {role};
         alter database {name} set search_path to app, \"$user\"; alter database {name} set work_mem to '7MB';
         grant create on database {name} to {role}; revoke connect on database {name} from public;
         comment on database {name} is 'it''s mine'"
    ));
    let properties = || {
        target.query(
            "select pg_get_userbyid(datdba), (select array_agg(a::text order by a::text) from unnest(datacl) a)::text, shobj_description(oid, 'pg_database'), datcollate,
                    current_setting('search_path'), current_setting('work_mem')
             from pg_database where datname = current_database()",
        )
    };
    let before = properties();
    run(&target, &options).unwrap();
    assert_eq!(properties(), before);
    assert_eq!(target.value("select to_regclass('public.mine') is null"), "t");
    assert_eq!(target.value("select count(*) from pipe"), "1000");

    // And where there is none.
    let missing = target.parameters().with("dbname", &format!("{name}_\"new"));
    restore::run(&missing, &options, &Silent, &Cancel::default()).unwrap();
    target.sql(&format!("alter database {name} owner to postgres"));
    let uri = target.uri();
    try_query(uri, &format!("drop database \"{name}_\"\"new\"")).unwrap();
    try_query(uri, &format!("drop owned by {role}")).unwrap();
    try_query(uri, &format!("drop role {role}")).unwrap();
}

#[test]
fn clean_names_who_is_in_the_way_and_ends_them_only_when_forced() {
    let (source, project) = (sample(), Project::new());
    let options =
        Options { clean_database: true, ..Options::new(dump_of(&source, &project, Format::Custom)) };
    let target = database();
    let uri = format!("{}&application_name=reader", target.uri());
    let reader = std::thread::spawn(move || try_query(&uri, "select pg_sleep(30)"));
    let readers = format!(
        "select count(*) from pg_stat_activity where application_name = 'reader' and datname = '{}'",
        target.name()
    );
    while source.value(&readers) == "0" {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let error = run(&target, &options).unwrap_err();
    assert!(error.message.ends_with("cannot be dropped: 1 other session is connected to it"), "{error}");
    assert!(notes(&error, "session")[0].contains("user postgres, reader, active since"), "{error:?}");
    run(&target, &Options { force: true, ..options }).unwrap();
    assert!(reader.join().unwrap().is_err());
    assert_eq!(target.value("select count(*) from app.pipe"), "1000");
}

#[test]
fn a_protected_database_wants_its_name_typed() {
    let (source, project) = (sample(), Project::new());
    let dump = dump_of(&source, &project, Format::Custom);
    let target = database();
    target.sql("create table mine (a int)");
    project.file("pum.yaml", format!("protect: [{}]\n", target.name()));
    let restore = |yes: &str, typed: &str| {
        let mut command = project.pum();
        command.args(["restore", "--clean-database", "-p", target.uri(), yes]).arg(&dump);
        command.write_stdin(typed.to_owned()).output().unwrap().status.code()
    };
    assert_eq!(restore("--yes", "test\n"), Some(2));
    assert_eq!(restore("--yes=test", ""), Some(2));
    assert_eq!(target.value("select to_regclass('mine') is null"), "f");
    assert_eq!(restore("-q", &format!("{}\n", target.name())), Some(0));
    assert_eq!(target.value("select to_regclass('mine') is null"), "t");
    assert_eq!(restore(&format!("--yes={}", target.name()), ""), Some(0));
}

#[test]
fn what_is_not_a_whole_dump_is_refused_before_anything_is_touched() {
    let (source, project) = (sample(), Project::new());
    let target = database();
    target.sql("create table mine (a int)");
    let refused = |file: PathBuf| {
        let options = Options { clean_database: true, force: true, ..Options::new(file) };
        let error = run(&target, &options).unwrap_err();
        assert_eq!(error.kind, Kind::Usage, "{error:?}");
        assert_eq!(target.value("select to_regclass('mine') is null"), "f");
        error.message
    };
    assert!(refused(project.path().join("none.dump")).starts_with("there is no dump"));
    assert!(refused(project.path().to_owned()).contains("no toc.dat"));
    assert!(refused(project.file("empty", "")).contains("it is empty"));
    assert!(refused(project.file("x.gz", [0x1f, 0x8b, 8, 0])).contains("compressed with gzip"));
    assert!(refused(project.file("x.png", [0x89, b'P', 0, 0])).contains("is not a dump"));
    assert!(refused(project.file("all", "-- PostgreSQL database cluster dump\n")).contains("pg_dumpall"));
    // The version of an archive that is yet to come.
    let error =
        run(&target, &Options::new(project.file("new", b"PGDMP\x01\x63\x00\x04\x08\x01\x01"))).unwrap_err();
    assert!(error.message.ends_with("was written by a newer pg_dump than this pg_restore"), "{error:?}");
    for format in [Format::Custom, Format::Tar, Format::Plain] {
        let whole = fs::read(dump_of(&source, &project, format)).unwrap();
        for part in [whole.len() / 10, whole.len() / 2, whole.len() * 9 / 10] {
            // A tar archive ends with a script that nobody reads.
            if format != Format::Tar || part < whole.len() / 2 {
                let message = refused(project.file("cut", &whole[..part]));
                assert!(message.contains("cut off"), "{format} {part}: {message}");
            }
        }
    }
    let directory = dump_of(&source, &project, Format::Directory);
    for entry in fs::read_dir(&directory).unwrap().flatten() {
        if entry.file_name() != "toc.dat" {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    assert!(refused(directory).contains("is not complete"));
}

#[test]
fn a_database_that_does_not_exist_is_made_only_when_asked() {
    let (source, project) = (sample(), Project::new());
    let missing = source.parameters().with("dbname", "no_such_database");
    let options = Options::new(dump_of(&source, &project, Format::Custom));
    let error = restore::run(&missing, &options, &Silent, &Cancel::default()).unwrap_err();
    assert!(error.hints.iter().any(|hint| hint.contains("--clean-database")), "{error:?}");
}

#[test]
fn a_read_only_database_is_refused() {
    let (source, project) = (sample(), Project::new());
    let options = Options::new(dump_of(&source, &project, Format::Custom));
    let target = database();
    target.sql(&format!("alter database {} set default_transaction_read_only = on", target.name()));
    let error = run(&target, &options).unwrap_err();
    assert!(error.message.contains("is read-only"), "{error}");
}

#[test]
fn a_cancelled_restore_says_what_state_the_database_is_in() {
    let (source, project) = (sample(), Project::new());
    let file = dump_of(&source, &project, Format::Plain);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("CREATE VIEW", "SELECT pg_sleep(30);\nCREATE VIEW", 1)).unwrap();
    let target = database();
    let cancel = Cancel::default();
    let (stop, uri) = (cancel.clone(), target.uri().to_owned());
    let sleeping =
        "select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
    let stopper = std::thread::spawn(move || {
        while try_query(&uri, sleeping).unwrap().is_empty() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        stop.request();
    });
    let options = Options::new(file);
    let error = restore::run(&target.parameters(), &options, &Silent, &cancel).unwrap_err();
    stopper.join().unwrap();
    assert_eq!(error.kind, Kind::Interrupted);
    assert_eq!(notes(&error, "state"), [format!("the database {} holds a part of the dump", target.name())]);
    // The server was told: nothing goes on.
    assert!(target.query(sleeping).is_empty());
}

#[test]
fn a_role_that_could_not_make_the_database_again_does_not_drop_it() {
    let (source, project) = (sample(), Project::new());
    let dump = dump_of(&source, &project, Format::Custom);
    let target = database();
    let role = format!("{}_owner", target.name());
    target.sql(&format!("create role {role} login"));
    target.sql(&format!("alter database {} owner to {role}", target.name()));
    let options = Options { clean_database: true, ..Options::new(dump) };
    let error = restore::run(&target.parameters().with("user", &role), &options, &Silent, &Cancel::default());
    assert!(error.unwrap_err().message.contains("may not create databases"));
    assert_eq!(target.value("select 1"), "1");
    target.sql(&format!("alter database {} owner to postgres; drop role {role}", target.name()));
}

#[test]
fn objects_without_a_schema_count_too() {
    let (source, project) = (sample(), Project::new());
    let dump = dump_of(&source, &project, Format::Custom);
    for object in ["select lo_create(0)", "create publication p", "create foreign data wrapper w"] {
        let target = database();
        target.sql(object);
        let error = run(&target, &Options::new(&dump)).unwrap_err();
        assert!(
            error.message.contains("not empty") || format!("{error:?}").contains("1 object"),
            "{error:?}"
        );
    }
}

#[test]
fn a_damaged_dump_is_refused_before_the_database_is_dropped() {
    let (source, project) = (sample(), Project::new());
    let tar = std::fs::read(dump_of(&source, &project, Format::Tar)).unwrap();
    let target = database();
    target.sql("create table mine (a int)");
    let refused = |file: &std::path::Path| {
        let error = run(&target, &Options { clean_database: true, ..Options::new(file) }).unwrap_err();
        assert_eq!(error.kind, Kind::Usage, "{error:?}");
        assert_eq!(target.value("select to_regclass('mine') is null"), "f");
    };
    for length in (1024..tar.len() - 1024).step_by(tar.len() / 12) {
        refused(&project.file("cut.tar", &tar[..length]));
    }
    let directory = dump_of(&source, &project, Format::Directory);
    for entry in std::fs::read_dir(&directory).unwrap() {
        let file = entry.unwrap().path();
        if file.to_string_lossy().contains(".dat.") {
            let whole = std::fs::read(&file).unwrap();
            std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
        }
    }
    refused(&directory);
}
