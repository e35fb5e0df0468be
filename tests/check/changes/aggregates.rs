use pum::catalog::Kind;

use super::Case;

pub fn cases() -> Vec<Case> {
    let aggregate = |attribute, before, change| Case {
        kind: Kind::Aggregate,
        attribute,
        before,
        change,
        identity: "aggregate s.a(integer)",
    };
    let ordered = |attribute, before, change| Case {
        identity: "aggregate s.a(double precision, anyelement)",
        ..aggregate(attribute, before, change)
    };
    vec![
        aggregate("-", "", "create aggregate s.a(integer) (sfunc = int4pl, stype = integer)"),
        aggregate(
            "arguments",
            "create aggregate s.a(b integer) (sfunc = int4pl, stype = integer)",
            "drop aggregate s.a(integer); create aggregate s.a(c integer) (sfunc = int4pl, stype = integer)",
        ),
        ordered(
            "kind",
            "create aggregate s.a(double precision order by anyelement)
                (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra)",
            "update pg_aggregate set aggkind = 'h'
             where aggfnoid = 's.a(double precision, anyelement)'::regprocedure",
        ),
        aggregate(
            "returns",
            "create aggregate s.a(integer) (sfunc = int4pl, stype = integer)",
            "update pg_proc set prorettype = 'bigint'::regtype where oid = 's.a(integer)'::regprocedure",
        ),
        aggregate(
            "parallel",
            "create aggregate s.a(integer) (sfunc = int4pl, stype = integer)",
            "create or replace aggregate s.a(integer) (sfunc = int4pl, stype = integer, parallel = safe)",
        ),
        aggregate(
            "state function",
            "create aggregate s.a(integer) (sfunc = int4pl, stype = integer)",
            "create or replace aggregate s.a(integer) (sfunc = int4mi, stype = integer)",
        ),
        aggregate(
            "state type",
            "create aggregate s.a(integer) (sfunc = int4pl, stype = integer)",
            "update pg_aggregate set aggtranstype = 'oid'::regtype where aggfnoid = 's.a(integer)'::regprocedure",
        ),
        aggregate(
            "state size",
            "create aggregate s.a(integer) (sfunc = int4pl, stype = integer)",
            "create or replace aggregate s.a(integer) (sfunc = int4pl, stype = integer, sspace = 64)",
        ),
        aggregate(
            "initial state",
            "create aggregate s.a(integer) (sfunc = int4pl, stype = integer, initcond = '0')",
            "create or replace aggregate s.a(integer) (sfunc = int4pl, stype = integer, initcond = '1')",
        ),
        aggregate(
            "final function",
            "create function s.f(integer) returns integer language sql as 'select 1';
             create aggregate s.a(integer) (sfunc = int4pl, stype = integer)",
            "create or replace aggregate s.a(integer) (sfunc = int4pl, stype = integer, finalfunc = s.f)",
        ),
        aggregate(
            "final function extra",
            "create function s.f(integer) returns integer language sql as 'select 1';
             create aggregate s.a(integer) (sfunc = int4pl, stype = integer, finalfunc = s.f)",
            "update pg_aggregate set aggfinalextra = true where aggfnoid = 's.a(integer)'::regprocedure",
        ),
        aggregate(
            "final function modify",
            "create function s.f(integer) returns integer language sql as 'select 1';
             create aggregate s.a(integer) (sfunc = int4pl, stype = integer, finalfunc = s.f)",
            "create or replace aggregate s.a(integer)
                (sfunc = int4pl, stype = integer, finalfunc = s.f, finalfunc_modify = shareable)",
        ),
        aggregate(
            "combine function",
            "create aggregate s.a(integer) (sfunc = int4pl, stype = integer)",
            "create or replace aggregate s.a(integer) (sfunc = int4pl, stype = integer, combinefunc = int4mul)",
        ),
        Case {
            identity: "aggregate s.a(bigint)",
            ..aggregate(
                "serialize function",
                "create function s.f(internal) returns bytea language internal strict as 'int8_avg_serialize';
                 create aggregate s.a(bigint) (sfunc = int8_avg_accum, stype = internal,
                    serialfunc = int8_avg_serialize, deserialfunc = int8_avg_deserialize, finalfunc = numeric_poly_avg)",
                "create or replace aggregate s.a(bigint) (sfunc = int8_avg_accum, stype = internal,
                    serialfunc = s.f, deserialfunc = int8_avg_deserialize, finalfunc = numeric_poly_avg)",
            )
        },
        Case {
            identity: "aggregate s.a(bigint)",
            ..aggregate(
                "deserialize function",
                "create function s.f(bytea, internal) returns internal language internal strict
                    as 'int8_avg_deserialize';
                 create aggregate s.a(bigint) (sfunc = int8_avg_accum, stype = internal,
                    serialfunc = int8_avg_serialize, deserialfunc = int8_avg_deserialize, finalfunc = numeric_poly_avg)",
                "create or replace aggregate s.a(bigint) (sfunc = int8_avg_accum, stype = internal,
                    serialfunc = int8_avg_serialize, deserialfunc = s.f, finalfunc = numeric_poly_avg)",
            )
        },
        aggregate(
            "moving state function",
            "create aggregate s.a(integer) (sfunc = int4pl, stype = integer,
                msfunc = int4pl, minvfunc = int4mi, mstype = integer)",
            "create or replace aggregate s.a(integer) (sfunc = int4pl, stype = integer,
                msfunc = int4mul, minvfunc = int4mi, mstype = integer)",
        ),
        aggregate(
            "moving inverse function",
            "create aggregate s.a(integer) (sfunc = int4pl, stype = integer,
                msfunc = int4pl, minvfunc = int4mi, mstype = integer)",
            "create or replace aggregate s.a(integer) (sfunc = int4pl, stype = integer,
                msfunc = int4pl, minvfunc = int4mul, mstype = integer)",
        ),
        aggregate(
            "moving state type",
            "create aggregate s.a(integer) (sfunc = int4pl, stype = integer,
                msfunc = int4pl, minvfunc = int4mi, mstype = integer)",
            "update pg_aggregate set aggmtranstype = 'oid'::regtype where aggfnoid = 's.a(integer)'::regprocedure",
        ),
        aggregate(
            "moving state size",
            "create aggregate s.a(integer) (sfunc = int4pl, stype = integer,
                msfunc = int4pl, minvfunc = int4mi, mstype = integer)",
            "create or replace aggregate s.a(integer) (sfunc = int4pl, stype = integer,
                msfunc = int4pl, minvfunc = int4mi, mstype = integer, msspace = 64)",
        ),
        aggregate(
            "moving initial state",
            "create aggregate s.a(integer) (sfunc = int4pl, stype = integer,
                msfunc = int4pl, minvfunc = int4mi, mstype = integer)",
            "create or replace aggregate s.a(integer) (sfunc = int4pl, stype = integer,
                msfunc = int4pl, minvfunc = int4mi, mstype = integer, minitcond = '1')",
        ),
        aggregate(
            "moving final function",
            "create function s.f(integer) returns integer language sql as 'select 1';
             create aggregate s.a(integer) (sfunc = int4pl, stype = integer,
                msfunc = int4pl, minvfunc = int4mi, mstype = integer)",
            "create or replace aggregate s.a(integer) (sfunc = int4pl, stype = integer,
                msfunc = int4pl, minvfunc = int4mi, mstype = integer, mfinalfunc = s.f)",
        ),
        aggregate(
            "moving final function extra",
            "create function s.f(integer) returns integer language sql as 'select 1';
             create aggregate s.a(integer) (sfunc = int4pl, stype = integer,
                msfunc = int4pl, minvfunc = int4mi, mstype = integer, mfinalfunc = s.f)",
            "update pg_aggregate set aggmfinalextra = true where aggfnoid = 's.a(integer)'::regprocedure",
        ),
        aggregate(
            "moving final function modify",
            "create function s.f(integer) returns integer language sql as 'select 1';
             create aggregate s.a(integer) (sfunc = int4pl, stype = integer,
                msfunc = int4pl, minvfunc = int4mi, mstype = integer, mfinalfunc = s.f)",
            "create or replace aggregate s.a(integer) (sfunc = int4pl, stype = integer,
                msfunc = int4pl, minvfunc = int4mi, mstype = integer, mfinalfunc = s.f, mfinalfunc_modify = read_write)",
        ),
        aggregate(
            "sort operator",
            "create aggregate s.a(integer) (sfunc = int4larger, stype = integer)",
            "create or replace aggregate s.a(integer) (sfunc = int4larger, stype = integer, sortop = >)",
        ),
        // An ordered-set aggregate treats its state in another way when nothing is said.
        ordered(
            "final function modify",
            "create aggregate s.a(double precision order by anyelement)
                (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra)",
            "create or replace aggregate s.a(double precision order by anyelement)
                (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra,
                finalfunc_modify = read_only)",
        ),
    ]
}
