use pum::catalog::Kind;

use super::Case;

pub fn cases() -> Vec<Case> {
    vec![
        function("-", "", "create function s.f(integer) returns integer language sql as 'select 1'"),
        // An overload is another function.
        Case {
            identity: "function s.f(s.t, text[])",
            ..function(
                "-",
                "create table s.t (); create function s.f(integer) returns integer language sql as 'select 1'",
                "create function s.f(s.t, text[]) returns integer language sql as 'select 1'",
            )
        },
        Case {
            identity: "function s.\"F.x \"\"y\"\"\"()",
            ..function("-", "", "create function s.\"F.x \"\"y\"\"\"() returns integer language sql as 'select 1'")
        },
        // Only one of two overloads changes.
        function(
            "volatility",
            "create function s.f(integer) returns integer language sql as 'select 1';
             create function s.f(bigint) returns integer language sql as 'select 1'",
            "alter function s.f(integer) immutable",
        ),
        function(
            "arguments",
            "create function s.f(a integer) returns integer language sql as 'select 1'",
            "drop function s.f(integer); create function s.f(b integer) returns integer language sql as 'select 1'",
        ),
        function(
            "arguments",
            "create function s.f(a integer, out b integer, out c integer) language sql as 'select 1, 2'",
            "drop function s.f(integer);
             create function s.f(a integer, out b integer, out d integer) language sql as 'select 1, 2'",
        ),
        function(
            "arguments",
            "create function s.f(inout a integer, out b integer) language sql as 'select 1, 2'",
            "drop function s.f(integer); create function s.f(a integer, out a integer, out b integer) language sql
                as 'select 1, 2'",
        ),
        Case {
            identity: "function s.f(integer[])",
            ..function(
                "arguments",
                "create function s.f(a integer[]) returns integer language sql as 'select 1'",
                "drop function s.f(integer[]);
                 create function s.f(variadic a integer[]) returns integer language sql as 'select 1'",
            )
        },
        function(
            "argument defaults",
            "create function s.f(a integer = 1) returns integer language sql as 'select 1'",
            "create or replace function s.f(a integer = 2) returns integer language sql as 'select 1'",
        ),
        function(
            "language",
            "create function s.f(integer) returns integer language internal immutable as 'int4abs';
             create function s.h() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
             create language function_language handler s.h;
             drop function s.f(integer);
             create function s.f(integer) returns integer language plpgsql as 'begin return 1; end'",
            "create or replace function s.f(integer) returns integer language function_language as 'begin return 1; end'",
        ),
        function(
            "security definer",
            "create function s.f(integer) returns integer language sql as 'select 1'",
            "alter function s.f(integer) security definer",
        ),
        function(
            "settings",
            "create function s.f(integer) returns integer language sql as 'select 1'",
            "alter function s.f(integer) set search_path = pg_catalog, pg_temp",
        ),
        function(
            "settings",
            "create function s.f(integer) returns integer language sql set work_mem = '1MB' as 'select 1'",
            "alter function s.f(integer) set work_mem = '2MB'",
        ),
        function(
            "transforms",
            "create function s.h() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
             create language function_transformed handler s.h;
             create transform for integer language function_transformed
                (from sql with function prsd_lextype(internal), to sql with function int4recv(internal));
             create function s.f(integer) returns integer language function_transformed as ''",
            "create or replace function s.f(integer) returns integer transform for type integer
                language function_transformed as ''",
        ),
        function(
            "body",
            "create function s.f(integer) returns integer language sql as 'select 1'",
            "create or replace function s.f(integer) returns integer language sql as 'select 2'",
        ),
        function(
            "library",
            "create function s.f(integer) returns integer language c as 'plpgsql', 'plpgsql_validator'",
            "create or replace function s.f(integer) returns integer language c as '$libdir/plpgsql', 'plpgsql_validator'",
        ),
        function(
            "symbol",
            "create function s.f(integer) returns integer language c as 'plpgsql', 'plpgsql_validator'",
            "create or replace function s.f(integer) returns integer language c as 'plpgsql', 'plpgsql_call_handler'",
        ),
        function(
            "symbol",
            "create function s.f(integer) returns integer language internal as 'int4abs'",
            "create or replace function s.f(integer) returns integer language internal as 'int4um'",
        ),
        function(
            "returns",
            "create function s.f(integer) returns integer language sql as 'select 1'",
            "drop function s.f(integer); create function s.f(integer) returns bigint language sql as 'select 1'",
        ),
        function(
            "returns",
            "create function s.f(integer) returns table (a integer, b integer) language sql as 'select 1, 2'",
            "drop function s.f(integer);
             create function s.f(integer) returns table (a integer, c integer) language sql as 'select 1, 2'",
        ),
        function(
            "returns",
            "create function s.f(integer) returns integer language sql as 'select 1'",
            "drop function s.f(integer); create function s.f(integer) returns setof integer language sql as 'select 1'",
        ),
        function(
            "window",
            "create function s.f(integer) returns bigint language internal as 'window_row_number'",
            "drop function s.f(integer);
             create function s.f(integer) returns bigint language internal window as 'window_row_number'",
        ),
        function(
            "volatility",
            "create function s.f(integer) returns integer language sql as 'select 1'",
            "alter function s.f(integer) stable",
        ),
        function(
            "strict",
            "create function s.f(integer) returns integer language sql as 'select 1'",
            "alter function s.f(integer) strict",
        ),
        function(
            "leakproof",
            "create function s.f(integer) returns integer language sql as 'select 1'",
            "alter function s.f(integer) leakproof",
        ),
        function(
            "parallel",
            "create function s.f(integer) returns integer language sql as 'select 1'",
            "alter function s.f(integer) parallel restricted",
        ),
        function(
            "cost",
            "create function s.f(integer) returns integer language sql as 'select 1'",
            "alter function s.f(integer) cost 7.5",
        ),
        function(
            "rows",
            "create function s.f(integer) returns setof integer language sql as 'select 1'",
            "alter function s.f(integer) rows 7",
        ),
        function(
            "support function",
            "create function s.f(integer) returns setof integer language sql as 'select 1'",
            "alter function s.f(integer) support generate_series_int4_support",
        ),
        procedure("-", "", "create procedure s.p(integer) language sql as ''"),
        procedure(
            "arguments",
            "create procedure s.p(a integer) language sql as ''",
            "drop procedure s.p(integer); create procedure s.p(b integer) language sql as ''",
        ),
        procedure(
            "arguments",
            "create procedure s.p(a integer) language sql as 'select 1'",
            "drop procedure s.p(integer); create procedure s.p(inout a integer) language sql as 'select 1'",
        ),
        procedure(
            "argument defaults",
            "create procedure s.p(a integer = 1) language sql as ''",
            "create or replace procedure s.p(a integer = 2) language sql as ''",
        ),
        procedure(
            "language",
            "set check_function_bodies = off; create procedure s.p(integer) language sql as 'begin end'",
            "set check_function_bodies = off; create or replace procedure s.p(integer) language plpgsql as 'begin end'",
        ),
        procedure(
            "security definer",
            "create procedure s.p(integer) language sql as ''",
            "alter procedure s.p(integer) security definer",
        ),
        procedure(
            "settings",
            "create procedure s.p(integer) language sql as ''",
            "alter procedure s.p(integer) set work_mem = '2MB'",
        ),
        procedure(
            "transforms",
            "create function s.h() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
             create language procedure_transformed handler s.h;
             create transform for integer language procedure_transformed
                (from sql with function prsd_lextype(internal), to sql with function int4recv(internal));
             create procedure s.p(integer) language procedure_transformed as ''",
            "create or replace procedure s.p(integer) transform for type integer language procedure_transformed as ''",
        ),
        procedure(
            "body",
            "create procedure s.p(integer) language sql as ''",
            "create or replace procedure s.p(integer) language sql as 'select 2'",
        ),
        procedure(
            "library",
            "create procedure s.p(integer) language c as 'plpgsql', 'plpgsql_validator'",
            "create or replace procedure s.p(integer) language c as '$libdir/plpgsql', 'plpgsql_validator'",
        ),
        procedure(
            "symbol",
            "create procedure s.p(integer) language c as 'plpgsql', 'plpgsql_validator'",
            "create or replace procedure s.p(integer) language c as 'plpgsql', 'plpgsql_call_handler'",
        ),
    ]
}

/// Those that came with 14.
pub fn since_14() -> Vec<Case> {
    vec![
        function(
            "SQL body",
            "create function s.f(a integer) returns integer language sql return a + 1",
            "create or replace function s.f(a integer) returns integer language sql return a + 2",
        ),
        function(
            "SQL body",
            "create function s.f(a integer) returns integer language sql begin atomic select 1; select 2; end",
            "create or replace function s.f(a integer) returns integer language sql begin atomic select 2; end",
        ),
        procedure(
            "SQL body",
            "create procedure s.p(integer) language sql begin atomic select 1; end",
            "create or replace procedure s.p(integer) language sql begin atomic select 2; end",
        ),
    ]
}

fn function(attribute: &'static str, before: &'static str, change: &'static str) -> Case {
    Case { kind: Kind::Function, attribute, before, change, identity: "function s.f(integer)" }
}

fn procedure(attribute: &'static str, before: &'static str, change: &'static str) -> Case {
    Case { kind: Kind::Procedure, attribute, before, change, identity: "procedure s.p(integer)" }
}
