//! What is no difference: the order in which things were made, oids, members of extensions, states of running.

use super::{lines, options, run};
use crate::support::{Database, database};

/// The same objects of all kinds, in pieces that may be run in this order or in another one.
const PIECES: &[&str] = &[
    "create schema a; create schema b; create schema c",
    "create type b.color as enum ('red', 'green')",
    "create domain b.depth as numeric(5,2) default 0.0 constraint positive check (value >= 0)
        constraint small check (value < 100)",
    "create type a.pair as (x integer, y b.depth)",
    "create type c.span as range (subtype = double precision, subtype_diff = float8mi)",
    "create collation a.german (provider = icu, locale = 'de')",
    "create function a.f(x integer, y b.color = 'red') returns a.pair language sql set work_mem = '1MB'
        set search_path = pg_catalog as 'select null::a.pair'",
    "create function a.f(x text) returns text language plpgsql immutable as 'begin return x; end'",
    "create procedure c.p(inout x integer) language plpgsql as 'begin end'",
    "create aggregate c.total(integer) (sfunc = int4pl, stype = integer, initcond = '0')",
    "create function b.same(a.pair, a.pair) returns boolean language sql immutable as 'select true'",
    "create operator b.= (procedure = b.same, leftarg = a.pair, rightarg = a.pair)",
    "create operator family c.many using btree; alter operator family c.many using btree add
        operator 1 < (integer, bigint), operator 5 > (integer, bigint)",
    "create operator class c.few for type integer using btree family c.many as operator 3 =, operator 1 <,
        function 1 btint4cmp(integer, integer)",
    "create cast (a.pair as text) with inout as assignment",
    "create text search dictionary a.simple (template = simple, accept = false)",
    "create text search configuration a.words (parser = default);
        alter text search configuration a.words add mapping for word, url with a.simple, simple",
    "create foreign data wrapper w options (z '1', y '2'); create server f foreign data wrapper w options (b '1', a '2')",
    "create publication p; create publication q for all tables with (publish = 'insert')",
    "create function c.event() returns event_trigger language plpgsql as 'begin end';
        create event trigger e on sql_drop when tag in ('DROP CAST', 'DROP RULE') execute function c.event()",
    "create conversion b.conv for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8",
    "create schema x; create extension hstore schema x; create extension pg_trgm schema x",
];

/// What of it needs something that comes before.
const NEEDS: &[(usize, usize)] = &[(3, 2), (6, 1), (6, 3), (10, 3), (11, 10), (13, 12), (14, 3), (16, 15)];

fn assert_equal(first: &Database, second: &Database) {
    let comparison = run(&options(first, second));
    assert!(lines(&comparison).is_empty(), "{:#?}", lines(&comparison));
    assert!(comparison.not_compared.is_empty(), "{:#?}", comparison.not_compared);
}

#[test]
fn objects_made_in_another_order_are_the_same() {
    let (first, second) = (database(), database());
    for piece in PIECES {
        first.sql(piece);
    }
    // Other oids, too.
    second.sql("create table waste (a serial primary key); drop table waste");
    let mut done = vec![false; PIECES.len()];
    second.sql(PIECES[0]);
    done[0] = true;
    while done.contains(&false) {
        for index in (0..PIECES.len()).rev() {
            if !done[index] && NEEDS.iter().all(|(piece, needed)| *piece != index || done[*needed]) {
                second.sql(PIECES[index]);
                done[index] = true;
            }
        }
    }
    assert_equal(&first, &second);
    // And every object is seen, or all would be equal.
    let empty = database();
    let differences = lines(&run(&options(&empty, &first)));
    for word in [
        "enum",
        "domain",
        "composite type",
        "range type",
        "collation",
        "function",
        "procedure",
        "aggregate",
        "operator",
        "operator family",
        "operator class",
        "cast",
        "text search dictionary",
        "text search configuration",
        "foreign data wrapper",
        "server",
        "publication",
        "event trigger",
        "conversion",
        "extension",
    ] {
        assert!(
            differences.iter().any(|line| line.starts_with(&format!("{word} "))),
            "{word}: {differences:#?}"
        );
    }
}

#[test]
fn options_given_in_another_order_are_the_same() {
    let (first, second) = (database(), database());
    let common = "create foreign data wrapper w;
        create function f() returns event_trigger language plpgsql as 'begin end';
        create function g() returns integer language sql as 'select 1';";
    first.sql(&format!(
        "{common} create server f foreign data wrapper w options (a '1', b '2');
         create event trigger e on sql_drop when tag in ('DROP CAST', 'DROP RULE') execute function f();
         alter function g() set work_mem = '1MB'; alter function g() set jit = off"
    ));
    second.sql(&format!(
        "{common} create server f foreign data wrapper w options (b '2', a '1');
         create event trigger e on sql_drop when tag in ('DROP RULE', 'DROP CAST') execute function f();
         alter function g() set jit = off; alter function g() set work_mem = '1MB'"
    ));
    assert_equal(&first, &second);
}

#[test]
fn members_of_extensions_are_the_extensions_own() {
    let (first, second) = (database(), database());
    first.sql("create extension hstore");
    second.sql(
        "create extension hstore;
         create function more(hstore) returns integer language sql as 'select 1';
         create type thing as enum ('a'); create operator @! (procedure = more, rightarg = hstore);
         create cast (thing as bigint) with inout; create foreign data wrapper w;
         alter extension hstore add function more(hstore); alter extension hstore add type thing;
         alter extension hstore add operator @! (none, hstore); alter extension hstore add cast (thing as bigint);
         alter extension hstore add foreign data wrapper w",
    );
    assert_equal(&first, &second);
}

#[test]
fn a_search_path_of_the_database_is_no_difference() {
    let (first, second) = (database(), database());
    for database in [&first, &second] {
        for piece in PIECES {
            database.sql(piece);
        }
    }
    second.sql(&format!(
        "alter database {} set search_path = a, b, c, x, public; alter database {0} set datestyle = 'German'",
        second.name()
    ));
    assert_equal(&first, &second);
}

#[test]
fn a_default_collation_of_another_provider_is_no_difference() {
    let other = "template template0 encoding 'UTF8' locale_provider icu icu_locale 'de'";
    let (first, second) = (database(), Database::create_with(crate::support::cluster(), other));
    for database in [&first, &second] {
        database.sql(
            "create table t (id integer primary key, s text not null, z text collate \"C\"); create index on t (lower(s));
             create view v as select s from t where s > 'a' order by s; create domain d as text check (value ~ 'x')",
        );
    }
    assert_equal(&first, &second);
}
