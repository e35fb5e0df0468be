use pum::catalog::Kind;

use super::Case;

fn comment(identity: &'static str, before: &'static str, change: &'static str) -> Case {
    Case { kind: Kind::Comment, attribute: "-", before, change, identity }
}

pub fn cases() -> Vec<Case> {
    const TABLE: &str = "create table s.t (a integer generated always as identity, constraint c unique (a))";
    let label = |attribute, before, change| Case {
        kind: Kind::SecurityLabel,
        attribute,
        before,
        change,
        identity: "security label p on column a on table s.t",
    };
    vec![
        comment("comment on schema s", "", "comment on schema s is 'x'"),
        comment("comment on table s.t", TABLE, "comment on table s.t is 'x'"),
        comment("comment on column a on table s.t", TABLE, "comment on column s.t.a is 'x'"),
        comment("comment on constraint c on table s.t", TABLE, "comment on constraint c on s.t is 'x'"),
        comment("comment (index) on constraint c on table s.t", TABLE, "comment on index s.c is 'x'"),
        comment("comment (sequence) on column a on table s.t", TABLE, "comment on sequence s.t_a_seq is 'x'"),
        comment("comment on view s.v", "create view s.v as select 1 as a", "comment on view s.v is 'x'"),
        comment(
            "comment on column a on view s.v",
            "create view s.v as select 1 as a",
            "comment on column s.v.a is 'x'",
        ),
        comment(
            "comment on materialized view s.m",
            "create materialized view s.m as select 1 as a",
            "comment on materialized view s.m is 'x'",
        ),
        comment("comment on sequence s.q", "create sequence s.q", "comment on sequence s.q is 'x'"),
        comment(
            "comment on index i on table s.t",
            "create table s.t (a integer); create index i on s.t (a)",
            "comment on index s.i is 'x'",
        ),
        comment(
            "comment on rule r on table s.t",
            "create table s.t (a integer); create rule r as on insert to s.t do nothing",
            "comment on rule r on s.t is 'x'",
        ),
        comment(
            "comment on trigger g on table s.t",
            "create table s.t (a integer);
             create trigger g before update on s.t for each row execute function suppress_redundant_updates_trigger()",
            "comment on trigger g on s.t is 'x'",
        ),
        comment(
            "comment on policy p on table s.t",
            "create table s.t (a integer); create policy p on s.t",
            "comment on policy p on s.t is 'x'",
        ),
        comment(
            "comment on statistics x on table s.t",
            "create table s.t (a integer, b integer); create statistics s.x on a, b from s.t",
            "comment on statistics s.x is 'x'",
        ),
        Case {
            attribute: "text",
            ..comment(
                "comment on table s.t",
                "create table s.t (a integer); comment on table s.t is 'x'",
                "comment on table s.t is E'x\\ny'",
            )
        },
        label(
            "-",
            "create table s.t (a integer)",
            "insert into pg_seclabel values ('s.t'::regclass, 1259, 1, 'p', 'secret')",
        ),
        label(
            "label",
            "create table s.t (a integer); insert into pg_seclabel values ('s.t'::regclass, 1259, 1, 'p', 'secret')",
            "update pg_seclabel set label = 'public' where objoid = 's.t'::regclass",
        ),
    ]
}

/// Those that came with 18.
pub fn since_18() -> Vec<Case> {
    vec![comment(
        "comment (not null) on column a on table s.t",
        "create table s.t (a integer not null)",
        "comment on constraint t_a_not_null on s.t is 'x'",
    )]
}
