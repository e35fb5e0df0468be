//! Collations, and conversions between encodings.

use super::own::function;
use super::schemas::OWN_SCHEMA;
use super::{Attribute, Description, Element, Server};

/// <https://www.postgresql.org/docs/current/catalog-pg-collation.html>. The version that the operating system's
/// collation had is not part of a schema.
pub(super) const COLLATION: Description = Description {
    word: "collation",
    element: Element::Other,
    attributes: &[
        Attribute::word("provider"),
        Attribute::word("locale"),
        Attribute::word("LC_COLLATE"),
        Attribute::word("LC_CTYPE"),
        Attribute::word("deterministic"),
        Attribute::text("rules"),
    ],
    query: collation_query,
};

fn collation_query(server: Server) -> String {
    // The locale of a provider other than libc has moved twice.
    let locale = match server.major() {
        ..15 => "CASE WHEN l.collprovider <> 'c' THEN l.collcollate END",
        15 | 16 => "l.colliculocale",
        _ => "l.colllocale",
    };
    let rules = server.since(16, "l.collicurules");
    // Those of another encoding cannot be used in this database, and may have the same name.
    format!(
        "SELECT l.tableoid, l.oid, 0, NULL, NULL, NULL, n.nspname, l.collname, NULL,
            CASE l.collprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' WHEN 'd' THEN 'default'
                ELSE l.collprovider::text END,
            {locale},
            CASE WHEN l.collprovider = 'c' THEN l.collcollate END,
            CASE WHEN l.collprovider = 'c' THEN l.collctype END,
            CASE WHEN NOT l.collisdeterministic THEN 'no' END,
            {rules}
        FROM pg_collation l
        JOIN pg_namespace n ON n.oid = l.collnamespace
        WHERE {OWN_SCHEMA} AND l.collencoding IN
            (-1, (SELECT d.encoding FROM pg_database d WHERE d.datname = current_database()))"
    )
}

/// <https://www.postgresql.org/docs/current/catalog-pg-conversion.html>
pub(super) const CONVERSION: Description = Description {
    word: "conversion",
    element: Element::Other,
    attributes: &[
        Attribute::word("from"),
        Attribute::word("to"),
        Attribute::word("function"),
        Attribute::word("default"),
    ],
    query: |_| {
        format!(
            "SELECT v.tableoid, v.oid, 0, NULL, NULL, NULL, n.nspname, v.conname, NULL,
                pg_encoding_to_char(v.conforencoding), pg_encoding_to_char(v.contoencoding), {function},
                CASE WHEN v.condefault THEN 'default' END
            FROM pg_conversion v
            JOIN pg_namespace n ON n.oid = v.connamespace
            WHERE {OWN_SCHEMA}",
            function = function("v.conproc"),
        )
    },
};
