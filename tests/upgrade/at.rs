//! `--at REV`: the deltas of a revision, called what they are called in the repository.

use crate::support::{Installation, PYTHON, assert_run};

fn installation() -> Installation {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_pipe.sql", "create table app.pipe (id integer);");
    it.delta(
        "delta_1.1.1_list.py",
        format!(
            "{PYTHON}        import os\n        print(open(os.path.join(self.delta_dir, '../data/list.txt')).read())\n        print(__file__, self.delta_dir, self.delta_dirs)\n"
        ),
    );
    it.project.file("data/list.txt", "steel");
    it.project.release("v1.1.1");
    it.delta("delta_1.1.0_pipe.sql", "create table app.pipe (edited integer);");
    it.delta("delta_1.2.0_new.sql", "create table app.new (id integer);");
    it.project.file("data/list.txt", "wood");
    it
}

#[test]
fn the_deltas_and_what_lies_beside_them_are_those_of_the_revision() {
    let it = installation();
    assert_run!(it.pum("upgrade --at v1.1.1 --dry-run"), @r"
    exit code: 0
    ----- stdout -----
    delta_1.1.0_pipe.sql
    delta_1.1.1_list.py
    ----- stderr -----
         Note the files are those of v1.1.1 ([ID])
         Plan 2 files: delta_1.1.0_pipe.sql, delta_1.1.1_list.py
      Planned 2 files would run, from version 1.0.0; nothing was done
    ");
    assert_run!(it.pum("upgrade --at v1.1.1"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note the files are those of v1.1.1 ([ID])
         Plan 2 files: delta_1.1.0_pipe.sql, delta_1.1.1_list.py
      Applied [1/2] delta_1.1.0_pipe.sql in [DURATION]
              delta_1.1.1_list.py: steel
              delta_1.1.1_list.py: delta/delta_1.1.1_list.py delta/ ['delta']
      Applied [2/2] delta_1.1.1_list.py in [DURATION]
     Finished [DATABASE] is at version 1.1.1, 2 files applied
    ");
    assert!(it.has("app.pipe") && !it.has("app.new"));
    let scripts = it.database.query("select script from app.upgrades where type > 0 order by id").concat();
    assert_eq!(scripts, ["delta/delta_1.1.0_pipe.sql", "delta/delta_1.1.1_list.py"]);
    assert_run!(it.pum("info --at v1.1.1"), @r"
    exit code: 0
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    version 1.1.1 (baseline 1.0.0), recorded in app.upgrades

     version  title  kind  state
     1.1.0    pipe   sql   applied [TIME] by postgres
     1.1.1    list   py    applied [TIME] by postgres

    nothing is pending
    ----- stderr -----
    ");
    assert_run!(it.pum("info"), @r"
    exit code: 0
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    version 1.1.1 (baseline 1.0.0), recorded in app.upgrades

     version  title  kind  state
     1.1.0    pipe   sql   applied [TIME] by postgres, edited since
     1.1.1    list   py    applied [TIME] by postgres
     1.2.0    new    sql   pending

    1 pending, 1 edited; next: pum upgrade -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d delta
    ----- stderr -----
    ");
    assert_run!(it.pum("upgrade --at v9.9.9"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: "v9.9.9" is no revision of [PROJECT]/
      git: revspec 'v9.9.9' not found
    hint: git log --oneline --decorate shows the revisions; git fetch --tags brings those of the remote
    "#);
}

#[test]
fn errors_name_the_file_of_the_repository() {
    let it = installation();
    it.delta("delta_1.3.0_broken.sql", "select 1;\nselect nothing;\n");
    it.delta("delta_1.4.0_broken.py", format!("{PYTHON}        raise ValueError('no')\n"));
    it.project.commit("broken");
    std::fs::remove_file(it.project.path().join("delta/delta_1.3.0_broken.sql")).unwrap();
    let mut command = it.pum("upgrade --at HEAD -u 1.3.0 -q");
    assert_run!(command, @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: delta_1.3.0_broken.sql failed: column "nothing" does not exist
     --> delta/delta_1.3.0_broken.sql:2:8
      |
    2 | select nothing;
      |        ^^^^^^^
      sqlstate: 42703
      state: it was undone
      database: [DATABASE] is at version 1.2.0; this run completed 3 files before, which stay, from delta_1.1.0_pipe.sql to delta_1.2.0_new.sql
    hint: mend it, then run the same command again: it goes on from there
    "#);
    it.database.sql("insert into app.upgrades (version, description, type, script, checksum, installed_by, execution_time, success) values ('1.3.0', 'broken', 8, '', '', '', 1, true)");
    assert_run!(it.pum("upgrade --at HEAD -q"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
      warning delta_1.3.0_broken.sql was edited after it was applied; what it says now did not run
    error: delta_1.4.0_broken.py: ValueError: no
     --> delta/delta_1.4.0_broken.py:6:9
      |
    6 |         raise ValueError('no')
      |         ^^^^^^^^^^^^^^^^^^^^^^ ValueError
      traceback: Traceback (most recent call last):
          File "delta/delta_1.4.0_broken.py", line 6, in run
            raise ValueError('no')
        ValueError: no
      state: what it committed itself stays; it is recorded as begun and not ended, and runs again
      database: [DATABASE] is at version 1.3.0; this run completed nothing before
    hint: mend it, then run the same command again: it goes on from there
    "#);
    // From a subdirectory, the files are called as from there.
    let mut command = it.project.pum();
    command.current_dir(it.project.path().join("data"));
    command.args(["info", "--at", "HEAD", "-p", it.database.uri(), "-t", "app.upgrades", "-d", "../delta"]);
    assert_run!(command, @r"
    exit code: 0
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    version 1.3.0 (baseline 1.0.0), recorded in app.upgrades

     version  title   kind  state
     1.1.0    pipe    sql   applied [TIME] by postgres
     1.1.1    list    py    applied [TIME] by postgres
     1.2.0    new     sql   applied [TIME] by postgres
     1.3.0    broken  sql   applied [TIME] by , edited since
     1.4.0    broken  py    begun [TIME] by postgres, not ended

    1 pending, 1 edited; next: pum upgrade -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' -t app.upgrades -d ../delta --at HEAD
    ----- stderr -----
    ");
    it.works("upgrade --at v1.1.1 --rehearse");
}

#[test]
fn what_is_not_committed_is_named_before_a_protected_database_is_upgraded() {
    let it = installation();
    it.project.file("pum.yaml", format!("protect: [{}]\n", it.database.name()));
    std::fs::remove_file(it.project.path().join("delta/delta_1.1.1_list.py")).unwrap();
    assert_run!(it.pum("upgrade"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
      warning not committed: delta_1.1.0_pipe.sql (changed), delta_1.1.1_list.py (deleted), delta_1.2.0_new.sql (new); --at HEAD takes what is committed, and nothing else
    [DATABASE] is protected. Type "[DATABASE]" to go on: 
    error: [DATABASE] is protected and its name was not typed
      state: nothing was done
    hint: --yes=[DATABASE] says that you mean it
    "#);
    let mut command = it.pum("upgrade --at HEAD -q");
    command.arg(format!("--yes={}", it.database.name()));
    assert_run!(command, @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    ");
}

#[test]
fn where_a_model_is_configured_a_development_database_can_be_made_anew() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_pipe.sql", "select 1");
    it.delta("delta_1.1.1_valve.sql", "select 1");
    it.works("upgrade -q");
    it.project.file("pum.yaml", "model: {deltas: true}\n");
    it.delta("delta_1.1.0_pipe.sql", "select 2");
    std::fs::remove_file(it.project.path().join("delta/delta_1.1.1_valve.sql")).unwrap();
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
      warning delta_1.1.0_pipe.sql was edited after it was applied; what it says now did not run
      warning delta_1.1.1_valve.sql is recorded as applied, but its file is gone
         Note a development database is made anew from the model by: pum create -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' --overwrite
     Finished [DATABASE] is at version 1.1.1; nothing to do
    ");
    assert_run!(it.pum("info"), @r"
    exit code: 0
    ----- stdout -----
    [DATABASE] on [SOCKET]:5432 as postgres, PostgreSQL [VERSION]
    version 1.1.1 (baseline 1.0.0), recorded in app.upgrades

     version  title  kind  state
     1.1.0    pipe   sql   applied [TIME] by postgres, edited since
     1.1.1    valve  sql   applied [TIME] by postgres, its file is gone

    nothing is pending; 1 edited, 1 gone
    a development database is made anew from the model by: pum create -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' --overwrite
    ----- stderr -----
    ");
    it.delta("delta_1.0.9_before.sql", "select 1");
    it.delta("delta_1.0.5_late.sql", "select 1");
    it.delta("delta_1.1.0_a_late.sql", "select 1");
    it.delta("delta_1.0.10_late.sql", "select 1");
    it.project.file("pum.yaml", "model: {deltas: true}\nedited: error\n");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: late: delta_1.0.5_late.sql, delta_1.0.9_before.sql, delta_1.0.10_late.sql
      reason: a higher version of the same directory was applied before they came
      state: nothing was done
    hint: give them a version above the database's, or run them as they are with --out-of-order
    hint: --ignore-late, or `late: [FILE]` in pum.yaml, says that they are known and to be passed over
    hint: a development database is made anew from the model by: pum create -p 'dbname=[DATABASE] host=[SOCKET] port=5432 user=postgres' --overwrite
    ");
}
