//! Every change is found on every major version of the server. `PUM_TEST_SERVERS` says where their programs are: a list
//! of directories, as PATH is one, each with the programs of a server or with a directory for each server, such as
//! `.ci/servers` makes. Without it, these tests do nothing.

use std::path::{Path, PathBuf};

use pum::shadow::{Cluster, Options};

use super::{changes, lines, options, run};
use crate::support::{Database, database, start};

/// The cluster of a major version; none if its server is not among those that are named.
fn cluster(major: u32) -> Option<Cluster> {
    let Some(list) = std::env::var_os("PUM_TEST_SERVERS") else {
        eprintln!("PUM_TEST_SERVERS is not set: nothing is tested with PostgreSQL {major}");
        return None;
    };
    let directories: Vec<PathBuf> =
        std::env::split_paths(&list).flat_map(|path| programs_below(&path)).collect();
    assert!(!directories.is_empty(), "no server in PUM_TEST_SERVERS, {}", list.display());
    let programs = directories
        .into_iter()
        .find(|path| pum::programs::server_in(path).is_ok_and(|found| found.major == major));
    if programs.is_none() {
        eprintln!("PostgreSQL {major} is not in PUM_TEST_SERVERS: nothing is tested with it");
    }
    Some(start(&Options { programs: Some(programs?), ..Options::default() }))
}

/// The directories with a server's programs: this one, its `bin`, or those of the directories in it.
fn programs_below(path: &Path) -> Vec<PathBuf> {
    let own = |path: &Path| {
        [path.to_owned(), path.join("bin")].into_iter().find(|directory| directory.join("initdb").exists())
    };
    if let Some(own) = own(path) {
        return vec![own];
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries.filter_map(|entry| own(&entry.path())).collect()
}

macro_rules! majors {
    ($($name:ident: $major:literal,)*) => {
        $(#[test]
        fn $name() {
            if let Some(cluster) = cluster($major) {
                changes::run_all(&cluster);
            }
        })*

        const MAJORS: &[u32] = &[$($major),*];
    };
}

majors! {
    every_change_is_found_on_13: 13,
    every_change_is_found_on_14: 14,
    every_change_is_found_on_15: 15,
    every_change_is_found_on_16: 16,
    every_change_is_found_on_17: 17,
    every_change_is_found_on_18: 18,
}

#[test]
fn the_oldest_version_that_is_read_is_tested() {
    assert_eq!(MAJORS.first(), Some(&pum::catalog::Server::OLDEST));
}

/// What major versions write in different ways: views of one table (16), the bodies of functions, NOT NULL (18).
const WRITTEN_DIFFERENTLY: &str = "create schema app;
    create table app.t (id serial primary key, s varchar(10) not null check (s in ('a', 'b')), n integer default 3);
    create view app.v as select t.id, t.s from app.t where t.n > 2 and t.s in ('a', 'c');
    create materialized view app.m as select id from app.t;
    create rule r as on delete to app.t where old.n = 1 do instead select 1;
    create function app.f(a integer) returns integer language sql as 'select a + max(n) from app.t';
    alter table app.t enable row level security;
    create policy p on app.t using (n = (select max(id) from app.t x));
    create index on app.t (lower(s)) where n > 1;";

#[test]
fn two_major_versions_are_compared_without_what_they_only_write_differently() {
    for major in [14, 18] {
        let Some(cluster) = cluster(major) else { return };
        let (here, there) = (database(), Database::create(&cluster));
        here.sql(WRITTEN_DIFFERENTLY);
        there.sql(WRITTEN_DIFFERENTLY);
        // The older side is restated where the newer server is installed, as that of `database()` is.
        let comparison = run(&options(&here, &there));
        assert_eq!(lines(&comparison), Vec::<String>::new(), "{major}");
        assert_eq!(comparison.not_compared.is_empty(), major == 14, "{:?}", comparison.not_compared);
        there.sql("create or replace view app.v as select id, s from app.t where n > 4; alter table app.t add z integer");
        let comparison = run(&options(&here, &there));
        let mut expected = vec!["column z on table app.t: -"];
        if major == 14 {
            expected.push("view app.v: definition");
        }
        assert_eq!(lines(&comparison), expected, "{major}");
    }
}
