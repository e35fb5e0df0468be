//! Models: what comes from the cache equals what was built, and everything that went into it counts.

use std::fs;

use pum::commands::check;
use pum::compare::Scope;
use pum::progress::{Cancel, Event, Progress, Silent};
use pum::shadow::cache::{Cache, Kind};
use pum::source::{Loading, Opened, Project as Model, Recipe, Shadow, Source, Throwaway};

use super::{of_kind, pum};
use crate::source_git::{commit, git};
use crate::support::{Project, run, try_query, try_sql};

/// What makes a model hard to bring back.
const MODEL: &str = r#"
do $$ begin
  if not exists (select from pg_roles where rolname = 'cache owner') then
    create role "cache owner" nologin noinherit createdb connection limit 3;
    create role cache_reader login in role "cache owner";
    alter role cache_reader set search_path to app, public;
    comment on role cache_reader is 'reads';
  end if;
end $$;
create extension hstore;
create schema app authorization "cache owner";
do $$ begin execute format('alter database %I set app.mode = ''on''', current_database());
            execute format('revoke connect on database %I from public', current_database());
            execute format('grant connect on database %I to cache_reader', current_database());
            execute format('comment on database %I is ''the model''', current_database()); end $$;
create table app.pipe (gone int, id serial primary key, h public.hstore, code varchar(5), owner text,
  constraint code check (code in ('a', 'b', 'c')));
alter table app.pipe drop column gone;
alter table app.pipe owner to "cache owner";
alter table app.pipe enable row level security;
create policy p on app.pipe for select to cache_reader using (owner = current_user);
comment on column app.pipe.code is 'a, b or c';
insert into app.pipe (code, owner) values ('a', 'x'), ('b', 'y');
create sequence app.unused start 7; create sequence app.used; select setval('app.used', 42, false);
create table app.vl_kind (id int primary key, name text); insert into app.vl_kind values (1, 'one'), (2, e'tab\t');
create view app.v with (security_barrier) as select id, code from app.pipe where code in ('a', 'b');
grant select (id) on app.v to cache_reader with grant option;
create materialized view app.m as select count(*) from app.pipe;
create materialized view app.empty as select 1 as one with no data;
create function app.f() returns trigger language plpgsql as $$ begin new.owner := current_user; return new; end $$;
create trigger tr before insert on app.pipe for each row execute function app.f();
alter table app.pipe disable trigger tr;
create function app.e() returns event_trigger language plpgsql as $$ begin end $$;
create event trigger e on ddl_command_end execute function app.e();
alter default privileges for role "cache owner" in schema app grant select on tables to cache_reader;
grant usage on schema app to public;
create statistics app.s on code, owner from app.pipe;
create rule r as on delete to app.vl_kind do instead nothing;
create publication pub for table app.pipe;
select lo_create(4711);
"#;

/// A repository with this model.
fn repository(recipe: &str) -> Project {
    let project = Project::new();
    git(&project, &["init", "-q", "-b", "main"]);
    project.file("pum.yaml", format!("model: {recipe}\n"));
    project.file("model.sql", MODEL);
    project.file("README", "nothing of the model\n");
    commit(&project, "v1.0.0");
    project
}

/// What its pum.yaml says, for the library.
fn model(project: &Project) -> Model {
    Model {
        directory: project.path().to_owned(),
        recipe: Some(Recipe::Sql(vec!["model.sql".to_owned()])),
        ..Model::default()
    }
}

/// Opens the model of a repository by the library, in a run of its own.
fn open(project: &Project, cache: Option<&Cache>, progress: &dyn Progress) -> (Opened, Throwaway) {
    let model = model(project);
    let throwaway = Throwaway::new(Loading {
        shadow: Shadow { cache: cache.cloned(), ..Shadow::default() },
        ..Loading::default()
    });
    (open_in(&throwaway, &model, progress), throwaway)
}

fn open_in(throwaway: &Throwaway, model: &Model, progress: &dyn Progress) -> Opened {
    let source = Source::resolve("git:v1.0.0", model).unwrap();
    let opened = source.open(throwaway, None, progress, &Cancel::default());
    opened.unwrap_or_else(|error| panic!("{error}: {:?}", error.notes))
}

fn uri(opened: &Opened) -> String {
    let get = |keyword| opened.connection.get(keyword).unwrap();
    format!(
        "host='{}' port={} user={} dbname={}",
        get("host"),
        get("port"),
        get("user"),
        opened.connection.database()
    )
}

/// Notes what it is told.
#[derive(Default)]
struct Notes(std::sync::Mutex<String>);

impl Progress for Notes {
    fn event(&self, event: &Event<'_>) {
        if let Event::Note { text } = event {
            self.0.lock().unwrap().push_str(text);
        }
    }
}

#[test]
fn what_comes_from_the_cache_equals_what_was_built() {
    let project = repository("{sql: model.sql}");
    let cache = super::cache(&project);
    let (built, _one) = open(&project, Some(&cache), &Silent);
    let notes = Notes::default();
    let (restored, _two) = open(&project, Some(&cache), &notes);
    assert!(notes.0.lock().unwrap().contains("git:v1.0.0 was built before"), "{:?}", notes.0);
    assert_same(&built, &restored);
}

#[test]
fn what_is_copied_within_a_run_equals_what_was_built() {
    let project = repository("{sql: model.sql}");
    let (built, throwaway) = open(&project, None, &Silent);
    let notes = Notes::default();
    let copied = open_in(&throwaway, &model(&project), &notes);
    assert_eq!(*notes.0.lock().unwrap(), "git:v1.0.0 was built before, and is copied");
    assert_same(&built, &copied);
}

/// That two databases are equal, in all that is compared and in more.
fn assert_same(built: &Opened, other: &Opened) {
    let options = check::Options {
        delta: false,
        first: Source::Shadow,
        second: Source::Shadow,
        scope: Scope { with: pum::catalog::Element::ALL.to_vec(), ..Scope::default() },
        left_out: pum::catalog::LeftOut::default(),
        value_lists: vec!["app.*".to_owned()],
        pg_restore: None,
        pg_dump: None,
        shadow: Shadow::default(),
        rules: Vec::new(),
        upgrades_table: None,
    };
    let check = check::between(built, other, &options, &Silent, &Cancel::default()).unwrap();
    assert!(check.is_equal(), "{:#?}", check.comparison.differences);
    for sql in [
        "select schemaname, sequencename, start_value, last_value from pg_sequences order by 2",
        "select last_value, is_called from app.used",
        "select matviewname, ispopulated from pg_matviews order by 1",
        "select rolname, rolinherit, rolcanlogin, rolcreatedb, rolconnlimit, rolconfig, shobj_description(oid, 'pg_authid'),
           (select string_agg(pg_get_userbyid(roleid), ',') from pg_auth_members m where m.member = r.oid)
         from pg_roles r where rolname like 'cache%' order by 1",
        "select array(select a::text from unnest(datacl) a order by 1), shobj_description(oid, 'pg_database') from pg_database
         where datname = current_database()",
        "show app.mode",
        "select oid from pg_largeobject_metadata",
        "select * from app.pipe order by id",
        "select tgname, tgenabled from pg_trigger where tgname = 'tr'",
    ] {
        let rows = try_query(&uri(built), sql);
        assert!(rows.is_ok(), "{sql}: {rows:?}");
        assert_eq!(rows, try_query(&uri(other), sql), "{sql}");
    }
}

#[test]
fn what_would_not_come_back_as_it_was_is_not_kept() {
    let project = repository("{sql: model.sql}");
    project.file(
        "model.sql",
        "create table t (a int); insert into t values (1); create unique index i on t (a);
         update pg_index set indisvalid = false where indexrelid = 'i'::regclass;",
    );
    let check = ["check", "-p1", "git:", "-p2", "git:", "-s"];
    for _ in 0..2 {
        let told = run(&mut pum(&project, &check));
        assert!(told.contains("git: is not kept in the cache: the index i is not valid"), "{told}");
        assert!(!told.contains("taken from the cache"), "{told}");
        assert!(told.contains("git: was built before, and is copied"), "{told}");
    }
    assert!(of_kind(&super::cache(&project), Kind::Model).is_empty());
}

/// Whether the model of the working tree comes from the cache.
fn is_cached(project: &Project) -> bool {
    let told = run(&mut pum(project, &["check", "-p1", "git:", "-p2", "shadow:", "-s"]));
    let (cached, built) = (told.contains("git: was built before"), told.contains("building git:"));
    assert!(cached != built, "{told}");
    cached
}

#[test]
fn of_sql_files_those_of_the_model_count_with_order_and_configuration() {
    let project = repository("{sql: [model.sql, 'views/*.sql']}");
    project.file("model.sql", "create table a (id int);");
    project.file("views/v.sql", "create view v as select id from a;");
    assert!(!is_cached(&project) && is_cached(&project));
    project.file("README", "changed");
    assert!(is_cached(&project));
    project.file("model.sql", "create table a (id int); -- changed\n");
    assert!(!is_cached(&project) && is_cached(&project));
    project.file("views/w.sql", "create view w as select id from a;");
    assert!(!is_cached(&project));
    project.file("pum.yaml", "model: {sql: [model.sql, views/w.sql, views/v.sql]}\n");
    assert!(!is_cached(&project));
    project.file("pum.yaml", "model: {sql: [model.sql, views/w.sql, views/v.sql]}\nshadow: {roles: [r]}\n");
    assert!(!is_cached(&project));
    // A commit with the same content is the same model.
    commit(&project, "v1.1.0");
    let told = run(&mut pum(&project, &["check", "-p1", "git:v1.1.0", "-p2", "git:", "-s"]));
    assert!(told.contains("git:v1.1.0 was built before") && told.contains("git: was built before"), "{told}");
}

#[test]
fn a_file_that_another_one_includes_counts() {
    let project = repository("{sql: model.sql}");
    project.file("model.sql", "\\ir parts/a.sql\n");
    project.file("parts/a.sql", "create table a (id int);");
    assert!(!is_cached(&project) && is_cached(&project));
    project.file("parts/a.sql", "create table a (id bigint);");
    assert!(!is_cached(&project));
}

#[test]
fn of_a_command_every_file_counts_with_its_mode_and_the_variables_that_it_names() {
    use std::os::unix::fs::PermissionsExt;
    let project = repository("{run: 'psql -Xqc \"create table a_$WHICH (id int)\"'}");
    assert!(!is_cached(&project) && is_cached(&project));
    let readme = project.file("README", "changed");
    assert!(!is_cached(&project) && is_cached(&project));
    fs::set_permissions(&readme, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(!is_cached(&project) && is_cached(&project));
    let told = run(pum(&project, &["check", "-p1", "git:", "-p2", "shadow:"]).env("WHICH", "x"));
    assert!(told.contains("a_x") && told.contains("building git:"), "{told}");
}

#[test]
fn of_deltas_the_directories_count_with_table_and_variables() {
    let project = repository("{deltas: true}");
    let config = |more: &str| {
        let text =
            format!("model: {{deltas: true}}\nupgrades_table: app.upgrades\ndelta_dirs: [delta]\n{more}");
        project.file("pum.yaml", text);
    };
    config("");
    project.delta("delta_1.0.0_a.sql", "create table app.a (id int)");
    assert!(!is_cached(&project) && is_cached(&project));
    project.file("model.sql", "changed");
    assert!(is_cached(&project));
    project.delta("delta_1.1.0_b.sql", "create table app.b (id int)");
    assert!(!is_cached(&project) && is_cached(&project));
    config("variables: {SRID: 2056}\n");
    assert!(!is_cached(&project) && is_cached(&project));
    config("variables: {SRID: 4326}\n");
    assert!(!is_cached(&project));
}

#[test]
fn in_one_run_the_same_model_is_built_once_also_without_a_cache() {
    let project = repository("{run: 'echo run >> $COUNT; psql -Xqc \"create table a (id int)\"'}");
    let count = project.path().join(".git/count");
    let check = |more: &str| {
        let mut command = pum(&project, &["check", "-p1", "git:v1.0.0", "-p2", "git:", "-s"]);
        let told = run(command.env("COUNT", &count).args(more.split_whitespace()));
        assert!(told.starts_with("exit code: 0"), "{told}");
        fs::read_to_string(&count).unwrap().lines().count()
    };
    assert_eq!(check("--no-cache"), 1);
    assert_eq!(check("--no-cache"), 2);
    assert_eq!(check(""), 3);
    assert_eq!(check(""), 3);
}

#[test]
fn a_broken_model_is_built_anew_and_a_changed_database_changes_nothing_in_the_cache() {
    let project = repository("{sql: model.sql}");
    let cache = super::cache(&project);
    let (opened, _run) = open(&project, Some(&cache), &Silent);
    try_sql(&uri(&opened), "drop table app.vl_kind").unwrap();
    let (opened, _run) = open(&project, Some(&cache), &Silent);
    assert!(try_query(&uri(&opened), "select from app.vl_kind").is_ok());
    let dump = of_kind(&cache, Kind::Model)[0].path.join("dump");
    let mut bytes = fs::read(&dump).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&dump, bytes).unwrap();
    let notes = Notes::default();
    let (opened, _run) = open(&project, Some(&cache), &notes);
    assert!(try_query(&uri(&opened), "select from app.vl_kind").is_ok());
    assert!(!notes.0.lock().unwrap().contains("built before"), "{:?}", notes.0);
    assert_eq!(of_kind(&cache, Kind::Model).len(), 1);
}

#[test]
fn what_was_not_used_for_the_longest_time_goes_when_there_is_too_much() {
    let project = repository("{sql: model.sql}");
    let check = |size: &str| {
        let mut command = pum(&project, &["check", "-p1", "git:", "-p2", "shadow:", "-s"]);
        let told = run(command.env("PUM_CACHE_SIZE", size));
        assert!(told.starts_with("exit code: 1"), "{told}");
    };
    let counts = || [Kind::Template, Kind::Model].map(|kind| of_kind(&super::cache(&project), kind).len());
    check("1GB");
    assert_eq!(counts(), [1, 1]);
    project.file("model.sql", "create table a (id int);");
    check("1GB");
    assert_eq!(counts(), [1, 2]);
    // The data directory alone is larger than that, and it was used after the two models.
    project.file("model.sql", "create table b (id int);");
    check("1MB");
    assert_eq!(counts(), [0, 1]);
    project.file("model.sql", "create table c (id int);");
    check("0");
    assert_eq!(counts(), [0, 1], "nothing is kept");
}

#[test]
fn a_version_that_is_not_there_is_asked_for_in_vain() {
    let project = repository("{sql: model.sql}");
    project.file("pum.yaml", "model: {sql: model.sql}\nshadow: {version: 99}\n");
    let told = run(&mut pum(&project, &["check", "-p1", "git:", "-p2", "shadow:"]));
    assert!(told.contains("initdb of PostgreSQL 99 or newer is needed"), "{told}");
}
