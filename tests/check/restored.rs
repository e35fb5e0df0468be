//! A database and its own dump, restored, are equal.

use pum::catalog::{Element, LeftOut};
use pum::compare::Scope;

use super::{compare, lines};
use crate::support::{Database, database, pum, scratch};

/// A copy of a database by dump and restore.
pub fn restored(database: &Database) -> Database {
    let copy = crate::support::database();
    let file = scratch().join(format!("{}.dump", database.name()));
    pum().args(["dump", "-p", database.uri()]).arg(&file).assert().success();
    pum().args(["restore", "-p", copy.uri()]).arg(&file).assert().success();
    copy
}

/// The differences between a database and its own restored dump, of all elements.
fn differences(database: &Database) -> Vec<String> {
    let scope = Scope { with: Element::ALL.to_vec(), ..Scope::default() };
    lines(&compare(database, &restored(database), scope, LeftOut::default()))
}

#[test]
fn casts_of_arrays_are_no_difference() {
    let database = database();
    database.sql(
        "create schema app;
         create table app.t (s varchar(10), c char(3), n integer,
            constraint in_list check (s in ('a', 'it''s', 'b]')), check (c not in ('x', 'y')),
            constraint nested check (n > 0 and (s in ('a', 'b') or s in ('c', 'd'))));
         create index on app.t (n) where s in ('a', 'b');
         create view app.v as select n, s in ('a', 'b') as listed from app.t where s not in ('q', 'r');
         create materialized view app.m as select n from app.t where s = any (array['a', 'b']::varchar[]);
         alter table app.t enable row level security;
         create policy p on app.t using (s in ('a', 'b')) with check (s in ('c', 'd'));
         create domain app.d as varchar check (value in ('a', 'b'));
         create function app.f() returns trigger language plpgsql as 'begin return new; end';
         create trigger tr before update on app.t for each row when (new.s in ('a', 'b')) execute function app.f();
         create rule r as on update to app.v where new.n in (1, 2) do instead nothing",
    );
    assert_eq!(differences(&database), Vec::<String>::new());
}

#[test]
fn a_search_path_of_the_database_is_no_difference() {
    let database = database();
    database.sql(
        "create schema app; create type app.state as enum ('a', 'b');
         create table app.t (id serial primary key, s app.state default 'a');
         create view app.v as select t.id, t.s from app.t where t.s = 'a'",
    );
    let copy = restored(&database);
    database.sql(&format!("alter database {} set search_path = app, public", database.name()));
    assert_eq!(lines(&compare(&database, &copy, Scope::default(), LeftOut::default())), Vec::<String>::new());
}

#[test]
fn foreign_keys_that_partitions_have_from_their_table_are_no_difference() {
    let database = database();
    database.sql(
        "create schema app; create table app.ref (a integer primary key);
         create table app.p (a integer) partition by range (a);
         create table app.sub (a integer, foreign key (a) references app.ref) partition by range (a);
         create table app.leaf partition of app.sub for values from (1) to (10);
         alter table app.p add foreign key (a) references app.ref;
         alter table app.p attach partition app.sub for values from (1) to (100)",
    );
    assert_eq!(differences(&database), Vec::<String>::new());
}
