//! `pum check` of two generated databases, against one `pg_dump -s` of one of them, and, where it is there, against
//! the check of Python pum (`PUM_BENCH_PYTHON_PUM` names its program).

use std::process::Command;

use crate::child::{self, Cost, median};
use crate::report::Report;
use crate::world::{Database, World};

/// How many tables the databases have, and how often each size is measured.
const SIZES: [(usize, usize); 3] = [(1000, 5), (5000, 3), (20_000, 1)];
/// In how many places the second database differs.
const DIFFERENCES: usize = 20;
/// In how many it differs where there are many.
const MANY: usize = 3000;
/// The memory that is allowed at 5,000 tables, in MB.
const MEMORY: f64 = 150.0;

/// Measures all of it.
pub fn check(world: &World, report: &mut Report) {
    for (tables, rounds) in SIZES {
        let first = world.empty_database();
        let generate = format!(
            "DO $$ BEGIN FOR i IN 1..{tables} LOOP
                EXECUTE format('CREATE TABLE pipe_%s (id integer PRIMARY KEY, name varchar(40) NOT NULL, material text
                    DEFAULT ''PE'', diameter numeric(10,2), depth real, laid date, note text, upstream integer
                    REFERENCES pipe_%s)', i, greatest(i - 1, 1));
                EXECUTE format('CREATE INDEX pipe_%s_name ON pipe_%s (name)', i, i);
                IF i % 500 = 0 THEN COMMIT; END IF;
            END LOOP; END $$"
        );
        first.statements(&generate);
        first.statements("VACUUM ANALYZE");
        let second = first.copy();
        second.statements(&changes(1, DIFFERENCES));

        let dump = |database: &Database<'_>| {
            let mut command = world.pg_dump();
            command.args(["-s", "-f", "/dev/null", &database.uri()]);
            command
        };
        let check = || child::run_to(&[1], world.check(&first.uri(), &second.uri()));
        let (pum, pg_dump) = crate::alternately(rounds, check, || child::run(dump(&first)));
        let ratio = median(pum.iter().zip(&pg_dump).map(|(pum, dump)| pum.wall() / dump.wall()));
        let wall = |costs: &[Cost]| median(costs.iter().map(Cost::wall));
        let cpu = |costs: &[Cost]| median(costs.iter().map(Cost::cpu));
        let memory = |costs: &[Cost]| median(costs.iter().map(Cost::megabytes));
        let what = format!("check of {tables} tables / one pg_dump -s");
        report.ratio(&format!("{what}: wall time, s"), wall(&pum), wall(&pg_dump), ratio, 1.0);
        report.figure(&format!("{what}: CPU, s"), cpu(&pum), cpu(&pg_dump));
        match tables {
            5000 => {
                report.row(&format!("{what}: memory, MB"), memory(&pum), memory(&pg_dump), MEMORY);
                many_differences(world, report, &first, &second);
            }
            _ => report.figure(&format!("{what}: memory, MB"), memory(&pum), memory(&pg_dump)),
        }
        if tables == 1000 {
            python(world, report, &first, &second, cpu(&pum));
        }
    }
}

/// The second database, more and more unlike the first, must not make the check much slower.
fn many_differences(world: &World, report: &mut Report, first: &Database<'_>, second: &Database<'_>) {
    let few = child::run_to(&[1], world.check(&first.uri(), &second.uri()));
    second.statements(&changes(DIFFERENCES + 1, MANY));
    let many = child::run_to(&[1], world.check(&first.uri(), &second.uri()));
    report.row(
        &format!("check of 5000 tables, {MANY} that differ / {DIFFERENCES}: wall time, s"),
        many.wall(),
        few.wall(),
        few.wall() + 1.0,
    );
}

/// Python pum 0.10 needs services.
fn python(world: &World, report: &mut Report, first: &Database<'_>, second: &Database<'_>, cpu: f64) {
    let Some(program) = std::env::var_os("PUM_BENCH_PYTHON_PUM") else {
        println!("PUM_BENCH_PYTHON_PUM is not set: no comparison with Python pum");
        return;
    };
    let services = tempfile::NamedTempFile::new().expect("file");
    let (host, port) = world.address();
    let service = |name: &str, database: &Database<'_>| {
        format!("[{name}]\nhost={host}\nport={port}\nuser=postgres\ndbname={}\n", database.name())
    };
    std::fs::write(services.path(), service("first", first) + &service("second", second)).expect("services");
    let mut command = Command::new(program);
    command.args(["check", "-p1", "first", "-p2", "second"]).env("PGSERVICEFILE", services.path());
    let old = child::run_to(&[0, 1], command);
    report.figure("check of 1000 tables / Python pum: CPU, s", cpu, old.cpu());
}

/// Makes so many tables differ, each in one of several ways.
fn changes(from: usize, to: usize) -> String {
    format!(
        "DO $$ BEGIN FOR i IN {from}..{to} LOOP
            EXECUTE format((ARRAY['ALTER TABLE pipe_%s ADD more integer', 'ALTER TABLE pipe_%s ALTER depth TYPE float8',
                'DROP INDEX pipe_%s_name', 'ALTER TABLE pipe_%s ALTER material SET DEFAULT ''steel''',
                'ALTER TABLE pipe_%s ADD CHECK (depth > 0)'])[1 + i % 5], i);
            IF i % 500 = 0 THEN COMMIT; END IF;
        END LOOP; END $$"
    )
}
