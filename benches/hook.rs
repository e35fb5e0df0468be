//! What the git hook costs a push of the sample repository (5 releases, 40 deltas, 60 tables): `pum hook run` with what git
//! would tell it, against a push that verifies nothing.

use std::io::Write as _;
use std::process::{Command, Stdio};

use tempfile::TempDir;

#[path = "../tests/support/sample.rs"]
mod sample;

use crate::child::{self, Cost, median};
use crate::report::Report;
use crate::world::World;
use sample::{Sample, git_command};

/// How often what takes milliseconds is measured.
const SHORT_ROUNDS: usize = 25;
/// How often a verification with databases is.
const ROUNDS: usize = 5;

/// A push that touches no delta.
pub fn untouched(world: &World, report: &mut Report) {
    let place = Place::new();
    place.sample.file("README.md", "# Water\n");
    place.sample.commit("words");
    let (pum, git) =
        crate::alternately(SHORT_ROUNDS, || place.hook(world), || child::run(place.push_without_hook()));
    report.row("hook, no delta touched: wall time, ms", wall(&pum), wall(&git), 50.0);
    report.row("hook, no delta touched: CPU, ms", crate::milliseconds(&pum), crate::milliseconds(&git), 50.0);
}

/// Everything that is verified of a new delta, with what was built before in the cache, and without.
pub fn everything(world: &World, report: &mut Report) {
    let place = Place::new();
    place.sample.git(&["checkout", "-q", "-b", "work", "origin/pressure"]);
    let mut number = 0;
    let mut change = || {
        // Another commit each time: a verdict is told again for the same one.
        number += 1;
        let delta = format!("delta/delta_1.4.{}_note.sql", number + 1);
        place.sample.file(&delta, &format!("comment on schema water is 'number {number}';\n"));
        let schema =
            "create schema water;\ncreate schema water_sys;\ngrant usage on schema water to sample_viewer;\n";
        place
            .sample
            .file("model/10_schema.sql", &format!("{schema}comment on schema water is 'number {number}';\n"));
        place.sample.commit("note");
    };
    let (warm, git) = crate::alternately(
        ROUNDS,
        || {
            change();
            place.hook(world)
        },
        || child::run(place.push_without_hook()),
    );
    // The first one has built what the others find.
    report.row("hook, everything, warm: wall time, s", wall(&warm[1..]) / 1000.0, wall(&git) / 1000.0, 2.0);
    let (cold, git) = crate::alternately(
        ROUNDS,
        || {
            change();
            let _ = std::fs::remove_dir_all(place.cache());
            place.hook(world)
        },
        || child::run(place.push_without_hook()),
    );
    report.row("hook, everything, cold: wall time, s", wall(&cold) / 1000.0, wall(&git) / 1000.0, 8.0);
}

fn wall(costs: &[Cost]) -> f64 {
    1000.0 * median(costs.iter().map(Cost::wall))
}

/// The sample repository, and a cache.
struct Place {
    sample: Sample,
    directory: TempDir,
}

impl Place {
    fn new() -> Place {
        let directory = tempfile::tempdir().expect("directory");
        Place { sample: Sample::create(directory.path()), directory }
    }

    fn cache(&self) -> std::path::PathBuf {
        self.directory.path().join("cache")
    }

    /// The hook, told that HEAD is pushed to a new branch.
    fn hook(&self, world: &World) -> Cost {
        let head = self.sample.git(&["rev-parse", "HEAD"]);
        let line = format!("HEAD {head} refs/heads/new {}\n", "0".repeat(40));
        let input = self.directory.path().join("input");
        std::fs::File::create(&input).and_then(|mut file| file.write_all(line.as_bytes())).expect("input");
        let shell = world.pum();
        let program = shell.get_program().to_owned();
        // The bench gives its children no input: a shell opens the file.
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$0\" hook run pre-push origin ../upstream.git <../input"]).arg(program);
        command.env_clear();
        for (name, value) in shell.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        for name in ["PATH", "PUM_PG_BIN"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.current_dir(&self.sample.clone).env("PUM_CACHE_DIR", self.cache());
        child::run(&mut command)
    }

    /// A push that verifies nothing and changes nothing.
    fn push_without_hook(&self) -> Command {
        let mut command = git_command(&self.sample.clone);
        command.args(["push", "-q", "--dry-run", "--no-verify", "origin", "HEAD:refs/heads/new"]);
        command.stdin(Stdio::null());
        command
    }
}
