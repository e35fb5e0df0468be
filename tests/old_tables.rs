//! Upgrades tables of 2017 and 2018: a nullable version, no exclusion constraint, other type codes.

use crate::support::{Installation, assert_run};

/// The table as it was before 2019, with these rows: version, title, type, script, content of the file.
fn old(rows: &[(&str, &str, i32, &str, &str)]) -> Installation {
    let it = Installation::new();
    it.database.sql(
        "create table app.upgrades (id serial primary key, version character varying(50), description character varying(200) not null,
           type integer not null, script character varying(1000) not null, checksum character varying(32) not null,
           installed_by character varying(100) not null, installed_on timestamp without time zone not null default now(),
           execution_time integer not null, success boolean not null)",
    );
    for (version, title, code, script, content) in rows {
        it.database.sql(&format!(
            "insert into app.upgrades (version, description, type, script, checksum, installed_by, execution_time, success)
             values ({}, '{title}', {code}, '{script}', case when '{script}' = '' then '' else md5('{content}') end, 'old', 1, true)",
            if version.is_empty() { "null".to_owned() } else { format!("'{version}'") }
        ));
        if let Some(name) = script.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()) {
            it.delta(name, content);
        }
    }
    it
}

#[test]
fn a_table_of_2017_is_read_and_written() {
    let it = old(&[
        ("1.0.0", "baseline", 0, "", ""),
        ("1.1.0", "a", 1, "/home/me/delta/delta_1.1.0_a.pre.sql", "select 1"),
        ("1.1.0", "a", 2, "/home/me/delta/delta_1.1.0_a.sql", "select 2"),
        ("1.1.0", "b", 2, "./delta/delta_1.1.0_b.py", "pass"),
        ("1.1.0", "a", 3, "C:\\delta\\delta_1.1.0_a.post.sql", "select 3"),
    ]);
    it.delta("delta_1.2.0_new.sql", "create table app.a ()");
    assert_run!(it.pum("info"), @r"
    exit code: 0
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    version 1.1.0 (baseline 1.0.0), recorded in app.upgrades

     version  title  kind      state
     1.1.0    a      pre sql   applied [TIME] by old
     1.1.0    a      sql       applied [TIME] by old
     1.1.0    b      py        applied [TIME] by old
     1.1.0    a      post sql  applied [TIME] by old
     1.2.0    new    sql       pending

    1 pending; next: pum upgrade -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta
    ----- stderr -----
    ");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.2.0_new.sql
      Applied [1/1] delta_1.2.0_new.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 1 file applied
    ");
    assert_run!(it.pum("info --exit-code -q"), @r"
    exit code: 0
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    version 1.2.0 (baseline 1.0.0), recorded in app.upgrades

     version  title  kind      state
     1.1.0    a      pre sql   applied [TIME] by old
     1.1.0    a      sql       applied [TIME] by old
     1.1.0    b      py        applied [TIME] by old
     1.1.0    a      post sql  applied [TIME] by old
     1.2.0    new    sql       applied [TIME] by postgres

    nothing is pending
    ----- stderr -----
    ");
}

#[test]
fn a_table_of_2018_is_read_and_written() {
    let it = old(&[
        ("1.0.0", "baseline", 0, "", ""),
        ("1.1.0", "a", 0, "delta/delta_1.1.0_a.pre.py", "pass"),
        ("1.1.0", "a", 1, "delta/delta_1.1.0_a.pre.sql", "select 1"),
        ("1.1.0", "a", 2, "delta/delta_1.1.0_a.py", "pass"),
        ("1.1.0", "a", 3, "delta/delta_1.1.0_a.sql", "select 2"),
        ("1.1.0", "a", 4, "delta/delta_1.1.0_a.post.py", "pass"),
        ("1.1.0", "a", 5, "delta/delta_1.1.0_a.post.sql", "select 3"),
    ]);
    it.delta("delta_1.2.0_new.sql", "-- pum: no-transaction\nvacuum");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.2.0_new.sql
      Applied [1/1] delta_1.2.0_new.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 1 file applied
    ");
    assert_run!(it.pum("info --exit-code"), @r"
    exit code: 0
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    version 1.2.0 (baseline 1.0.0), recorded in app.upgrades

     version  title  kind      state
     1.1.0    a      pre py    applied [TIME] by old
     1.1.0    a      pre sql   applied [TIME] by old
     1.1.0    a      py        applied [TIME] by old
     1.1.0    a      sql       applied [TIME] by old
     1.1.0    a      post py   applied [TIME] by old
     1.1.0    a      post sql  applied [TIME] by old
     1.2.0    new    sql       applied [TIME] by postgres

    nothing is pending
    ----- stderr -----
    ");
}

#[test]
fn a_row_without_a_version_is_named_and_harms_nothing() {
    let it = old(&[("1.0.0", "baseline", 0, "", ""), ("", "odd", 2, "", "")]);
    it.delta("delta_1.1.0_a.sql", "create table app.a ()");
    assert_run!(it.pum("info"), @r"
    exit code: 0
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    version 1.0.0 (baseline 1.0.0), recorded in app.upgrades

     version  title  kind  state
     1.1.0    a      sql   pending

    rows of app.upgrades that are not understood: id 2

    1 pending; next: pum upgrade -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta
    ----- stderr -----
    ");
    it.works("upgrade");
    assert!(it.has("app.a"));
}
