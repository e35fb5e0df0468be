use pum::catalog::Kind;

use super::Case;

pub fn cases() -> Vec<Case> {
    vec![
        of(Kind::Publication, "publication new", "-", "", "create publication new"),
        of(
            Kind::Publication,
            "publication everything",
            "all tables",
            "create publication everything",
            "drop publication everything; create publication everything for all tables",
        ),
        of(
            Kind::Publication,
            "publication operations",
            "operations",
            "create publication operations",
            "alter publication operations set (publish = 'insert, truncate')",
        ),
        of(
            Kind::Publication,
            "publication root",
            "via root",
            "create publication root",
            "alter publication root set (publish_via_partition_root)",
        ),
        table(
            "publication table s.t on publication tables",
            "-",
            "create table s.t (a integer); create publication tables",
            "alter publication tables add table s.t",
        ),
    ]
}

/// Those that came with 15.
pub fn since_15() -> Vec<Case> {
    vec![
        table(
            "publication table s.t on publication columns",
            "columns",
            "create table s.t (a integer, b integer, c integer); create publication columns for table s.t",
            "alter publication columns set table s.t (a, c)",
        ),
        table(
            "publication table s.t on publication filter",
            "filter",
            "create table s.t (a integer); create publication filter for table s.t where (a > 1)",
            "alter publication filter set table s.t where (a > 2)",
        ),
        of(
            Kind::PublicationSchema,
            "publication schema s on publication schemas",
            "-",
            "create publication schemas",
            "alter publication schemas add tables in schema s",
        ),
    ]
}

/// Those that came with 18.
pub fn since_18() -> Vec<Case> {
    vec![of(
        Kind::Publication,
        "publication generated",
        "generated columns",
        "create publication generated",
        "alter publication generated set (publish_generated_columns = stored)",
    )]
}

fn of(
    kind: Kind,
    identity: &'static str,
    attribute: &'static str,
    before: &'static str,
    change: &'static str,
) -> Case {
    Case { kind, attribute, before, change, identity }
}

fn table(
    identity: &'static str,
    attribute: &'static str,
    before: &'static str,
    change: &'static str,
) -> Case {
    Case { kind: Kind::PublicationTable, attribute, before, change, identity }
}
