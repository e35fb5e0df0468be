use pum::catalog::Kind;

use super::Case;

fn policy(attribute: &'static str, before: &'static str, change: &'static str) -> Case {
    Case { kind: Kind::Policy, attribute, before, change, identity: "policy p on table s.t" }
}

pub fn cases() -> Vec<Case> {
    const BEFORE: &str =
        "create table s.t (a integer); create policy p on s.t using (a > 0) with check (a > 1)";
    vec![
        policy("-", "create table s.t (a integer)", "create policy p on s.t"),
        policy(
            "command",
            BEFORE,
            "drop policy p on s.t; create policy p on s.t for update using (a > 0) with check (a > 1)",
        ),
        policy(
            "restrictive",
            BEFORE,
            "drop policy p on s.t; create policy p on s.t as restrictive using (a > 0) with check (a > 1)",
        ),
        policy("roles", BEFORE, "alter policy p on s.t to pg_monitor, pg_signal_backend"),
        policy(
            "roles",
            "create table s.t (a integer); create policy p on s.t to pg_signal_backend",
            "alter policy p on s.t to pg_monitor",
        ),
        policy("using", BEFORE, "alter policy p on s.t using (a > 7)"),
        policy("with check", BEFORE, "alter policy p on s.t with check (a > 7)"),
    ]
}
