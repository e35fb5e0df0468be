//! Advisory locks that a delta leaves behind are freed before the next one; that of the upgrade stays.

use crate::support::{self, Project};

/// Leaves every kind of lock behind, some of them twice.
const GREEDY: &str = "
    SELECT pg_advisory_lock(1), pg_advisory_lock(1), pg_advisory_lock_shared(2);
    SELECT pg_advisory_lock(-3, 4), pg_advisory_lock_shared(5, -6);
    SELECT pg_advisory_xact_lock(7);";

/// Keeps how many advisory locks its session has.
const COUNT: &str = "
    CREATE TABLE left_behind AS
    SELECT classid, objid, objsubid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
    CREATE TABLE only_one AS SELECT count(*) AS locks FROM (SELECT DISTINCT * FROM left_behind) AS held;";

fn upgraded(first: &str, arguments: &[&str]) -> support::Database {
    let database = support::database();
    let project = Project::new();
    project.delta("delta_1.0.0_first.sql", first);
    project.delta("delta_1.1.0_second.sql", COUNT);
    let words = ["-p", database.uri(), "-t", "upgrades", "-d", "delta"];
    project.pum().arg("baseline").args(words).args(["-b", "0.1.0"]).assert().success();
    project.pum().arg("upgrade").args(words).args(arguments).assert().success();
    database
}

#[test]
fn those_of_a_delta_are_freed_before_the_next_one() {
    let database = upgraded(GREEDY, &[]);
    assert_eq!(database.value("SELECT locks FROM only_one"), "1");
}

#[test]
fn in_one_transaction_only_those_stay_that_the_server_keeps_to_its_end() {
    let database = upgraded(GREEDY, &["--transaction", "all"]);
    assert_eq!(database.value("SELECT string_agg(objid::text, ',') FROM left_behind WHERE objid = 7"), "7");
    assert_eq!(database.value("SELECT locks FROM only_one"), "2");
}

#[test]
fn that_of_the_upgrade_is_taken_again_when_a_delta_freed_it() {
    let database = upgraded("SELECT pg_advisory_unlock_all()", &[]);
    assert_eq!(database.value("SELECT locks FROM only_one"), "1");
}
