use pum::catalog::Kind;

use super::Case;

pub fn cases() -> Vec<Case> {
    let cast = |attribute, before, change| Case {
        kind: Kind::Cast,
        attribute,
        before,
        change,
        identity: "cast (s.c AS integer)",
    };
    let transform = |identity, attribute, before, change| Case {
        kind: Kind::Transform,
        attribute,
        before,
        change,
        identity,
    };
    vec![
        cast("-", "create type s.c as (a integer)", "create cast (s.c as integer) with inout"),
        cast(
            "method",
            "create type s.c as (a integer); create cast (s.c as integer) with inout",
            "update pg_cast set castmethod = 'b' where castsource = 's.c'::regtype",
        ),
        cast(
            "function",
            "create type s.c as (a integer);
             create function s.f(s.c) returns integer language sql as 'select 1';
             create function s.g(s.c) returns integer language sql as 'select 1';
             create cast (s.c as integer) with function s.f(s.c)",
            "drop cast (s.c as integer); create cast (s.c as integer) with function s.g(s.c)",
        ),
        cast(
            "context",
            "create type s.c as (a integer); create cast (s.c as integer) with inout",
            "drop cast (s.c as integer); create cast (s.c as integer) with inout as assignment",
        ),
        cast(
            "context",
            "create type s.c as (a integer); create cast (s.c as integer) with inout as assignment",
            "drop cast (s.c as integer); create cast (s.c as integer) with inout as implicit",
        ),
        transform(
            "transform (FOR integer LANGUAGE sql)",
            "-",
            "",
            "create transform for integer language sql (from sql with function prsd_lextype(internal))",
        ),
        transform(
            "transform (FOR bigint LANGUAGE sql)",
            "from SQL",
            "create function s.f(internal) returns internal language internal immutable as 'prsd_lextype';
             create transform for bigint language sql (from sql with function prsd_lextype(internal))",
            "create or replace transform for bigint language sql (from sql with function s.f(internal))",
        ),
        transform(
            "transform (FOR oid LANGUAGE sql)",
            "to SQL",
            "create function s.f(internal) returns oid language internal immutable as 'oidrecv';
             create transform for oid language sql (to sql with function oidrecv(internal))",
            "create or replace transform for oid language sql (to sql with function s.f(internal))",
        ),
    ]
}
