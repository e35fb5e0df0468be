//! Constraints of tables, with the index that keeps one. NOT NULL is said of its column (`columns`), a constraint
//! trigger is a trigger (`triggers`).

use super::indexes::{self, JOIN_STATISTICS};
use super::schemas::OWN_SCHEMA;
use super::{Attribute, Description, Element, Server};

/// <https://www.postgresql.org/docs/current/catalog-pg-constraint.html>
///
/// A foreign key of a partitioned table has one more constraint on each partition, and one to a partitioned table one
/// more for each partition there, all with names that the server chose and that no dump keeps: they are how it is kept,
/// and no facts.
pub(super) const CONSTRAINT: Description = Description {
    word: "constraint",
    element: Element::Constraints,
    attributes: &[
        Attribute::sql("definition"),
        Attribute::word("deferrable"),
        Attribute::word("validity"),
        Attribute::word("enforcement"),
        Attribute::word("no inherit"),
        Attribute::word("inherited"),
        Attribute::word("partition of"),
        Attribute::list("index options"),
        Attribute::word("index tablespace"),
        Attribute::list("index statistics targets"),
        Attribute::word("index validity"),
        Attribute::word("clustered"),
        Attribute::word("replica identity"),
    ],
    query: constraint_query,
};

fn constraint_query(server: Server) -> String {
    let not_enforced = if server.major() >= 18 { "NOT k.conenforced" } else { "false" };
    // What stands behind the definition can be altered by itself. Other text ends in a parenthesis or an action.
    format!(
        "SELECT k.tableoid, k.oid, 0, 1259, c.oid, 0, NULL, k.conname, NULL,
            CASE WHEN k.condeferrable OR NOT k.convalidated OR k.contype = 'c' AND k.connoinherit THEN
                regexp_replace(pg_get_constraintdef(k.oid),
                    '( NO INHERIT)?( DEFERRABLE)?( INITIALLY DEFERRED)?( NOT ENFORCED| NOT VALID)?$', '')
                ELSE pg_get_constraintdef(k.oid) END,
            CASE WHEN k.condeferred THEN 'initially deferred' WHEN k.condeferrable THEN 'initially immediate' END,
            CASE WHEN NOT k.convalidated AND NOT {not_enforced} THEN 'not valid' END,
            CASE WHEN {not_enforced} THEN 'not enforced' END,
            CASE WHEN k.contype = 'c' AND k.connoinherit THEN 'no inherit' END,
            CASE WHEN k.coninhcount > 0 AND k.conparentid = 0 THEN
                CASE WHEN k.conislocal THEN 'and local' ELSE 'only' END END,
            quote_ident(parent.conname) || ' on ' || parent.conrelid::regclass,
            {options},
            ts.spcname,
            targets.list,
            {validity},
            {clustered},
            {replica_identity}
        FROM pg_constraint k
        JOIN pg_class c ON c.oid = k.conrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_constraint parent ON parent.oid = k.conparentid
        LEFT JOIN pg_class ic ON ic.oid = k.conindid AND k.contype IN ('p', 'u', 'x')
        LEFT JOIN pg_index i ON i.indexrelid = ic.oid
        LEFT JOIN pg_tablespace ts ON ts.oid = ic.reltablespace
        {JOIN_STATISTICS}
        WHERE k.contype IN ('p', 'u', 'x', 'f', 'c') AND {OWN_SCHEMA}
            AND NOT (k.contype = 'f' AND k.conparentid <> 0)",
        options = indexes::OPTIONS,
        validity = indexes::VALIDITY,
        clustered = indexes::CLUSTERED,
        replica_identity = indexes::REPLICA_IDENTITY,
    )
}
