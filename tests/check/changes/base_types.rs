use pum::catalog::Kind;

use super::Case;

/// A base type like integer.
const TYPE: &str = "create type s.b;
    create function s.get(cstring) returns s.b language internal immutable strict as 'int4in';
    create function s.put(s.b) returns cstring language internal immutable strict as 'int4out';
    create type s.b (input = s.get, output = s.put, internallength = 4)";

/// A base type like text.
const LONG: &str = "create type s.b;
    create function s.get(cstring) returns s.b language internal immutable strict as 'textin';
    create function s.put(s.b) returns cstring language internal immutable strict as 'textout';
    create type s.b (input = s.get, output = s.put)";

/// The same with modifiers, like varchar(3).
const MODIFIED: &str = "create type s.b;
    create function s.get(cstring) returns s.b language internal immutable strict as 'textin';
    create function s.put(s.b) returns cstring language internal immutable strict as 'textout';
    create type s.b (input = s.get, output = s.put, typmod_in = varchartypmodin)";

pub fn cases() -> Vec<Case> {
    // What no ALTER changes, and what would take its functions along.
    let small = |attribute, change| base(attribute, TYPE, change);
    vec![
        // A shell type and functions come before a base type: one more of the same functions is only this.
        Case {
            identity: "base type s.c",
            ..small(
                "-",
                "insert into pg_type select (jsonb_populate_record(t, '{\"oid\": 1000000, \"typname\": \"c\", \"typarray\": 0}')).*
                 from pg_type t where oid = 's.b'::regtype",
            )
        },
        small("input function", "update pg_type set typinput = 'int4in'::regproc where oid = 's.b'::regtype"),
        small(
            "output function",
            "update pg_type set typoutput = 'int4out'::regproc where oid = 's.b'::regtype",
        ),
        small("receive function", "update pg_type set typreceive = 'int4recv' where oid = 's.b'::regtype"),
        small("send function", "update pg_type set typsend = 'int4send' where oid = 's.b'::regtype"),
        base("modifier input function", LONG, "alter type s.b set (typmod_in = varchartypmodin)"),
        base("modifier output function", MODIFIED, "alter type s.b set (typmod_out = varchartypmodout)"),
        small("analyze function", "alter type s.b set (analyze = ts_typanalyze)"),
        small("length", "update pg_type set typlen = 8 where oid = 's.b'::regtype"),
        small("length", "update pg_type set typlen = -2 where oid = 's.b'::regtype"),
        small("by value", "update pg_type set typbyval = true where oid = 's.b'::regtype"),
        small("alignment", "update pg_type set typalign = 'd' where oid = 's.b'::regtype"),
        base("storage", LONG, "alter type s.b set (storage = extended)"),
        small("category", "update pg_type set typcategory = 'N' where oid = 's.b'::regtype"),
        small("preferred", "update pg_type set typispreferred = true where oid = 's.b'::regtype"),
        small("default", "update pg_type set typdefault = '7' where oid = 's.b'::regtype"),
        small("element", "update pg_type set typelem = 'integer'::regtype where oid = 's.b'::regtype"),
        small("delimiter", "update pg_type set typdelim = ';' where oid = 's.b'::regtype"),
        base("collatable", LONG, "update pg_type set typcollation = 100 where oid = 's.b'::regtype"),
    ]
}

/// Those that came with 14.
pub fn since_14() -> Vec<Case> {
    vec![base(
        "subscript function",
        "create type s.b;
             create function s.get(cstring) returns s.b language internal immutable strict as 'jsonb_in';
             create function s.put(s.b) returns cstring language internal immutable strict as 'jsonb_out';
             create type s.b (input = s.get, output = s.put)",
        "alter type s.b set (subscript = jsonb_subscript_handler)",
    )]
}

fn base(attribute: &'static str, before: &'static str, change: &'static str) -> Case {
    Case { kind: Kind::BaseType, attribute, before, change, identity: "base type s.b" }
}
