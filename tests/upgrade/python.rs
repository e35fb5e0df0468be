//! Python deltas in an upgrade: what they are told, what they print, and what is recorded of them.

use crate::support::{Installation, PYTHON, assert_run};

#[test]
fn a_python_delta_is_told_about_the_upgrade_and_prints_through() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a (srid int)");
    it.delta(
        "delta_1.2.0_fill.py",
        format!(
            "{PYTHON}        import os, configparser\n        print(self.current_db_version, self.upgrades_table, self.delta_dir, self.delta_dirs, self.variables)\n        \
             self.write_message('déjà vu')\n        \
             services = configparser.ConfigParser()\n        services.read(os.environ['PGSERVICEFILE'])\n        \
             print(services[self.pg_service]['dbname'], oct(os.stat(os.environ['PGSERVICEFILE']).st_mode & 0o777))\n"
        ),
    );
    assert_run!(it.pum("upgrade -v int SRID 2056"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.1.0_a.sql, delta_1.2.0_fill.py
      Applied [1/2] delta_1.1.0_a.sql in [DURATION]
              delta_1.2.0_fill.py: 1.1.0 app.upgrades delta/ ['delta'] {'SRID': 2056}
              delta_1.2.0_fill.py: déjà vu
              delta_1.2.0_fill.py: [DATABASE] 0o600
      Applied [2/2] delta_1.2.0_fill.py in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 2 files applied
    ");
    assert_eq!(it.record(), "1.0.0 baseline 0 true\n1.1.0 a 8 true\n1.2.0 fill 4 true");
}

#[test]
fn a_service_that_was_named_is_passed_on_by_its_name() {
    let it = Installation::at("1.0.0");
    let parameters = it.database.uri().split_once("?").unwrap().1.replace("%2F", "/").replace('&', "\n");
    let file =
        it.project.file("services.conf", format!("[water]\ndbname={}\n{parameters}\n", it.database.name()));
    it.delta("delta_1.1.0_a.py", format!("{PYTHON}        print(self.pg_service)\n"));
    let mut command = it.bare("upgrade -p water -t app.upgrades -d delta");
    assert_run!(command.env("PGSERVICEFILE", file), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.py
              delta_1.1.0_a.py: water
      Applied [1/1] delta_1.1.0_a.py in [DURATION]
     Finished [DATABASE] is at version 1.1.0, 1 file applied
    ");
}

#[test]
fn no_lock_of_ours_is_in_the_way_of_a_python_delta() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.sql", "create table app.a (id int)");
    let psql = "psql -qAt -v ON_ERROR_STOP=1";
    it.delta(
        "delta_1.2.0_b.py",
        format!(
            "{PYTHON}        import subprocess\n        subprocess.check_call(\"{psql} service=%s -c 'alter table app.a add x int' -c 'begin; lock app.upgrades'\" % self.pg_service, shell=True)\n"
        ),
    );
    let bin = crate::support::cluster().programs().sibling(pum::programs::Program::Psql);
    let path = format!("{}:{}", bin.parent().unwrap().display(), std::env::var("PATH").unwrap_or_default());
    assert_run!(it.pum("upgrade").env("PATH", path), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.1.0_a.sql, delta_1.2.0_b.py
      Applied [1/2] delta_1.1.0_a.sql in [DURATION]
      Applied [2/2] delta_1.2.0_b.py in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 2 files applied
    ");
}

#[test]
fn a_failed_one_is_recorded_and_runs_again_said_aloud() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.py", format!("{PYTHON}        raise ValueError('no pipes')\n"));
    it.delta("delta_1.2.0_b.sql", "");
    assert_run!(it.pum("upgrade"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: delta_1.1.0_a.py, delta_1.2.0_b.sql
    error: delta_1.1.0_a.py: ValueError: no pipes
     --> delta/delta_1.1.0_a.py:6:9
      |
    6 |         raise ValueError('no pipes')
      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ ValueError
      traceback: Traceback (most recent call last):
          File "[PROJECT]/delta/delta_1.1.0_a.py", line 6, in run
            raise ValueError('no pipes')
        ValueError: no pipes
      state: what it committed itself stays; it is recorded as begun and not ended, and runs again
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
      not run: delta_1.2.0_b.sql
    hint: mend it, then run the same command again: it goes on from there
    "#);
    assert_eq!(it.record(), "1.0.0 baseline 0 true\n1.1.0 a 4 false");
    it.delta("delta_1.1.0_a.py", format!("{PYTHON}        pass\n"));
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
      warning delta_1.1.0_a.py began at [TIME] and did not end; it runs again
         Plan 2 files: delta_1.1.0_a.py, delta_1.2.0_b.sql
      Applied [1/2] delta_1.1.0_a.py in [DURATION]
      Applied [2/2] delta_1.2.0_b.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 2 files applied
    ");
    assert_eq!(it.record(), "1.0.0 baseline 0 true\n1.1.0 a 4 true\n1.2.0 b 8 true");
}

#[test]
fn one_that_cannot_be_imported_or_has_no_class_is_named() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.py", "import missing_module_of_mine\n");
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"/\S*/python3?\b", "[PYTHON]");
    let _python = settings.bind_to_scope();
    assert_run!(it.pum("upgrade"), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.py
    error: delta_1.1.0_a.py: ModuleNotFoundError: No module named 'missing_module_of_mine'
     --> delta/delta_1.1.0_a.py:1:1
      |
    1 | import missing_module_of_mine
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ ModuleNotFoundError
      traceback: Traceback (most recent call last):
          File "[PROJECT]/delta/delta_1.1.0_a.py", line 1, in <module>
            import missing_module_of_mine
        ModuleNotFoundError: No module named 'missing_module_of_mine'
      state: what it committed itself stays; it is recorded as begun and not ended, and runs again
      database: [DATABASE] is at version 1.0.0; this run completed nothing before
    hint: [PYTHON] has no module missing_module_of_mine: [PYTHON] -m pip install missing_module_of_mine, or name a Python that has it by python_exe in pum.yaml or by --python
    "#);
    it.delta("delta_1.1.0_a.py", "print('hello')\n");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
      warning delta_1.1.0_a.py began at [TIME] and did not end; it runs again
         Plan 1 file: delta_1.1.0_a.py
              delta_1.1.0_a.py: hello
      warning delta_1.1.0_a.py defines no class of DeltaPy: nothing ran
      Applied [1/1] delta_1.1.0_a.py in [DURATION]
     Finished [DATABASE] is at version 1.1.0, 1 file applied
    ");
    it.delta("delta_1.1.0_a.py", "def x(:\n");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
      warning delta_1.1.0_a.py was edited after it was applied; what it says now did not run
     Finished [DATABASE] is at version 1.1.0; nothing to do
    ");
}

#[test]
fn a_python_that_is_not_there_is_said() {
    let it = Installation::at("1.0.0");
    it.delta("delta_1.1.0_a.py", format!("{PYTHON}        pass\n"));
    assert_run!(it.pum("upgrade --python /no/such/python3"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.py
    error: there is no program /no/such/python3
    hint: name another one with --python, or python_exe in pum.yaml
    ");
    assert_run!(it.pum("upgrade").env("PATH", "/no/such"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Plan 1 file: delta_1.1.0_a.py
    error: no python3 was found, and Python deltas need it
    hint: install python3, or name it with --python, or python_exe in pum.yaml
    ");
}
