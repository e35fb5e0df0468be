//! The data directory of a new cluster: initdb runs once, and what is broken is made anew.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use pum::programs;
use pum::shadow::cache::{Cache, Kind};
use pum::shadow::{Cluster, Options};

use super::of_kind;
use crate::support::{Project, try_query};

/// Server programs of which initdb writes down that it ran.
struct Programs {
    directory: PathBuf,
    log: PathBuf,
}

impl Programs {
    fn new(project: &Project) -> Programs {
        let real = programs::find_server(None).unwrap().path;
        let directory = project.path().join("bin");
        fs::create_dir(&directory).unwrap();
        let programs = Programs { directory, log: project.path().join("log") };
        fs::write(&programs.log, "").unwrap();
        for path in [project.path(), &programs.directory] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::set_permissions(&programs.log, fs::Permissions::from_mode(0o666)).unwrap();
        let script = format!(
            "#!/bin/sh\n[ \"$1\" = --version ] || echo run >> '{}'\nexec '{}' \"$@\"\n",
            programs.log.display(),
            real.display()
        );
        let initdb = programs.directory.join("initdb");
        fs::write(&initdb, script).unwrap();
        fs::set_permissions(&initdb, fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink(real.with_file_name("postgres"), programs.directory.join("postgres"))
            .unwrap();
        programs
    }

    /// How often initdb ran.
    fn runs(&self) -> usize {
        fs::read_to_string(&self.log).unwrap().lines().count()
    }

    fn start(&self, cache: &Cache) -> Cluster {
        let options = Options {
            programs: Some(self.directory.clone()),
            cache: Some(cache.clone()),
            ..Options::default()
        };
        let cluster = Cluster::start(&options).unwrap();
        assert!(try_query(&cluster.uri("postgres"), "create table t (a int)").is_ok());
        cluster
    }
}

/// The project's directories must be open to the server's user, as scratch is.
fn project() -> (tempfile::TempDir, Project) {
    (crate::source::temporary(), Project::new())
}

fn data(cache: &Cache) -> PathBuf {
    of_kind(cache, Kind::Template)[0].path.join("data")
}

fn break_file(path: &Path) {
    let length = fs::metadata(path).unwrap().len();
    fs::write(path, vec![b'?'; usize::try_from(length).unwrap()]).unwrap();
}

#[test]
fn initdb_runs_once_for_all_clusters_of_the_same_server() {
    let (_temporary, project) = project();
    let (programs, cache) = (Programs::new(&project), super::cache(&project));
    drop(programs.start(&cache));
    let (one, two) = (programs.start(&cache), programs.start(&cache));
    assert_ne!(one.data_dir(), two.data_dir());
    assert_eq!(programs.runs(), 1);
    // Another build of the server.
    let initdb = programs.directory.join("initdb");
    fs::write(&initdb, fs::read_to_string(&initdb).unwrap() + "# newer\n").unwrap();
    drop(programs.start(&cache));
    assert_eq!(programs.runs(), 2);
    assert_eq!(of_kind(&cache, Kind::Template).len(), 2);
}

#[test]
fn several_at_once_leave_one_template_that_works() {
    let (_temporary, project) = project();
    let (programs, cache) = (Programs::new(&project), super::cache(&project));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| drop(programs.start(&cache)));
        }
    });
    assert_eq!(super::names(cache.directory()).len(), 2, "{:?}", super::names(cache.directory()));
    let runs = programs.runs();
    drop(programs.start(&cache));
    assert_eq!(programs.runs(), runs);
}

#[test]
fn a_template_that_is_not_whole_is_made_anew() {
    let (_temporary, project) = project();
    let (programs, cache) = (Programs::new(&project), super::cache(&project));
    drop(programs.start(&cache));
    fs::remove_file(data(&cache).join("global/pg_control")).unwrap();
    assert_eq!(programs.start(&cache).notes(), Vec::<String>::new().as_slice());
    assert_eq!(programs.runs(), 2);
    assert!(data(&cache).join("global/pg_control").exists());
}

#[test]
fn a_template_that_does_not_start_is_thrown_away() {
    let (_temporary, project) = project();
    let (programs, cache) = (Programs::new(&project), super::cache(&project));
    drop(programs.start(&cache));
    break_file(&data(&cache).join("global/pg_control"));
    let notes = programs.start(&cache).notes().to_vec();
    assert_eq!(notes, ["the cached data directory was broken; it was made anew"]);
    assert!(of_kind(&cache, Kind::Template).is_empty());
    assert!(programs.start(&cache).notes().is_empty());
    assert_eq!(of_kind(&cache, Kind::Template).len(), 1);
}

#[test]
fn without_a_cache_nothing_is_kept() {
    let (_temporary, project) = project();
    let (programs, cache) = (Programs::new(&project), Cache::new(project.path().join("none"), 0));
    let options = Options { programs: Some(programs.directory.clone()), ..Options::default() };
    drop(Cluster::start(&options).unwrap());
    drop(programs.start(&cache));
    assert_eq!(programs.runs(), 2);
    assert!(cache.list().is_empty());
}
