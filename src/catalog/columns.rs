//! Columns of tables and of everything else that has columns, and their defaults.

use super::schemas::OWN_SCHEMA;
use super::sequences::{CACHE, INCREMENT, MAXIMUM, MINIMUM, START};
use super::{Attribute, Description, Element, Server};

/// <https://www.postgresql.org/docs/current/catalog-pg-attribute.html>
pub(super) const COLUMN: Description = Description {
    word: "column",
    element: Element::Columns,
    attributes: &[
        Attribute::word("position").within(Element::ColumnOrder),
        Attribute::word("type"),
        Attribute::word("collation"),
        Attribute::word("not null"),
        Attribute::word("not null name"),
        Attribute::word("not null validity"),
        Attribute::word("not null inheritance"),
        Attribute::word("identity"),
        Attribute::word("identity sequence"),
        Attribute::sql("generated"),
        Attribute::word("storage"),
        Attribute::word("compression"),
        Attribute::word("statistics target"),
        Attribute::list("options"),
        Attribute::list("foreign options"),
        Attribute::word("inherited"),
    ],
    query: column_query,
};

/// Options of `pg_attribute a`, one a line in their order by name. From its minor releases of November 2026 (15.20) on,
/// the server keeps a version of its own among them, mostly alone, which pg_dump leaves out.
const OPTIONS: &str = "CASE WHEN cardinality(a.attoptions) > 1 OR a.attoptions[1] NOT LIKE 'pg_attver=%' THEN
    (SELECT string_agg(option, E'\\n' ORDER BY option COLLATE \"C\")
        FROM unnest(a.attoptions) option WHERE option NOT LIKE 'pg_attver=%') END";

/// Options of a column `pg_attribute a` of a foreign table, one a line in their order by name.
const FOREIGN_OPTIONS: &str = "CASE WHEN a.attfdwoptions IS NOT NULL THEN
    (SELECT string_agg(option, E'\\n' ORDER BY option COLLATE \"C\") FROM unnest(a.attfdwoptions) option) END";

fn column_query(server: Server) -> String {
    let compression = server.since(14, "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END");
    // From 18 on NOT NULL is a constraint with a name of its own. One that is inherited has its parent's name.
    let (not_null, join_not_null) = if server.major() >= 18 {
        (
            "CASE WHEN nn.conislocal AND nn.conname <> c.relname || '_' || a.attname || '_not_null' THEN nn.conname END,
            CASE WHEN NOT nn.convalidated THEN 'not valid' END,
            CASE WHEN nn.connoinherit THEN 'no inherit'
                WHEN nn.coninhcount > 0 THEN CASE WHEN nn.conislocal THEN 'and local' ELSE 'inherited' END END",
            "LEFT JOIN pg_constraint nn ON nn.conrelid = a.attrelid AND nn.contype = 'n' AND nn.conkey[1] = a.attnum",
        )
    } else {
        ("NULL, NULL, NULL", "")
    };
    // Dropped columns leave gaps in attnum: the position counts those that are there.
    format!(
        "SELECT 1259, c.oid, a.attnum, 1259, c.oid, 0, NULL, a.attname, NULL,
            row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum),
            format_type(a.atttypid, a.atttypmod),
            CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END,
            CASE WHEN a.attnotnull THEN 'not null' END,
            {not_null},
            CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END || COALESCE(s.options, ''),
            NULLIF(s.relname, c.relname || '_' || a.attname || '_seq'),
            CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) ||
                CASE a.attgenerated WHEN 's' THEN ' STORED' ELSE ' VIRTUAL' END END,
            CASE WHEN a.attstorage <> t.typstorage THEN
                CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' WHEN 'x' THEN 'extended' END END,
            {compression},
            CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END,
            {OPTIONS},
            {FOREIGN_OPTIONS},
            CASE WHEN a.attinhcount > 0 THEN CASE WHEN a.attislocal THEN 'and local' ELSE 'only' END END
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated <> ''
        LEFT JOIN (SELECT dep.refobjid, dep.refobjsubid, qc.relname,
                ' (' || NULLIF(concat_ws(' ', 'START ' || {START}, 'INCREMENT ' || {INCREMENT},
                    'MINVALUE ' || {MINIMUM}, 'MAXVALUE ' || {MAXIMUM}, 'CACHE ' || {CACHE},
                    CASE WHEN q.seqcycle THEN 'CYCLE' END), '') || ')' AS options
            FROM pg_sequence q
            JOIN pg_class qc ON qc.oid = q.seqrelid
            JOIN pg_depend dep ON dep.classid = 1259 AND dep.objid = q.seqrelid AND dep.refclassid = 1259
                AND dep.deptype = 'i') s
            ON a.attidentity <> '' AND s.refobjid = a.attrelid AND s.refobjsubid = a.attnum
        {join_not_null}
        WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {OWN_SCHEMA}"
    )
}

/// <https://www.postgresql.org/docs/current/catalog-pg-attrdef.html>
pub(super) const DEFAULT: Description = Description {
    word: "default",
    element: Element::Columns,
    attributes: &[Attribute::sql("expression")],
    query: |_| {
        // A default mentions no column, so that the deparser needs no table.
        "SELECT d.tableoid, d.oid, 0, 1259, d.adrelid, d.adnum, NULL, '', NULL, pg_get_expr(d.adbin, 0)
        FROM pg_attrdef d
        LEFT JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated <> ''
        WHERE a.attrelid IS NULL"
            .to_owned()
    },
};
