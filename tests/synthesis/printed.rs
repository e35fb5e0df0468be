//! `pum check --format sql`.

use crate::support::{Database, assert_run, cluster, pum};

fn check(first: &Database, second: &Database) -> assert_cmd::Command {
    let mut command = pum();
    command.args(["check", "-p1", first.uri(), "-p2", second.uri(), "--format", "sql"]);
    command
}

#[test]
fn statements_are_printed_in_an_order_that_works() {
    let (first, second) = (Database::create(cluster()), Database::create(cluster()));
    first.sql("create schema app; create table app.pipe (id integer, material text); create view app.pipes as select id from app.pipe");
    second.sql(
        "create schema app; create type app.kind as enum ('main', 'side');
        create table app.pipe (id bigint not null primary key, kind app.kind default 'main', material text);
        create view app.pipes as select id from app.pipe",
    );
    assert_run!(check(&first, &second), @"");
}

#[test]
fn nothing_is_printed_for_equal_sources() {
    let (first, second) = (Database::create(cluster()), Database::create(cluster()));
    for database in [&first, &second] {
        database.sql("create table t (a integer)");
    }
    assert_run!(check(&first, &second), @"");
}

#[test]
fn what_cannot_be_written_yet_is_named() {
    let (first, second) = (Database::create(cluster()), Database::create(cluster()));
    second.sql("create subscription s connection 'dbname=nowhere' publication p with (connect = false)");
    assert_run!(check(&first, &second), @"");
}

#[test]
fn what_is_not_compared_is_not_written() {
    let (first, second) = (Database::create(cluster()), Database::create(cluster()));
    second.sql("create table t (a integer); comment on table t is 'x'");
    assert_run!(check(&first, &second), @"");
    let mut command = check(&first, &second);
    assert_run!(command.args(["--with", "comments"]), @"");
}
