use pum::catalog::Kind;

use super::Case;

fn index(attribute: &'static str, before: &'static str, change: &'static str) -> Case {
    Case { kind: Kind::Index, attribute, before, change, identity: "index i on table s.t" }
}

/// A table with the index `i`, in its own words.
macro_rules! with_index {
    ($words:literal) => {
        concat!("create table s.t (a integer, b text, c text); create index i on s.t ", $words)
    };
}

/// The other index in the place of `i`.
macro_rules! other_index {
    ($words:literal) => {
        concat!("drop index s.i; create index i on s.t ", $words)
    };
}

pub fn cases() -> Vec<Case> {
    let definition = |before, change| index("definition", before, change);
    vec![
        index("-", "create table s.t (a integer)", "create index i on s.t (a)"),
        Case {
            identity: "index i on materialized view s.m",
            ..index("-", "create materialized view s.m as select 1 as a", "create index i on s.m (a)")
        },
        Case {
            identity: "index \"On i USING\" on table s.\"T USING\"",
            ..definition(
                "create table s.\"T USING\" (a integer); create index \"On i USING\" on s.\"T USING\" (a)",
                "drop index s.\"On i USING\"; create index \"On i USING\" on s.\"T USING\" (a desc)",
            )
        },
        index("unique", with_index!("(a)"), "drop index s.i; create unique index i on s.t (a)"),
        definition(with_index!("(a)"), other_index!("using hash (a)")),
        definition(with_index!("(a)"), other_index!("(a) where a > 0")),
        definition(with_index!("(a) where a > 0"), other_index!("(a) where a > 1")),
        definition(with_index!("(a, b)"), other_index!("(b, a)")),
        definition(with_index!("(a)"), other_index!("(a nulls first)")),
        definition(with_index!("(b)"), other_index!("(b text_pattern_ops)")),
        definition(with_index!("(b)"), other_index!("(b collate \"C\")")),
        definition(with_index!("(a)"), other_index!("(a) include (b)")),
        definition(with_index!("(lower(b))"), other_index!("(upper(b))")),
        index("options", with_index!("(a)"), "alter index s.i set (fillfactor = 50)"),
        index("options", with_index!("(a) with (fillfactor = 50, deduplicate_items = on) where a > 0"), "alter index s.i reset (fillfactor)"),
        index("options", with_index!("using gin (to_tsvector('english', b))"), "alter index s.i set (fastupdate = off)"),
        index("tablespace", with_index!("(a)"), "alter index s.i set tablespace case_space"),
        index("statistics targets", with_index!("(lower(b))"), "alter index s.i alter column 1 set statistics 7"),
        index("validity", with_index!("(a)"), "update pg_index set indisvalid = false where indexrelid = 's.i'::regclass"),
        index("clustered", with_index!("(a)"), "alter table s.t cluster on i"),
        index(
            "replica identity",
            "create table s.t (a integer not null); create unique index i on s.t (a)",
            "alter table s.t replica identity using index i",
        ),
        Case {
            identity: "index i on table s.part",
            ..index(
                "partition of",
                "create table s.p (a integer) partition by list (a); create table s.q partition of s.p for values in (2);
                 create table s.part partition of s.p for values in (1);
                 create index p_i on only s.p (a); create index i on s.part (a)",
                "alter index s.p_i attach partition s.i",
            )
        },
    ]
}

/// Those that came with 15.
pub fn since_15() -> Vec<Case> {
    vec![index(
        "definition",
        "create table s.t (a integer); create unique index i on s.t (a)",
        "drop index s.i; create unique index i on s.t (a) nulls not distinct",
    )]
}
