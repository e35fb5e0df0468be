//! What a comparison leaves out by name: columns by pattern, with what depends on them, and whole tables.

use postgres_protocol::escape::escape_literal;

/// What of a schema is not to be compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Patterns of names of columns, as of SQL's LIKE. What depends on such a column is left out too.
    pub column_patterns: Vec<String>,
    /// Tables, quoted as `to_regclass` reads them, with what belongs to them. One that does not exist is none.
    pub tables: Vec<String>,
}

impl LeftOut {
    /// The query of the addresses (see [`Kind::query`](super::Kind::query)) of all that is left out; none if nothing is.
    /// It wants the user's own search_path, for tables without a schema.
    pub(super) fn query(&self) -> Option<String> {
        if self.column_patterns.is_empty() && self.tables.is_empty() {
            return None;
        }
        let list =
            |texts: &[String]| texts.iter().map(|text| escape_literal(text)).collect::<Vec<_>>().join(", ");
        let (patterns, tables) = (list(&self.column_patterns), list(&self.tables));
        // A view depends on a column by its rule. What merely mentions a table that is left out stays.
        Some(format!(
            "WITH named AS (
                SELECT attrelid AS relation, attnum::integer AS part FROM pg_catalog.pg_attribute
                WHERE attnum > 0 AND NOT attisdropped AND attname LIKE ANY (ARRAY[{patterns}]::text[])
                UNION SELECT pg_catalog.to_regclass(name)::oid, 0 FROM pg_catalog.unnest(ARRAY[{tables}]::text[]) name
            )
            SELECT 1259, relation, part FROM named WHERE relation IS NOT NULL
            UNION SELECT
                CASE WHEN r.rulename = '_RETURN' THEN 1259 ELSE d.classid END,
                CASE WHEN r.rulename = '_RETURN' THEN r.ev_class ELSE d.objid END,
                d.objsubid
            FROM pg_catalog.pg_depend d
            JOIN named ON d.refclassid = 1259 AND d.refobjid = named.relation
                AND (named.part = d.refobjsubid OR named.part = 0 AND d.deptype IN ('a', 'i'))
            LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 2618 AND r.oid = d.objid"
        ))
    }
}
