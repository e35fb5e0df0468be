use pum::catalog::Kind;

use super::Case;

fn rule(attribute: &'static str, before: &'static str, change: &'static str) -> Case {
    Case { kind: Kind::Rule, attribute, before, change, identity: "rule r on table s.t" }
}

pub fn cases() -> Vec<Case> {
    let definition = |change| {
        rule(
            "definition",
            "create table s.t (a integer); create table s.u (a integer);
             create rule r as on insert to s.t do also insert into s.u values (new.a)",
            change,
        )
    };
    vec![
        rule("-", "create table s.t (a integer)", "create rule r as on insert to s.t do nothing"),
        Case {
            identity: "rule \"R \"\"r\"\" AS\" on view s.v",
            ..rule(
                "definition",
                "create view s.v as select 1 as a;
                 create rule \"R \"\"r\"\" AS\" as on insert to s.v do instead nothing",
                "create or replace rule \"R \"\"r\"\" AS\" as on update to s.v do instead nothing",
            )
        },
        definition("create or replace rule r as on insert to s.t do also insert into s.u values (new.a + 1)"),
        definition("create or replace rule r as on insert to s.t do instead insert into s.u values (new.a)"),
        definition("create or replace rule r as on delete to s.t do also insert into s.u values (old.a)"),
        definition(
            "create or replace rule r as on insert to s.t where new.a > 0 do also insert into s.u values (new.a)",
        ),
        rule(
            "enabled",
            "create table s.t (a integer); create rule r as on insert to s.t do nothing",
            "alter table s.t disable rule r",
        ),
        rule(
            "enabled",
            "create table s.t (a integer); create rule r as on insert to s.t do nothing",
            "alter table s.t enable always rule r",
        ),
    ]
}
