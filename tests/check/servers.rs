//! Every change is found on every major version of the server. `PUM_TEST_SERVERS` says where their programs are: a list
//! of directories, as PATH is one, each with the programs of a server or with a directory for each server, such as
//! `.ci/servers` makes. Without it, these tests do nothing.

use std::path::{Path, PathBuf};

use pum::shadow::{Cluster, Options};

use super::changes;
use crate::support::start;

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
