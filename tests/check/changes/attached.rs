//! What hangs on objects that are not relations: comments and owners, on every kind that has them.

use pum::catalog::Kind;

use super::Case;

/// Objects: what makes one, how SQL calls it, its identity.
type Objects = &'static [(&'static str, &'static str, &'static str)];

/// Those with an owner.
const OWNED: Objects = &[
    ("create type s.e as enum ('a')", "type s.e", "enum s.e"),
    ("create domain s.d as integer", "domain s.d", "domain s.d"),
    ("create type s.c as (a integer)", "type s.c", "composite type s.c"),
    ("create type s.r as range (subtype = integer)", "type s.r", "range type s.r"),
    (
        "create function s.f(integer) returns integer language sql as 'select 1'",
        "function s.f(integer)",
        "function s.f(integer)",
    ),
    ("create procedure s.p(integer) language sql as ''", "procedure s.p(integer)", "procedure s.p(integer)"),
    (
        "create aggregate s.a(integer) (sfunc = int4pl, stype = integer)",
        "aggregate s.a(integer)",
        "aggregate s.a(integer)",
    ),
    ("create collation s.c (locale = 'C')", "collation s.c", "collation s.c"),
    (
        "create conversion s.v for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8",
        "conversion s.v",
        "conversion s.v",
    ),
    (
        "create operator s.= (procedure = int4eq, leftarg = integer, rightarg = integer)",
        "operator s.= (integer, integer)",
        "operator s.\"=\"(integer, integer)",
    ),
    (
        "create operator family s.f using btree",
        "operator family s.f using btree",
        "operator family s.f(btree)",
    ),
    (
        "create operator class s.c for type integer using btree as operator 3 =",
        "operator class s.c using btree",
        "operator class s.c(btree)",
    ),
    (
        "create text search dictionary s.d (template = simple)",
        "text search dictionary s.d",
        "text search dictionary s.d",
    ),
    (
        "create text search configuration s.c (parser = default)",
        "text search configuration s.c",
        "text search configuration s.c",
    ),
    ("create function s.h() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
             create language attached handler s.h", "language attached", "language attached"),
    (
        "create foreign data wrapper attached_w; create server attached foreign data wrapper attached_w",
        "server attached",
        "server attached",
    ),
    ("create publication attached", "publication attached", "publication attached"),
];

/// Those without, or whose owner must be a superuser.
const OTHERS: Objects = &[
    ("create type s.b", "type s.b", "shell type s.b"),
    (
        "create domain s.d as integer constraint k check (value > 0)",
        "constraint k on domain s.d",
        "domain constraint k on domain s.d",
    ),
    ("create type s.c as (a integer)", "column s.c.a", "attribute a on composite type s.c"),
    (
        "create type s.c as (a integer); create cast (s.c as integer) with inout",
        "cast (s.c as integer)",
        "cast (s.c AS integer)",
    ),
    (
        "create transform for point language sql (from sql with function prsd_lextype(internal))",
        "transform for point language sql",
        "transform (FOR point LANGUAGE sql)",
    ),
    (
        "create text search parser s.p (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end,
            lextypes = prsd_lextype)",
        "text search parser s.p",
        "text search parser s.p",
    ),
    (
        "create text search template s.t (lexize = dsimple_lexize)",
        "text search template s.t",
        "text search template s.t",
    ),
    (
        "create access method attached type table handler heap_tableam_handler",
        "access method attached",
        "access method attached",
    ),
    (
        "create foreign data wrapper attached",
        "foreign data wrapper attached",
        "foreign data wrapper attached",
    ),
    (
        "create function s.f() returns event_trigger language plpgsql as 'begin end';
         create event trigger attached on sql_drop when tag in ('DROP CAST') execute function s.f()",
        "event trigger attached",
        "event trigger attached",
    ),
    (
        "create subscription attached connection 'dbname=nowhere' publication p with (connect = false)",
        "subscription attached",
        "subscription attached",
    ),
];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (before, name, identity) in OWNED.iter().chain(OTHERS) {
        cases.push(Case {
            kind: Kind::Comment,
            attribute: "-",
            before,
            change: keep(format!("comment on {name} is 'x'")),
            identity: keep(format!("comment on {identity}")),
        });
    }
    for (before, name, identity) in OWNED {
        // Those of the whole database have other names.
        cases.push(Case {
            kind: Kind::Owner,
            attribute: "role",
            before: keep(before.replace("attached", "owned")),
            change: keep(format!("alter {} owner to pg_monitor", name.replace("attached", "owned"))),
            identity: keep(format!("owner on {}", identity.replace("attached", "owned"))),
        });
    }
    // An extension brings a comment.
    cases.push(Case {
        kind: Kind::Comment,
        attribute: "text",
        before: "create extension cube schema s",
        change: "comment on extension cube is 'x'",
        identity: "comment on extension cube",
    });
    cases
}

/// The cases live as long as the tests.
fn keep(text: String) -> &'static str {
    text.leak()
}
