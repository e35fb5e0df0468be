use pum::catalog::Kind;

use super::Case;

pub fn cases() -> Vec<Case> {
    let of = |kind, identity, attribute, before, change| Case { kind, attribute, before, change, identity };
    let operator = |attribute, before, change| {
        of(Kind::Operator, "operator s.\"=\"(integer, integer)", attribute, before, change)
    };
    let equal = |attribute, change| {
        operator(
            attribute,
            "create operator s.= (procedure = int4eq, leftarg = integer, rightarg = integer)",
            change,
        )
    };
    let family = |attribute, before, change| {
        of(Kind::OperatorFamily, "operator family s.f(btree)", attribute, before, change)
    };
    let class = |attribute, before, change| {
        of(Kind::OperatorClass, "operator class s.c(btree)", attribute, before, change)
    };
    let lossy = |attribute, before, change| {
        of(Kind::OperatorClass, "operator class s.c(gist)", attribute, before, change)
    };
    vec![
        operator("-", "", "create operator s.= (procedure = int4eq, leftarg = integer, rightarg = integer)"),
        of(
            Kind::Operator,
            "operator s.\"@\"(NONE, integer)",
            "-",
            "",
            "create operator s.@ (procedure = int4abs, rightarg = integer)",
        ),
        equal(
            "function",
            "drop operator s.= (integer, integer);
             create operator s.= (procedure = int4ne, leftarg = integer, rightarg = integer)",
        ),
        equal(
            "commutator",
            "drop operator s.= (integer, integer); create operator s.= (procedure = int4eq, leftarg = integer,
                rightarg = integer, commutator = operator(s.=))",
        ),
        equal(
            "negator",
            "update pg_operator set oprnegate = '<>(integer, integer)'::regoperator
             where oid = 's.=(integer, integer)'::regoperator",
        ),
        equal("restrict function", "alter operator s.= (integer, integer) set (restrict = eqsel)"),
        equal("join function", "alter operator s.= (integer, integer) set (join = eqjoinsel)"),
        equal(
            "hashes",
            "update pg_operator set oprcanhash = true where oid = 's.=(integer, integer)'::regoperator",
        ),
        equal(
            "merges",
            "update pg_operator set oprcanmerge = true where oid = 's.=(integer, integer)'::regoperator",
        ),
        family("-", "", "create operator family s.f using btree"),
        family(
            "members",
            "create operator family s.f using btree",
            "alter operator family s.f using btree add operator 1 < (integer, bigint)",
        ),
        family(
            "members",
            "create operator family s.f using btree",
            "alter operator family s.f using btree add function 1 (integer, bigint) btint48cmp(integer, bigint)",
        ),
        class(
            "-",
            "create operator family s.f using btree",
            "create operator class s.c for type integer using btree family s.f as operator 3 =",
        ),
        class(
            "family",
            "create operator family s.f using btree; create operator family s.g using btree;
             create operator class s.c for type integer using btree family s.f as operator 3 =",
            "drop operator class s.c using btree;
             create operator class s.c for type integer using btree family s.g as operator 3 =",
        ),
        class(
            "members",
            "create operator class s.c for type integer using btree as operator 1 <, operator 3 =",
            "drop operator class s.c using btree;
             create operator class s.c for type integer using btree as operator 1 >, operator 3 =",
        ),
        class(
            "members",
            "create operator class s.c for type integer using btree as operator 3 =",
            "drop operator class s.c using btree; create operator class s.c for type integer using btree
                as operator 3 =, function 1 btint4cmp(integer, integer)",
        ),
        Case {
            identity: "operator family s.f(gist)",
            ..family(
                "members",
                "create operator family s.o using btree; create operator family s.f using gist;
                 alter operator family s.f using gist add operator 15 <-> (point, point) for order by float_ops",
                "alter operator family s.f using gist drop operator 15 (point, point);
                 alter operator family s.f using gist add operator 15 <-> (point, point) for order by s.o",
            )
        },
        lossy(
            "type",
            "create operator class s.c for type integer using gist as storage bigint",
            "drop operator class s.c using gist; create operator class s.c for type oid using gist as storage bigint",
        ),
        lossy(
            "storage type",
            "create operator class s.c for type integer using gist as storage bigint",
            "drop operator class s.c using gist; create operator class s.c for type integer using gist as storage oid",
        ),
        lossy(
            "default",
            "create type s.e as enum ('a'); create operator class s.c for type s.e using gist as storage bigint",
            "drop operator class s.c using gist;
             create operator class s.c default for type s.e using gist as storage bigint",
        ),
        of(
            Kind::AccessMethod,
            "access method method_new",
            "-",
            "",
            "create access method method_new type table handler heap_tableam_handler",
        ),
        of(
            Kind::AccessMethod,
            "access method method_type",
            "type",
            "create access method method_type type table handler heap_tableam_handler",
            "update pg_am set amtype = 'i' where amname = 'method_type'",
        ),
        of(
            Kind::AccessMethod,
            "access method method_handler",
            "handler",
            "create function s.h(internal) returns table_am_handler language internal as 'heap_tableam_handler';
             create access method method_handler type table handler heap_tableam_handler",
            "drop access method method_handler; create access method method_handler type table handler s.h",
        ),
    ]
}
