//! Base types, which C or another language of the inside implements.

use super::own::function;
use super::schemas::OWN_SCHEMA;
use super::{Attribute, Description, Element};

/// <https://www.postgresql.org/docs/current/sql-createtype.html>
pub(super) const BASE_TYPE: Description = Description {
    word: "base type",
    element: Element::Types,
    attributes: &[
        Attribute::word("input function"),
        Attribute::word("output function"),
        Attribute::word("receive function"),
        Attribute::word("send function"),
        Attribute::word("modifier input function"),
        Attribute::word("modifier output function"),
        Attribute::word("analyze function"),
        Attribute::word("subscript function").varying(),
        Attribute::word("length"),
        Attribute::word("by value"),
        Attribute::word("alignment"),
        Attribute::word("storage"),
        Attribute::word("category"),
        Attribute::word("preferred"),
        Attribute::word("default"),
        Attribute::word("element"),
        Attribute::word("delimiter"),
        Attribute::word("collatable"),
    ],
    query: |server| {
        format!(
            "SELECT t.tableoid, t.oid, 0, NULL, NULL, NULL, n.nspname, t.typname, NULL,
                {input}, {output}, {receive}, {send}, {modifier_in}, {modifier_out}, {analyze}, {subscript},
                CASE WHEN t.typlen <> -1 THEN CASE t.typlen WHEN -2 THEN 'cstring' ELSE t.typlen::text END END,
                CASE WHEN t.typbyval THEN 'by value' END,
                CASE t.typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2' WHEN 'd' THEN 'double' END,
                CASE t.typstorage WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' WHEN 'x' THEN 'extended' END,
                NULLIF(t.typcategory, 'U'),
                CASE WHEN t.typispreferred THEN 'preferred' END,
                t.typdefault,
                CASE WHEN t.typelem <> 0 THEN format_type(t.typelem, NULL) END,
                NULLIF(t.typdelim, ','),
                CASE WHEN t.typcollation <> 0 THEN 'collatable' END
            FROM pg_type t
            JOIN pg_namespace n ON n.oid = t.typnamespace
            WHERE t.typtype = 'b' AND {OWN_SCHEMA}
                AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)",
            input = function("t.typinput"),
            output = function("t.typoutput"),
            receive = function("t.typreceive"),
            send = function("t.typsend"),
            modifier_in = function("t.typmodin"),
            modifier_out = function("t.typmodout"),
            analyze = function("t.typanalyze"),
            subscript = server.since(14, "NULLIF(t.typsubscript::oid::regprocedure::text, '-')"),
        )
    },
};
