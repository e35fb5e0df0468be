use pum::catalog::Kind;

use super::Case;

pub fn cases() -> Vec<Case> {
    vec![
        subscription(
            "subscription new",
            "-",
            "",
            "create subscription new connection 'dbname=nowhere' publication p with (connect = false)",
        ),
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
    ]
}

/// Those that came with 14.
pub fn since_14() -> Vec<Case> {
    vec![
        subscription(
            "subscription sub_commit",
            "synchronous commit",
            "create subscription sub_commit connection 'dbname=nowhere' publication p with (connect = false)",
            "alter subscription sub_commit set (synchronous_commit = on)",
        ),
        subscription(
            "subscription sub_binary",
            "binary",
            "create subscription sub_binary connection 'dbname=nowhere' publication p with (connect = false)",
            "alter subscription sub_binary set (binary)",
        ),
        subscription(
            "subscription sub_streaming",
            "streaming",
            "create subscription sub_streaming connection 'dbname=nowhere' publication p
                with (connect = false, streaming = off)",
            "alter subscription sub_streaming set (streaming = on)",
        ),
    ]
}

/// Those that came with 15.
pub fn since_15() -> Vec<Case> {
    vec![
        subscription(
            "subscription sub_phases",
            "two-phase",
            "create subscription sub_phases connection 'dbname=nowhere' publication p with (connect = false)",
            "update pg_subscription set subtwophasestate = 'p' where subname = 'sub_phases'
                and subdbid = (select oid from pg_database where datname = current_database())",
        ),
        subscription(
            "subscription sub_error",
            "disable on error",
            "create subscription sub_error connection 'dbname=nowhere' publication p with (connect = false)",
            "alter subscription sub_error set (disable_on_error)",
        ),
    ]
}

/// Those that came with 16.
pub fn since_16() -> Vec<Case> {
    vec![
        subscription(
            "subscription sub_password",
            "password required",
            "create subscription sub_password connection 'dbname=nowhere' publication p with (connect = false)",
            "alter subscription sub_password set (password_required = false)",
        ),
        subscription(
            "subscription sub_owner",
            "run as owner",
            "create subscription sub_owner connection 'dbname=nowhere' publication p with (connect = false)",
            "alter subscription sub_owner set (run_as_owner)",
        ),
        subscription(
            "subscription sub_origin",
            "origin",
            "create subscription sub_origin connection 'dbname=nowhere' publication p with (connect = false)",
            "alter subscription sub_origin set (origin = none)",
        ),
    ]
}

/// Those that came with 17.
pub fn since_17() -> Vec<Case> {
    vec![subscription(
        "subscription sub_failover",
        "failover",
        "create subscription sub_failover connection 'dbname=nowhere' publication p with (connect = false)",
        "update pg_subscription set subfailover = true where subname = 'sub_failover'
                and subdbid = (select oid from pg_database where datname = current_database())",
    )]
}

fn subscription(
    identity: &'static str,
    attribute: &'static str,
    before: &'static str,
    change: &'static str,
) -> Case {
    Case { kind: Kind::Subscription, attribute, before, change, identity }
}
