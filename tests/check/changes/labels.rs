use pum::catalog::Kind;

use super::Case;

pub fn cases() -> Vec<Case> {
    let label = |identity, attribute, before, change| Case {
        kind: Kind::SecurityLabel,
        attribute,
        before,
        change,
        identity,
    };
    // No provider of labels comes with the server.
    vec![
        label(
            "security label selinux on table s.t",
            "-",
            "create table s.t ()",
            "insert into pg_seclabel values ('s.t'::regclass, 'pg_class'::regclass, 0, 'selinux', 'a')",
        ),
        label(
            "security label selinux on column a on table s.t",
            "label",
            "create table s.t (a integer);
             insert into pg_seclabel values ('s.t'::regclass, 'pg_class'::regclass, 1, 'selinux', 'a')",
            "update pg_seclabel set label = 'b' where objoid = 's.t'::regclass",
        ),
    ]
}
