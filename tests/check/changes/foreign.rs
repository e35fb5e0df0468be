use pum::catalog::Kind;

use super::Case;

pub fn cases() -> Vec<Case> {
    let of = |kind, identity, attribute, before, change| Case { kind, attribute, before, change, identity };
    vec![
        of(
            Kind::ForeignDataWrapper,
            "foreign data wrapper new",
            "-",
            "",
            "create foreign data wrapper new",
        ),
        of(
            Kind::ForeignDataWrapper,
            "foreign data wrapper handled",
            "handler",
            "create function s.f() returns fdw_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
             create foreign data wrapper handled",
            "alter foreign data wrapper handled handler s.f",
        ),
        of(
            Kind::ForeignDataWrapper,
            "foreign data wrapper validated",
            "validator",
            "create foreign data wrapper validated",
            "alter foreign data wrapper validated validator postgresql_fdw_validator",
        ),
        of(
            Kind::ForeignDataWrapper,
            "foreign data wrapper optional",
            "options",
            "create foreign data wrapper optional options (a '1', b '1')",
            "alter foreign data wrapper optional options (set b '2')",
        ),
        of(
            Kind::Server,
            "server new_server",
            "-",
            "create foreign data wrapper w1",
            "create server new_server foreign data wrapper w1",
        ),
        of(
            Kind::Server,
            "server wrapped",
            "wrapper",
            "create foreign data wrapper w2; create foreign data wrapper w3;
             create server wrapped foreign data wrapper w2",
            "drop server wrapped; create server wrapped foreign data wrapper w3",
        ),
        of(
            Kind::Server,
            "server typed",
            "type",
            "create foreign data wrapper w4; create server typed type 'a' foreign data wrapper w4",
            "drop server typed; create server typed type 'b' foreign data wrapper w4",
        ),
        of(
            Kind::Server,
            "server versioned",
            "version",
            "create foreign data wrapper w5; create server versioned version '1' foreign data wrapper w5",
            "alter server versioned version '2'",
        ),
        of(
            Kind::Server,
            "server optional",
            "options",
            "create foreign data wrapper w6; create server optional foreign data wrapper w6 options (host 'a')",
            "alter server optional options (set host 'b')",
        ),
        of(
            Kind::UserMapping,
            "user mapping public on server mapped",
            "-",
            "create foreign data wrapper w7; create server mapped foreign data wrapper w7;
             create user mapping for postgres server mapped",
            "create user mapping for public server mapped",
        ),
        of(
            Kind::UserMapping,
            "user mapping postgres on server chosen",
            "options",
            "create foreign data wrapper w8; create server chosen foreign data wrapper w8;
             create user mapping for postgres server chosen options (\"user\" 'a')",
            "alter user mapping for postgres server chosen options (set \"user\" 'b')",
        ),
        // Of a secret only that it is there.
        of(
            Kind::UserMapping,
            "user mapping postgres on server secret",
            "options",
            "create foreign data wrapper w9; create server secret foreign data wrapper w9;
             create user mapping for postgres server secret",
            "alter user mapping for postgres server secret options (add password 'b')",
        ),
    ]
}
