use pum::catalog::Kind;

use super::Case;

pub fn cases() -> Vec<Case> {
    let language = |identity, attribute, before, change| Case {
        kind: Kind::Language,
        attribute,
        before,
        change,
        identity,
    };
    vec![
        language(
            "language language_new",
            "-",
            "",
            "create language language_new handler plpgsql_call_handler",
        ),
        language(
            "language language_trusted",
            "trusted",
            "create language language_trusted handler plpgsql_call_handler",
            "create or replace trusted language language_trusted handler plpgsql_call_handler",
        ),
        language(
            "language language_handler",
            "handler",
            "create function s.h() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
             create language language_handler handler plpgsql_call_handler",
            "create or replace language language_handler handler s.h",
        ),
        language(
            "language language_inline",
            "inline handler",
            "create language language_inline handler plpgsql_call_handler",
            "create or replace language language_inline handler plpgsql_call_handler inline plpgsql_inline_handler",
        ),
        language(
            "language language_validator",
            "validator",
            "create language language_validator handler plpgsql_call_handler",
            "create or replace language language_validator handler plpgsql_call_handler validator plpgsql_validator",
        ),
    ]
}
