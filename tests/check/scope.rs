//! What is left out of a comparison, and what is compared only when asked for.

use pum::catalog::{Element, LeftOut};
use pum::compare::Scope;

use super::{compare, lines};
use crate::support::{Database, database};

/// Two databases, the second with this beside what both have.
fn pair(both: &str, more: &str) -> (Database, Database) {
    let (first, second) = (database(), database());
    first.sql(both);
    second.sql(both);
    second.sql(more);
    (first, second)
}

fn found(pair: &(Database, Database), scope: Scope) -> Vec<String> {
    lines(&compare(&pair.0, &pair.1, scope, LeftOut::default()))
}

#[test]
fn columns_are_left_out_by_pattern_with_what_depends_on_them() {
    let pair = pair(
        "create schema app; create table app.pipe (id integer, usr_note text, material text);
         create view app.material as select material from app.pipe",
        "alter table app.pipe add usr_color text default 'red' check (usr_color <> ''), add depth integer;
         create index on app.pipe (usr_color); create index pipe_depth on app.pipe (depth);
         comment on column app.pipe.usr_note is 'x';
         create view app.color as select usr_color from app.pipe; alter table app.pipe drop usr_note",
    );
    let left_out = LeftOut { column_patterns: vec!["usr\\_%".into()], ..LeftOut::default() };
    let scope = Scope { with: Element::ALL.to_vec(), ..Scope::default() };
    let differences = lines(&compare(&pair.0, &pair.1, scope, left_out));
    assert_eq!(differences, ["column depth on table app.pipe: -", "index pipe_depth on table app.pipe: -"]);
}

#[test]
fn tables_are_left_out_with_what_belongs_to_them() {
    let pair = pair(
        "create schema app",
        "create table app.\"Up grades\" (id serial primary key); create view app.v as select id from app.\"Up grades\"",
    );
    let left_out =
        LeftOut { tables: vec!["\"app\".\"Up grades\"".into(), "nowhere".into()], ..LeftOut::default() };
    let differences = lines(&compare(&pair.0, &pair.1, Scope::default(), left_out));
    assert_eq!(differences, ["view app.v: -"]);
}

#[test]
fn elements_and_schemas_are_chosen() {
    let pair = pair(
        "create schema app; create schema other; create table app.t (a integer)",
        "alter table app.t add b integer; create view app.v as select a from app.t; create table other.t ();
         create schema third",
    );
    let all = ["column b on table app.t: -", "view app.v: -", "table other.t: -", "schema third: -"];
    assert_eq!(found(&pair, Scope::default()), all);
    let ignore = vec![Element::Views, Element::Schemas];
    assert_eq!(found(&pair, Scope { ignore, ..Scope::default() }), [all[0], all[2]]);
    let only = vec![Element::Views];
    assert_eq!(found(&pair, Scope { only, ..Scope::default() }), [all[1]]);
    let exclude_schemas = vec!["app".to_owned()];
    assert_eq!(found(&pair, Scope { exclude_schemas, ..Scope::default() }), [all[2], all[3]]);
    let schemas = vec!["app".to_owned()];
    assert_eq!(found(&pair, Scope { schemas, ..Scope::default() }), [all[0], all[1]]);
}

#[test]
fn with_an_element_that_is_left_out_go_its_owners_and_comments() {
    let pair =
        pair("create schema app", "create view app.v as select 1 as a; comment on view app.v is 'new'");
    let scope = Scope { ignore: vec![Element::Views], ..Scope::default() };
    let comparison = compare(&pair.0, &pair.1, scope.clone(), LeftOut::default());
    assert!(comparison.differences.is_empty() && comparison.unasked.is_empty(), "{comparison:?}");
    assert_eq!(found(&pair, Scope { with: vec![Element::Owners], ..scope }), Vec::<String>::new());
    let only = Scope { only: vec![Element::Comments], ..Scope::default() };
    assert_eq!(found(&pair, only), ["comment on view app.v: -"]);
}

#[test]
fn what_is_compared_only_when_asked_for_is_counted() {
    let pair = pair(
        "create schema app; create table app.t (a integer, b integer)",
        "alter table app.t drop a; alter table app.t add a integer",
    );
    let comparison = compare(&pair.0, &pair.1, Scope::default(), LeftOut::default());
    assert_eq!(lines(&comparison), Vec::<String>::new());
    assert_eq!(comparison.unasked, [(Element::ColumnOrder, 1)]);
    let with = vec![Element::ColumnOrder];
    assert_eq!(found(&pair, Scope { with, ..Scope::default() }), ["table app.t: column order"]);
}

#[test]
fn what_belongs_to_a_new_object_is_counted_with_it() {
    let pair = pair(
        "create schema app",
        "create table app.t (a integer); comment on table app.t is 'x'; grant select on app.t to pg_monitor;
         comment on schema app is 'x'",
    );
    let comparison = compare(&pair.0, &pair.1, Scope::default(), LeftOut::default());
    assert_eq!(lines(&comparison), ["table app.t: -"]);
    assert_eq!(comparison.unasked, [(Element::Comments, 1)]);
}
