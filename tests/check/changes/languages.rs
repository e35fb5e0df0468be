use pum::catalog::Kind;

use super::Case;

/// Functions for a language. With the server's own, pg_dump would take the language for an extension.
macro_rules! functions {
    ($more:literal) => {
        concat!(
            "create function s.h() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
             create function s.g() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
             create function s.i(internal) returns void language c as '$libdir/plpgsql', 'plpgsql_inline_handler';
             create function s.v(oid) returns void language c as '$libdir/plpgsql', 'plpgsql_validator'; ",
            $more
        )
    };
}

pub fn cases() -> Vec<Case> {
    let language = |identity, attribute, before, change| Case {
        kind: Kind::Language,
        attribute,
        before,
        change,
        identity,
    };
    vec![
        language("language language_new", "-", functions!(""), "create language language_new handler s.h"),
        language(
            "language language_trusted",
            "trusted",
            functions!("create language language_trusted handler s.h"),
            "create or replace trusted language language_trusted handler s.h",
        ),
        language(
            "language language_handler",
            "handler",
            functions!("create language language_handler handler s.h"),
            "create or replace language language_handler handler s.g",
        ),
        language(
            "language language_inline",
            "inline handler",
            functions!("create language language_inline handler s.h"),
            "create or replace language language_inline handler s.h inline s.i",
        ),
        language(
            "language language_validator",
            "validator",
            functions!("create language language_validator handler s.h"),
            "create or replace language language_validator handler s.h validator s.v",
        ),
    ]
}
