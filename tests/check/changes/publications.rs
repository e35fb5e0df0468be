use pum::catalog::Kind;

use super::Case;

pub fn cases() -> Vec<Case> {
    let of = |kind, identity, attribute, before, change| Case { kind, attribute, before, change, identity };
    let table =
        |identity, attribute, before, change| of(Kind::PublicationTable, identity, attribute, before, change);
    let mut cases = vec![
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
        of(
            Kind::Publication,
            "publication generated",
            "generated columns",
            "-- since 18
             create publication generated",
            "alter publication generated set (publish_generated_columns = stored)",
        ),
        table(
            "publication table s.t on publication tables",
            "-",
            "create table s.t (a integer); create publication tables",
            "alter publication tables add table s.t",
        ),
        table(
            "publication table s.t on publication columns",
            "columns",
            "-- since 15
             create table s.t (a integer, b integer, c integer); create publication columns for table s.t",
            "alter publication columns set table s.t (a, c)",
        ),
        table(
            "publication table s.t on publication filter",
            "filter",
            "-- since 15
             create table s.t (a integer); create publication filter for table s.t where (a > 1)",
            "alter publication filter set table s.t where (a > 2)",
        ),
        of(
            Kind::PublicationSchema,
            "publication schema s on publication schemas",
            "-",
            "-- since 15
             create publication schemas",
            "alter publication schemas add tables in schema s",
        ),
        subscription(
            "subscription new",
            "-",
            "",
            "create subscription new connection 'dbname=nowhere' publication p with (connect = false)",
        ),
    ];
    cases.extend([
        subscription(
            "subscription sub_publications",
            "publications",
            "create subscription sub_publications connection 'dbname=nowhere' publication p with (connect = false)",
            "alter subscription sub_publications set publication p, q with (refresh = false)",
        ),
        subscription(
            "subscription sub_slot",
            "slot",
            "create subscription sub_slot connection 'dbname=nowhere' publication p with (connect = false)",
            "alter subscription sub_slot set (slot_name = other)",
        ),
        subscription(
            "subscription sub_commit",
            "synchronous commit",
            "-- since 14
             create subscription sub_commit connection 'dbname=nowhere' publication p with (connect = false)",
            "alter subscription sub_commit set (synchronous_commit = on)",
        ),
        subscription(
            "subscription sub_binary",
            "binary",
            "-- since 14
             create subscription sub_binary connection 'dbname=nowhere' publication p with (connect = false)",
            "alter subscription sub_binary set (binary)",
        ),
        subscription(
            "subscription sub_streaming",
            "streaming",
            "-- since 14
             create subscription sub_streaming connection 'dbname=nowhere' publication p
                with (connect = false, streaming = off)",
            "alter subscription sub_streaming set (streaming = on)",
        ),
        subscription(
            "subscription sub_phases",
            "two-phase",
            "-- since 15
             create subscription sub_phases connection 'dbname=nowhere' publication p with (connect = false)",
            "update pg_subscription set subtwophasestate = 'p' where subname = 'sub_phases'
                and subdbid = (select oid from pg_database where datname = current_database())",
        ),
        subscription(
            "subscription sub_error",
            "disable on error",
            "-- since 15
             create subscription sub_error connection 'dbname=nowhere' publication p with (connect = false)",
            "alter subscription sub_error set (disable_on_error)",
        ),
        subscription(
            "subscription sub_password",
            "password required",
            "-- since 16
             create subscription sub_password connection 'dbname=nowhere' publication p with (connect = false)",
            "alter subscription sub_password set (password_required = false)",
        ),
        subscription(
            "subscription sub_owner",
            "run as owner",
            "-- since 16
             create subscription sub_owner connection 'dbname=nowhere' publication p with (connect = false)",
            "alter subscription sub_owner set (run_as_owner)",
        ),
        subscription(
            "subscription sub_origin",
            "origin",
            "-- since 16
             create subscription sub_origin connection 'dbname=nowhere' publication p with (connect = false)",
            "alter subscription sub_origin set (origin = none)",
        ),
        subscription(
            "subscription sub_failover",
            "failover",
            "-- since 17
             create subscription sub_failover connection 'dbname=nowhere' publication p with (connect = false)",
            "update pg_subscription set subfailover = true where subname = 'sub_failover'
                and subdbid = (select oid from pg_database where datname = current_database())",
        ),
    ]);
    cases
}

fn subscription(
    identity: &'static str,
    attribute: &'static str,
    before: &'static str,
    change: &'static str,
) -> Case {
    Case { kind: Kind::Subscription, attribute, before, change, identity }
}
