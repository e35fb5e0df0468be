use pum::catalog::Kind;

use super::Case;

pub fn cases() -> Vec<Case> {
    let trigger = |identity, attribute, before, change| Case {
        kind: Kind::EventTrigger,
        attribute,
        before,
        change,
        identity,
    };
    vec![
        trigger(
            "event trigger new",
            "-",
            "create function s.f() returns event_trigger language plpgsql as 'begin end'",
            "create event trigger new on sql_drop when tag in ('DROP CAST') execute function s.f()",
        ),
        trigger(
            "event trigger event",
            "event",
            "create function s.f() returns event_trigger language plpgsql as 'begin end';
             create event trigger event on ddl_command_start when tag in ('DROP CAST') execute function s.f()",
            "drop event trigger event;
             create event trigger event on ddl_command_end when tag in ('DROP CAST') execute function s.f()",
        ),
        trigger(
            "event trigger function",
            "function",
            "create function s.f() returns event_trigger language plpgsql as 'begin end';
             create function s.g() returns event_trigger language plpgsql as 'begin end';
             create event trigger function on sql_drop when tag in ('DROP CAST') execute function s.f()",
            "drop event trigger function;
             create event trigger function on sql_drop when tag in ('DROP CAST') execute function s.g()",
        ),
        trigger(
            "event trigger tags",
            "tags",
            "create function s.f() returns event_trigger language plpgsql as 'begin end';
             create event trigger tags on sql_drop when tag in ('DROP CAST') execute function s.f()",
            "drop event trigger tags;
             create event trigger tags on sql_drop when tag in ('DROP RULE', 'DROP CAST') execute function s.f()",
        ),
        trigger(
            "event trigger enabled",
            "enabled",
            "create function s.f() returns event_trigger language plpgsql as 'begin end';
             create event trigger enabled on sql_drop when tag in ('DROP CAST') execute function s.f()",
            "alter event trigger enabled disable",
        ),
        trigger(
            "event trigger enabled_always",
            "enabled",
            "create function s.f() returns event_trigger language plpgsql as 'begin end';
             create event trigger enabled_always on sql_drop when tag in ('DROP CAST') execute function s.f()",
            "alter event trigger enabled_always enable always",
        ),
    ]
}
