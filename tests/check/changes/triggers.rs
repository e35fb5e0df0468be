use pum::catalog::Kind;

use super::Case;

fn trigger(attribute: &'static str, before: &'static str, change: &'static str) -> Case {
    Case { kind: Kind::Trigger, attribute, before, change, identity: "trigger g on table s.t" }
}

/// A table and a function for triggers.
macro_rules! table {
    ($($more:literal)?) => {
        concat!(
            "create table s.t (a integer, b integer);
             create function s.f() returns trigger language plpgsql as 'begin return new; end'; ",
            $($more)?
        )
    };
}

/// A table with the trigger `g`.
const BEFORE: &str = table!("create trigger g before update on s.t for each row execute function s.f()");

pub fn cases() -> Vec<Case> {
    /// The other trigger in the place of `g`.
    macro_rules! other_trigger {
        ($words:literal) => {
            trigger("definition", BEFORE, concat!("drop trigger g on s.t; create trigger g ", $words))
        };
    }
    vec![
        trigger("-", table!(), "create trigger g before update on s.t for each row execute function s.f()"),
        Case {
            identity: "trigger \"G \"\"g\"\" BEFORE\" on view s.v",
            ..trigger(
                "-",
                table!("create view s.v as select a from s.t"),
                "create trigger \"G \"\"g\"\" BEFORE\" instead of update on s.v for each row execute function s.f()",
            )
        },
        other_trigger!("after update on s.t for each row execute function s.f()"),
        other_trigger!("before update or insert on s.t for each row execute function s.f()"),
        other_trigger!("before update of a on s.t for each row execute function s.f()"),
        other_trigger!("before update on s.t for each statement execute function s.f()"),
        other_trigger!("before update on s.t for each row when (new.a > 0) execute function s.f()"),
        other_trigger!("before update on s.t for each row execute function s.f('it''s')"),
        other_trigger!(
            "before update on s.t for each row execute function pg_catalog.suppress_redundant_updates_trigger()"
        ),
        trigger(
            "definition",
            table!(
                "create trigger g after update on s.t referencing new table as n for each statement execute function s.f()"
            ),
            "drop trigger g on s.t;
             create trigger g after update on s.t referencing old table as n for each statement execute function s.f()",
        ),
        trigger(
            "definition",
            table!("create trigger g after update on s.t for each row execute function s.f()"),
            "drop trigger g on s.t;
             create constraint trigger g after update on s.t for each row execute function s.f()",
        ),
        trigger(
            "definition",
            table!("create constraint trigger g after update on s.t for each row execute function s.f()"),
            "drop trigger g on s.t; create constraint trigger g after update on s.t deferrable initially deferred
             for each row execute function s.f()",
        ),
        trigger("enabled", BEFORE, "alter table s.t disable trigger g"),
        trigger("enabled", BEFORE, "alter table s.t enable replica trigger g"),
        // The copy on a partition that goes its own way.
        Case {
            identity: "trigger g on table s.part",
            ..trigger(
                "-",
                "create table s.p (a integer) partition by list (a);
                 create function s.f() returns trigger language plpgsql as 'begin return new; end';
                 create table s.part partition of s.p for values in (1);
                 create table s.other partition of s.p for values in (2);
                 create trigger g after update on s.p for each row execute function s.f()",
                "alter table s.part disable trigger g",
            )
        },
    ]
}
