//! What people and programs write beside objects: comments and security labels.
//!
//! A comment hangs on the fact that it is about. What is no fact of its own has a signature that says what of the fact
//! it is: the `index` of a constraint, the `sequence` of an identity column, the `not null` constraint of a column.
//! Comments on members of extensions come and go with the extension, and pg_dump does not write them: none here.
//! Comments on the database itself belong to the place, not to the schema.

use super::own::FIRST_NORMAL;
use super::{Attribute, Description, Element, Server};

/// <https://www.postgresql.org/docs/current/catalog-pg-description.html>
pub(super) const COMMENT: Description = Description {
    word: "comment",
    element: Element::Comments,
    attributes: &[Attribute::text("text")],
    query: |server| query(server, "pg_description", "''", "description"),
};

/// <https://www.postgresql.org/docs/current/catalog-pg-seclabel.html>
pub(super) const SECURITY_LABEL: Description = Description {
    word: "security label",
    element: Element::Other,
    attributes: &[Attribute::text("label")],
    query: |server| query(server, "pg_seclabel", "d.provider", "label"),
};

/// Reads what hangs on anything: its catalog, and the columns of the name and of the text.
fn query(server: Server, catalog: &str, name: &str, text: &str) -> String {
    // Before 18, NOT NULL is no constraint.
    let not_null = if server.major() >= 18 { "k.contype = 'n' AND k.conrelid <> 0" } else { "false" };
    format!(
        "SELECT NULL, NULL, NULL,
            CASE WHEN i.oid IS NOT NULL THEN 2606 WHEN {not_null} THEN 1259 ELSE d.classoid END,
            CASE WHEN i.oid IS NOT NULL THEN i.oid WHEN s.objid IS NOT NULL THEN s.refobjid WHEN {not_null} THEN k.conrelid
                ELSE d.objoid END,
            CASE WHEN s.objid IS NOT NULL THEN s.refobjsubid WHEN {not_null} THEN k.conkey[1] ELSE d.objsubid END,
            NULL, {name},
            CASE WHEN i.oid IS NOT NULL THEN 'index' WHEN s.objid IS NOT NULL THEN 'sequence' WHEN {not_null} THEN 'not null' END,
            d.{text}
        FROM {catalog} d
        LEFT JOIN pg_constraint i ON d.classoid = 1259 AND i.conindid = d.objoid AND i.contype IN ('p', 'u', 'x')
        LEFT JOIN pg_constraint k ON d.classoid = 2606 AND k.oid = d.objoid
        LEFT JOIN ({IDENTITY_SEQUENCES}) s ON d.classoid = 1259 AND s.objid = d.objoid
        WHERE d.objoid >= {FIRST_NORMAL} OR d.classoid IN (2615, 3079)"
    )
}

/// The sequences of identity columns, and these columns.
pub(super) const IDENTITY_SEQUENCES: &str =
    "SELECT objid, refobjid, refobjsubid FROM pg_depend d JOIN pg_sequence q ON q.seqrelid = d.objid
    WHERE classid = 1259 AND objsubid = 0 AND refclassid = 1259 AND refobjsubid > 0 AND deptype = 'i'";
