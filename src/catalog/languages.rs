//! Procedural languages.

use super::own::{FIRST_NORMAL, function};
use super::{Attribute, Description, Element};

/// <https://www.postgresql.org/docs/current/catalog-pg-language.html>
pub(super) const LANGUAGE: Description = Description {
    word: "language",
    element: Element::Other,
    attributes: &[
        Attribute::word("trusted"),
        Attribute::word("handler"),
        Attribute::word("inline handler"),
        Attribute::word("validator"),
    ],
    query: |_| {
        format!(
            "SELECT l.tableoid, l.oid, 0, NULL, NULL, NULL, NULL, l.lanname, NULL,
                CASE WHEN l.lanpltrusted THEN 'trusted' END, {handler}, {inline}, {validator}
            FROM pg_language l
            WHERE l.oid >= {FIRST_NORMAL}",
            handler = function("l.lanplcallfoid"),
            inline = function("l.laninline"),
            validator = function("l.lanvalidator"),
        )
    },
};
