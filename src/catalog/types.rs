//! Types that are made of others: enums, domains with their constraints, composite types with their attributes, range
//! types; and shell types, which are only announced. Base types are in `base_types`.

use super::own::{FIRST_NORMAL, function};
use super::schemas::OWN_SCHEMA;
use super::{Attribute, Description, Element, Server};

/// <https://www.postgresql.org/docs/current/catalog-pg-enum.html>
pub(super) const ENUM: Description = Description {
    word: "enum",
    element: Element::Types,
    attributes: &[Attribute::list("values")],
    query: |_| {
        format!(
            "SELECT t.tableoid, t.oid, 0, NULL, NULL, NULL, n.nspname, t.typname, NULL, v.labels
            FROM pg_type t
            JOIN pg_namespace n ON n.oid = t.typnamespace
            LEFT JOIN (SELECT e.enumtypid, string_agg(e.enumlabel, E'\\n' ORDER BY e.enumsortorder) AS labels
                FROM pg_enum e GROUP BY e.enumtypid) v ON v.enumtypid = t.oid
            WHERE t.typtype = 'e' AND {OWN_SCHEMA}"
        )
    },
};

/// <https://www.postgresql.org/docs/current/sql-createdomain.html>
pub(super) const DOMAIN: Description = Description {
    word: "domain",
    element: Element::Types,
    attributes: &[
        Attribute::word("type"),
        Attribute::word("collation"),
        Attribute::word("not null"),
        Attribute::sql("default"),
    ],
    query: domain_query,
};

fn domain_query(server: Server) -> String {
    // The default as text is what was true when it was written: the expression is deparsed. A NOT NULL has a name
    // since 17, of which only one that a person chose is told.
    let name = server.since(
        17,
        "(SELECT ' as ' || quote_ident(k.conname) FROM pg_constraint k
            WHERE k.contypid = t.oid AND k.contype = 'n' AND k.conname <> t.typname || '_not_null')",
    );
    format!(
        "SELECT t.tableoid, t.oid, 0, NULL, NULL, NULL, n.nspname, t.typname, NULL,
            format_type(t.typbasetype, t.typtypmod),
            CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation::regcollation::text END,
            CASE WHEN t.typnotnull THEN 'not null' || COALESCE({name}, '') END,
            pg_get_expr(t.typdefaultbin, 0)
        FROM pg_type t
        JOIN pg_namespace n ON n.oid = t.typnamespace
        JOIN pg_type b ON b.oid = t.typbasetype
        WHERE t.typtype = 'd' AND {OWN_SCHEMA}"
    )
}

/// Checks of domains; the NOT NULL of one is its attribute.
pub(super) const DOMAIN_CONSTRAINT: Description = Description {
    word: "domain constraint",
    element: Element::Constraints,
    attributes: &[Attribute::sql("expression"), Attribute::word("not valid")],
    query: |_| {
        "SELECT k.tableoid, k.oid, 0, t.tableoid, t.oid, 0, NULL, k.conname, NULL,
            pg_get_expr(k.conbin, 0), CASE WHEN NOT k.convalidated THEN 'not valid' END
        FROM pg_constraint k
        JOIN pg_type t ON t.oid = k.contypid
        WHERE k.contype = 'c'"
            .to_owned()
    },
};

/// <https://www.postgresql.org/docs/current/rowtypes.html>
pub(super) const COMPOSITE_TYPE: Description = Description {
    word: "composite type",
    element: Element::Types,
    attributes: &[],
    query: |_| {
        format!(
            "SELECT t.tableoid, t.oid, 0, NULL, NULL, NULL, n.nspname, t.typname, NULL
            FROM pg_class c
            JOIN pg_type t ON t.oid = c.reltype
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'c' AND {OWN_SCHEMA}"
        )
    },
};

/// The attributes of composite types. The server treats them as columns of a relation without rows, and that is
/// their address.
pub(super) const ATTRIBUTE: Description = Description {
    word: "attribute",
    element: Element::Types,
    attributes: &[
        Attribute::word("position").within(Element::ColumnOrder),
        Attribute::word("type"),
        Attribute::word("collation"),
    ],
    query: |_| {
        "SELECT 1259, c.oid, a.attnum, 1247, c.reltype, 0, NULL, a.attname, NULL,
            row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum),
            format_type(a.atttypid, a.atttypmod),
            CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type t ON t.oid = a.atttypid
        WHERE c.relkind = 'c'"
            .to_owned()
    },
};

/// <https://www.postgresql.org/docs/current/catalog-pg-range.html>
pub(super) const RANGE_TYPE: Description = Description {
    word: "range type",
    element: Element::Types,
    attributes: &[
        Attribute::word("subtype"),
        Attribute::word("operator class"),
        Attribute::word("collation"),
        Attribute::word("canonical function"),
        Attribute::word("difference function"),
        Attribute::word("multirange type").varying(),
    ],
    query: |server| {
        format!(
            "SELECT t.tableoid, t.oid, 0, NULL, NULL, NULL, n.nspname, t.typname, NULL,
                format_type(r.rngsubtype, NULL),
                CASE WHEN NOT o.opcdefault THEN quote_ident(m.nspname) || '.' || quote_ident(o.opcname) END,
                CASE WHEN r.rngcollation <> s.typcollation THEN r.rngcollation::regcollation::text END,
                {canonical}, {difference}, {multirange}
            FROM pg_range r
            JOIN pg_type t ON t.oid = r.rngtypid
            JOIN pg_namespace n ON n.oid = t.typnamespace
            JOIN pg_type s ON s.oid = r.rngsubtype
            JOIN pg_opclass o ON o.oid = r.rngsubopc
            JOIN pg_namespace m ON m.oid = o.opcnamespace
            WHERE {OWN_SCHEMA}",
            canonical = function("r.rngcanonical"),
            difference = function("r.rngsubdiff"),
            multirange = server.since(14, "format_type(r.rngmultitypid, NULL)"),
        )
    },
};

/// Types that were announced (`CREATE TYPE name`) and not defined.
pub(super) const SHELL_TYPE: Description = Description {
    word: "shell type",
    element: Element::Types,
    attributes: &[],
    query: |_| {
        format!(
            "SELECT t.tableoid, t.oid, 0, NULL, NULL, NULL, n.nspname, t.typname, NULL
            FROM pg_type t
            JOIN pg_namespace n ON n.oid = t.typnamespace
            WHERE t.typtype = 'p' AND NOT t.typisdefined AND t.oid >= {FIRST_NORMAL} AND {OWN_SCHEMA}"
        )
    },
};
