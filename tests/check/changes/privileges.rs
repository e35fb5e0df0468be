use pum::catalog::Kind;

use super::Case;

fn owner(identity: &'static str, before: &'static str, change: &'static str) -> Case {
    Case { kind: Kind::Owner, attribute: "role", before, change, identity }
}

fn privilege(
    attribute: &'static str,
    identity: &'static str,
    before: &'static str,
    change: &'static str,
) -> Case {
    Case { kind: Kind::Privilege, attribute, before, change, identity }
}

fn by_default(
    attribute: &'static str,
    identity: &'static str,
    before: &'static str,
    change: &'static str,
) -> Case {
    Case { kind: Kind::DefaultPrivilege, attribute, before, change, identity }
}

pub fn cases() -> Vec<Case> {
    const TABLE: &str = "create table s.t (a integer)";
    vec![
        // What is new has an owner, and that is told with it.
        Case {
            attribute: "-",
            ..owner("sequence s.q", "", "create sequence s.q; alter sequence s.q owner to pg_monitor")
        },
        owner("owner on schema s", "", "alter schema s owner to pg_monitor"),
        owner("owner on table s.t", TABLE, "alter table s.t owner to pg_monitor"),
        // The sequences are the table's.
        owner(
            "owner on table s.t",
            "create table s.t (a serial, b integer generated always as identity)",
            "alter table s.t owner to pg_monitor",
        ),
        owner("owner on view s.v", "create view s.v as select 1 as a", "alter view s.v owner to pg_monitor"),
        owner(
            "owner on materialized view s.m",
            "create materialized view s.m as select 1 as a",
            "alter materialized view s.m owner to pg_monitor",
        ),
        owner("owner on sequence s.q", "create sequence s.q", "alter sequence s.q owner to pg_monitor"),
        owner(
            "owner on statistics x on table s.t",
            "create table s.t (a integer, b integer); create statistics s.x on a, b from s.t",
            "alter statistics s.x owner to pg_monitor",
        ),
        // An owner has its rights, whoever it is, granted or not.
        owner(
            "owner on table s.t",
            "create table s.t (a integer); grant select on s.t to pg_signal_backend",
            "alter table s.t owner to pg_monitor",
        ),
        privilege("-", "privilege pg_monitor on table s.t", TABLE, "grant select on s.t to pg_monitor"),
        privilege("-", "privilege \"PUBLIC\" on table s.t", TABLE, "grant select on s.t to public"),
        privilege("-", "privilege \"OWNER\" on table s.t", TABLE, "revoke delete on s.t from current_user"),
        privilege("-", "privilege \"OWNER\" on table s.t", TABLE, "revoke all on s.t from current_user"),
        privilege(
            "-",
            "privilege pg_monitor on column a on table s.t",
            TABLE,
            "grant select (a) on s.t to pg_monitor",
        ),
        privilege(
            "-",
            "privilege pg_monitor(sequence) on column a on table s.t",
            "create table s.t (a integer generated always as identity)",
            "grant usage on sequence s.t_a_seq to pg_monitor",
        ),
        privilege("-", "privilege pg_monitor on schema s", "", "grant usage on schema s to pg_monitor"),
        privilege(
            "-",
            "privilege pg_monitor on sequence s.q",
            "create sequence s.q",
            "grant usage on sequence s.q to pg_monitor",
        ),
        privilege(
            "-",
            "privilege pg_monitor on view s.v",
            "create view s.v as select 1 as a",
            "grant select on s.v to pg_monitor",
        ),
        privilege(
            "-",
            "privilege pg_monitor(function pg_catalog.pg_ls_dir(pg_catalog.text))",
            "",
            "grant execute on function pg_ls_dir(text) to pg_monitor",
        ),
        privilege(
            "-",
            "privilege pg_monitor on schema public",
            "",
            "grant create on schema public to pg_monitor",
        ),
        privilege(
            "privileges",
            "privilege pg_monitor on table s.t",
            "create table s.t (a integer); grant select on s.t to pg_monitor",
            "grant update on s.t to pg_monitor",
        ),
        privilege(
            "privileges",
            "privilege pg_monitor on table s.t",
            "create table s.t (a integer); grant select on s.t to pg_monitor",
            "grant select on s.t to pg_monitor with grant option",
        ),
        by_default(
            "-",
            "default privilege pg_monitor(tables, pg_signal_backend) on schema s",
            "",
            "alter default privileges for role pg_monitor in schema s grant select on tables to pg_signal_backend",
        ),
        by_default(
            "-",
            "default privilege pg_monitor(functions, PUBLIC)",
            "",
            "alter default privileges for role pg_monitor revoke execute on functions from public",
        ),
        by_default(
            "privileges",
            "default privilege pg_monitor(sequences, pg_signal_backend) on schema s",
            "alter default privileges for role pg_monitor in schema s grant usage on sequences to pg_signal_backend",
            "alter default privileges for role pg_monitor in schema s grant update on sequences to pg_signal_backend",
        ),
    ]
}
