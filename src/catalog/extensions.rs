//! Extensions. What belongs to one is no fact of its own.

use super::{Attribute, Description, Element};

/// <https://www.postgresql.org/docs/current/catalog-pg-extension.html>
pub(super) const EXTENSION: Description = Description {
    word: "extension",
    element: Element::Extensions,
    attributes: &[Attribute::word("schema"), Attribute::word("version")],
    query: |_| {
        "SELECT x.tableoid, x.oid, 0, NULL, NULL, NULL, NULL, x.extname, NULL, n.nspname, x.extversion
        FROM pg_extension x
        JOIN pg_namespace n ON n.oid = x.extnamespace"
            .to_owned()
    },
};
