//! Tables and views: what `pg_class` holds that has columns.

use super::schemas::OWN_SCHEMA;
use super::{Attribute, Description, Element};

/// <https://www.postgresql.org/docs/current/catalog-pg-class.html>
pub(super) const TABLE: Description = Description {
    word: "table",
    element: Element::Tables,
    attributes: &[
        Attribute::word("persistence"),
        Attribute::word("of type"),
        Attribute::list("inherits"),
        Attribute::sql("partition by"),
        Attribute::word("partition of"),
        Attribute::sql("partition bound"),
        Attribute::word("access method"),
        Attribute::word("tablespace"),
        Attribute::list("options"),
        Attribute::word("replica identity"),
        Attribute::word("row security"),
        Attribute::word("force row security"),
    ],
    query: |_| {
        format!(
            "SELECT c.tableoid, c.oid, 0, NULL, NULL, NULL, n.nspname, c.relname, NULL,
                CASE c.relpersistence WHEN 'u' THEN 'unlogged' END,
                CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END,
                {PARENTS},
                CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
                {PARTITION},
                CASE WHEN am.amname <> 'heap' THEN am.amname END,
                ts.spcname,
                {OPTIONS},
                CASE c.relreplident WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full' END,
                CASE WHEN c.relrowsecurity THEN 'enabled' END,
                CASE WHEN c.relforcerowsecurity THEN 'forced' END
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_am am ON am.oid = c.relam
            LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
            {JOIN_TOAST}
            {JOIN_PARENTS}
            WHERE c.relkind IN ('r', 'p') AND {OWN_SCHEMA}"
        )
    },
};

/// <https://www.postgresql.org/docs/current/catalog-pg-foreign-table.html>
pub(super) const FOREIGN_TABLE: Description = Description {
    word: "foreign table",
    element: Element::Tables,
    attributes: &[
        Attribute::word("server"),
        Attribute::list("options"),
        Attribute::list("inherits"),
        Attribute::word("partition of"),
        Attribute::sql("partition bound"),
    ],
    query: |_| {
        format!(
            "SELECT c.tableoid, c.oid, 0, NULL, NULL, NULL, n.nspname, c.relname, NULL,
                s.srvname,
                {FOREIGN_OPTIONS},
                {PARENTS},
                {PARTITION}
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_foreign_table f ON f.ftrelid = c.oid
            JOIN pg_foreign_server s ON s.oid = f.ftserver
            {JOIN_PARENTS}
            WHERE c.relkind = 'f' AND {OWN_SCHEMA}"
        )
    },
};

/// <https://www.postgresql.org/docs/current/sql-createview.html>
pub(super) const VIEW: Description = Description {
    word: "view",
    element: Element::Views,
    attributes: &[Attribute::sql("definition").varying(), Attribute::list("options")],
    query: |_| {
        format!(
            "SELECT c.tableoid, c.oid, 0, NULL, NULL, NULL, n.nspname, c.relname, NULL, pg_get_viewdef(c.oid), {OPTIONS}
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            {JOIN_TOAST}
            WHERE c.relkind = 'v' AND {OWN_SCHEMA}"
        )
    },
};

/// <https://www.postgresql.org/docs/current/sql-creatematerializedview.html>
pub(super) const MATERIALIZED_VIEW: Description = Description {
    word: "materialized view",
    element: Element::Views,
    attributes: &[
        Attribute::sql("definition").varying(),
        Attribute::list("options"),
        Attribute::word("access method"),
        Attribute::word("tablespace"),
        Attribute::word("populated"),
    ],
    query: |_| {
        format!(
            "SELECT c.tableoid, c.oid, 0, NULL, NULL, NULL, n.nspname, c.relname, NULL, pg_get_viewdef(c.oid), {OPTIONS},
                CASE WHEN am.amname <> 'heap' THEN am.amname END, ts.spcname,
                CASE WHEN NOT c.relispopulated THEN 'no' END
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_am am ON am.oid = c.relam
            LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
            {JOIN_TOAST}
            WHERE c.relkind = 'm' AND {OWN_SCHEMA}"
        )
    },
};

/// The parents of `pg_class c` that is no partition, in their order, with [`JOIN_PARENTS`].
const PARENTS: &str = "CASE WHEN NOT c.relispartition THEN parents.names END";

/// What `pg_class c` is a partition of, and its bound, with [`JOIN_PARENTS`]: two values.
const PARTITION: &str =
    "CASE WHEN c.relispartition THEN parents.names END, pg_get_expr(c.relpartbound, c.oid)";

const JOIN_PARENTS: &str = "LEFT JOIN
    (SELECT i.inhrelid, string_agg(i.inhparent::regclass::text, E'\\n' ORDER BY i.inhseqno) AS names
        FROM pg_inherits i GROUP BY i.inhrelid) parents ON parents.inhrelid = c.oid";

/// Storage parameters of `pg_class c`, those of its TOAST table among them, one a line in their order by name, with
/// [`JOIN_TOAST`]. The sub-select reads no table, and few have parameters at all.
const OPTIONS: &str = "CASE WHEN c.reloptions IS NOT NULL OR toast.reloptions IS NOT NULL THEN
    (SELECT string_agg(option, E'\\n' ORDER BY option COLLATE \"C\") FROM
        (SELECT unnest(c.reloptions) AS option UNION ALL SELECT 'toast.' || unnest(toast.reloptions)) options) END";

const JOIN_TOAST: &str = "LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid";

/// The options of a foreign table, by their names: what wraps the data decides whether their order means anything,
/// and none does.
const FOREIGN_OPTIONS: &str =
    "(SELECT string_agg(option, E'\\n' ORDER BY option COLLATE \"C\") FROM unnest(f.ftoptions) option)";
