//! Casts between types, and transforms between types and languages. They have no names: the types tell them apart.

use super::own::{FIRST_NORMAL, function, independent};
use super::{Attribute, Description, Element};

/// <https://www.postgresql.org/docs/current/catalog-pg-cast.html>
pub(super) const CAST: Description = Description {
    word: "cast",
    element: Element::Other,
    attributes: &[Attribute::word("method"), Attribute::word("function"), Attribute::word("context")],
    query: |_| {
        format!(
            "SELECT s.tableoid, s.oid, 0, NULL, NULL, NULL, NULL, '',
                format_type(s.castsource, NULL) || ' AS ' || format_type(s.casttarget, NULL),
                CASE s.castmethod WHEN 'b' THEN 'binary-coercible' WHEN 'i' THEN 'by input and output' END,
                {function},
                CASE s.castcontext WHEN 'a' THEN 'assignment' WHEN 'i' THEN 'implicit' END
            FROM pg_cast s
            WHERE s.oid >= {FIRST_NORMAL} AND {independent}",
            function = function("s.castfunc"),
            independent = independent("s"),
        )
    },
};

/// <https://www.postgresql.org/docs/current/catalog-pg-transform.html>
pub(super) const TRANSFORM: Description = Description {
    word: "transform",
    element: Element::Other,
    attributes: &[Attribute::word("from SQL"), Attribute::word("to SQL")],
    query: |_| {
        format!(
            "SELECT f.tableoid, f.oid, 0, NULL, NULL, NULL, NULL, '',
                'FOR ' || format_type(f.trftype, NULL) || ' LANGUAGE ' || quote_ident(l.lanname), {from}, {to}
            FROM pg_transform f
            JOIN pg_language l ON l.oid = f.trflang
            WHERE f.oid >= {FIRST_NORMAL}",
            from = function("f.trffromsql"),
            to = function("f.trftosql"),
        )
    },
};
