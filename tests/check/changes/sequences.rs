use pum::catalog::Kind;

use super::Case;

fn sequence(attribute: &'static str, before: &'static str, change: &'static str) -> Case {
    Case { kind: Kind::Sequence, attribute, before, change, identity: "sequence s.q" }
}

pub fn cases() -> Vec<Case> {
    vec![
        sequence("-", "", "create sequence s.q"),
        Case {
            identity: "sequence s.t_a_seq",
            ..sequence("-", "create table s.t (a integer)", "create sequence s.t_a_seq owned by s.t.a")
        },
        sequence("type", "create sequence s.q", "alter sequence s.q as integer"),
        sequence("start", "create sequence s.q", "alter sequence s.q start 5"),
        sequence("increment", "create sequence s.q", "alter sequence s.q increment 5"),
        sequence("increment", "create sequence s.q increment -1", "alter sequence s.q increment -5"),
        sequence("minimum", "create sequence s.q", "alter sequence s.q minvalue -5"),
        sequence("maximum", "create sequence s.q", "alter sequence s.q maxvalue 5"),
        sequence("cache", "create sequence s.q", "alter sequence s.q cache 5"),
        sequence("cycle", "create sequence s.q", "alter sequence s.q cycle"),
        sequence(
            "owned by",
            "create sequence s.q; create table s.t (a integer, \"B b\" integer); alter sequence s.q owned by s.t.a",
            "alter sequence s.q owned by s.t.\"B b\"",
        ),
    ]
}

/// Those that came with 15.
pub fn since_15() -> Vec<Case> {
    vec![sequence("persistence", "create sequence s.q", "alter sequence s.q set unlogged")]
}
