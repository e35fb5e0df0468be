//! Functions, window functions among them, and procedures. A routine is told from its overloads by the types of its
//! input arguments.

use super::own::{function, independent, sorted};
use super::schemas::OWN_SCHEMA;
use super::{Attribute, Description, Element, Server};

/// <https://www.postgresql.org/docs/current/catalog-pg-proc.html>
pub(super) const FUNCTION: Description = Description {
    word: "function",
    element: Element::Functions,
    attributes: &[
        Attribute::list("arguments"),
        Attribute::sql("argument defaults"),
        Attribute::word("language"),
        Attribute::word("security definer"),
        Attribute::list("settings"),
        Attribute::list("transforms"),
        Attribute::text("body"),
        Attribute::sql("SQL body").varying(),
        Attribute::word("library"),
        Attribute::word("symbol"),
        Attribute::word("returns"),
        Attribute::word("window"),
        Attribute::word("volatility"),
        Attribute::word("strict"),
        Attribute::word("leakproof"),
        Attribute::word("parallel"),
        Attribute::word("cost"),
        Attribute::word("rows"),
        Attribute::word("support function"),
    ],
    query: |server| {
        routines(
            server,
            "'f', 'w'",
            &format!(
                ", pg_get_function_result(p.oid),
                CASE WHEN p.prokind = 'w' THEN 'window' END,
                CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' END,
                CASE WHEN p.proisstrict THEN 'strict' END,
                CASE WHEN p.proleakproof THEN 'leakproof' END,
                {PARALLEL},
                NULLIF(p.procost, CASE WHEN l.lanname IN ('internal', 'c') THEN 1 ELSE 100 END),
                NULLIF(p.prorows, CASE WHEN p.proretset THEN 1000 ELSE 0 END),
                {}",
                function("p.prosupport")
            ),
        )
    },
};

/// <https://www.postgresql.org/docs/current/sql-createprocedure.html>
pub(super) const PROCEDURE: Description = Description {
    word: "procedure",
    element: Element::Functions,
    attributes: &[
        Attribute::list("arguments"),
        Attribute::sql("argument defaults"),
        Attribute::word("language"),
        Attribute::word("security definer"),
        Attribute::list("settings"),
        Attribute::list("transforms"),
        Attribute::text("body"),
        Attribute::sql("SQL body").varying(),
        Attribute::word("library"),
        Attribute::word("symbol"),
    ],
    query: |server| routines(server, "'p'", ""),
};

/// How a routine of `pg_proc p` may run in parallel.
pub(super) const PARALLEL: &str = "CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END";

/// The routines of these kinds (`prokind`), with what all kinds have, and more columns of `pg_proc p`, `pg_language l`.
fn routines(server: Server, kinds: &str, more: &str) -> String {
    let sql_body = server.since(14, "pg_get_function_sqlbody(p.oid)");
    // The columns of RETURNS TABLE (mode t) are in what it returns.
    format!(
        "SELECT p.tableoid, p.oid, 0, NULL, NULL, NULL, n.nspname, p.proname, oidvectortypes(p.proargtypes),
            (SELECT string_agg(concat_ws(' ',
                    CASE a.mode WHEN 'o' THEN 'OUT' WHEN 'b' THEN 'INOUT' WHEN 'v' THEN 'VARIADIC' END,
                    quote_ident(NULLIF(a.name, '')), format_type(a.type, NULL)), E'\\n' ORDER BY a.number)
                FROM ROWS FROM (unnest(COALESCE(p.proallargtypes, p.proargtypes::oid[])), unnest(p.proargmodes),
                    unnest(p.proargnames)) WITH ORDINALITY AS a(type, mode, name, number)
                WHERE a.type IS NOT NULL AND a.mode IS DISTINCT FROM 't'),
            pg_get_expr(p.proargdefaults, 0),
            l.lanname,
            CASE WHEN p.prosecdef THEN 'security definer' END,
            {settings},
            (SELECT string_agg(format_type(item, NULL), E'\\n' ORDER BY number)
                FROM unnest(p.protrftypes) WITH ORDINALITY AS t(item, number)),
            CASE WHEN l.lanname NOT IN ('internal', 'c') AND {no_sql_body} THEN p.prosrc END,
            {sql_body},
            p.probin,
            CASE WHEN l.lanname IN ('internal', 'c') THEN p.prosrc END{more}
        FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace
        JOIN pg_language l ON l.oid = p.prolang
        WHERE p.prokind IN ({kinds}) AND {OWN_SCHEMA} AND {independent}",
        settings = sorted("p.proconfig"),
        no_sql_body = if server.major() >= 14 { "p.prosqlbody IS NULL" } else { "true" },
        independent = independent("p"),
    )
}
