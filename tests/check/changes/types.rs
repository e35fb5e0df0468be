use pum::catalog::Kind;

use super::Case;

pub fn cases() -> Vec<Case> {
    let of = |kind, identity, attribute, before, change| Case { kind, attribute, before, change, identity };
    let values = |before, change| of(Kind::Enum, "enum s.e", "values", before, change);
    let check = |attribute, before, change| {
        of(Kind::DomainConstraint, "domain constraint k on domain s.d", attribute, before, change)
    };
    let member = |attribute, before, change| {
        of(Kind::Attribute, "attribute a on composite type s.c", attribute, before, change)
    };
    vec![
        of(Kind::Enum, "enum s.e", "-", "", "create type s.e as enum ('a')"),
        values("create type s.e as enum ('a', 'b')", "alter type s.e add value 'c'"),
        values("create type s.e as enum ('a', 'b')", "alter type s.e rename value 'b' to 'c'"),
        values("create type s.e as enum ('a', 'b')", "drop type s.e; create type s.e as enum ('b', 'a')"),
        domain("-", "", "create domain s.d as integer"),
        domain("type", "create domain s.d as varchar(3)", "drop domain s.d; create domain s.d as varchar(4)"),
        domain("type", "create domain s.d as integer", "drop domain s.d; create domain s.d as bigint"),
        domain("collation", "create domain s.d as text", "drop domain s.d; create domain s.d as text collate \"C\""),
        domain("not null", "create domain s.d as integer", "alter domain s.d set not null"),
        domain("default", "create domain s.d as integer default 1", "alter domain s.d set default 2"),
        domain("default", "create domain s.d as integer default 1", "alter domain s.d drop default"),
        check("-", "create domain s.d as integer", "alter domain s.d add constraint k check (value > 0)"),
        check(
            "expression",
            "create domain s.d as integer constraint k check (value > 0)",
            "alter domain s.d drop constraint k; alter domain s.d add constraint k check (value > 1)",
        ),
        check(
            "not valid",
            "create domain s.d as integer constraint k check (value > 0)",
            "alter domain s.d drop constraint k; alter domain s.d add constraint k check (value > 0) not valid",
        ),
        of(Kind::CompositeType, "composite type s.c", "-", "", "create type s.c as (a integer)"),
        member("-", "create type s.c as (b integer)", "alter type s.c add attribute a integer"),
        Case {
            identity: "composite type s.c",
            ..member(
                "position",
                "create type s.c as (a integer, b integer)",
                "drop type s.c; create type s.c as (b integer, a integer)",
            )
        },
        member("type", "create type s.c as (a numeric(3,1))", "alter type s.c alter attribute a type numeric(3,2)"),
        member("type", "create type s.c as (a integer)", "alter type s.c alter attribute a type integer[]"),
        member(
            "collation",
            "create type s.c as (a text)",
            "alter type s.c alter attribute a type text collate \"C\"",
        ),
        range("-", "", "create type s.r as range (subtype = integer)"),
        range(
            "subtype",
            "create type s.r as range (subtype = integer)",
            "drop type s.r; create type s.r as range (subtype = bigint)",
        ),
        range(
            "operator class",
            "create type s.r as range (subtype = text)",
            "drop type s.r; create type s.r as range (subtype = text, subtype_opclass = text_pattern_ops)",
        ),
        range(
            "collation",
            "create type s.r as range (subtype = text)",
            "drop type s.r; create type s.r as range (subtype = text, collation = \"C\")",
        ),
        range(
            "canonical function",
            "create type s.r; create function s.f(s.r) returns s.r language internal immutable as 'int4range_canonical';
             create type s.r as range (subtype = integer)",
            "update pg_range set rngcanonical = 's.f' where rngtypid = 's.r'::regtype",
        ),
        range(
            "difference function",
            "create type s.r as range (subtype = double precision)",
            "drop type s.r; create type s.r as range (subtype = double precision, subtype_diff = float8mi)",
        ),
        of(Kind::ShellType, "shell type s.b", "-", "", "create type s.b"),
    ]
}

/// Those that came with 14.
pub fn since_14() -> Vec<Case> {
    vec![range(
        "multirange type",
        "create type s.r as range (subtype = integer)",
        "drop type s.r; create type s.r as range (subtype = integer, multirange_type_name = s.many)",
    )]
}

/// Those that came with 17.
pub fn since_17() -> Vec<Case> {
    vec![domain(
        "not null",
        "create domain s.d as integer not null",
        "drop domain s.d; create domain s.d as integer constraint chosen not null",
    )]
}

fn domain(attribute: &'static str, before: &'static str, change: &'static str) -> Case {
    Case { kind: Kind::Domain, attribute, before, change, identity: "domain s.d" }
}

fn range(attribute: &'static str, before: &'static str, change: &'static str) -> Case {
    Case { kind: Kind::RangeType, attribute, before, change, identity: "range type s.r" }
}
