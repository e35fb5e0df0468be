//! Triggers of tables and views, constraint triggers among them.

use super::schemas::OWN_SCHEMA;
use super::{Attribute, Description, Element};

/// <https://www.postgresql.org/docs/current/catalog-pg-trigger.html>
///
/// The trigger of a partitioned table has a copy on each partition. A copy is a fact only where it is enabled or
/// disabled otherwise than its original.
pub(super) const TRIGGER: Description = Description {
    word: "trigger",
    element: Element::Triggers,
    attributes: &[Attribute::sql("definition"), Attribute::word("enabled")],
    query: |_| {
        // The definition goes without `CREATE ` and the name: `[CONSTRAINT ]BEFORE INSERT ON …`. Up to 14 copies are
        // internal, as are the triggers that keep foreign keys and deferrable constraints.
        format!(
            "SELECT t.tableoid, t.oid, 0, 1259, c.oid, 0, NULL, t.tgname, NULL,
                CASE WHEN k.oid IS NULL THEN '' ELSE 'CONSTRAINT ' END || substr(pg_get_triggerdef(t.oid),
                    17 + CASE WHEN k.oid IS NULL THEN 0 ELSE 11 END + length(quote_ident(t.tgname))),
                {}
            FROM pg_trigger t
            JOIN pg_class c ON c.oid = t.tgrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_trigger original ON original.oid = t.tgparentid
            LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint
            WHERE (k.oid IS NULL OR k.contype = 't') AND {OWN_SCHEMA}
                AND CASE t.tgparentid WHEN 0 THEN NOT t.tgisinternal ELSE original.tgenabled <> t.tgenabled END",
            enabled("t.tgenabled")
        )
    },
};

/// When a trigger or a rule fires, by this column; NULL for those that always do but for replicas.
pub(super) fn enabled(column: &str) -> String {
    format!("CASE {column} WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END")
}
