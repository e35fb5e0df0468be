//! Security labels, on whatever has one.

use super::{Attribute, Description, Element};

/// <https://www.postgresql.org/docs/current/catalog-pg-seclabel.html>
pub(super) const SECURITY_LABEL: Description = Description {
    word: "security label",
    element: Element::Other,
    attributes: &[Attribute::text("label")],
    query: |_| {
        "SELECT b.tableoid, b.objoid, b.objsubid, b.classoid, b.objoid, b.objsubid, NULL, b.provider, NULL, b.label
        FROM pg_seclabel b"
            .to_owned()
    },
};
