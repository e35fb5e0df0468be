use pum::catalog::Kind;

use super::Case;

fn statistics(attribute: &'static str, before: &'static str, change: &'static str) -> Case {
    Case { kind: Kind::Statistics, attribute, before, change, identity: "statistics x on table s.t" }
}

pub fn cases() -> Vec<Case> {
    const BEFORE: &str = "create table s.t (a integer, b integer, c integer); create statistics s.x (ndistinct) on a, b from s.t";
    vec![
        statistics("-", "create table s.t (a integer, b integer)", "create statistics s.x on a, b from s.t"),
        Case {
            identity: "statistics public.s_x on table s.t",
            ..statistics(
                "-",
                "create table s.t (a integer, b integer)",
                "create statistics public.s_x on a, b from s.t",
            )
        },
        statistics("definition", BEFORE, "drop statistics s.x; create statistics s.x (mcv) on a, b from s.t"),
        statistics(
            "definition",
            BEFORE,
            "drop statistics s.x; create statistics s.x (ndistinct) on a, c from s.t",
        ),
        statistics("statistics target", BEFORE, "alter statistics s.x set statistics 7"),
    ]
}

/// Those that came with 14.
pub fn since_14() -> Vec<Case> {
    vec![statistics(
        "definition",
        "create table s.t (a integer, b integer); create statistics s.x on (a + 1), b from s.t",
        "drop statistics s.x; create statistics s.x on (a + 2), b from s.t",
    )]
}
