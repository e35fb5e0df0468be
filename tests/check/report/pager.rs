//! On a terminal a pager shows the report, as git's does.

use std::process::Command;

use rexpect::session::{PtySession, spawn_command};

use super::{Pair, model};

fn on_terminal(pair: &Pair, words: &str, variables: &[(&str, &str)]) -> PtySession {
    let mut command: Command = pair.command(&format!("check -p1 prod -p2 test {words}"));
    command.env("TERM", "xterm");
    command.envs(variables.iter().copied());
    spawn_command(command, Some(60_000)).unwrap()
}

#[test]
fn the_pager_gets_everything_with_its_colours() {
    let pair = model();
    let mut session = on_terminal(&pair, "", &[("PUM_PAGER", "cat >paged; echo LESS=$LESS")]);
    session.exp_string("LESS=FRX").unwrap();
    session.exp_eof().unwrap();
    let ended = format!("{:?}", session.process().wait().unwrap());
    assert!(ended.ends_with(", 1)"), "{ended}");
    let paged = pair.read("paged");
    assert!(paged.contains("\u{1b}[32m+ column pressure"), "{paged}");
    let plain = String::from_utf8(pair.check("").output().unwrap().stdout).unwrap();
    assert_eq!(anstream::adapter::strip_str(&paged).to_string(), plain);

    let mut session = on_terminal(&pair, "", &[("PAGER", "cat >plain"), ("NO_COLOR", "1"), ("LESS", "F")]);
    session.exp_eof().unwrap();
    assert_eq!(pair.read("plain"), plain);
}

#[test]
fn without_a_pager_the_report_is_printed() {
    let pair = Pair::new("", "create schema app");
    for (words, variables) in [
        ("--no-pager", &[("PUM_PAGER", "exit 9")][..]),
        ("", &[("PUM_PAGER", "")]),
        ("", &[("PAGER", "cat")]),
        ("", &[("PAGER", "nonexistent-pager")]),
        ("", &[("TERM", "dumb")]),
    ] {
        let mut session = on_terminal(&pair, words, variables);
        let told = session.exp_eof().unwrap();
        assert!(told.contains("schema app"), "{words} {variables:?}\n{told}");
    }
}

#[test]
fn a_pager_that_is_left_early_is_no_error() {
    let pair = model();
    let mut session = on_terminal(&pair, "", &[("PUM_PAGER", "head -n 1")]);
    let told = session.exp_eof().unwrap();
    assert!(!told.contains("error") && !told.contains("warning"), "{told}");
}
