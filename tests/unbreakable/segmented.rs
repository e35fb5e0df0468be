//! Deltas without a transaction: they go on where they stopped, and say what an accident left half done.

use rustix::process::Signal;

use super::messages::{cases, messages_of, run_with};
use super::world::{Ground, PATIENCE, Plot, each_in, run_upgrade, upgrade};
use crate::support::{Ended, Project, Running};

/// A delta that makes two indexes without a lock, among ordinary statements that must run once.
fn project() -> Project {
    let project = Project::new();
    project.delta(
        "delta_1.1.0_index.sql",
        "-- pum: no-transaction\n\
         insert into ledger values ('index', 'first');\n\
         create table t_index (id int, name text);\n\
         insert into t_index select g, 'name ' || g from generate_series(1, 100) g;\n\
         create index concurrently i_one on t_index (id);\n\
         insert into ledger values ('index', 'middle');\n\
         create index concurrently i_two on t_index (name);\n\
         insert into ledger values ('index', 'last');\n",
    );
    project
}

/// That an upgrade refuses to go on because of an index, and tells which statement drops it.
fn drop_statement(ended: &Ended, case: &str) -> String {
    assert_eq!(ended.code(), Some(3), "{case}: {ended}");
    assert!(
        ended.text.contains("cannot go on: the index") && ended.text.contains("INVALID"),
        "{case}: {ended}"
    );
    let start = ended.text.find("DROP INDEX CONCURRENTLY").unwrap_or_else(|| panic!("{case}: {ended}"));
    let statement = &ended.text[start..];
    statement[..statement.find(';').unwrap_or_else(|| panic!("{case}: {ended}"))].to_owned()
}

/// Upgrades, dropping the indexes that an upgrade says to drop; then everything is there once. Gives how many it were.
fn complete(project: &Project, plot: &Plot, case: &str) -> usize {
    let mut dropped = 0;
    loop {
        let ended = run_upgrade(project, &plot.uri(), &[]);
        if ended.code() == Some(0) {
            break;
        }
        plot.sql(&drop_statement(&ended, case));
        dropped += 1;
        assert!(dropped <= 2, "{case}: {ended}");
    }
    let seen = plot.value(
        "select format('%s recorded, %s done, %s, %s rows, %s indexes',
                       (select count(*) from upgrades where description = 'index' and success),
                       (select max(statements_done) from upgrades),
                       (select string_agg(part, ' ' order by part) from ledger),
                       (select count(*) from t_index),
                       (select count(*) from pg_index where indrelid = 't_index'::regclass and indisvalid))",
    );
    assert_eq!(seen, "1 recorded, 7 done, first last middle, 100 rows, 2 indexes", "{case}");
    dropped
}

#[test]
fn every_statement_takes_effect_once_after_an_accident_at_any_message() {
    let (project, template) = (project(), Ground::new());
    let last = messages_of(&project, &template.copy().whole(), &[]);
    // A database each: an index that is made without a lock waits for everybody else in its database. Before these
    // messages nothing of the delta has begun.
    let place = || {
        let ground = template.copy();
        (ground.whole(), ground)
    };
    each_in(place, &cases(30..=last), |(plot, _), &(n, accident)| {
        plot.reset();
        let ended = run_with(accident, n, &project, plot, &[]);
        let text = ended.map_or_else(String::new, |ended| ended.to_string());
        let case = format!("{accident:?} at message {n} of {last}: {text}");
        plot.wait_until_left(&case);
        complete(&project, plot, &case);
    });
}

#[test]
fn an_index_that_was_left_invalid_is_named_with_the_statement_that_drops_it() {
    let project = Project::new();
    project.delta(
        "delta_1.1.0_index.sql",
        "-- pum: no-transaction\n\
         insert into ledger values ('index', 'first');\n\
         insert into ledger values ('index', 'middle');\n\
         insert into ledger values ('index', 'last');\n\
         create index concurrently \"I one\" on t_index (id);\n\
         insert into ledger values ('index', 'after');\n",
    );
    let ground = Ground::new();
    let plot = ground.whole();
    plot.sql("create table t_index (id int); insert into t_index values (1)");
    let uri = plot.uri();
    // Somebody who has written to the table makes the new index wait.
    let blocker = std::thread::spawn(move || {
        crate::support::try_query(&uri, "insert into t_index values (2); select pg_sleep(60)")
    });
    let writer = plot.wait_until_running("pg_sleep(60)");
    let running = Running::start(&mut upgrade(&project, &plot.uri(), &[]));
    let pid = plot.wait_until_running("create index concurrently%I one");
    running.signal(Signal::KILL);
    running.wait(PATIENCE);
    let began = std::time::Instant::now();
    while plot.value(&format!("select count(*) from pg_stat_activity where pid = {pid}")) != "0" {
        assert!(began.elapsed() < PATIENCE, "the server did not notice that the client is gone");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    plot.sql(&format!("select pg_terminate_backend({writer})"));
    assert!(blocker.join().unwrap().is_err());
    plot.wait_until_left("ended");
    let ended = run_upgrade(&project, &plot.uri(), &[]);
    let statement = drop_statement(&ended, "killed");
    assert_eq!(statement, "DROP INDEX CONCURRENTLY public.\"I one\"", "{ended}");
    plot.sql(&statement);
    let ended = run_upgrade(&project, &plot.uri(), &[]);
    assert_eq!(ended.code(), Some(0), "{ended}");
    assert_eq!(plot.value("select string_agg(part, ' ') from ledger"), "first middle last after");
}
