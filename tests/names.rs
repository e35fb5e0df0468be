//! Names with quotes, capitals, dots and Unicode: of tables, titles, directories, variables, databases.

use crate::support::{Installation, assert_run, run};

#[test]
fn any_name_of_a_table_is_quoted() {
    let it = Installation::new();
    it.delta("delta_1.1.0_a.sql", "create table public.a ()");
    for (typed, schema, table) in [
        ("\"My \"\"odd\"\" Schéma.x\".\"Up.grades'; drop\"", "My \"odd\" Schéma.x", "Up.grades'; drop"),
        ("App.UpGrades", "app", "upgrades"),
        ("\"select\".table", "select", "table"),
        ("été.\"日本 \"", "été", "日本 "),
    ] {
        let line = |words: &str| {
            let mut command = it.bare(words);
            command.args(["-d", "delta", "-p", it.database.uri(), "-t", typed]);
            command
        };
        let told = run(&mut line("baseline -b 1.0.0 --create-schema"));
        assert!(told.starts_with("exit code: 0"), "{told}");
        let found = it.database.query(&format!(
            "select 1 from pg_class c join pg_namespace n on n.oid = relnamespace where nspname = '{}' and relname = '{}'",
            schema.replace('\'', "''"),
            table.replace('\'', "''")
        ));
        assert_eq!(found.len(), 1, "{typed}");
        it.database.sql("drop table if exists public.a");
        for words in ["upgrade", "info", "repair forget delta_1.1.0_a.sql --yes", "upgrade --dry-run"] {
            let told = run(&mut line(words));
            assert!(told.starts_with("exit code: 0"), "{typed} {words}\n{told}");
        }
    }
}

#[test]
fn an_unqualified_table_is_found_by_search_path() {
    let it = Installation::at("1.0.0");
    let line = |words: &str, table: &str| {
        let mut command = it.bare(words);
        command.args(["-d", "delta", "-p", it.database.uri(), "-t", table]);
        command
    };
    assert_run!(line("upgrade", "upgrades"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: there is no upgrades table upgrades in this database
    hint: declare which version the database is at: pum baseline -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t upgrades -d delta -b X.Y.Z
    ");
    it.database.sql(&format!("alter database {} set search_path = app, public", it.database.name()));
    assert_run!(line("upgrade", "upgrades"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
     Finished [DATABASE] is at version 1.0.0; nothing to do
    ");
    it.works("upgrade");
    it.delta("delta_1.1.0_a.sql", "set search_path = public; create table a ();");
    it.delta("delta_1.2.0_b.sql", "create table b ();");
    assert!(run(&mut line("upgrade", "upgrades")).starts_with("exit code: 0"));
    assert!(it.has("public.a") && it.has("app.b"));
    assert_run!(line("info", "a.b.c"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: "a.b.c" does not name a table: it has more than two parts
    hint: write schema.table, for instance app_sys.upgrades; quote parts with odd characters: '"My schema".upgrades'
    "#);
}

#[test]
fn titles_and_paths_may_have_any_letters() {
    let it = Installation::at("1.0.0");
    it.project.file("mes deltas/l'été \"1\"/delta_1.1.0_Straßenbäume_日本.sql", "create table app.a ();");
    it.project.file("mes deltas/l'été \"1\"/delta_1.2.0_b.sql", "select nope;");
    let line = |words: &str| {
        let mut command = it.bare(words);
        command.args(["-d", "mes deltas/l'été \"1\"", "-p", it.database.uri(), "-t", "app.upgrades"]);
        command
    };
    assert_run!(line("upgrade"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.1.0_Straßenbäume_日本.sql, delta_1.2.0_b.sql
      Applied [1/2] delta_1.1.0_Straßenbäume_日本.sql in [DURATION]
    error: delta_1.2.0_b.sql failed: column "nope" does not exist
     --> mes deltas/l'été "1"/delta_1.2.0_b.sql:1:8
      |
    1 | select nope;
      |        ^^^^
      sqlstate: 42703
      state: it was undone
      database: [DATABASE] is at version 1.1.0; this run completed delta_1.1.0_Straßenbäume_日本.sql before, which stays
    hint: mend it, then run the same command again: it goes on from there
    "#);
    assert_run!(line("info"), @r#"
    exit code: 0
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    version 1.1.0 (baseline 1.0.0), recorded in app.upgrades

     version  title              kind  state
     1.1.0    Straßenbäume_日本  sql   applied [TIME] by postgres
     1.2.0    b                  sql   pending

    1 pending; next: pum upgrade -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d 'mes deltas/l'\''été "1"'
    ----- stderr -----
    "#);
    assert_eq!(
        it.database.query("select description, script from app.upgrades where type = 8"),
        [["Straßenbäume_日本", "mes deltas/l'été \"1\"/delta_1.1.0_Straßenbäume_日本.sql"]]
    );
}

#[test]
fn a_path_that_is_longer_than_its_column_keeps_its_end() {
    let it = Installation::at("1.0.0");
    let deep = std::iter::repeat_n("a_rather_long_name_of_a_directory_é", 30).collect::<Vec<_>>().join("/");
    it.project.file(&format!("{deep}/delta_1.1.0_a.sql"), "");
    assert!(run(it.pum("upgrade").arg(&deep)).starts_with("exit code: 0"));
    assert_eq!(
        it.database.query("select length(script), right(script, 18) from app.upgrades where type = 8"),
        [["1000", "/delta_1.1.0_a.sql"]]
    );
    assert!(run(it.pum("info --exit-code").arg(&deep)).starts_with("exit code: 0"));
}

#[test]
fn a_database_with_an_odd_name_is_said_as_it_is() {
    let it = Installation::new();
    let name = format!("{} l'\"été\"", it.database.name());
    it.database.sql(&format!("create database \"{}\"", name.replace('"', "\"\"")));
    let conninfo = format!(
        "host={} user=postgres dbname='{}'",
        it.database.uri().split("host=").nth(1).unwrap().split('&').next().unwrap().replace("%2F", "/"),
        name.replace('\'', "\\'")
    );
    let line = |words: &str| {
        let mut command = it.bare(words);
        command.args(["-d", "delta", "-p", &conninfo, "-t", "up.grades"]);
        command
    };
    assert_run!(line("info"), @r#"
    exit code: 0
    ----- stdout -----
    [DATABASE] l'"été" on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    no upgrades table up.grades: everything is pending

    next: pum baseline -p 'dbname='\''[DATABASE] l\'\''"été"'\'' host=[SOCKET] user=postgres' -t up.grades -d delta -b X.Y.Z --create-schema
    ----- stderr -----
    "#);
    assert_run!(line("baseline -b 1.0.0 --create-schema"), @r#"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] l'"été" as postgres on [SOCKET]:5432, PostgreSQL [VERSION]
         Note schema up created
         Note upgrades table up.grades created
         Note [DATABASE] l'"été" is at version 1.0.0, by baseline in up.grades
    "#);
    assert_run!(line("upgrade"), @r#"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    Connected to [DATABASE] l'"été" as postgres on [SOCKET]:5432, PostgreSQL [VERSION]
     Finished [DATABASE] l'"été" is at version 1.0.0; nothing to do
    "#);
    it.database.sql(&format!("drop database \"{}\"", name.replace('"', "\"\"")));
}
