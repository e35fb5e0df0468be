//! Sources: a dump and an empty database, beside databases.

use std::path::Path;

use crate::support::{Database, Project, assert_run, database, pum, run};

/// A directory for the temporary files of one run, which every user can reach; empty when nothing is left.
pub fn temporary() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::Builder::new().prefix("pt-").tempdir().unwrap();
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    directory
}

/// That nothing is left in a directory, and nobody works there.
pub fn assert_nothing_left(directory: &Path, after: &str) {
    let left: Vec<_> = std::fs::read_dir(directory).unwrap().flatten().map(|entry| entry.path()).collect();
    assert!(left.is_empty(), "{after}: {left:?}");
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        if let Ok(cwd) = std::fs::read_link(entry.path().join("cwd")) {
            assert!(
                !cwd.starts_with(directory),
                "{after}: {} runs in {}",
                entry.path().display(),
                cwd.display()
            );
        }
    }
}

/// A database with what makes a dump hard to restore elsewhere: roles with odd names, an extension, a policy.
fn sample() -> (Database, Vec<String>) {
    let it = database();
    let roles: Vec<String> =
        ["owner", "The \"reader\"", "to"].iter().map(|name| format!("{} {name}", it.name())).collect();
    let quoted: Vec<String> = roles.iter().map(|role| format!("\"{}\"", role.replace('"', "\"\""))).collect();
    let (owner, reader, to) = (&quoted[0], &quoted[1], &quoted[2]);
    it.sql(&format!(
        "create role {owner}; create role {reader}; create role {to};
         create extension hstore; create schema app authorization {owner};
         create table app.t (id int primary key, h public.hstore, owner text);
         alter table app.t owner to {owner}; alter table app.t enable row level security;
         create policy p on app.t for select to {reader}, {to} using (owner = 'x');
         create view app.v as select id from app.t; grant select on app.v to {reader};
         alter default privileges for role {owner} in schema app grant select on tables to {to};
         create function app.f() returns int language sql as $$ select 1 $$;
         comment on table app.t is 'GRANT ALL ON app.t TO nobody;';
         insert into app.t select i, null, 'x' from generate_series(1, 10) i"
    ));
    (it, quoted)
}

fn drop_roles(it: &Database, quoted: &[String]) {
    for role in quoted {
        it.sql(&format!("drop owned by {role} cascade; drop role {role}"));
    }
}

#[test]
fn a_dump_of_each_format_equals_the_database_that_it_is_of() {
    let ((it, roles), project, temporary) = (sample(), Project::new(), temporary());
    for format in ["custom", "directory", "tar", "plain"] {
        let file = project.path().join(format);
        let told = run(pum().args(["dump", "-q", "-p", it.uri(), "--format", format]).arg(&file));
        assert!(told.starts_with("exit code: 0"), "{told}");
        let mut check = pum();
        check.env("TMPDIR", temporary.path()).args(["check", "-p1", it.uri(), "-p2"]);
        check.arg(format!("file:{}", file.display())).args(["--with", "owners,privileges,comments"]);
        let told = run(&mut check);
        assert!(told.starts_with("exit code: 0"), "{format}: {told}");
        assert_nothing_left(temporary.path(), format);
    }
    // A change after the dump is found.
    it.sql("alter table app.t add added int");
    let mut check = pum();
    check
        .args(["check", "-p2", it.uri(), "-p1"])
        .arg(format!("file:{}", project.path().join("custom").display()));
    let told = run(&mut check);
    assert!(told.starts_with("exit code: 1") && told.contains("added"), "{told}");
    drop_roles(&it, &roles);
}

#[test]
fn two_dumps_are_compared_in_one_cluster() {
    let (it, project, temporary) = (database(), Project::new(), temporary());
    it.sql("create schema app; create table app.t (a int)");
    for (file, format) in [("one", "custom"), ("two", "plain")] {
        let told = run(project.pum().args(["dump", "-p", it.uri(), "--format", format, file]));
        assert!(told.starts_with("exit code: 0"), "{told}");
        it.sql("alter table app.t add if not exists b int");
    }
    let mut check = project.pum();
    check.env("TMPDIR", temporary.path()).args(["check", "-p1", "file:one", "-p2", "file:two"]);
    let told = run(&mut check);
    assert!(told.starts_with("exit code: 1") && told.contains("app.t"), "{told}");
    assert_eq!(told.matches("a throwaway server").count(), 1, "{told}");
    assert_nothing_left(temporary.path(), "two dumps");
}

#[test]
fn an_empty_database_differs_by_everything() {
    let (it, temporary) = (database(), temporary());
    let check = || {
        let mut check = pum();
        check.env("TMPDIR", temporary.path()).args(["check", "-p1", "shadow:", "-p2", it.uri()]);
        run(&mut check)
    };
    assert!(check().starts_with("exit code: 0"), "{}", check());
    it.sql("create table t (a int)");
    let told = check();
    assert!(told.starts_with("exit code: 1") && told.contains("public.t"), "{told}");
    assert_nothing_left(temporary.path(), "shadow:");
}

#[test]
fn what_is_no_source_is_said() {
    let project = Project::new();
    project.file("text", "no dump\0");
    for (source, said) in [
        (
            "git:v1.0.0",
            "error: git:v1.0.0 cannot be read: this version of pum does not build models from git yet",
        ),
        ("file:", "error: file: names no dump"),
        ("shadow:x", "error: shadow: is an empty database; \"x\" behind it means nothing"),
        ("file:missing", "error: there is no dump missing"),
        ("file:text", "error: text is not a dump"),
        ("file:delta", "error: delta is not a dump: the directory has no toc.dat"),
        ("no_such_service", "error: service \"no_such_service\" is not defined"),
    ] {
        let told = run(project.pum().args(["check", "-p1", source, "-p2", "shadow:"]));
        assert!(told.starts_with("exit code: 2"), "{source}: {told}");
        assert!(told.contains(said), "{source}: {told}");
    }
}

#[test]
fn an_extension_that_is_not_installed_is_named() {
    let project = Project::new();
    project.file(
        "x.sql",
        "-- PostgreSQL database dump\n\nCREATE EXTENSION IF NOT EXISTS no_such_thing WITH SCHEMA public;\n\
         -- PostgreSQL database dump complete\n",
    );
    let told = run(project.pum().args(["check", "-p1", "file:x.sql", "-p2", "shadow:"]));
    assert!(told.starts_with("exit code: 3"), "{told}");
    assert!(told.contains("the dump x.sql needs an extension that PostgreSQL 1"), "{told}");
    assert!(told.contains("does not have here: no_such_thing"), "{told}");
}

#[test]
fn a_dump_that_makes_a_database_of_its_own_is_refused() {
    let project = Project::new();
    project.file("x.sql", "CREATE DATABASE prod;\n\\connect prod\nCREATE TABLE t ();\n");
    assert_run!(project.pum().args(["check", "-p1", "file:x.sql", "-p2", "shadow:"]), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: x.sql makes a database of its own, so it cannot be restored into another one
      it says: CREATE DATABASE prod;
      source: the first one, file:x.sql
    hint: dump without --create, or in another format than plain SQL
    ");
}

#[test]
fn what_the_server_refuses_of_a_dump_is_an_error_with_its_line() {
    let (project, temporary) = (Project::new(), temporary());
    project.file("x.sql", "CREATE TABLE t (a int);\nCREATE TABLE t (a int);\n");
    let mut check = project.pum();
    check.env("TMPDIR", temporary.path()).args(["check", "-p1", "file:x.sql", "-p2", "shadow:"]);
    assert_run!(check, @r#"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
         Note a throwaway server, PostgreSQL [VERSION]
         Done restore in [DURATION]
    error: 1 error while restoring x.sql into a throwaway database
      refused: x.sql:2: relation "t" already exists
      source: the first one, file:x.sql
    "#);
    assert_nothing_left(temporary.path(), "refused");
}
