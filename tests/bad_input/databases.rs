//! Databases, servers and upgrades tables that are not what was expected.

use crate::support::{Database, Installation, assert_run, own_cluster};

#[test]
fn a_read_only_database_is_refused() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ()");
    it.database.sql(&format!("alter database {} set default_transaction_read_only = on", it.database.name()));
    assert_run!(it.pum("upgrade"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: [DATABASE] is read-only: default_transaction_read_only is on
    hint: ALTER DATABASE "[DATABASE]" SET default_transaction_read_only = off
    "#);
    assert_run!(it.pum("baseline -b 1.1.0 --force"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: [DATABASE] is read-only: default_transaction_read_only is on
    hint: ALTER DATABASE "[DATABASE]" SET default_transaction_read_only = off
    "#);
    assert_run!(it.pum("repair mark-applied delta_1.1.0_a.sql --yes"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: [DATABASE] is read-only: default_transaction_read_only is on
    hint: ALTER DATABASE "[DATABASE]" SET default_transaction_read_only = off
    "#);
    it.works("info");
}

#[test]
fn a_standby_is_refused_and_can_be_looked_at() {
    let mut cluster = own_cluster(&[("wal_level", "replica")]);
    let database = Database::create(&cluster);
    database.sql("create schema app");
    let it = Installation { database, project: crate::support::Project::new() };
    it.works("baseline -b 1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ()");
    // In recovery for ever, as a standby whose primary is away.
    cluster.stop().unwrap();
    std::fs::write(cluster.data_dir().join("standby.signal"), "").unwrap();
    cluster.resume().unwrap();
    let uri = it.database.uri().to_owned();
    let line = |words: &str| {
        let mut command = it.bare(words);
        command.args(["-p", uri.as_str(), "-t", "app.upgrades", "-d", "delta"]);
        command
    };
    assert_run!(line("upgrade"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: [DATABASE] is a standby: it accepts no writing
    hint: connect to the primary server (target_session_attrs=read-write finds it among several hosts)
    ");
    assert_run!(line("baseline -b 2.0.0"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: [DATABASE] is a standby: it accepts no writing
    hint: connect to the primary server (target_session_attrs=read-write finds it among several hosts)
    ");
    assert_run!(line("info"), @r"
    exit code: 0
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    version 1.0.0 (baseline 1.0.0), recorded in app.upgrades

     version  title  kind  state
     1.1.0    a      sql   pending

    1 pending; next: pum upgrade -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta
    ----- stderr -----
    ");
    assert_run!(line("upgrade --dry-run"), @r"
    exit code: 0
    ----- stdout -----
    delta_1.1.0_a.sql
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.sql
      Planned 1 file would run, from version 1.0.0; nothing was done
    ");
}

#[test]
fn a_role_without_rights_is_told_which_it_needs() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "select 1");
    let role = format!("poor_{}", it.database.name());
    it.database.sql(&format!("create role {role} login"));
    let uri = it.database.uri().replace("user=postgres", &format!("user={role}"));
    let line = |words: &str| {
        let mut command = it.bare(words);
        command.args(["-p", uri.as_str(), "-t", "app.upgrades", "-d", "delta"]);
        command
    };
    assert_run!(line("upgrade"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: permission denied for schema app
      sqlstate: 42501
    hint: GRANT USAGE ON SCHEMA … TO your role, or name the owning role with --role
    ");
    it.database.sql(&format!("grant usage on schema app to {role}"));
    assert_run!(line("info"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: the upgrades table app.upgrades: permission denied for table upgrades
      sqlstate: 42501
    hint: GRANT SELECT, INSERT, UPDATE, DELETE ON "app"."upgrades" TO your role; GRANT USAGE ON SEQUENCE "app"."upgrades_id_seq" TO your role; or name the owning role with --role
    "#);
    it.database.sql(&format!("grant select on app.upgrades to {role}"));
    it.database.sql("select 1");
    assert!(line("info").output().unwrap().status.success());
    assert_run!(line("upgrade"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] as poor[DATABASE] on [SOCKET]:5432, PostgreSQL [VERSION]
    error: poor[DATABASE] may not write to the upgrades table app.upgrades
      state: nothing was done
    hint: GRANT SELECT, INSERT, UPDATE, DELETE ON "app"."upgrades" TO "poor[DATABASE]"; GRANT USAGE ON SEQUENCE "app"."upgrades_id_seq" TO "poor[DATABASE]"; or name the owning role with --role
    "#);
    it.database.sql(&format!("grant insert, update, delete on app.upgrades to {role}"));
    assert_run!(line("upgrade"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] as poor[DATABASE] on [SOCKET]:5432, PostgreSQL [VERSION]
    error: poor[DATABASE] may not write to the upgrades table app.upgrades
      state: nothing was done
    hint: GRANT SELECT, INSERT, UPDATE, DELETE ON "app"."upgrades" TO "poor[DATABASE]"; GRANT USAGE ON SEQUENCE "app"."upgrades_id_seq" TO "poor[DATABASE]"; or name the owning role with --role
    "#);
    it.database.sql(&format!("grant usage on sequence app.upgrades_id_seq to {role}"));
    assert_run!(line("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] as poor[DATABASE] on [SOCKET]:5432, PostgreSQL [VERSION]
         Plan 1 file: delta_1.1.0_a.sql
      Applied [1/1] delta_1.1.0_a.sql in [DURATION]
     Finished [DATABASE] is at version 1.1.0, 1 file applied
    ");
    assert_run!(line("baseline -b 1.0.0 --force"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] as poor[DATABASE] on [SOCKET]:5432, PostgreSQL [VERSION]
    error: this database has a baseline already: 1.0.0; it is at version 1.1.0
      state: nothing was done
    hint: `pum upgrade` takes it from there
    ");
    it.database.sql(&format!("drop owned by {role}; drop role {role}"));
}

#[test]
fn a_table_that_is_no_upgrades_table_is_said_to_be_none() {
    let it = Installation::new();
    it.database.sql("create table app.upgrades (id int, version text); create view app.v as select 1 as id; create table app.half (like app.upgrades)");
    assert_run!(it.pum("info"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: app.upgrades is not an upgrades table: it has no column description, type, script, checksum, installed_by, installed_on, execution_time, success
    hint: name the upgrades table with -t schema.table, or as upgrades_table in pum.yaml
    ");
    let mut command = it.bare("baseline -t app.v -d delta -b 1.0.0 -p");
    assert_run!(command.arg(it.database.uri()), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: app.v is not an upgrades table: it is no table
    hint: name the upgrades table with -t schema.table, or as upgrades_table in pum.yaml
    ");
}

#[test]
fn a_database_or_server_that_is_not_there_is_said() {
    let it = Installation::new();
    let mut command = it.bare("info -t app.upgrades -d delta -p");
    assert_run!(command.arg(it.database.uri().replace(it.database.name(), "no_such_database")), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: cannot connect to [SOCKET]/.s.PGSQL.5432: database "no_such_database" does not exist
    hint: create it (createdb no_such_database), or name another with dbname
    "#);
    let mut command = it.bare("info -t app.upgrades -d delta -p");
    assert_run!(command.arg("host=/no/such/directory dbname=x user=me"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: cannot connect to /no/such/directory/.s.PGSQL.5432: no such file or directory
    hint: is the server running on this machine, with its socket in that directory?
    ");
    let mut command = it.bare("upgrade -t app.upgrades -d delta -p");
    assert_run!(command.arg("host=127.0.0.1 port=1 dbname=x user=me"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: cannot connect to 127.0.0.1:1: connection refused
    hint: is the server running there, and listening on that address and port?
    ");
    let mut command = it.bare("upgrade -t app.upgrades -d delta -p no_such_service");
    assert_run!(command, @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: service "no_such_service" is not defined
    hint: there is no service file; write a section [no_such_service] into ~/.pg_service.conf
    hint: a connection string is a URI (postgresql://…) or keyword=value …
    "#);
    let mut command = it.bare("upgrade -t app.upgrades -d delta");
    assert_run!(command, @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: no database is named
    hint: name one with -p DATABASE (a service, a URI or "host=… dbname=…"), as `database` in pum.yaml, or with PGSERVICE or PGDATABASE
    "#);
}

#[test]
fn rows_that_no_pum_wrote_are_named() {
    let it = Installation::at("1.0.0");
    it.database.sql(
        "insert into app.upgrades (version, description, type, script, checksum, installed_by, execution_time, success)
         values ('one', 'by hand', 8, '', '', 'me', 1, true), ('1.5.0', 'by hand', 77, '', '', 'me', 1, true)",
    );
    assert_run!(it.pum("info --exit-code"), @r"
    exit code: 1
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    version 1.5.0 (baseline 1.0.0), recorded in app.upgrades

    rows of app.upgrades that are not understood: id 2, 3

    nothing is pending
    ----- stderr -----
    ");
}

/// What keeps rows out of the upgrades table without a word.
const SWALLOWING: [&str; 2] = [
    "create function app.swallow() returns trigger language plpgsql as 'begin return null; end';
     create trigger swallow before insert or update on app.upgrades for each row execute function app.swallow()",
    "create rule swallow as on insert to app.upgrades do instead nothing;
     create rule swallow_more as on update to app.upgrades do instead nothing",
];

#[test]
fn a_delta_whose_row_is_swallowed_is_undone() {
    for sql in SWALLOWING {
        for line in ["upgrade", "upgrade --transaction all"] {
            let it = Installation::at("1.0.0");
            it.delta("delta_1.1.0_a.sql", "create table app.a ()");
            it.delta("delta_1.2.0_b.sql", "create table app.b ()");
            it.database.sql(sql);
            let told = crate::support::run(&mut it.pum(line));
            assert!(told.starts_with("exit code: 3"), "{told}");
            let failed = "could not be committed: the upgrades table app.upgrades: the row was not written";
            assert!(told.contains(failed), "{told}");
            assert!(told.contains("undone"), "{told}");
            assert!(told.contains("a trigger, a rule or a policy of app.upgrades keeps rows out"), "{told}");
            assert_eq!(it.database.value("select to_regclass('app.a') is null"), "t", "{told}");
            assert_eq!(it.database.value("select count(*) from app.upgrades"), "1", "{told}");
        }
    }
}

#[test]
fn a_delta_that_swallows_its_own_row_is_undone() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", SWALLOWING[0]);
    let told = crate::support::run(&mut it.pum("upgrade"));
    assert!(told.contains("the row was not written") && told.contains("it was undone"), "{told}");
    assert_eq!(it.database.value("select to_regproc('app.swallow') is null"), "t");
}

#[test]
fn progress_that_is_swallowed_stops_a_delta_without_transaction() {
    for sql in SWALLOWING {
        let it = Installation::at("1.0.0");
        it.delta(
            "delta_1.1.0_a.sql",
            format!("-- pum: no-transaction\ncreate table app.a ();\n{sql};\ncreate table app.b ();\n"),
        );
        let told = crate::support::run(&mut it.pum("upgrade"));
        assert!(told.starts_with("exit code: 3"), "{told}");
        assert!(told.contains("the row was not written"), "{told}");
        assert_eq!(it.database.value("select to_regclass('app.b') is null"), "t", "{told}");
        assert_eq!(
            it.database.value("select statements_done from app.upgrades where type > 0"),
            "2",
            "{told}"
        );
    }
}

#[test]
fn a_repair_that_is_swallowed_says_so() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ()");
    it.database.sql(SWALLOWING[0]);
    let told = crate::support::run(&mut it.pum("repair mark-applied delta_1.1.0_a.sql --yes"));
    assert!(told.starts_with("exit code: 3"), "{told}");
    assert!(told.contains("the upgrades table app.upgrades: the row was not written"), "{told}");
}
