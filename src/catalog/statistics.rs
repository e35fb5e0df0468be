//! Extended statistics.

use super::schemas::OWN_SCHEMA;
use super::{Attribute, Description, Element};

/// <https://www.postgresql.org/docs/current/catalog-pg-statistic-ext.html>
///
/// They hang on their table, with a schema where it is not the table's.
pub(super) const STATISTICS: Description = Description {
    word: "statistics",
    element: Element::Other,
    attributes: &[Attribute::sql("definition"), Attribute::word("statistics target")],
    query: |_| {
        // The definition begins behind `CREATE STATISTICS schema.name `.
        format!(
            "SELECT s.tableoid, s.oid, 0, 1259, c.oid, 0, NULLIF(n.nspname, cn.nspname), s.stxname, NULL,
                substr(pg_get_statisticsobjdef(s.oid),
                    21 + length(quote_ident(n.nspname)) + length(quote_ident(s.stxname))),
                CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget END
            FROM pg_statistic_ext s
            JOIN pg_namespace n ON n.oid = s.stxnamespace
            JOIN pg_class c ON c.oid = s.stxrelid
            JOIN pg_namespace cn ON cn.oid = c.relnamespace
            WHERE {OWN_SCHEMA}"
        )
    },
};
