//! Sequences. One that serves an identity column is said with the column.

use super::schemas::OWN_SCHEMA;
use super::{Attribute, Description, Element};

/// <https://www.postgresql.org/docs/current/catalog-pg-sequence.html>
pub(super) const SEQUENCE: Description = Description {
    word: "sequence",
    element: Element::Sequences,
    attributes: &[
        Attribute::word("persistence"),
        Attribute::word("type"),
        Attribute::word("start"),
        Attribute::word("increment"),
        Attribute::word("minimum"),
        Attribute::word("maximum"),
        Attribute::word("cache"),
        Attribute::word("cycle"),
        Attribute::word("owned by"),
    ],
    query: |_| {
        format!(
            "SELECT c.tableoid, c.oid, 0, NULL, NULL, NULL, n.nspname, c.relname, NULL,
                CASE c.relpersistence WHEN 'u' THEN 'unlogged' END,
                CASE WHEN q.seqtypid <> 20 THEN format_type(q.seqtypid, NULL) END,
                {START},
                {INCREMENT},
                {MINIMUM},
                {MAXIMUM},
                {CACHE},
                CASE WHEN q.seqcycle THEN 'cycle' END,
                own.refobjid::regclass || '.' || (SELECT quote_ident(a.attname) FROM pg_attribute a WHERE a.attrelid = own.refobjid AND a.attnum = own.refobjsubid)
            FROM pg_sequence q
            JOIN pg_class c ON c.oid = q.seqrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_depend own ON own.classid = 1259 AND own.objid = q.seqrelid AND own.objsubid = 0
                AND own.refclassid = 1259 AND own.refobjsubid > 0 AND own.deptype IN ('a', 'i')
            WHERE own.deptype IS DISTINCT FROM 'i' AND {OWN_SCHEMA}"
        )
    },
};

// What is said of `pg_sequence q`, NULL where it is what an ascending sequence of its type has that nothing is said
// of. A descending one has other defaults, but alterations keep what was there, so each is told by its own value.

/// Where it starts.
pub(super) const START: &str = "NULLIF(q.seqstart, 1)";

/// By how much it goes on.
pub(super) const INCREMENT: &str = "NULLIF(q.seqincrement, 1)";

/// Its least value.
pub(super) const MINIMUM: &str = "NULLIF(q.seqmin, 1)";

/// Its greatest value.
pub(super) const MAXIMUM: &str = "NULLIF(q.seqmax,
    CASE q.seqtypid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647 ELSE 9223372036854775807 END)";

/// How many values a session takes at once.
pub(super) const CACHE: &str = "NULLIF(q.seqcache, 1)";
