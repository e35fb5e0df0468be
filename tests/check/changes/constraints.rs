use pum::catalog::Kind;

use super::Case;

fn constraint(attribute: &'static str, before: &'static str, change: &'static str) -> Case {
    Case { kind: Kind::Constraint, attribute, before, change, identity: "constraint c on table s.t" }
}

/// A foreign key `c` from `s.t` to `s.p`, in its own words.
macro_rules! foreign_key {
    ($words:literal) => {
        concat!(
            "create table s.p (a integer, b integer, unique (a), unique (b), unique (a, b));
             create table s.t (a integer, b integer, constraint c foreign key ",
            $words,
            ")"
        )
    };
}

/// The other foreign key in the place of `c`.
macro_rules! other_key {
    ($words:literal) => {
        concat!("alter table s.t drop constraint c; alter table s.t add constraint c foreign key ", $words)
    };
}

pub fn cases() -> Vec<Case> {
    let definition = |before, change| constraint("definition", before, change);
    vec![
        constraint("-", "create table s.t (a integer)", "alter table s.t add constraint c check (a > 0)"),
        constraint("-", "create table s.t (a integer)", "alter table s.t add constraint c unique (a)"),
        definition(
            "create table s.t (a integer, b integer, constraint c unique (a, b))",
            "alter table s.t drop constraint c; alter table s.t add constraint c unique (b, a)",
        ),
        definition(
            "create table s.t (a integer not null, constraint c unique (a))",
            "alter table s.t drop constraint c; alter table s.t add constraint c primary key (a)",
        ),
        definition(
            "create table s.t (a integer, b integer, constraint c unique (a))",
            "alter table s.t drop constraint c; alter table s.t add constraint c unique (a) include (b)",
        ),
        definition(
            "create table s.t (a integer, constraint c check (a > 0))",
            "alter table s.t drop constraint c; alter table s.t add constraint c check (a > 1)",
        ),
        definition(
            "create table s.t (a integer, b integer, constraint c exclude using btree (a with =))",
            "alter table s.t drop constraint c; alter table s.t add constraint c exclude using btree (a with =, b with =)",
        ),
        definition(
            "create table s.t (a integer, constraint c exclude using btree (a with =))",
            "alter table s.t drop constraint c; alter table s.t add constraint c exclude using btree (a with =) where (a > 0)",
        ),
        definition(foreign_key!("(a) references s.p (a)"), other_key!("(a) references s.p (a) on delete cascade")),
        definition(foreign_key!("(a) references s.p (a)"), other_key!("(a) references s.p (a) on update set null")),
        definition(foreign_key!("(a) references s.p (a)"), other_key!("(a) references s.p (a) match full")),
        definition(foreign_key!("(a) references s.p (a)"), other_key!("(a) references s.p (b)")),
        definition(foreign_key!("(a, b) references s.p (a, b)"), other_key!("(b, a) references s.p (a, b)")),
        constraint("deferrable", foreign_key!("(a) references s.p (a)"), "alter table s.t alter constraint c deferrable"),
        constraint(
            "deferrable",
            foreign_key!("(a) references s.p (a) deferrable"),
            "alter table s.t alter constraint c deferrable initially deferred",
        ),
        constraint(
            "deferrable",
            "create table s.t (a integer, constraint c unique (a))",
            "alter table s.t drop constraint c; alter table s.t add constraint c unique (a) deferrable",
        ),
        constraint(
            "validity",
            "create table s.t (a integer); alter table s.t add constraint c check (a > 0) not valid",
            "alter table s.t validate constraint c",
        ),
        constraint(
            "validity",
            foreign_key!("(a) references s.p (a) deferrable initially deferred"),
            other_key!("(a) references s.p (a) deferrable initially deferred not valid"),
        ),
        constraint(
            "no inherit",
            "create table s.t (a integer, constraint c check (a > 0) no inherit)",
            "alter table s.t drop constraint c; alter table s.t add constraint c check (a > 0)",
        ),
        constraint(
            "inherited",
            "create table s.p (a integer, constraint c check (a > 0));
             create table s.t (constraint c check (a > 0)) inherits (s.p)",
            "drop table s.t; create table s.t () inherits (s.p)",
        ),
        Case {
            identity: "constraint c on table s.part",
            ..constraint(
                "partition of",
                "create table s.p (a integer) partition by list (a);
                 create table s.part partition of s.p for values in (1);
                 create table s.q partition of s.p for values in (2);
                 alter table only s.p add constraint p_c unique (a); alter table s.part add constraint c unique (a)",
                "alter index s.p_c attach partition s.c",
            )
        },
        constraint(
            "index options",
            "create table s.t (a integer, constraint c unique (a))",
            "alter index s.c set (fillfactor = 50)",
        ),
        constraint(
            "index tablespace",
            "create table s.t (a integer, constraint c unique (a))",
            "alter index s.c set tablespace case_space",
        ),
        constraint(
            "index statistics targets",
            "create table s.t (a integer, constraint c exclude using btree ((a + 1) with =))",
            "alter index s.c alter column 1 set statistics 7",
        ),
        Case {
            identity: "constraint c on table s.p",
            ..constraint(
                "index validity",
                "create table s.p (a integer) partition by list (a);
                 create table s.part partition of s.p for values in (1);
                 alter table s.part add constraint part_c unique (a); alter table only s.p add constraint c unique (a)",
                "update pg_index set indisvalid = true where indexrelid = 's.c'::regclass",
            )
        },
        constraint(
            "clustered",
            "create table s.t (a integer, constraint c unique (a))",
            "alter table s.t cluster on c",
        ),
        constraint(
            "replica identity",
            "create table s.t (a integer not null, constraint c unique (a))",
            "alter table s.t replica identity using index c",
        ),
    ]
}

/// Those that came with 15.
pub fn since_15() -> Vec<Case> {
    vec![
        constraint(
            "definition",
            "create table s.t (a integer, constraint c unique (a))",
            "alter table s.t drop constraint c; alter table s.t add constraint c unique nulls not distinct (a)",
        ),
        constraint(
            "definition",
            "create table s.p (a integer, b integer, unique (a, b));
             create table s.t (a integer, b integer, constraint c foreign key (a, b) references s.p (a, b) on delete set null)",
            "alter table s.t drop constraint c; alter table s.t add constraint c foreign key (a, b)
                references s.p (a, b) on delete set null (b)",
        ),
    ]
}

/// Those that came with 18.
pub fn since_18() -> Vec<Case> {
    vec![
        constraint(
            "enforcement",
            "create table s.t (a integer, constraint c check (a > 0))",
            "alter table s.t drop constraint c; alter table s.t add constraint c check (a > 0) not enforced",
        ),
        constraint(
            "enforcement",
            "create table s.p (a integer unique); create table s.t (a integer, constraint c foreign key (a) references s.p (a))",
            "alter table s.t alter constraint c not enforced",
        ),
        constraint(
            "definition",
            "create table s.t (a int4range, b int4range, constraint c unique (a, b))",
            "alter table s.t drop constraint c; alter table s.t add constraint c unique (a, b without overlaps)",
        ),
    ]
}
