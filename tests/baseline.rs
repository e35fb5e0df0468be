//! `baseline`: declares a version and makes the table, once, and says what it did.

use crate::support::{Installation, assert_run};

#[test]
fn a_first_baseline_makes_the_table_of_pum_0() {
    let it = Installation::new();
    assert_run!(it.pum("baseline -b 1.002.0"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note upgrades table app.upgrades created
         Note [DATABASE] is at version 1.2.0, by baseline in app.upgrades
    ");
    assert_eq!(it.record(), "1.2.0 baseline 0 true");
    let columns = it.database.query(
        "select attname || ' ' || format_type(atttypid, atttypmod) || case when attnotnull then ' not null' else '' end
         from pg_attribute where attrelid = 'app.upgrades'::regclass and attnum > 0 order by attnum",
    );
    insta::assert_snapshot!(columns.concat().join("\n"), @r"
    id integer not null
    version character varying(50) not null
    description character varying(200) not null
    type integer not null
    script character varying(1000) not null
    checksum character varying(32) not null
    installed_by character varying(100) not null
    installed_on timestamp without time zone not null
    execution_time integer not null
    success boolean not null
    ");
    let constraints = it.database.query(
        "select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'app.upgrades'::regclass order by 1",
    );
    insta::assert_snapshot!(constraints.concat().join("\n"), @r"
    EXCLUDE USING btree (version WITH =) WHERE ((type = 0))
    PRIMARY KEY (id)
    ");
    let row = it.database.query("select script, checksum, installed_by, success from app.upgrades");
    assert_eq!(row, [["", "", "postgres", "t"]]);
}

#[test]
fn a_missing_schema_is_said_and_made_on_demand() {
    let it = Installation::new();
    let line = |more: &str| {
        let mut command = it.bare("baseline -d delta -b 1.0.0");
        command.args(["-t", "new sys.upgrades", "-p", it.database.uri()]).args(more.split_whitespace());
        command
    };
    assert_run!(line(""), @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: the schema "new sys" of the upgrades table "new sys".upgrades does not exist
      state: nothing was done
    hint: --create-schema makes it
    "#);
    assert_run!(line("--create-schema"), @r#"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note schema new sys created
         Note upgrades table "new sys".upgrades created
         Note [DATABASE] is at version 1.0.0, by baseline in "new sys".upgrades
    "#);
    assert_eq!(it.database.value("select version from \"new sys\".upgrades"), "1.0.0");
}

#[test]
fn a_second_baseline_is_refused_unless_forced() {
    let it = Installation::at("1.0.0");
    assert_run!(it.pum("baseline -b 1.1.0"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: this database has a baseline already: 1.0.0; it is at version 1.0.0
      state: nothing was done
    hint: `pum upgrade` takes it from there
    hint: --force adds the new baseline to the old one
    ");
    assert_run!(it.pum("baseline -b 1.0.0 --force"), @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: this database has a baseline already: 1.0.0; it is at version 1.0.0
      state: nothing was done
    hint: `pum upgrade` takes it from there
    ");
    assert_run!(it.pum("baseline -b 1.1.0 --force"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note [DATABASE] is at version 1.1.0, by baseline in app.upgrades
    ");
    assert_run!(it.pum("baseline -b 0.9.0 --force"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
      warning the database stays at version 1.1.0, which is higher than the new baseline 0.9.0
         Note [DATABASE] is at version 0.9.0, by baseline in app.upgrades
    ");
    assert_eq!(it.record(), "1.0.0 baseline 0 true\n1.1.0 baseline 0 true\n0.9.0 baseline 0 true");
}

#[test]
fn a_database_that_contains_the_deltas_marks_them_applied() {
    let it = Installation::new();
    for (name, sql) in
        [("delta_1.0.0_a.sql", "select 1"), ("delta_1.1.0_b.pre.py", ""), ("delta_1.2.0_c.sql", "")]
    {
        it.delta(name, sql);
    }
    assert_run!(it.pum("baseline -b 1.1.0 --mark-applied"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note upgrades table app.upgrades created
         Note [DATABASE] is at version 1.1.0, by baseline in app.upgrades
         Note 2 deltas up to 1.1.0 recorded as applied
    ");
    assert_eq!(it.record(), "1.1.0 baseline 0 true\n1.0.0 a 8 true\n1.1.0 b 5 true");
    assert_eq!(
        it.database.value("select checksum from app.upgrades where description = 'a'"),
        "95adb6e77a0884d9e50232cb8c5c969d"
    );
    assert_run!(it.pum("upgrade --dry-run"), @r"
    exit code: 0
    ----- stdout -----
    delta_1.2.0_c.sql
    ----- stderr -----
         Plan 1 file: delta_1.2.0_c.sql
      Planned 1 file would run, from version 1.1.0; nothing was done
    ");
}

#[test]
fn a_baseline_needs_a_version_of_three_numbers() {
    let it = Installation::new();
    assert_run!(it.pum("baseline -b 1.0"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: invalid value '1.0' for '--baseline <X.Y.Z>': "1.0" is not a version: three numbers with dots between them are expected, such as 1.4.0

    For more information, try '--help'.
    "#);
    assert_run!(it.pum("baseline"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: the following required arguments were not provided:
      --baseline <X.Y.Z>

    Usage: pum baseline --baseline <X.Y.Z> --pg-service <DATABASE> --table <TABLE> --dir <DIR>...

    For more information, try '--help'.
    ");
    assert!(!it.has("app.upgrades"));
}

#[test]
fn a_role_makes_and_owns_the_table() {
    let it = Installation::new();
    let role = format!("owner_{}", it.database.name());
    it.database.sql(&format!("create role {role}; grant create, usage on schema app to {role}"));
    it.works(&format!("baseline -b 1.0.0 --role {role}"));
    assert_eq!(
        it.database.value("select relowner::regrole from pg_class where oid = 'app.upgrades'::regclass"),
        role
    );
    it.database.sql(&format!("drop owned by {role}; drop role {role}"));
}

#[test]
fn a_protected_database_asks_for_its_name() {
    let it = Installation::new();
    it.project.file("pum.yaml", format!("protect: [{}]\n", it.database.name()));
    assert_run!(it.pum("baseline -b 1.0.0").write_stdin(""), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    [DATABASE] is protected. Type "[DATABASE]" to go on: 
    error: [DATABASE] is protected and its name was not typed
      state: nothing was done
    hint: --yes=[DATABASE] says that you mean it
    "#);
    assert_run!(it.pum("baseline -b 1.0.0 --yes"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    [DATABASE] is protected. Type "[DATABASE]" to go on: 
    error: [DATABASE] is protected and its name was not typed
      state: nothing was done
    hint: --yes=[DATABASE] says that you mean it
    "#);
    assert!(!it.has("app.upgrades"));
    it.works(&format!("baseline -b 1.0.0 --yes={}", it.database.name()));
    let name = it.database.name().to_owned() + "\n";
    assert_run!(it.pum("upgrade").write_stdin(name), @r#"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    [DATABASE] is protected. Type "[DATABASE]" to go on: 
     Finished [DATABASE] is at version 1.0.0; nothing to do
    "#);
}

#[test]
fn a_baseline_needs_deltas_only_to_mark_them() {
    let it = Installation::new();
    let line = |more: &str| {
        let mut command = it.bare("baseline -b 1.0.0 -t app.upgrades");
        command.args(["-p", it.database.uri()]).args(more.split_whitespace());
        command
    };
    assert_run!(line("--mark-applied"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: no delta directory is named
    hint: name it with -d DIR, or as delta_dirs in pum.yaml
    ");
    assert_run!(line(""), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Note upgrades table app.upgrades created
         Note [DATABASE] is at version 1.0.0, by baseline in app.upgrades
    ");
}
