//! Objects that are no facts are named, also by the text report.

use super::{lines, options, run};
use crate::support::{assert_run, database, pum};

#[test]
fn large_objects_are_named_with_the_side_that_has_them() {
    let (first, second) = (database(), database());
    assert!(run(&options(&first, &second)).not_compared.is_empty());
    first.sql("select lo_create(16500)");
    second.sql("select lo_create(16500)");
    assert_eq!(
        run(&options(&first, &second)).not_compared,
        ["large objects, a kind that is not modelled: 1 (oid 16500)"]
    );
    first.sql("select lo_create(20000 + i) from generate_series(1, 9) i");
    insta::assert_snapshot!(run(&options(&first, &second)).not_compared.join("\n"), @r"
    in the first: large objects, a kind that is not modelled: 10 (oid 16500, 20001, 20002, 20003, 20004, …)
    in the second: large objects, a kind that is not modelled: 1 (oid 16500)
    ");
    let mut command = pum();
    command.args(["check", "-p1", first.uri(), "-p2", second.uri()]);
    assert_run!(command, @r"
    exit code: 0
    ----- stdout -----
    [DATABASE] and [DATABASE] are equal, as far as they were compared
    not compared: in the first: large objects, a kind that is not modelled: 10 (oid 16500, 20001, 20002, 20003, 20004, …)
    not compared: in the second: large objects, a kind that is not modelled: 1 (oid 16500)
    ----- stderr -----
    ");
}

#[test]
fn objects_in_system_schemas_are_named() {
    let (first, second) = (database(), database());
    second.sql(
        "create function pg_catalog.mine(integer) returns integer language sql as 'select 1';
         set allow_system_table_mods = on;
         create table information_schema.own (a integer primary key, b text);
         create extension pg_trgm schema pg_catalog",
    );
    let comparison = run(&options(&first, &second));
    assert_eq!(lines(&comparison), ["extension pg_trgm: -"]);
    insta::assert_snapshot!(comparison.not_compared.join("\n"), @r"
    in the second: function pg_catalog.mine(integer), in a system schema
    in the second: table information_schema.own, in a system schema
    ");
}

#[test]
fn rows_of_an_unknown_kind_in_a_known_catalog_are_counted() {
    let (first, second) = (database(), database());
    second.sql(
        "create table public.t (a integer); create view public.v as select 1;
         update pg_class set relkind = 'X' where oid = 'public.v'::regclass",
    );
    let comparison = run(&options(&first, &second));
    insta::assert_snapshot!(comparison.not_compared.join("\n"), @"in the second: rows of pg_class with relkind X, a kind that is not known: 1");
}
