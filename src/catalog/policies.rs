//! Policies of row level security.

use super::schemas::OWN_SCHEMA;
use super::{Attribute, Description, Element};

/// <https://www.postgresql.org/docs/current/catalog-pg-policy.html>
pub(super) const POLICY: Description = Description {
    word: "policy",
    element: Element::Policies,
    attributes: &[
        Attribute::word("command"),
        Attribute::word("restrictive"),
        Attribute::list("roles"),
        Attribute::sql("using"),
        Attribute::sql("with check"),
    ],
    query: |_| {
        format!(
            "SELECT p.tableoid, p.oid, 0, 1259, c.oid, 0, NULL, p.polname, NULL,
                CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' END,
                CASE WHEN NOT p.polpermissive THEN 'restrictive' END,
                CASE WHEN p.polroles <> '{{0}}' THEN
                    (SELECT string_agg(pg_get_userbyid(role), E'\\n' ORDER BY pg_get_userbyid(role))
                        FROM unnest(p.polroles) role) END,
                pg_get_expr(p.polqual, p.polrelid),
                pg_get_expr(p.polwithcheck, p.polrelid)
            FROM pg_policy p
            JOIN pg_class c ON c.oid = p.polrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE {OWN_SCHEMA}"
        )
    },
};
