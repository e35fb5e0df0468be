//! Rules, but for the one that makes a view.

use super::schemas::OWN_SCHEMA;
use super::triggers::enabled;
use super::{Attribute, Description, Element};

/// <https://www.postgresql.org/docs/current/catalog-pg-rewrite.html>
pub(super) const RULE: Description = Description {
    word: "rule",
    element: Element::Rules,
    attributes: &[Attribute::sql("definition"), Attribute::word("enabled")],
    query: |_| {
        // The definition begins behind `CREATE RULE name AS`.
        format!(
            "SELECT r.tableoid, r.oid, 0, 1259, c.oid, 0, NULL, r.rulename, NULL,
                ltrim(substr(pg_get_ruledef(r.oid), 16 + length(quote_ident(r.rulename))), E' \\n'),
                {}
            FROM pg_rewrite r
            JOIN pg_class c ON c.oid = r.ev_class
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE r.rulename <> '_RETURN' AND {OWN_SCHEMA}",
            enabled("r.ev_enabled")
        )
    },
};
