//! Bad input, and databases that are not what was expected: every one is said, with what to do, and breaks nothing.

use std::os::unix::fs::symlink;

use crate::support::{Database, Installation, assert_run, own_cluster};

/// What an upgrade over one delta tells.
fn upgrade(delta: impl AsRef<[u8]>) -> (Installation, assert_cmd::Command) {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", delta);
    let command = it.pum("upgrade");
    (it, command)
}

#[test]
fn files_without_statements_are_applied() {
    for text in ["", "\n\n", "-- nothing\n/* to /* do */ */", ";", "\u{feff}", " \t", ";;\n;"] {
        let (it, mut command) = upgrade(text);
        assert!(command.output().unwrap().status.success(), "{text:?}");
        assert_eq!(it.record(), "1.0.0 baseline 0 true\n1.1.0 a 8 true", "{text:?}");
    }
}

#[test]
fn bom_crlf_and_a_missing_last_semicolon_are_fine() {
    let (it, mut command) =
        upgrade("\u{feff}create table app.a (t text);\r\ninsert into app.a\r\nvalues ('x;\r\ny')");
    assert!(command.output().unwrap().status.success());
    assert_eq!(it.database.value("select t from app.a"), "x;\r\ny");
}

#[test]
fn latin_1_is_named_with_its_place() {
    let (it, mut command) = upgrade(b"create table app.a ();\ninsert into app.b values ('\xe9t\xe9');\n");
    assert_run!(command, @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] as postgres on [SOCKET]:5432, PostgreSQL [VERSION]
    error: delta/delta_1.1.0_a.sql is not UTF-8
     --> delta/delta_1.1.0_a.sql:2:28
      |
    2 | insert into app.b values ('�t�');
      |                            ^ byte 0xe9
    hint: if it is Latin-1: iconv -f LATIN1 -t UTF-8 delta/delta_1.1.0_a.sql > new.sql, then replace the file with it
    ");
    assert!(!it.has("app.a"));
}

#[test]
fn nul_bytes_are_named_with_their_place() {
    let (_it, mut command) = upgrade(b"select 1;\nselect '\0';\n");
    assert_run!(command, @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] as postgres on [SOCKET]:5432, PostgreSQL [VERSION]
    error: delta/delta_1.1.0_a.sql has a NUL byte, which PostgreSQL cannot store in text
     --> delta/delta_1.1.0_a.sql:2:9
      |
    2 | select '␀';
      |         ^ NUL byte
    hint: remove it: nothing after it would reach the server
    ");
}

#[test]
fn utf_16_is_said_to_be_that() {
    let text: Vec<u8> = "\u{feff}select 1;".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (_it, mut command) = upgrade(text);
    assert_run!(command, @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] as postgres on [SOCKET]:5432, PostgreSQL [VERSION]
    error: delta/delta_1.1.0_a.sql is UTF-16LE, not UTF-8
    hint: iconv -f UTF-16LE -t UTF-8 delta/delta_1.1.0_a.sql > new.sql, then replace the file with it
    ");
}

#[test]
fn three_megabytes_and_eight_thousand_statements_are_applied() {
    let it = Installation::at("1.0.0");
    it.database.sql("create table app.a (n int, t text)");
    let wide = "x".repeat(380);
    let text: String = (0..8000).map(|n| format!("insert into app.a values ({n}, '{wide}');\n")).collect();
    assert!(text.len() > 3_000_000);
    it.delta("delta_1.1.0_a.sql", text);
    it.delta("delta_1.2.0_b.sql", format!("insert into app.a values (-1, '{}')", "y".repeat(3_000_000)));
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] as postgres on [SOCKET]:5432, PostgreSQL [VERSION]
         Plan 2 files: delta_1.1.0_a.sql, delta_1.2.0_b.sql
      Applied [1/2] delta_1.1.0_a.sql in [DURATION]
      Applied [2/2] delta_1.2.0_b.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 2 files applied
    ");
    assert_eq!(it.database.query("select count(*), sum(length(t)) from app.a"), [["8001", "6040000"]]);
}

#[test]
fn what_is_not_ended_is_shown_where_it_began() {
    let mut told = String::new();
    for text in [
        "select 1;\nselect 'a;\nselect 2;\n",
        "select 1;\n  do $body$ begin\nend $bod$;\n",
        "select \"a;\n",
        "select 1; /* /* */ and more\n",
        "select 1;\nCOPY a FROM stdin;\n",
        "select (1;\n",
    ] {
        let (it, _) = upgrade(text);
        told.push_str(
            &crate::support::run(&mut it.pum("upgrade -q"))
                .replace("----- stdout -----\n----- stderr -----\n", ""),
        );
        assert_eq!(it.record(), "1.0.0 baseline 0 true");
    }
    let _filters = crate::support::filters();
    insta::assert_snapshot!(told, @r#"
    exit code: 2
    error: unterminated string
     --> delta/delta_1.1.0_a.sql:2:8
      |
    2 | select 'a;
      |        ^ begins here
    exit code: 2
    error: unterminated dollar-quoted string
     --> delta/delta_1.1.0_a.sql:2:6
      |
    2 |   do $body$ begin
      |      ^^^^^^ begins here
    exit code: 2
    error: unterminated quoted name
     --> delta/delta_1.1.0_a.sql:1:8
      |
    1 | select "a;
      |        ^ begins here
    exit code: 2
    error: unterminated comment
     --> delta/delta_1.1.0_a.sql:1:11
      |
    1 | select 1; /* /* */ and more
      |           ^^ begins here
    exit code: 3
    error: delta_1.1.0_a.sql failed: relation "a" does not exist
     --> delta/delta_1.1.0_a.sql:2:1
      |
    2 | COPY a FROM stdin;
      | ^^^^^^^^^^^^^^^^^
      sqlstate: 42P01
      state: it was undone
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: mend it, then run the same command again: it goes on from there
    exit code: 3
    error: delta_1.1.0_a.sql failed: syntax error at or near ";"
     --> delta/delta_1.1.0_a.sql:1:10
      |
    1 | select (1;
      |          ^
      sqlstate: 42601
      state: it was undone
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: mend it, then run the same command again: it goes on from there
    "#);
}

#[test]
fn a_missing_directory_is_named() {
    let it = Installation::at("1.0.0");
    assert_run!(it.pum("upgrade -d nowhere"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: the delta directory nowhere cannot be read: No such file or directory (os error 2)
    hint: name it with -d DIR, or as delta_dirs in pum.yaml
    ");
    it.project.file("file", "");
    assert_run!(it.pum("info -d file"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: the delta directory file cannot be read: Not a directory (os error 20)
    hint: name it with -d DIR, or as delta_dirs in pum.yaml
    ");
}

#[test]
fn twins_in_two_directories_are_both_named() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ()");
    it.project.file("own/delta_1.01.0_a.sql", "create table app.b ()");
    assert_run!(it.pum("upgrade -d own"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: own/delta_1.01.0_a.sql and delta/delta_1.1.0_a.sql are the same delta: version 1.1.0, title "a", kind sql
    hint: give one of them another title; a delta is known by version, title and kind
    "#);
    assert_run!(it.pum("info -d own"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: own/delta_1.01.0_a.sql and delta/delta_1.1.0_a.sql are the same delta: version 1.1.0, title "a", kind sql
    hint: give one of them another title; a delta is known by version, title and kind
    "#);
}

#[test]
fn twins_in_one_directory_and_a_directory_given_twice_are_named() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ()");
    assert_run!(it.pum("upgrade -d ./delta/"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] as postgres on [SOCKET]:5432, PostgreSQL [VERSION]
         Plan 1 file: delta_1.1.0_a.sql
      Applied [1/1] delta_1.1.0_a.sql in [DURATION]
     Finished [DATABASE] is at version 1.1.0, 1 file applied
    ");
    it.delta("delta_1.1.00_a.sql", "create table app.b ()");
    assert_run!(it.pum("upgrade"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: delta/delta_1.1.0_a.sql and delta/delta_1.1.00_a.sql are the same delta: version 1.1.0, title "a", kind sql
    hint: give one of them another title; a delta is known by version, title and kind
    "#);
    assert!(!it.has("app.a"));
}

#[test]
fn a_delta_that_cannot_be_read_is_named_before_anything_runs() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.0.0_first.sql", "create table app.first ()");
    symlink("nothing", it.project.path().join("delta/delta_1.1.0_a.sql")).unwrap();
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] as postgres on [SOCKET]:5432, PostgreSQL [VERSION]
      warning delta/delta_1.1.0_a.sql is not a delta and does not run: it is not a file
         Plan 1 file: delta_1.0.0_first.sql
      Applied [1/1] delta_1.0.0_first.sql in [DURATION]
     Finished [DATABASE] is at version 1.0.0, 1 file applied
    ");
    std::fs::remove_file(it.project.path().join("delta/delta_1.1.0_a.sql")).unwrap();
    std::fs::create_dir(it.project.path().join("delta/delta_1.1.0_a.sql")).unwrap();
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] as postgres on [SOCKET]:5432, PostgreSQL [VERSION]
      warning delta/delta_1.1.0_a.sql is not a delta and does not run: it is not a file
     Finished [DATABASE] is at version 1.0.0; nothing to do
    ");
    assert!(!it.has("app.first"));
}

#[test]
fn a_title_that_the_table_cannot_hold_is_no_delta() {
    let it = Installation::at("1.0.0");
    it.delta(&format!("delta_1.1.0_{}.sql", "t".repeat(200)), "create table app.fits ()");
    it.delta(&format!("delta_1.1.0_{}.sql", "u".repeat(201)), "create table app.too_long ()");
    let told = crate::support::run(&mut it.pum("upgrade"));
    assert!(
        told.contains("the title is longer than the 200 characters that the upgrades table holds"),
        "{told}"
    );
    assert!(it.has("app.fits") && !it.has("app.too_long"));
}

#[test]
fn a_read_only_database_is_refused() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a ()");
    it.database.sql(&format!("alter database {} set default_transaction_read_only = on", it.database.name()));
    assert_run!(it.pum("upgrade"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] as postgres on [SOCKET]:5432, PostgreSQL [VERSION]
    error: [DATABASE] is read-only: default_transaction_read_only is on
    hint: ALTER DATABASE "[DATABASE]" SET default_transaction_read_only = off
    "#);
    assert_run!(it.pum("baseline -b 1.1.0 --force"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] as postgres on [SOCKET]:5432, PostgreSQL [VERSION]
    error: [DATABASE] is read-only: default_transaction_read_only is on
    hint: ALTER DATABASE "[DATABASE]" SET default_transaction_read_only = off
    "#);
    assert_run!(it.pum("repair mark-applied delta_1.1.0_a.sql --yes"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] as postgres on [SOCKET]:5432, PostgreSQL [VERSION]
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
    Connected to [DATABASE] as postgres on [SOCKET]:5432, PostgreSQL [VERSION]
    error: [DATABASE] is a standby: it accepts no writing
    hint: connect to the primary server (target_session_attrs=read-write finds it among several hosts)
    ");
    assert_run!(line("baseline -b 2.0.0"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] as postgres on [SOCKET]:5432, PostgreSQL [VERSION]
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
    Connected to [DATABASE] as postgres on [SOCKET]:5432, PostgreSQL [VERSION]
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
    ");
    it.database.sql(&format!("grant usage on schema app to {role}"));
    assert_run!(line("info"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: the upgrades table app.upgrades: permission denied for table upgrades
      sqlstate: 42501
    hint: GRANT SELECT, INSERT, UPDATE, DELETE ON "app"."upgrades" TO your role, or name the owning role with --role
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
    hint: GRANT SELECT, INSERT, UPDATE, DELETE ON "app"."upgrades" TO poor[DATABASE], or name the owning role with --role
    "#);
    it.database.sql(&format!("grant insert, update, delete on app.upgrades to {role}"));
    assert_run!(line("upgrade"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] as poor[DATABASE] on [SOCKET]:5432, PostgreSQL [VERSION]
    error: poor[DATABASE] may not write to the upgrades table app.upgrades
      state: nothing was done
    hint: GRANT SELECT, INSERT, UPDATE, DELETE ON "app"."upgrades" TO poor[DATABASE], or name the owning role with --role
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
