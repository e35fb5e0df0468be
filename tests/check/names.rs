//! Names with quotes, dots and capitals, and one name on several objects: a difference is that of its own object.

use pum::catalog::{Element, Identity, LeftOut};
use pum::compare::Scope;

use super::{compare, lines};
use crate::support::database;

/// Makes everything twice: on two tables of a schema, and in another schema, under the same names.
const SAME_NAMES: &str = "
    create function public.f() returns trigger language plpgsql as 'begin return new; end';
    create schema one; create schema two;
    create table one.t (a integer, b integer, constraint c check (a > 0));
    create table one.u (a integer, b integer, constraint c check (a > 0));
    create table two.t (a integer, b integer, constraint c check (a > 0));
    create index i on one.t (a); create index i on two.t (a);
    create statistics one.x on a, b from one.t; create statistics two.x on a, b from two.t;
    create trigger g before update on one.t for each row execute function public.f();
    create trigger g before update on one.u for each row execute function public.f();
    create policy p on one.t using (a > 0); create policy p on one.u using (a > 0);
    create rule r as on delete to one.t do also nothing; create rule r as on delete to two.t do also nothing";

#[test]
fn one_name_on_several_objects() {
    let (first, second) = (database(), database());
    first.sql(SAME_NAMES);
    second.sql(SAME_NAMES);
    second.sql(
        "alter table one.u drop constraint c; alter table one.u add constraint c check (a > 1);
         drop index two.i; create index i on two.t (b);
         alter statistics two.x set statistics 7;
         alter table one.u disable trigger g;
         alter policy p on one.t using (a > 1);
         alter table two.t disable rule r;
         comment on constraint c on two.t is 'x'",
    );
    let scope = Scope { with: Element::ALL.to_vec(), ..Scope::default() };
    assert_eq!(
        lines(&compare(&first, &second, scope, LeftOut::default())),
        [
            "policy p on table one.t: using",
            "constraint c on table one.u: definition",
            "trigger g on table one.u: enabled",
            "comment on constraint c on table two.t: -",
            "index i on table two.t: definition",
            "statistics x on table two.t: statistics target",
            "rule r on table two.t: enabled",
        ]
    );
}

/// A schema of one table, `name` being what stands for every name in it, quoted.
fn under_one_name(name: &str) -> String {
    format!(
        "create schema {name};
         create table {name}.{name} ({name} integer generated always as identity, b integer default 1,
            constraint {name} check ({name} > 0));
         create sequence {name}.{name}_ owned by {name}.{name}.{name};
         create index {name}__ on {name}.{name} (({name} + 1)) with (fillfactor = 50) where {name} > 0;
         create statistics {name}.{name} on {name}, b from {name}.{name};
         create function {name}.{name}() returns trigger language plpgsql as 'begin return new; end';
         create trigger {name} before update of {name} on {name}.{name} for each row execute function {name}.{name}();
         create rule {name} as on delete to {name}.{name} do also nothing;
         create policy {name} on {name}.{name} using ({name} > 0);
         comment on policy {name} on {name}.{name} is 'x'; comment on column {name}.{name}.{name} is 'x';
         grant select ({name}) on {name}.{name} to pg_monitor; grant select on {name}.{name} to pg_monitor"
    )
    // Names of relations differ, inside their quotes.
    .replace("\"__", "__\"")
    .replace("\"_", "_\"")
}

#[test]
fn names_with_quotes_dots_and_capitals() {
    let (first, second) = (database(), database());
    for name in
        ["\"select\"", "\"A b\"", "\"a.b\"", "\"a\"\"b\"", "\"a USING b\"", "\"it's (x) ON y\"", "\"ü AS\""]
    {
        let schema = under_one_name(name);
        first.sql(&schema);
        second.sql(&schema);
        second.sql(&format!(
            "drop rule {name} on {name}.{name}; create rule {name} as on delete to {name}.{name} do instead nothing;
             alter table {name}.{name} disable trigger {name}; alter policy {name} on {name}.{name} using (b > 0);
             drop statistics {name}.{name}; create statistics {name}.{name} (mcv) on {name}, b from {name}.{name};
             alter table {name}.{name} drop constraint {name};
             alter table {name}.{name} add constraint {name} check (b > 0)"
        ));
    }
    let scope = || Scope { with: Element::ALL.to_vec(), ..Scope::default() };
    let comparison = compare(&first, &second, scope(), LeftOut::default());
    let expected = |name: &str| {
        [
            format!("constraint {name} on table {name}.{name}: definition"),
            format!("statistics {name} on table {name}.{name}: definition"),
            format!("rule {name} on table {name}.{name}: definition"),
            format!("trigger {name} on table {name}.{name}: enabled"),
            format!("policy {name} on table {name}.{name}: using"),
        ]
    };
    // By schema: in the order of the bytes of their names.
    let names =
        ["\"A b\"", "\"a USING b\"", "\"a\"\"b\"", "\"a.b\"", "\"it's (x) ON y\"", "select", "\"ü AS\""];
    assert_eq!(lines(&comparison), names.iter().flat_map(|name| expected(name)).collect::<Vec<_>>());
    for difference in &comparison.differences {
        let text = difference.identity.to_string();
        assert_eq!(text.parse::<Identity>().as_ref(), Ok(&*difference.identity), "{text}");
    }
    let copy = super::restored::restored(&second);
    assert_eq!(lines(&compare(&second, &copy, scope(), LeftOut::default())), Vec::<String>::new());
}
