//! The demonstration, as a library call.

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::process::Command;

use pum::commands::demo::{self, Demo, Options};
use pum::commands::info::Info;
use pum::error::Kind;
use pum::programs::Program;
use pum::progress::{Cancel, Event, Progress, Silent};

use crate::support;

/// Runs it and gives what `info` showed: each delta with its state.
fn show(directory: Option<&Path>) -> (Demo, Vec<Vec<&'static str>>) {
    let shown = RefCell::new(Vec::new());
    let keep = |info: &Info, _: &pum::commands::info::Options| {
        shown.borrow_mut().push(info.deltas.iter().map(|delta| delta.state).collect());
        Ok(())
    };
    let options = Options { directory: directory.map(Path::to_owned) };
    let demo = demo::run(&options, &keep, &Silent, &Cancel::default())
        .unwrap_or_else(|error| panic!("{error} {:?} {:?}", error.notes, error.hints));
    (demo, shown.into_inner())
}

/// The schema `water` as pg_dump prints it, with the rows of the value lists.
fn dumped(uri: &str) -> String {
    let pg_dump = support::cluster().programs().sibling(Program::PgDump);
    let run = |arguments: &[&str]| {
        let output = Command::new(&pg_dump).args(arguments).arg(uri).output().expect("pg_dump");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let text =
        run(&["--schema-only", "-n", "water"]) + &run(&["--data-only", "--inserts", "-t", "water.vl_*"]);
    text.lines().filter(|line| !line.contains("restrict ")).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_demonstration_takes_its_database_from_the_first_release_to_the_newest() {
    let place = tempfile::Builder::new().prefix("pum-demo-").tempdir_in("/tmp").unwrap();
    fs::set_permissions(place.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let directory = place.path().join("water works");
    let (demo, shown) = show(Some(&directory));
    assert_eq!(shown, [vec!["pending"; 10], vec!["applied"; 10]]);
    assert_eq!(demo.directory(), directory);
    let uri = demo.uri();
    assert_eq!(support::try_query(&uri, "select count(*) from water.vw_network").unwrap(), [["4"]]);
    drop(demo);
    assert!(support::try_query(&uri, "select 1").is_err(), "the server goes with the demonstration");
    assert!(directory.join("delta").exists(), "the project stays");

    let error =
        demo::run(&Options { directory: Some(directory) }, &|_, _| Ok(()), &Silent, &Cancel::default())
            .unwrap_err();
    assert_eq!(error.kind, Kind::Usage);
    assert!(error.message.ends_with("water works is not empty"), "{error}");
}

#[test]
fn the_deltas_of_the_demonstration_lead_to_its_model() {
    let (demo, _) = show(None);
    let built = support::database();
    let mut model: Vec<_> =
        fs::read_dir(demo.directory().join("model")).unwrap().map(|entry| entry.unwrap().path()).collect();
    model.sort();
    for file in model {
        built.sql(&fs::read_to_string(file).unwrap());
    }
    assert_eq!(dumped(&demo.uri()), dumped(built.uri()));
    let directory = demo.directory().to_owned();
    drop(demo);
    assert!(!directory.exists(), "a temporary project goes with the server");
}

/// Keeps the command lines that are said.
#[derive(Default)]
struct Commands(RefCell<Vec<String>>);

impl Progress for Commands {
    fn event(&self, event: &Event<'_>) {
        if let Event::Command { text } = event {
            self.0.borrow_mut().push((*text).to_owned());
        }
    }
}

#[test]
fn the_commands_that_the_demonstration_says_work_in_another_terminal() {
    let commands = Commands::default();
    let demo = demo::run(&Options::default(), &|_, _| Ok(()), &commands, &Cancel::default()).unwrap();
    let said = commands.0.into_inner();
    let [cd, export, baseline, info, upgrade, again] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!([baseline, info, upgrade], ["pum baseline -b 1.0.0", "pum info", "pum upgrade"]);
    let binaries = Path::new(env!("CARGO_BIN_EXE_pum")).parent().unwrap().display();
    let script = format!("PATH={binaries}:$PATH; {cd} && {export} && {upgrade} 2>&1 && {again}");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let output = String::from_utf8_lossy(&output.stdout);
    assert!(output.contains("Finished water is at version 1.2.0; nothing to do"), "{output}");
    assert!(output.ends_with("nothing is pending\n"), "{output}");
    drop(demo);
}
