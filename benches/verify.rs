//! `pum verify` in a repository of 5,000 commits, 10 releases and 1,000 deltas, against the git command that lists which
//! files a push changes.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::child::{self, Cost, median};
use crate::report::Report;
use crate::world::World;

/// How many commits there are before the one that is verified.
const COMMITS: usize = 5000;
/// After how many there is a release.
const RELEASE: usize = 500;
/// After how many there is a delta.
const DELTA: usize = 5;
/// How often each is measured.
const ROUNDS: usize = 25;

/// A push that touches no delta: what the hook does for it.
pub fn scope(world: &World, report: &mut Report) {
    let repository = repository(("src/app.py", "print('new')\n"));
    measure(world, report, &repository, &["--pre-push"], "verify --pre-push, no delta touched", 50.0);
}

/// The stages without a database, with one new delta.
pub fn without_database(world: &World, report: &mut Report) {
    let repository = repository(("delta/delta_99.0.0_new.sql", "alter table pipe add material text;\n"));
    let words = ["--no-cache", "--skip", "apply", "--skip", "compare", "--skip", "again"];
    measure(world, report, &repository, &words, "verify, names to lint, 1,000 deltas", 200.0);
}

fn measure(world: &World, report: &mut Report, repository: &TempDir, words: &[&str], what: &str, most: f64) {
    let (pum, git) = crate::alternately(
        ROUNDS,
        || child::run(world.pum().arg("verify").args(words).current_dir(repository)),
        || {
            child::run(git(
                repository.path(),
                &["diff", "--name-only", "origin/main..HEAD", "--", "delta", "model"],
            ))
        },
    );
    let wall = |costs: &[Cost]| 1000.0 * median(costs.iter().map(Cost::wall));
    report.row(&format!("{what}: wall time, ms"), wall(&pum), wall(&git), most);
    report.row(&format!("{what}: CPU, ms"), crate::milliseconds(&pum), crate::milliseconds(&git), most);
}

fn git(directory: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.current_dir(directory).env("GIT_CONFIG_GLOBAL", "/dev/null").args(words);
    command
}

/// A repository whose `origin/main` is one commit behind; the last commit adds a file.
fn repository(last: (&str, &str)) -> TempDir {
    let directory = tempfile::tempdir().expect("directory");
    let run = |words: &[&str]| {
        child::run(git(directory.path(), words));
    };
    run(&["init", "-q", "-b", "main"]);
    let mut import = git(directory.path(), &["fast-import", "--quiet"]);
    let mut import = import.stdin(Stdio::piped()).spawn().expect("git fast-import");
    let mut input = import.stdin.take().expect("input");
    input.write_all(history(last).as_bytes()).expect("history");
    drop(input);
    assert!(import.wait().expect("git fast-import").success());
    run(&["reset", "-q", "--hard", "main"]);
    run(&["update-ref", "refs/remotes/origin/main", "main~1"]);
    run(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    // As a clone has it.
    run(&["gc", "--quiet"]);
    directory
}

/// The commits, as git fast-import reads them.
fn history(last: (&str, &str)) -> String {
    let mut stream = String::new();
    let mut commit = |number: usize, files: &[(&str, &str)]| {
        let who = format!("Ada <ada@example.org> {} +0000", 1_700_000_000 + number);
        stream.push_str(&format!("commit refs/heads/main\ncommitter {who}\ndata 2\nx\n"));
        for (path, text) in files {
            stream.push_str(&format!("M 644 inline {path}\ndata {}\n{text}\n", text.len()));
        }
        if number > 0 && number.is_multiple_of(RELEASE) {
            stream.push_str(&format!(
                "tag v{}.0.0\nfrom refs/heads/main\ntagger {who}\ndata 2\nx\n",
                number / RELEASE
            ));
        }
    };
    let config = "upgrades_table: app.upgrades\ndelta_dirs: [delta]\nmodel: {sql: ['model/*.sql']}\n";
    commit(0, &[("pum.yaml", config), ("model/app.sql", "create schema app;\n")]);
    for number in 1..=COMMITS {
        let source = format!("src/module_{}.py", number % 700);
        let text = format!("print({number})\n");
        let version =
            format!("{}.{}.0", (number - 1) / RELEASE + usize::from(number % RELEASE == 0), number % RELEASE);
        let delta = format!("delta/delta_{version}_change_{number}.sql");
        let sql = format!("create table pipe_{number} (id integer primary key, material text not null);\n");
        match number % DELTA {
            0 => commit(number, &[(&source, &text), (&delta, &sql)]),
            _ => commit(number, &[(&source, &text)]),
        }
    }
    commit(COMMITS + 1, &[last]);
    stream
}
