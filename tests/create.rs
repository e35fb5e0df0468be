//! `pum create`: a lasting database from the model, on a real server.

use pum::shadow::Cluster;

use crate::support::{Client, Database, Project, assert_run, cluster, database, own_cluster, run, run_sql};

const CONFIG: &str = "upgrades_table: app_sys.upgrades\ndelta_dirs: [delta]\nmodel: {sql: ['model/*.sql']}\n";

/// A project with a release and a delta beyond it.
fn project() -> Project {
    let project = Project::new();
    project.file("pum.yaml", CONFIG);
    project.file("model/pipe.sql", "create schema app; create table app.pipe (id integer);\n");
    project.delta("delta_1.4.0_pipes.sql", "select 'released';\n");
    project.release("v1.4.0");
    project.file("model/pipe.sql", "create schema app; create table app.pipe (id integer, material text);\n");
    project.delta("delta_1.4.1_material.sql", "alter table app.pipe add material text;\n");
    project
}

/// The name of a database that is not there, on the shared server; what is made under it goes at the end.
fn missing() -> Database {
    let database = database();
    drop_it(&database);
    database
}

fn drop_it(database: &Database) {
    run_sql(&cluster().uri("postgres"), &format!("drop database {} with (force)", database.name()));
}

fn create(project: &Project, database: &Database, words: &str) -> assert_cmd::Command {
    let mut command = project.pum();
    command.args(["create", "-p", database.uri()]).args(words.split_whitespace());
    command
}

fn record(database: &Database) -> String {
    let rows = database.query(
        "select version || ' ' || description || ' ' || script || ' ' || success from app_sys.upgrades order by id",
    );
    rows.concat().join("\n")
}

/// What is left of runs for this database on the shared server.
fn left(database: &Database) -> Vec<String> {
    left_in(cluster(), database)
}

fn left_in(cluster: &Cluster, database: &Database) -> Vec<String> {
    let sql =
        format!("select datname from pg_database where datname like 'pum\\_create\\_%{}'", database.name());
    crate::support::try_query(&cluster.uri("postgres"), &sql).unwrap().concat()
}

#[test]
fn a_database_is_built_and_its_deltas_are_recorded() {
    let (project, database) = (project(), missing());
    assert_run!(create(&project, &database, ""), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Done building git: in [DURATION]
         Note [DATABASE] is made from git:; it is at version 1.4.1, 2 deltas are recorded as applied
    ");
    insta::assert_snapshot!(record(&database), @r"
    1.4.0 baseline  true
    1.4.0 pipes delta/delta_1.4.0_pipes.sql true
    1.4.1 material delta/delta_1.4.1_material.sql true
    ");
    assert_eq!(
        database.value("select count(*) from information_schema.columns where table_schema = 'app'"),
        "2"
    );
    let mut upgrade = project.pum();
    assert_run!(upgrade.args(["upgrade", "-p", database.uri()]), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
     Finished [DATABASE] is at version 1.4.1; nothing to do
    ");
    let mut info = project.pum();
    assert!(run(info.args(["info", "--exit-code", "-p", database.uri()])).starts_with("exit code: 0"));
    // A delta that comes late is told, and not taken for one that the baseline contains.
    project.delta("delta_1.4.0_z.sql", "select 1");
    let mut upgrade = project.pum();
    assert!(run(upgrade.args(["upgrade", "-p", database.uri()])).starts_with("exit code: 2"));
    assert!(left(&database).is_empty());
}

#[test]
fn a_revision_has_its_own_model_deltas_and_baseline() {
    let (project, database) = (project(), missing());
    assert_run!(create(&project, &database, "git:v1.4.0"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Done building git:v1.4.0 in [DURATION]
         Note [DATABASE] is made from git:v1.4.0; it is at version 1.4.0, 1 delta is recorded as applied
    ");
    insta::assert_snapshot!(record(&database), @r"
    1.4.0 baseline  true
    1.4.0 pipes delta/delta_1.4.0_pipes.sql true
    ");
    let mut upgrade = project.pum();
    assert_run!(upgrade.args(["upgrade", "-p", database.uri()]), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.4.1_material.sql
      Applied [1/1] delta_1.4.1_material.sql in [DURATION]
     Finished [DATABASE] is at version 1.4.1, 1 file applied
    ");
    assert_run!(create(&project, &database, "file:x.dump"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: file:x.dump is not the model: git:REV is
    hint: pum restore makes a database from a dump
    ");
}

#[test]
fn what_the_model_records_stays() {
    let (project, database) = (project(), missing());
    project.file("pum.yaml", CONFIG.replace("{sql: ['model/*.sql']}", "{run: ./build.sh}"));
    let build = project.file(
        "build.sh",
        "#!/bin/sh\nset -e\npsql -Xqf model/pipe.sql -c 'create schema app_sys'\npum baseline -p \"$PGSERVICE\" -t app_sys.upgrades -d delta -b 1.3.0 -q\n",
    );
    std::fs::set_permissions(&build, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    assert_run!(create(&project, &database, ""), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Done building git: in [DURATION]
         Note the model itself recorded baseline 1.3.0, which stays
         Note [DATABASE] is made from git:; it is at version 1.4.1, 2 deltas are recorded as applied
    ");
    insta::assert_snapshot!(record(&database), @r"
    1.3.0 baseline  true
    1.4.0 pipes delta/delta_1.4.0_pipes.sql true
    1.4.1 material delta/delta_1.4.1_material.sql true
    ");
}

#[test]
fn a_model_of_deltas_names_the_files_of_the_repository() {
    let (project, database) = (project(), missing());
    project.file("pum.yaml", CONFIG.replace("{sql: ['model/*.sql']}", "{deltas: true}"));
    project.delta("delta_1.4.0_pipes.sql", "create schema app; create table app.pipe (id integer);");
    assert_run!(create(&project, &database, "-q"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    ");
    insta::assert_snapshot!(record(&database), @r"
    0.0.0 baseline  true
    1.4.0 pipes delta/delta_1.4.0_pipes.sql true
    1.4.1 material delta/delta_1.4.1_material.sql true
    ");
}

#[test]
fn a_database_that_is_there_is_replaced_only_when_the_new_one_is_whole() {
    let (project, database) = (project(), database());
    let name = database.name();
    database.sql("create table precious (id integer)");
    database.sql(&format!(
        "comment on database {name} is 'ours'; alter database {name} set app.color = 'blue'; alter database {name} connection limit 77; create role {name}_reader; grant connect on database {name} to {name}_reader"
    ));
    assert_run!(create(&project, &database, ""), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: the database [DATABASE] is there already
      state: nothing was done
    hint: --overwrite replaces it, with everything that is in it
    ");
    project.file("model/valve.sql", "create table app.valve (id nothing);");
    assert_run!(create(&project, &database, "--overwrite"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: psql failed (exit status: 3)
      output: psql:model/valve.sql:1: ERROR:  type "nothing" does not exist
        LINE 1: create table app.valve (id nothing);
                                           ^
      building: git:
      state: [DATABASE] is as it was
    "#);
    assert_eq!(database.value("select to_regclass('precious') is not null"), "t");
    project.file("model/valve.sql", "create table app.valve (id integer);");
    let client = Client::connect(database.uri()).unwrap();
    assert_run!(create(&project, &database, "--overwrite"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: the database [DATABASE] cannot be replaced: 1 other session is connected to it
      session: pid [PID], user postgres, unnamed, idle since [TIME]
      state: nothing was done
    hint: end them, or add --force to have them ended
    ");
    assert_run!(create(&project, &database, "--overwrite --force"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Done building git: in [DURATION]
         Note [DATABASE] is made anew from git:; it is at version 1.4.1, 2 deltas are recorded as applied
    ");
    assert!(client.query("select 1").is_err());
    drop(client);
    assert_eq!(
        database.value("select to_regclass('precious') is null and to_regclass('app.valve') is not null"),
        "t"
    );
    assert_eq!(
        database.query(
            "select shobj_description(oid, 'pg_database'), datconnlimit::text, current_setting('app.color'), (datacl::text like '%_reader%')::text
             from pg_database where datname = current_database()"
        ),
        [["ours", "77", "blue", "true"]]
    );
    assert!(left(&database).is_empty());
    drop_it(&database);
    run_sql(&cluster().uri("postgres"), &format!("drop role {name}_reader"));
}

#[test]
fn a_protected_database_is_replaced_when_its_name_is_given() {
    let (project, database) = (project(), database());
    project.file("pum.yaml", format!("{CONFIG}protect: [{}]\n", database.name()));
    assert_run!(create(&project, &database, "--overwrite"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    [DATABASE] is protected. Type "[DATABASE]" to go on: 
    error: [DATABASE] is protected and its name was not typed
      state: nothing was done
    hint: --yes=[DATABASE] says that you mean it
    "#);
    assert_run!(create(&project, &database, &format!("--overwrite -q --yes={}", database.name())), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    ");
}

#[test]
fn roles_that_are_missing_are_named_and_made_only_if_that_is_said() {
    let (project, database) = (project(), missing());
    let role = format!("{}_viewer", database.name());
    project.file("model/rights.sql", format!("grant select on app.pipe to {role};"));
    let told = run(&mut create(&project, &database, ""));
    assert!(
        told.starts_with("exit code: 3") && told.contains(&format!("CREATE ROLE \"{role}\" NOLOGIN;")),
        "{told}"
    );
    assert!(told.contains("--create-roles") && told.contains("there is no"), "{told}");
    project.file("pum.yaml", format!("{CONFIG}shadow: {{roles: [{role}, {role}_2]}}\n"));
    let told = run(&mut create(&project, &database, ""));
    assert!(told.contains(&format!("{role}, {role}_2 missing")), "{told}");
    project.file("pum.yaml", CONFIG);
    let told = run(&mut create(&project, &database, "--create-roles"));
    assert!(told.starts_with("exit code: 0") && told.contains(&format!("made the role {role}")), "{told}");
    assert_eq!(database.value(&format!("select rolcanlogin from pg_roles where rolname = '{role}'")), "f");
    assert!(left(&database).is_empty());
    drop_it(&database);
    run_sql(&cluster().uri("postgres"), &format!("drop role {role}"));
}

#[test]
fn a_run_that_is_stopped_or_killed_leaves_nothing_that_the_next_one_does_not_clean() {
    // A server of its own: runs of other tests would clean up, too.
    let cluster = own_cluster(&[]);
    let (project, database) = (project(), Database::create(&cluster));
    run_sql(&cluster.uri("postgres"), &format!("drop database {}", database.name()));
    project.file("model/slow.sql", "select pg_sleep(60);");
    let mut stopped = project.command();
    let mut child = stopped
        .args(["create", "-q", "-p", database.uri()])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let wait = |count: usize| {
        for _ in 0..400 {
            if left_in(&cluster, &database).len() == count {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("{:?}", left_in(&cluster, &database));
    };
    wait(1);
    // SAFETY: nothing but a signal to a child of ours.
    #[expect(unsafe_code, reason = "the standard library sends no SIGINT")]
    unsafe {
        libc::kill(i32::try_from(child.id()).unwrap(), libc::SIGINT);
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(left_in(&cluster, &database).is_empty());
    let mut killed = project.command();
    let mut child = killed
        .args(["create", "-q", "-p", database.uri()])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait(1);
    child.kill().unwrap();
    child.wait().unwrap();
    // The server notices a moment later that the client is gone.
    let of_pum = "select count(*) from pg_stat_activity where application_name like 'pum%'";
    for _ in 0..400 {
        if crate::support::try_query(&cluster.uri("postgres"), of_pum).unwrap() == [["0"]] {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    std::fs::remove_file(project.path().join("model/slow.sql")).unwrap();
    let told = run(&mut create(&project, &database, ""));
    assert!(
        told.starts_with("exit code: 0") && told.contains("which a run that was killed had left"),
        "{told}"
    );
    assert!(left_in(&cluster, &database).is_empty());
}

#[test]
fn what_is_missing_is_said() {
    let (project, database) = (project(), missing());
    project.file("pum.yaml", "database: x\n");
    assert_run!(create(&project, &database, ""), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: git: cannot be built: pum.yaml does not say how the model is built
    hint: for instance: model: {sql: [model/**/*.sql]}, or {run: ./build.sh}, or {deltas: true}
    ");
    project.file("pum.yaml", "model: {sql: ['model/*.sql']}\n");
    assert_run!(create(&project, &database, ""), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Done building git: in [DURATION]
         Note [DATABASE] is made from git:; without an upgrades table: pum.yaml names none
    ");
}
