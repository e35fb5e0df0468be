//! Event triggers.

use super::own::{function, sorted};
use super::{Attribute, Description, Element};

/// <https://www.postgresql.org/docs/current/catalog-pg-event-trigger.html>
pub(super) const EVENT_TRIGGER: Description = Description {
    word: "event trigger",
    element: Element::Triggers,
    attributes: &[
        Attribute::word("event"),
        Attribute::word("function"),
        Attribute::list("tags"),
        Attribute::word("enabled"),
    ],
    query: |_| {
        format!(
            "SELECT e.tableoid, e.oid, 0, NULL, NULL, NULL, NULL, e.evtname, NULL, e.evtevent, {function}, {tags},
                CASE e.evtenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END
            FROM pg_event_trigger e",
            function = function("e.evtfoid"),
            tags = sorted("e.evttags"),
        )
    },
};
