//! Aggregates.

use super::functions::PARALLEL;
use super::own::{function, independent};
use super::schemas::OWN_SCHEMA;
use super::{Attribute, Description, Element};

/// <https://www.postgresql.org/docs/current/catalog-pg-aggregate.html>
pub(super) const AGGREGATE: Description = Description {
    word: "aggregate",
    element: Element::Functions,
    attributes: &[
        Attribute::sql("arguments"),
        Attribute::word("kind"),
        Attribute::word("returns"),
        Attribute::word("parallel"),
        Attribute::word("state function"),
        Attribute::word("state type"),
        Attribute::word("state size"),
        Attribute::word("initial state"),
        Attribute::word("final function"),
        Attribute::word("final function extra"),
        Attribute::word("final function modify"),
        Attribute::word("combine function"),
        Attribute::word("serialize function"),
        Attribute::word("deserialize function"),
        Attribute::word("moving state function"),
        Attribute::word("moving inverse function"),
        Attribute::word("moving state type"),
        Attribute::word("moving state size"),
        Attribute::word("moving initial state"),
        Attribute::word("moving final function"),
        Attribute::word("moving final function extra"),
        Attribute::word("moving final function modify"),
        Attribute::word("sort operator"),
    ],
    query: |_| {
        // An aggregate with no final function says nothing of how that one treats the state.
        let modify = |column: &str| {
            format!(
                "CASE WHEN {column} <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END THEN
                    CASE {column} WHEN 'r' THEN 'read only' WHEN 's' THEN 'shareable' WHEN 'w' THEN 'read write' END END"
            )
        };
        format!(
            "SELECT p.tableoid, p.oid, 0, NULL, NULL, NULL, n.nspname, p.proname, oidvectortypes(p.proargtypes),
                pg_get_function_arguments(p.oid),
                CASE a.aggkind WHEN 'o' THEN 'ordered-set' WHEN 'h' THEN 'hypothetical-set' END,
                format_type(p.prorettype, NULL),
                {PARALLEL},
                {state}, format_type(a.aggtranstype, NULL), NULLIF(a.aggtransspace, 0), a.agginitval,
                {last}, CASE WHEN a.aggfinalextra THEN 'extra' END, {modify},
                {combine}, {serialize}, {deserialize},
                {moving_state}, {moving_inverse},
                CASE WHEN a.aggmtranstype <> 0 THEN format_type(a.aggmtranstype, NULL) END,
                NULLIF(a.aggmtransspace, 0), a.aggminitval,
                {moving_last}, CASE WHEN a.aggmfinalextra THEN 'extra' END, {moving_modify},
                NULLIF(a.aggsortop::regoperator::text, '0')
            FROM pg_proc p
            JOIN pg_aggregate a ON a.aggfnoid = p.oid
            JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE {OWN_SCHEMA} AND {independent}",
            state = function("a.aggtransfn"),
            last = function("a.aggfinalfn"),
            modify = modify("a.aggfinalmodify"),
            combine = function("a.aggcombinefn"),
            serialize = function("a.aggserialfn"),
            deserialize = function("a.aggdeserialfn"),
            moving_state = function("a.aggmtransfn"),
            moving_inverse = function("a.aggminvtransfn"),
            moving_last = function("a.aggmfinalfn"),
            moving_modify = modify("a.aggmfinalmodify"),
            independent = independent("p"),
        )
    },
};
