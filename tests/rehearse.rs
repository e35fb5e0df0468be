//! `upgrade --rehearse`: the deltas run on the schema of a database, elsewhere.

use crate::source::{assert_nothing_left, temporary};
use crate::support::{Installation, assert_run, run};

/// A database with rows, a value list, a sequence that has counted and a materialized view.
fn installation() -> Installation {
    let it = Installation::at("1.0.0");
    it.database.sql(
        "create table app.pipe (id serial primary key, material int);
         insert into app.pipe (material) select 1 from generate_series(1, 100);
         create table app.vl_material (id int primary key, name text);
         insert into app.vl_material values (1, 'PE');
         create table app.counted (id serial primary key);
         insert into app.counted default values; insert into app.counted default values;
         create materialized view app.m as select count(*) as n from app.pipe;
         create materialized view app.a as select * from app.m",
    );
    it
}

#[test]
fn the_deltas_run_on_the_schema_and_the_database_is_untouched() {
    let (it, temporary) = (installation(), temporary());
    it.delta("delta_1.1.0_a.sql", "insert into app.vl_material values (2, 'steel');");
    it.delta(
        "delta_1.2.0_b.sql",
        "do $$ begin
           assert (select count(*) from app.vl_material) = 2;
           assert (select count(*) from app.pipe) = 0;
           assert (select n from app.a) = 0;
           assert nextval('app.counted_id_seq') = 3;
         end $$;",
    );
    let before = it.record();
    assert_run!(
        it.pum("upgrade --rehearse --rows app.vl_*").env("TMPDIR", temporary.path()), @r"
        exit code: 0
        ----- stdout -----
        ----- stderr -----
             Plan 2 files: delta_1.1.0_a.sql, delta_1.2.0_b.sql
             Step [1/3] dump the schema and the rows of 2 tables
             Done [1/3] in [DURATION]
             Step [2/3] restore it into a throwaway database
             Note a throwaway server, PostgreSQL [VERSION]
             Done [2/3] in [DURATION]
             Step [3/3] apply the deltas there
             Plan 2 files: delta_1.1.0_a.sql, delta_1.2.0_b.sql
          Applied [1/2] delta_1.1.0_a.sql in [DURATION]
          Applied [2/2] delta_1.2.0_b.sql in [DURATION]
         Finished pum_1 is at version 1.2.0, 2 files applied
             Done [3/3] in [DURATION]
             Note the deltas apply to the schema of [DATABASE]; nothing was written there. Not tried: what depends on its rows (constraints that they may violate, values that a delta converts, how long it takes); only the schema and the rows of 2 tables were there
        "
    );
    assert_eq!(it.record(), before);
    assert_eq!(it.database.value("select count(*) from app.vl_material"), "1");
    assert_nothing_left(temporary.path(), "rehearsal");
}

#[test]
fn a_delta_that_fails_there_is_shown_with_its_place() {
    let (it, temporary) = (installation(), temporary());
    it.delta("delta_1.1.0_a.sql", "create table app.b ();\ncreate table app.pipe ();");
    let told = run(it.pum("upgrade --rehearse").env("TMPDIR", temporary.path()));
    assert!(told.starts_with("exit code: 3"), "{told}");
    assert!(told.contains("delta/delta_1.1.0_a.sql:2:"), "{told}");
    assert!(told.contains("is untouched: this was a rehearsal"), "{told}");
    assert!(!it.has("app.b"));
    assert_nothing_left(temporary.path(), "failed rehearsal");
}

#[test]
fn the_result_is_compared_with_a_source() {
    let it = installation();
    it.delta("delta_1.1.0_a.sql", "alter table app.pipe add diameter int;");
    let told = run(&mut it.pum(&format!("upgrade --rehearse --compare {}", it.database.uri())));
    assert!(told.starts_with("exit code: 1") && told.contains("diameter"), "{told}");
    it.database.sql("alter table app.pipe add diameter int");
    it.delta("delta_1.1.0_a.sql", "alter table app.pipe add if not exists diameter int;");
    let told = run(&mut it.pum(&format!("upgrade --rehearse --compare {}", it.database.uri())));
    assert!(told.starts_with("exit code: 0"), "{told}");
}

#[test]
fn rows_of_other_tables_are_taken_when_asked() {
    let it = installation();
    it.delta("delta_1.1.0_a.sql", "do $$ begin assert (select count(*) from app.pipe) = 100; end $$;");
    let told = run(&mut it.pum("upgrade --rehearse"));
    assert!(told.starts_with("exit code: 3") && told.contains("--copy-rows"), "{told}");
    let told = run(&mut it.pum("upgrade --rehearse --copy-rows app.pipe"));
    assert!(told.starts_with("exit code: 0"), "{told}");
}

#[test]
fn a_rehearsal_is_no_dry_run_and_needs_no_backup() {
    let it = installation();
    for words in ["--rehearse --dry-run", "--rehearse --backup x", "--compare shadow:"] {
        let told = run(&mut it.pum(&format!("upgrade {words}")));
        assert!(told.starts_with("exit code: 2"), "{words}: {told}");
    }
}
