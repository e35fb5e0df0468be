//! The rows of value lists are compared by primary key, when asked for.

use pum::catalog::LeftOut;
use pum::commands::check::Options;
use pum::compare::{Change, Comparison};

use super::{lines, options, run};
use crate::support::{Database, database};

const LISTS: &str = "create schema app;
    create table app.vl_material (id integer primary key, name text, usr text, old integer);
    insert into app.vl_material values (1, 'PE', 'a', 1), (2, 'steel', 'b', 1), (3, null, 'c', 1);
    create table app.\"vl Zwei\" (\"Art\" text, n integer, note text, primary key (n, \"Art\"));
    insert into app.\"vl Zwei\" values ('x, y', 1, E'two\\nlines');
    create table app.vl_without_key (a integer); create table app.pipe (id integer primary key);";

fn compared(first: &Database, second: &Database, value_lists: &[&str]) -> Comparison {
    run(&Options {
        value_lists: value_lists.iter().map(ToString::to_string).collect(),
        left_out: LeftOut { column_patterns: vec!["usr".into()], ..LeftOut::default() },
        ..options(first, second)
    })
}

#[test]
fn rows_are_compared_by_their_keys() {
    let (first, second) = (database(), database());
    first.sql(LISTS);
    second.sql(LISTS);
    second.sql(
        "update app.vl_material set name = 'iron' where id = 2; delete from app.vl_material where id = 1;
         insert into app.vl_material values (4, 'PVC'); update app.vl_material set name = 'null', usr = 'z' where id = 3;
         alter table app.vl_material drop old; update app.\"vl Zwei\" set note = 'one'; insert into app.pipe values (1)",
    );
    let comparison = compared(&first, &second, &["app.vl*"]);
    assert_eq!(
        lines(&comparison),
        [
            "row \"(1,\"\"x, y\"\")\" on table app.\"vl Zwei\": values",
            "column old on table app.vl_material: only in the first",
            "row \"1\" on table app.vl_material: only in the first",
            "row \"2\" on table app.vl_material: values",
            "row \"3\" on table app.vl_material: values",
            "row \"4\" on table app.vl_material: -",
        ]
    );
    let Change::Changed { attributes } = &comparison.differences[0].change else { panic!() };
    assert_eq!(attributes[0].first.as_deref(), Some("note: \"two\\nlines\""));
    assert_eq!(comparison.not_compared, ["the rows of app.vl_without_key: it has no primary key"]);
    assert_eq!(lines(&compared(&first, &second, &["vl_mat*"])).len(), 5);
    assert_eq!(lines(&compared(&first, &second, &[])).len(), 1);
}
