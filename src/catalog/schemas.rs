//! Schemas.

use super::{Description, Element};

/// Schemas that hold the user's own objects, as a condition on `pg_namespace n`.
pub(super) const OWN_SCHEMA: &str = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

pub(super) const SCHEMA: Description = Description {
    word: "schema",
    element: Element::Schemas,
    attributes: &[],
    query: |_| {
        format!(
            "SELECT n.tableoid, n.oid, 0, NULL, NULL, NULL, NULL, n.nspname, NULL FROM pg_namespace n WHERE {OWN_SCHEMA}"
        )
    },
};
