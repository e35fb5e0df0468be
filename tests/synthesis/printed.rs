//! `pum check --format sql`.

use super::apply;
use crate::support::{Database, cluster, pum};

/// The exit code and what is printed.
fn printed(first: &Database, second: &Database, more: &[&str]) -> (Option<i32>, String) {
    let mut command = pum();
    command.args(["check", "-p1", first.uri(), "-p2", second.uri(), "--format", "sql"]).args(more);
    let output = command.output().expect("pum");
    (output.status.code(), String::from_utf8(output.stdout).expect("text"))
}

#[test]
fn statements_are_printed_in_an_order_that_works() {
    let (first, second) = (Database::create(cluster()), Database::create(cluster()));
    first.sql(
        "create schema app; create table app.pipe (id integer, material text);
        create view app.pipes as select id from app.pipe",
    );
    second.sql(
        "create schema app; create type app.kind as enum ('main', 'side');
        create table app.pipe (id bigint not null primary key, kind app.kind default 'main', material text);
        create view app.pipes as select id from app.pipe",
    );
    let (code, sql) = printed(&first, &second, &[]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(sql, @r"
    DROP VIEW app.pipes;
    CREATE TYPE app.kind AS ENUM ('main', 'side');
    ALTER TABLE app.pipe ALTER COLUMN id TYPE bigint;
    ALTER TABLE app.pipe ALTER COLUMN id SET NOT NULL;
    ALTER TABLE app.pipe ADD CONSTRAINT pipe_pkey PRIMARY KEY (id);
    CREATE VIEW app.pipes AS
     SELECT pipe.id
       FROM app.pipe;
    ALTER TABLE app.pipe ADD COLUMN kind app.kind DEFAULT 'main'::app.kind;
    ALTER VIEW app.pipes OWNER TO postgres;
    ");
    apply(first.uri(), &sql).expect("applied");
    assert_eq!(printed(&first, &second, &[]), (Some(0), String::new()));
}

#[test]
fn nothing_is_printed_for_equal_sources() {
    let (first, second) = (Database::create(cluster()), Database::create(cluster()));
    for database in [&first, &second] {
        database.sql("create table t (a integer)");
    }
    assert_eq!(printed(&first, &second, &[]), (Some(0), String::new()));
}

#[test]
fn what_cannot_be_written_yet_is_named() {
    let (first, second) = (Database::create(cluster()), Database::create(cluster()));
    second.sql("create subscription told connection 'dbname=nowhere' publication p with (connect = false)");
    let (code, sql) = printed(&first, &second, &[]);
    second.sql("alter subscription told set (slot_name = none)");
    second.sql("drop subscription told");
    assert_eq!((code, sql.as_str()), (Some(1), "-- TODO create subscription told\n"));
}

#[test]
fn what_is_not_compared_is_not_written() {
    let (first, second) = (Database::create(cluster()), Database::create(cluster()));
    for database in [&first, &second] {
        database.sql("create table t (a integer)");
    }
    second.sql("comment on table t is 'x'");
    assert_eq!(printed(&first, &second, &[]), (Some(0), String::new()));
    let (code, sql) = printed(&first, &second, &["--with", "comments"]);
    assert_eq!((code, sql.as_str()), (Some(1), "COMMENT ON TABLE public.t IS 'x';\n"));
}

#[test]
fn an_ignored_attribute_leaves_the_others() {
    let (first, second) = (Database::create(cluster()), Database::create(cluster()));
    first.sql("create schema app; create table app.pipe (id integer, material text)");
    second.sql(
        "create schema app; create table app.pipe (id bigint not null, material text not null) with (fillfactor = 50)",
    );
    let project = crate::support::Project::new();
    project.file("pum.yaml", "");
    project.file(
        "pum.ignore.yaml",
        "- {name: pipe, element: tables, attribute: options}\n- {name: pipe.id, element: columns, attribute: type}\n",
    );
    let mut command = project.pum();
    command.args(["check", "-p1", first.uri(), "-p2", second.uri(), "--format", "sql"]);
    let output = command.output().expect("pum");
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout), @r"
    ALTER TABLE app.pipe ALTER COLUMN id SET NOT NULL;
    ALTER TABLE app.pipe ALTER COLUMN material SET NOT NULL;
    ");
}
