//! A project whose deltas leave marks, databases that are ready for it, and the question whether record and effects
//! agree.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pum::shadow::Cluster;

use crate::support::{Database, Ended, Project, Running, try_query};

/// How long an upgrade may take at most: it must never hang.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// How many cases run at once.
const WORKERS: usize = 4;

/// Version and title of each delta of the project.
pub const DELTAS: [(&str, &str); 4] =
    [("1.1.0", "many"), ("1.2.0", "copied"), ("1.10.0", "block"), ("1.10.0", "single")];

/// Each makes a table of its title and writes its title into the ledger at its begin and at its end.
pub fn project() -> Project {
    let project = Project::new();
    project.delta("pre-all.sql", "insert into ledger values ('pre-all', 'ran');");
    project.delta(
        "delta_1.1.0_many.sql",
        "insert into ledger values ('many', 'first');\n\
         create table t_many (id int);\n\
         insert into t_many select generate_series(1, 10);\n\
         alter table t_many add column name text;\n\
         insert into ledger values ('many', 'last');\n",
    );
    project.delta(
        "delta_1.2.0_copied.sql",
        "create table t_copied (id int, name text);\n\
         copy ledger from stdin;\ncopied\tfirst\ncopied\tlast\n\\.\n\
         comment on table t_copied is 'copied';\n",
    );
    project.delta(
        "delta_1.10.0_block.sql",
        "begin;\n\
         insert into ledger values ('block', 'first');\n\
         create table t_block (id int);\n\
         insert into ledger values ('block', 'last');\n\
         commit;\n",
    );
    project.delta(
        "delta_1.10.0_single.sql",
        "do $$ begin\n\
         insert into ledger values ('single', 'first');\n\
         create table t_single (id int);\n\
         insert into ledger values ('single', 'last');\n\
         end $$;\n",
    );
    project.delta("post-all.sql", "insert into ledger values ('post-all', 'ran');");
    project
}

/// A database at version 1.0.0 with an empty ledger, to be upgraded or copied.
pub fn baselined(cluster: &Cluster) -> Database {
    let database = Database::create(cluster);
    database.sql("create table ledger (delta text, part text)");
    let mut command = crate::support::pum();
    command.args(["baseline", "-p", database.uri(), "-t", "public.upgrades", "-d", ".", "-b", "1.0.0"]);
    command.assert().success();
    database
}

/// `pum upgrade` of the project against this connection.
pub fn upgrade(project: &Project, uri: &str, options: &[&str]) -> Command {
    let mut command = project.command();
    command.args(["upgrade", "-p", uri, "-t", "public.upgrades", "-d", "delta"]).args(options);
    command
}

/// Runs an upgrade to its end.
pub fn run_upgrade(project: &Project, uri: &str, options: &[&str]) -> Ended {
    Running::start(&mut upgrade(project, uri, options)).wait(PATIENCE)
}

/// Of each delta, in order: how often it is recorded, and how often each of its effects is there. One statement, and
/// so one moment.
pub fn marks(uri: &str, deltas: &[(&str, &str)]) -> Vec<[usize; 4]> {
    let titles: Vec<String> = deltas.iter().map(|(_, title)| format!("'{title}'")).collect();
    let rows = try_query(
        uri,
        &format!(
            "select (select count(*) from upgrades where description = title and success),
                    (select count(*) from ledger where delta = title and part = 'first'),
                    (select count(*) from ledger where delta = title and part = 'last'),
                    (select count(*) from pg_class where relname = 't_' || title)
             from unnest(array[{}]) with ordinality as d(title, number) order by number",
            titles.join(", ")
        ),
    )
    .expect("marks");
    rows.iter().map(|row| std::array::from_fn(|column| row[column].parse().expect("a number"))).collect()
}

/// `the record exists ⇔ its effects exist`, for each delta, and none is there after one that is not. Gives how many
/// are there.
pub fn assert_consistent(uri: &str, case: &str) -> usize {
    let marks = marks(uri, &DELTAS);
    let done = marks.iter().take_while(|mark| **mark == [1; 4]).count();
    assert!(
        marks[done..].iter().all(|mark| *mark == [0; 4]),
        "{case}: recorded, first, last, table: {marks:?}"
    );
    done
}

/// The next upgrade completes, and everything was applied exactly once.
pub fn assert_completes(project: &Project, uri: &str, options: &[&str], case: &str) {
    let ended = run_upgrade(project, uri, options);
    assert_eq!(ended.code(), Some(0), "{case}: {ended}");
    assert_eq!(marks(uri, &DELTAS), [[1; 4]; 4], "{case}: {ended}");
}

/// Waits until nobody but the asker is connected to the database.
pub fn wait_until_alone(uri: &str, case: &str) {
    let began = Instant::now();
    let others = "select pid, state, query from pg_stat_activity where datname = current_database() \
                  and backend_type = 'client backend' and pid <> pg_backend_pid()";
    loop {
        let rows = try_query(uri, others).expect("activity");
        if rows.is_empty() {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{case}: still there: {rows:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Does this for each, several at once.
pub fn each<T: Sync + std::fmt::Debug>(cases: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    eprintln!("{case:?}");
                    work(case);
                }
            });
        }
    });
}
