//! What happens between two deltas: somebody else's row is noticed, and what goes wrong there undoes nothing.

use crate::support::{Installation, run};

/// A row that somebody else writes for the delta `delta_1.3.0_c.sql`, with this id.
fn row(id: &str) -> String {
    format!(
        "insert into app.upgrades (id, version, description, type, script, checksum, installed_by, execution_time, success)
         values ({id}, '1.3.0', 'c', 8, 'delta/delta_1.3.0_c.sql', '', 'else', 1, true);"
    )
}

/// Runs three deltas, of which the first two do what somebody else may do meanwhile; the third must not run.
fn assert_noticed(first: &str, second: &str, options: &str) {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", first);
    it.delta("delta_1.2.0_b.sql", second);
    it.delta("delta_1.3.0_c.sql", "create table app.c ();");
    let told = run(&mut it.pum(&format!("upgrade {options}")));
    assert!(told.contains("somebody else has applied this delta meanwhile"), "{told}");
    assert!(!it.has("app.c"), "{told}");
}

const NEXT: &str = "nextval('app.upgrades_id_seq')";

#[test]
fn a_row_of_somebody_else_is_noticed_before_its_delta_runs() {
    assert_noticed("select 1", &row(NEXT), "");
    assert_noticed(&row(NEXT), "select 1", "");
    assert_noticed("select 1", &row(NEXT), "--transaction all");
}

#[test]
fn a_row_that_comes_late_with_a_lower_id_than_ours_is_noticed() {
    let id = "(select max(id) from app.upgrades) - 1";
    assert_noticed(&format!("select {NEXT}"), &row(id), "");
    assert_noticed(&format!("select {NEXT}"), &row(id), "--transaction all");
}

#[test]
fn a_delta_is_committed_also_when_the_next_one_cannot_begin() {
    let it = Installation::at("1.0.0");
    it.delta(
        "delta_1.1.0_a.sql",
        "create table app.a ();
         create function app.spoil() returns trigger language plpgsql as
             'begin alter table app.upgrades rename column success to spoilt; return null; end';
         create constraint trigger at_commit after insert on app.a deferrable initially deferred
             for each row execute function app.spoil();
         insert into app.a default values;",
    );
    it.delta("delta_1.2.0_b.sql", "create table app.b ();");
    let told = run(&mut it.pum("upgrade"));
    assert!(
        told.contains("error: delta_1.2.0_b.sql could not begin: column \"success\" does not exist"),
        "{told}"
    );
    assert!(told.contains("is at version 1.1.0; this run completed delta_1.1.0_a.sql before"), "{told}");
    assert!(it.has("app.a") && !it.has("app.b"), "{told}");
    assert_eq!(
        it.database.value("select string_agg(version, ' ' order by id) from app.upgrades"),
        "1.0.0 1.1.0"
    );
}
