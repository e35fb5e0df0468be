//! Reports in files: whole or not at all, and found to be impossible before anything is compared.

use super::{Pair, model};
use crate::support::{assert_run, run};

#[test]
fn the_differences_go_to_a_file_and_the_summary_is_printed() {
    let pair = model();
    assert_run!(pair.check("-o differences.txt"), @r"
    exit code: 1
    ----- stdout -----
    prod and test differ: 10 differences in 8 objects
      schemas          1  1 only in test
      tables           3  1 only in prod, 1 only in test, 1 changed
      columns          4  1 only in test, 3 changed
      views            2  1 only in test, 1 changed
    1 table has its columns in another order; --with column-order shows it
    ----- stderr -----
         Note report written to differences.txt
    ");
    let printed = String::from_utf8(pair.check("").output().unwrap().stdout).unwrap();
    assert_eq!(pair.read("differences.txt"), printed);
    // As 0.x did, whatever is printed; the format is the file's.
    assert_eq!(pair.check("--output_file=d.json --format json -s").output().unwrap().status.code(), Some(1));
    assert!(pair.read("d.json").starts_with("{\n  \"format\": \"pum-check-report\""));
}

#[test]
fn several_reports_are_written_beside_the_text() {
    let pair = Pair::new("", "create schema app");
    let told = run(&mut pair.check("--report html:a.html --report json:b.json --report text:c.txt"));
    assert!(told.starts_with("exit code: 1") && told.contains("+ schema app"), "{told}");
    assert!(pair.read("a.html").starts_with("<!doctype html>"));
    assert!(pair.read("b.json").ends_with("}\n"));
    assert!(told.contains(&pair.read("c.txt")));
    let mode = |file: &str| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(pair.project.path().join(file)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("a.html") & 0o600, 0o600);
    assert_eq!(mode("a.html"), {
        pair.project.file("other", "");
        mode("other")
    });
}

#[test]
fn a_report_that_cannot_be_written_is_refused_before_the_comparison() {
    let pair = Pair::new("", "");
    // The second source is not even asked.
    let mut unreachable = pair.pum("check -p1 prod --report html:nowhere/a.html");
    unreachable.args(["-p2", "host=/nonexistent dbname=x"]);
    assert_run!(unreachable, @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: a report cannot be written to nowhere/a.html: its directory does not exist
      state: nothing was compared
    ");
    assert_run!(pair.check("-o delta"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: a report cannot be written to delta: is a directory
      state: nothing was compared
    ");
    assert_run!(pair.check("--report pdf:a.pdf"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: invalid value 'pdf:a.pdf' for '--report <FORMAT:FILE>': "pdf" is no form; they are text, json, html and sql

    For more information, try '--help'.
    "#);
    assert_run!(pair.check("--report a.html"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: invalid value 'a.html' for '--report <FORMAT:FILE>': "a.html" is not FORMAT:FILE

    For more information, try '--help'.
    "#);
}

#[test]
fn a_check_that_fails_leaves_the_last_report_as_it_was() {
    let pair = Pair::new("", "");
    pair.project.file("a.json", "the last one");
    let mut failing = pair.pum("check -p1 prod --report json:a.json");
    failing.args(["-p2", "host=/nonexistent dbname=x"]);
    assert_eq!(failing.output().unwrap().status.code(), Some(3));
    assert_eq!(pair.read("a.json"), "the last one");
    assert_eq!(pair.check("--report json:a.json").output().unwrap().status.code(), Some(0));
    assert!(pair.read("a.json").contains("\"equal\": true"));
    let left: Vec<_> = std::fs::read_dir(pair.project.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn links_stay_links_and_devices_stay_devices() {
    let pair = Pair::new("", "create schema app");
    let path = |name: &str| pair.project.path().join(name);
    pair.project.file("target.txt", "");
    std::os::unix::fs::symlink("target.txt", path("link.txt")).unwrap();
    assert_eq!(pair.check("-o link.txt").output().unwrap().status.code(), Some(1));
    assert!(path("link.txt").is_symlink());
    assert!(pair.read("target.txt").contains("+ schema app"));
    assert_eq!(pair.check("-o /dev/null").output().unwrap().status.code(), Some(1));
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
}
