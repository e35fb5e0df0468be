//! How fast pum is, as ratios: the built binary and what a user would run instead (`psql`, `pg_dump`), alternately, on the same server in the same run.
//!
//! It measures and judges nothing by its exit code. Wall times say something on an idle machine only; CPU seconds,
//! memory and round trips always do.

mod check;
mod child;
mod hook;
mod line;
mod report;
mod verify;
mod world;

use std::process::Command;
use std::time::Duration;

use child::{Cost, median};
use line::Line;
use report::Report;
use world::{Database, Project, World};

/// How many deltas are applied.
const DELTAS: usize = 1000;
/// How many of them over a slow line, where the time does not depend on the machine.
const DELTAS_FAR: usize = 200;
/// How far away the slow line's server is, there and back.
const LATENCY: Duration = Duration::from_millis(10);
/// How often an upgrade is measured; the median counts.
const ROUNDS: usize = 9;
/// How often what takes milliseconds is measured.
const SHORT_ROUNDS: usize = 25;

/// Measures something and adds it to the report.
type Part = fn(&World, &mut Report);

/// What can be measured alone, by its name.
const PARTS: [(&str, Part); 9] = [
    ("start", start),
    ("upgrade", upgrade),
    ("nothing_to_do", nothing_to_do),
    ("far_away", far_away),
    ("check", check::check),
    ("verify_scope", verify::scope),
    ("verify_static", verify::without_database),
    ("hook_untouched", hook::untouched),
    ("hook_everything", hook::everything),
];

fn main() {
    // `cargo test --all-targets` runs benches too, and says nothing of this kind.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let world = World::new();
    println!(
        "PostgreSQL {}, fsync on; load of the machine before: {}",
        world.server_version(),
        report::load()
    );
    let mut report = Report::default();
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| name.contains(wanted));
    for (name, part) in PARTS {
        if wanted(name) {
            part(&world, &mut report);
        }
    }
    report.print();
    println!("load of the machine after: {}", report::load());
}

/// `pum --version`.
fn start(world: &World, report: &mut Report) {
    let (pum, psql) = alternately(
        SHORT_ROUNDS,
        || child::run(world.pum().arg("--version")),
        || child::run(world.psql().arg("--version")),
    );
    let wall = |costs: &[Cost]| 1000.0 * median(costs.iter().map(Cost::wall));
    report.row("pum --version: wall time, ms", wall(&pum), wall(&psql), 5.0);
    report.row("pum --version: CPU, ms", milliseconds(&pum), milliseconds(&psql), 5.0);
}

/// Many small deltas on a fresh database, against one file with as many transactions that write the same rows.
fn upgrade(world: &World, report: &mut Report) {
    let project = world.project(DELTAS);
    let (pum, psql) = alternately(
        ROUNDS,
        || {
            let database = world.database();
            child::run(project.upgrade(world, &database.uri()))
        },
        || {
            let database = world.database();
            child::run(project.psql(world, &database.uri()))
        },
    );
    let ratios = pum.iter().zip(&psql).map(|(pum, psql)| pum.wall() / psql.wall());
    let wall = |costs: &[Cost]| median(costs.iter().map(Cost::wall));
    let cpu = |costs: &[Cost]| median(costs.iter().map(Cost::cpu));
    let memory = |costs: &[Cost]| median(costs.iter().map(Cost::megabytes));
    let what = format!("upgrade by {DELTAS} deltas");
    report.ratio(&format!("{what}: wall time, s"), wall(&pum), wall(&psql), median(ratios), 1.1);
    report.row(&format!("{what}: CPU, s"), cpu(&pum), cpu(&psql), 0.3);
    report.row(&format!("{what}: memory, MB"), memory(&pum), memory(&psql), 16.0);
}

/// `info`, and an upgrade of a database that has had all deltas, against reading the upgrades table.
fn nothing_to_do(world: &World, report: &mut Report) {
    let project = world.project(DELTAS);
    let database = world.database();
    child::run(project.upgrade(world, &database.uri()));
    let select = |database: &Database| {
        child::run(world.psql().args(["-c", "SELECT * FROM app_sys.upgrades", &database.uri()]))
    };
    let (info, psql) =
        alternately(SHORT_ROUNDS, || child::run(project.info(world, &database.uri())), || select(&database));
    report.row("info: CPU, ms", milliseconds(&info), milliseconds(&psql), 20.0);
    let (upgrade, psql) = alternately(
        SHORT_ROUNDS,
        || child::run(project.upgrade(world, &database.uri())),
        || select(&database),
    );
    report.row("nothing to do: CPU, ms", milliseconds(&upgrade), milliseconds(&psql), 20.0);

    let trips = |command: &dyn Fn(&str) -> Cost| {
        let line = Line::open(world.socket(), Duration::ZERO);
        command(&line.uri(database.name()));
        line.round_trips() as f64
    };
    let psql = trips(&|uri| child::run(world.psql().args(["-c", "SELECT * FROM app_sys.upgrades", uri])));
    let info = trips(&|uri| child::run(project.info(world, uri)));
    report.row("info: round trips after connecting", info, psql, 3.0);
    let upgrade = trips(&|uri| child::run(project.upgrade(world, uri)));
    report.row("nothing to do: round trips after connecting", upgrade, psql, 3.0);
}

/// An upgrade of a server that is 10 ms away: what each delta more adds.
fn far_away(world: &World, report: &mut Report) {
    let (one, many) = (world.project(1), world.project(1 + DELTAS_FAR));
    let upgrade = |project: &Project, command: &dyn Fn(&Project, &str) -> Command| {
        let database = world.database();
        let line = Line::open(world.socket(), LATENCY);
        let cost = child::run(command(project, &line.uri(database.name())));
        (line.round_trips() as f64, cost.wall() / LATENCY.as_secs_f64())
    };
    let each = |command: &dyn Fn(&Project, &str) -> Command| {
        let (few, short) = upgrade(&one, command);
        let (more, long) = upgrade(&many, command);
        ((more - few) / DELTAS_FAR as f64, (long - short) / DELTAS_FAR as f64)
    };
    let pum = each(&|project, uri| project.upgrade(world, uri));
    let psql = each(&|project, uri| project.psql(world, uri));
    let away = format!("server {} ms away", LATENCY.as_millis());
    report.row(&format!("{away}: round trips a delta"), pum.0, psql.0, 2.0);
    report.figure(&format!("{away}: wall time a delta / latency"), pum.1, psql.1);
}

/// Measures two things by turns, so that what else the machine does meets both.
fn alternately(
    rounds: usize,
    mut one: impl FnMut() -> Cost,
    mut other: impl FnMut() -> Cost,
) -> (Vec<Cost>, Vec<Cost>) {
    (0..rounds).map(|_| (one(), other())).unzip()
}

fn milliseconds(costs: &[Cost]) -> f64 {
    1000.0 * median(costs.iter().map(Cost::cpu))
}
