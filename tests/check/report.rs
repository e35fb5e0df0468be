//! What a check tells, in every form, and how it ends.

mod browser;
mod files;
mod json;
mod pager;
mod text;

use std::path::PathBuf;
use std::sync::Arc;

use pum::catalog::{Identity, Kind};
use pum::commands::check::Check;
use pum::compare::ignore::{Rule, Written};
use pum::compare::{AttributeChange, Change, Comparison, Difference, Ignored};

use crate::support::{Database, Project, database};

/// Two databases, the services `prod` and `test`, and a directory to work in.
pub struct Pair {
    pub project: Project,
    services: PathBuf,
    _databases: [Database; 2],
}

impl Pair {
    pub fn new(first: &str, second: &str) -> Pair {
        let (one, two, project) = (database(), database(), Project::new());
        one.sql(first);
        two.sql(second);
        let entry = |name: &str, database: &Database| {
            let parameters = database.uri().split_once('?').unwrap().1.replace("%2F", "/").replace('&', "\n");
            format!("[{name}]\ndbname={}\n{parameters}\n", database.name())
        };
        let services =
            project.file("pg_service.conf", format!("{}{}", entry("prod", &one), entry("test", &two)));
        Pair { project, services, _databases: [one, two] }
    }

    /// `pum check` with these words besides `-p1 prod -p2 test`.
    pub fn check(&self, words: &str) -> assert_cmd::Command {
        self.pum(&format!("check -p1 prod -p2 test {words}"))
    }

    pub fn pum(&self, words: &str) -> assert_cmd::Command {
        assert_cmd::Command::from_std(self.command(words))
    }

    pub fn command(&self, words: &str) -> std::process::Command {
        let mut command = self.project.command();
        command.args(words.split_whitespace()).env("PGSERVICEFILE", &self.services);
        command
    }

    pub fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.project.path().join(file)).unwrap()
    }
}

/// A little of everything: objects on one side only with what hangs on them, attributes, definitions of several lines,
/// names that need quotes and would be markup.
pub fn model() -> Pair {
    Pair::new(
        "create schema app; create schema \"Odd\";
         create table app.pipe (id integer, material varchar(20) default 'PE', laid_in integer);
         create table app.node (id integer not null, name text default 'x', geom text);
         create table app.moved (a integer, b integer);
         create unlogged table app.scratch (x integer);
         create view app.steel as select id, laid_in from app.pipe
            where material = 'steel' and laid_in > 1950 order by laid_in;
         create table \"Odd\".\"<script>alert(1)</script>\" (\"<b>\" text default '<i>''\"&amp;');",
        "create schema app; create schema \"Odd\"; create schema extra;
         create table app.pipe (id integer, material text not null default 'PVC', laid_in integer, pressure double precision default 1.5);
         create table app.valve (id integer not null, label text collate \"C\");
         create table app.moved (b integer, a integer);
         create table app.scratch (x integer) with (fillfactor = 70, autovacuum_enabled = false);
         create view app.steel with (security_barrier) as select id, laid_in from app.pipe
            where material = 'steel' and laid_in > 1960 order by laid_in;
         create view app.new as select id, label from app.valve where id > 5;
         create table \"Odd\".\"<script>alert(1)</script>\" (\"<b>\" text default '</script>');",
    )
}

/// An identity by its text.
fn identity(text: &str) -> Arc<Identity> {
    Arc::new(text.parse().unwrap())
}

/// A check that found what needs more than two databases to be found.
fn check_of(comparison: Comparison) -> Check {
    Check {
        first: "prod".to_owned(),
        second: "test".to_owned(),
        created: "2030-01-02T03:04:05Z".parse().unwrap(),
        comparison,
        delta: None,
    }
}

/// A column whose type differs.
fn other_type(column: &str, first: &str, second: &str) -> Difference {
    let attribute = Kind::Column
        .attributes()
        .iter()
        .find(|attribute| attribute.name == "type")
        .expect("columns have types");
    let change = AttributeChange { attribute, first: Some(first.into()), second: Some(second.into()) };
    Difference::new(&identity(column), Change::Changed { attributes: vec![change] })
}

/// A difference that a rule covers.
fn ignored(column: &str, reason: &str) -> Ignored {
    let rule = Written { rule: Rule::default(), file: "pum.ignore.yaml".into(), line: 1 };
    Ignored {
        difference: other_type(column, "integer", "bigint"),
        reason: reason.to_owned(),
        rule: Arc::new(rule),
    }
}
