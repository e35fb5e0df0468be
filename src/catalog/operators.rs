//! Operators, their classes and families, and the access methods that those are for.

use super::own::{FIRST_NORMAL, function, independent};
use super::schemas::OWN_SCHEMA;
use super::{Attribute, Description, Element};

/// <https://www.postgresql.org/docs/current/catalog-pg-operator.html>
///
/// One without a function is a place that another operator keeps for its commutator or negator; no dump has it.
pub(super) const OPERATOR: Description = Description {
    word: "operator",
    element: Element::Other,
    attributes: &[
        Attribute::word("function"),
        Attribute::word("commutator"),
        Attribute::word("negator"),
        Attribute::word("restrict function"),
        Attribute::word("join function"),
        Attribute::word("hashes"),
        Attribute::word("merges"),
    ],
    query: |_| {
        format!(
            "SELECT o.tableoid, o.oid, 0, NULL, NULL, NULL, n.nspname, o.oprname,
                concat_ws(', ', CASE WHEN o.oprleft = 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END,
                    CASE WHEN o.oprright = 0 THEN 'NONE' ELSE format_type(o.oprright, NULL) END),
                {function},
                NULLIF(o.oprcom::regoperator::text, '0'), NULLIF(o.oprnegate::regoperator::text, '0'),
                {restrict}, {join},
                CASE WHEN o.oprcanhash THEN 'hashes' END, CASE WHEN o.oprcanmerge THEN 'merges' END
            FROM pg_operator o
            JOIN pg_namespace n ON n.oid = o.oprnamespace
            WHERE o.oprcode <> 0 AND {OWN_SCHEMA} AND {independent}",
            function = function("o.oprcode"),
            restrict = function("o.oprrest"),
            join = function("o.oprjoin"),
            independent = independent("o"),
        )
    },
};

/// <https://www.postgresql.org/docs/current/catalog-pg-opfamily.html>
pub(super) const OPERATOR_FAMILY: Description = Description {
    word: "operator family",
    element: Element::Other,
    attributes: &[Attribute::list("members")],
    query: |_| {
        format!(
            "SELECT f.tableoid, f.oid, 0, NULL, NULL, NULL, n.nspname, f.opfname, am.amname, m.members
            FROM pg_opfamily f
            JOIN pg_namespace n ON n.oid = f.opfnamespace
            JOIN pg_am am ON am.oid = f.opfmethod
            LEFT JOIN ({members}) m ON m.owner = f.oid
            WHERE {OWN_SCHEMA}",
            members = members("pg_opfamily"),
        )
    },
};

/// <https://www.postgresql.org/docs/current/catalog-pg-opclass.html>
pub(super) const OPERATOR_CLASS: Description = Description {
    word: "operator class",
    element: Element::Other,
    attributes: &[
        Attribute::word("family"),
        Attribute::word("type"),
        Attribute::word("storage type"),
        Attribute::word("default"),
        Attribute::list("members"),
    ],
    query: |_| {
        format!(
            "SELECT o.tableoid, o.oid, 0, NULL, NULL, NULL, n.nspname, o.opcname, am.amname,
                quote_ident(fn.nspname) || '.' || quote_ident(f.opfname),
                format_type(o.opcintype, NULL),
                CASE WHEN o.opckeytype <> 0 THEN format_type(o.opckeytype, NULL) END,
                CASE WHEN o.opcdefault THEN 'default' END,
                m.members
            FROM pg_opclass o
            JOIN pg_namespace n ON n.oid = o.opcnamespace
            JOIN pg_am am ON am.oid = o.opcmethod
            JOIN pg_opfamily f ON f.oid = o.opcfamily
            JOIN pg_namespace fn ON fn.oid = f.opfnamespace
            LEFT JOIN ({members}) m ON m.owner = o.oid
            WHERE {OWN_SCHEMA}",
            members = members("pg_opclass"),
        )
    },
};

/// The operators and functions that belong to a class or are loose in a family, by `owner`. To which of both they
/// belong is told by pg_depend alone, where an operator depends on the family that it orders by, too.
fn members(owner: &str) -> String {
    let own_family = if owner == "pg_opfamily" { "AND d.refobjid = x.amopfamily" } else { "" };
    format!(
        "SELECT u.owner, string_agg(u.member, E'\\n' ORDER BY u.rank, u.number, u.member COLLATE \"C\") AS members
        FROM (SELECT d.refobjid AS owner, 1 AS rank, x.amopstrategy AS number,
                concat('OPERATOR ', x.amopstrategy, ' (', format_type(x.amoplefttype, NULL), ', ',
                    format_type(x.amoprighttype, NULL), ') ', x.amopopr::regoperator,
                    ' FOR ORDER BY ' || quote_ident(sn.nspname) || '.' || quote_ident(s.opfname)) AS member
            FROM pg_amop x
            JOIN pg_depend d ON d.classid = x.tableoid AND d.objid = x.oid AND d.deptype IN ('a', 'i')
            LEFT JOIN pg_opfamily s ON s.oid = x.amopsortfamily
            LEFT JOIN pg_namespace sn ON sn.oid = s.opfnamespace
            WHERE d.refclassid = '{owner}'::regclass AND d.refobjid >= {FIRST_NORMAL} {own_family}
            UNION ALL
            SELECT d.refobjid, 2, y.amprocnum,
                concat('FUNCTION ', y.amprocnum, ' (', format_type(y.amproclefttype, NULL), ', ',
                    format_type(y.amprocrighttype, NULL), ') ', y.amproc::oid::regprocedure)
            FROM pg_amproc y
            JOIN pg_depend d ON d.classid = y.tableoid AND d.objid = y.oid AND d.deptype IN ('a', 'i')
            WHERE d.refclassid = '{owner}'::regclass AND d.refobjid >= {FIRST_NORMAL}) u
        GROUP BY u.owner"
    )
}

/// <https://www.postgresql.org/docs/current/catalog-pg-am.html>
pub(super) const ACCESS_METHOD: Description = Description {
    word: "access method",
    element: Element::Other,
    attributes: &[Attribute::word("type"), Attribute::word("handler")],
    query: |_| {
        format!(
            "SELECT am.tableoid, am.oid, 0, NULL, NULL, NULL, NULL, am.amname, NULL,
                CASE am.amtype WHEN 't' THEN 'table' WHEN 'i' THEN 'index' ELSE am.amtype::text END, {handler}
            FROM pg_am am
            WHERE am.oid >= {FIRST_NORMAL}",
            handler = function("am.amhandler"),
        )
    },
};
