//! Indexes, but for those of constraints, which are said with their constraint.

use super::schemas::OWN_SCHEMA;
use super::{Attribute, Description, Element};

/// <https://www.postgresql.org/docs/current/catalog-pg-index.html>
pub(super) const INDEX: Description = Description {
    word: "index",
    element: Element::Indexes,
    attributes: &[
        Attribute::word("unique"),
        Attribute::sql("definition"),
        Attribute::list("options"),
        Attribute::word("tablespace"),
        Attribute::list("statistics targets"),
        Attribute::word("validity"),
        Attribute::word("clustered"),
        Attribute::word("replica identity"),
        Attribute::word("partition of"),
    ],
    query: |_| {
        // The definition begins behind `CREATE [UNIQUE ]INDEX name ON [ONLY ]schema.table `, at USING, and goes
        // without the parameters, which have the form of the server's flatten_reloptions().
        format!(
            "SELECT ic.tableoid, ic.oid, 0, 1259, c.oid, 0, NULL, ic.relname, NULL,
                CASE WHEN i.indisunique THEN 'unique' END,
                replace(substr(pg_get_indexdef(ic.oid), 20 + CASE WHEN i.indisunique THEN 7 ELSE 0 END
                    + CASE ic.relkind WHEN 'I' THEN 5 ELSE 0 END + length(quote_ident(ic.relname))
                    + length(quote_ident(n.nspname)) + length(quote_ident(c.relname))),
                    CASE WHEN ic.reloptions IS NULL THEN '' ELSE ' WITH (' ||
                        (SELECT string_agg(quote_ident(name) || '=' ||
                            CASE quote_ident(value) WHEN value THEN value ELSE quote_literal(value) END, ', ' ORDER BY at)
                        FROM (SELECT split_part(option, '=', 1) AS name, substr(option, strpos(option, '=') + 1) AS value, at
                            FROM unnest(ic.reloptions) WITH ORDINALITY options (option, at)) pairs) || ')' END, ''),
                {OPTIONS},
                ts.spcname,
                targets.list,
                {VALIDITY},
                {CLUSTERED},
                {REPLICA_IDENTITY},
                parent.inhparent::regclass
            FROM pg_index i
            JOIN pg_class ic ON ic.oid = i.indexrelid
            JOIN pg_class c ON c.oid = i.indrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
            LEFT JOIN pg_tablespace ts ON ts.oid = ic.reltablespace
            LEFT JOIN pg_inherits parent ON parent.inhrelid = ic.oid
            {JOIN_STATISTICS}
            WHERE k.oid IS NULL AND c.relkind IN ('r', 'p', 'm') AND {OWN_SCHEMA}"
        )
    },
};

/// Storage parameters of the index `pg_class ic`, one a line in their order by name.
pub(super) const OPTIONS: &str =
    "CASE WHEN ic.reloptions IS NOT NULL THEN
        (SELECT string_agg(option, E'\\n' ORDER BY option COLLATE \"C\") FROM unnest(ic.reloptions) option) END";

/// Whether it is left over from an index that could not be built, or that not every partition has.
pub(super) const VALIDITY: &str = "CASE WHEN NOT i.indisvalid THEN 'invalid' END";

/// Whether CLUSTER takes it.
pub(super) const CLUSTERED: &str = "CASE WHEN i.indisclustered THEN 'clustered' END";

/// Whether it is the table's replica identity.
pub(super) const REPLICA_IDENTITY: &str = "CASE WHEN i.indisreplident THEN 'replica identity' END";

/// Joins `targets.list` to the index `pg_class ic`: the statistics targets of its columns, as `2: 500`.
pub(super) const JOIN_STATISTICS: &str = "LEFT JOIN
    (SELECT a.attrelid, string_agg(a.attnum || ': ' || a.attstattarget, E'\\n' ORDER BY a.attnum) AS list
        FROM pg_attribute a WHERE a.attstattarget >= 0 AND a.attnum > 0 GROUP BY a.attrelid) targets
    ON targets.attrelid = ic.oid";
