use pum::catalog::Kind;

use super::Case;

pub fn cases() -> Vec<Case> {
    let table = |attribute, before, change| Case {
        kind: Kind::Table,
        attribute,
        before,
        change,
        identity: "table s.t",
    };
    let view = |attribute, before, change| Case {
        kind: Kind::View,
        attribute,
        before,
        change,
        identity: "view s.v",
    };
    let materialized = |attribute, before, change| Case {
        kind: Kind::MaterializedView,
        attribute,
        before,
        change,
        identity: "materialized view s.m",
    };
    let foreign = |attribute, before, change| Case {
        kind: Kind::ForeignTable,
        attribute,
        before,
        change,
        identity: "foreign table s.f",
    };
    /// A foreign table `f`, in its own words, and a server more.
    macro_rules! foreign_table {
        ($words:literal) => {
            concat!(
                "create foreign data wrapper \"s w\"; create server \"s one\" foreign data wrapper \"s w\";
                 create server \"s two\" foreign data wrapper \"s w\"; create table s.p (a integer) partition by list (a);
                 create table s.q (a integer); create table s.r (a integer); create foreign table s.f ",
                $words
            )
        };
    }
    vec![
        Case {
            kind: Kind::Schema,
            attribute: "-",
            before: "",
            change: "create schema s_more",
            identity: "schema s_more",
        },
        table("-", "", "create table s.t (a integer)"),
        table("persistence", "create table s.t (a integer)", "alter table s.t set unlogged"),
        table(
            "of type",
            "create type s.c as (a integer); create table s.t (a integer)",
            "alter table s.t of s.c",
        ),
        table(
            "inherits",
            "create table s.p (a integer); create table s.q (a integer); create table s.t () inherits (s.p, s.q)",
            "drop table s.t; create table s.t () inherits (s.q, s.p)",
        ),
        table(
            "partition by",
            "create table s.t (a integer) partition by list (a)",
            "drop table s.t; create table s.t (a integer) partition by range (a)",
        ),
        table(
            "partition of",
            "create table s.p (a integer) partition by list (a); create table s.q (a integer) partition by list (a);
             create table s.t partition of s.p for values in (1)",
            "drop table s.t; create table s.t partition of s.q for values in (1)",
        ),
        table(
            "partition bound",
            "create table s.p (a integer) partition by list (a); create table s.t partition of s.p for values in (1)",
            "drop table s.t; create table s.t partition of s.p for values in (2)",
        ),
        table(
            "access method",
            "create access method s_heap type table handler heap_tableam_handler; create table s.t (a integer)",
            "drop table s.t; create table s.t (a integer) using s_heap",
        ),
        table(
            "tablespace",
            "create table s.t (a integer)",
            "alter table s.t set tablespace case_space",
        ),
        table("options", "create table s.t (a integer)", "alter table s.t set (fillfactor = 50)"),
        table("options", "create table s.t (a text)", "alter table s.t set (toast.autovacuum_enabled = false)"),
        table("replica identity", "create table s.t (a integer)", "alter table s.t replica identity full"),
        table("row security", "create table s.t (a integer)", "alter table s.t enable row level security"),
        table("force row security", "create table s.t (a integer)", "alter table s.t force row level security"),
        view("-", "", "create view s.v as select 1 as a"),
        view(
            "definition",
            "create view s.v as select 1 as a",
            "create or replace view s.v as select 2 as a",
        ),
        view("options", "create view s.v as select 1 as a", "alter view s.v set (security_barrier)"),
        view(
            "options",
            "create table s.t (a integer); create view s.v as select a from s.t with local check option",
            "alter view s.v set (check_option = cascaded)",
        ),
        view(
            "definition",
            "create table s.t (a integer); create view s.v as select a from s.t",
            "create or replace view s.v as select a from only s.t",
        ),
        foreign(
            "-",
            "create foreign data wrapper \"s w\"; create server \"s one\" foreign data wrapper \"s w\"",
            "create foreign table s.f (a integer) server \"s one\"",
        ),
        foreign(
            "server",
            foreign_table!("(a integer) server \"s one\""),
            "drop foreign table s.f; create foreign table s.f (a integer) server \"s two\"",
        ),
        foreign(
            "options",
            foreign_table!("(a integer) server \"s one\" options (b 'c')"),
            "alter foreign table s.f options (set b 'd')",
        ),
        foreign(
            "inherits",
            foreign_table!("() inherits (s.q, s.r) server \"s one\""),
            "drop foreign table s.f; create foreign table s.f () inherits (s.r, s.q) server \"s one\"",
        ),
        foreign(
            "partition of",
            foreign_table!("partition of s.p for values in (1) server \"s one\"; create table s.o (a integer) partition by list (a)"),
            "drop foreign table s.f; create foreign table s.f partition of s.o for values in (1) server \"s one\"",
        ),
        foreign(
            "partition bound",
            foreign_table!("partition of s.p for values in (1) server \"s one\""),
            "drop foreign table s.f; create foreign table s.f partition of s.p for values in (2) server \"s one\"",
        ),
        materialized("-", "", "create materialized view s.m as select 1 as a"),
        materialized(
            "definition",
            "create materialized view s.m as select 1 as a",
            "drop materialized view s.m; create materialized view s.m as select 2 as a",
        ),
        materialized(
            "options",
            "create materialized view s.m as select 1 as a",
            "alter materialized view s.m set (fillfactor = 50)",
        ),
        materialized(
            "access method",
            "create access method s_heap2 type table handler heap_tableam_handler;
             create materialized view s.m as select 1 as a",
            "drop materialized view s.m; create materialized view s.m using s_heap2 as select 1 as a",
        ),
        materialized(
            "tablespace",
            "create materialized view s.m as select 1 as a",
            "alter materialized view s.m set tablespace case_space",
        ),
        materialized(
            "populated",
            "create materialized view s.m as select 1 as a",
            "refresh materialized view s.m with no data",
        ),
    ]
}
