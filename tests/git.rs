//! What pum reads of a git repository, compared with what git itself says.

use std::path::{Path, PathBuf};
use std::process::Command;

use pum::git::{Patterns, Repository};

use crate::support::scratch;

/// A repository of its own in a temporary directory.
struct Fixture {
    directory: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Fixture {
        let fixture = Fixture { directory: tempfile::tempdir_in(scratch()).unwrap() };
        fixture.git("init -q -b main");
        fixture
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Runs git with these words; gives what it prints.
    fn git(&self, words: &str) -> String {
        let output = Command::new("git")
            .current_dir(self.path())
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"])
            .args(words.split_whitespace())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        assert!(output.status.success(), "git {words}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn file(&self, path: &str, content: &str) {
        let place = self.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, content).unwrap();
    }

    fn commit(&self, subject: &str) {
        self.git("add -A");
        self.git(&format!("commit -q --allow-empty -m {subject}"));
    }

    fn open(&self) -> Repository {
        Repository::open(self.path()).unwrap()
    }
}

#[test]
fn releases_are_tags_by_version_and_annotated_ones_are_their_commits() {
    let it = Fixture::new();
    it.commit("one");
    it.git("tag -a v1.9.0 -m nine");
    it.commit("two");
    it.git("tag 1.10.0");
    it.git("tag nightly");
    it.git("tag v1.2.3 HEAD^{tree}");
    it.git("checkout -q -b side HEAD~1");
    it.commit("three");
    it.git("tag v2.0.0");
    it.git("checkout -q main");
    let repository = it.open();
    let releases = repository.releases(&Patterns::default()).unwrap();
    let names: Vec<&str> = releases.iter().map(|release| release.commit.name.as_str()).collect();
    assert_eq!(names, ["v1.9.0", "1.10.0", "v2.0.0"]);
    assert_eq!(releases[0].commit.id.to_string(), it.git("rev-parse v1.9.0^{commit}"));
    let head = repository.commit("HEAD").unwrap();
    let newest = repository.newest_release(&Patterns::default(), &head).unwrap().unwrap();
    assert_eq!(newest.version.to_string(), "1.10.0");
    let side = repository.commit("side").unwrap();
    let base = repository.merge_base(&head, &side).unwrap().unwrap();
    assert_eq!(base.id.to_string(), it.git("merge-base main side"));
    assert!(!repository.is_ancestor(&side, &head).unwrap());
}

#[test]
fn files_come_from_the_revision_and_not_from_the_working_tree() {
    let it = Fixture::new();
    it.file("model/a.sql", "one");
    it.file("run.sh", "#!/bin/sh");
    it.file(".gitignore", "*.log\n");
    std::os::unix::fs::symlink("model/a.sql", it.path().join("link")).unwrap();
    it.git("update-index --add --chmod=+x run.sh");
    it.commit("one");
    it.file("model/a.sql", "two");
    it.file("model/b é.sql", "new");
    it.file("x.log", "ignored");
    std::fs::remove_file(it.path().join(".gitignore")).unwrap();
    it.file(".git/info/exclude", "*.log\n");
    let repository = Repository::open(&it.path().join("model")).unwrap();

    let tree = repository.tree(&repository.commit("HEAD").unwrap()).unwrap();
    let listed = it.git("ls-tree -r HEAD");
    let ours: Vec<String> = tree
        .files
        .iter()
        .map(|(path, file)| format!("{:o} blob {}\t{}", file.mode, file.id, path.display()))
        .collect();
    assert_eq!(ours.join("\n"), listed);
    assert_eq!(tree.read(Path::new("model/a.sql")).unwrap(), b"one");
    let checkout = tempfile::tempdir_in(scratch()).unwrap();
    tree.write_to(checkout.path()).unwrap();
    assert_eq!(std::fs::read_to_string(checkout.path().join("link")).unwrap(), "one");

    let working = repository.working_tree().unwrap();
    let paths: Vec<&PathBuf> = working.files.keys().collect();
    assert_eq!(paths, ["link", "model/a.sql", "model/b é.sql", "run.sh"].map(PathBuf::from).each_ref());
    assert_eq!(working.read(Path::new("model/a.sql")).unwrap(), b"two");
    assert_eq!(working.files[Path::new("model/a.sql")].id.to_string(), it.git("hash-object model/a.sql"));
}

#[test]
fn what_cannot_be_read_is_said_with_its_cause() {
    let it = Fixture::new();
    it.commit("one");
    it.commit("two");
    let error = it.open().commit("v9.9.9").unwrap_err();
    assert_eq!((error.kind.exit_code(), error.message.contains("v9.9.9")), (2, true));
    let shallow = tempfile::tempdir_in(scratch()).unwrap();
    it.git(&format!("clone -q --depth 1 file://{} {}", it.path().display(), shallow.path().display()));
    let error = Repository::open(shallow.path()).unwrap().commit("HEAD~1").unwrap_err();
    assert!(error.hints.iter().any(|hint| hint.contains("shallow")), "{:?}", error.hints);
    let nowhere = tempfile::tempdir_in(scratch()).unwrap();
    assert!(Repository::find(nowhere.path()).unwrap().is_none());
    for format in ["--object-format=sha256", "--ref-format=reftable"] {
        let odd = tempfile::tempdir_in(scratch()).unwrap();
        it.git(&format!("init -q {format} {}", odd.path().display()));
        let outcome = Repository::open(odd.path()).map(|repository| repository.commit("HEAD").map(drop));
        let error = outcome.map(Result::err).unwrap_or_else(Some).unwrap();
        assert!(!error.hints.is_empty(), "{format}: {error} {:?}", error.notes);
    }
}

#[test]
fn commits_and_files_since_a_base_are_those_that_git_shows() {
    let it = Fixture::new();
    it.file("model/a.sql", "one");
    it.file("other", "one");
    it.commit("one");
    it.git("tag base");
    it.file("model/a.sql", "two");
    it.commit("two");
    it.file("other", "two");
    it.commit("three");
    it.git("checkout -q -b side HEAD~1");
    it.file("model/b.sql", "side");
    it.commit("side");
    it.git("mv model/b.sql model/c.sql");
    it.commit("moved");
    it.git("checkout -q main");
    it.git("merge -q --no-ff side -m merged");
    it.file("model/a.sql", "three");
    it.git("rm -q other");
    it.commit("four");
    it.file("model/new é.sql", "untracked");
    it.file(".gitignore", "ignored\n");
    it.file("ignored", "x");
    it.file("model/c.sql", "changed");
    it.file("staged", "x");
    it.git("add staged");
    let repository = it.open();
    let (base, head) = (repository.commit("base").unwrap(), repository.head().unwrap().unwrap());

    let commits = |since, paths: &str| {
        let logged = repository.log(since, &head, &|path| path.starts_with(paths)).unwrap();
        let mut lines: Vec<String> = logged
            .iter()
            .map(|commit| format!("{} {} {}", commit.id, commit.author, commit.subject))
            .collect();
        lines.sort();
        lines
    };
    let of_git = |range: &str, paths: &str| {
        let output = it.git(&format!("log --full-history --no-merges --format=%H|%an|%s {range} -- {paths}"));
        let mut lines: Vec<String> = output.lines().map(|line| line.replace('|', " ")).collect();
        lines.sort();
        lines
    };
    assert_eq!(commits(Some(&base), "model"), of_git("base..HEAD", "model"));
    assert_eq!(commits(Some(&base), "model").len(), 4);
    assert_eq!(commits(None, "other"), of_git("HEAD", "other"));

    let shown = |since: Option<&pum::git::Commit>| {
        let changed = repository.changed_files(since).unwrap();
        let lines: Vec<String> =
            changed.iter().map(|(path, change)| format!("{}\t{}", change.letter(), path.display())).collect();
        lines
    };
    // git leaves out what it does not track, unless it is told to track it.
    it.git("add --intent-to-add .");
    let mut of_git: Vec<String> = it
        .git("-c core.quotePath=false diff --no-renames --name-status base")
        .lines()
        .map(str::to_owned)
        .collect();
    of_git.sort_by(|a, b| a[2..].cmp(&b[2..]));
    it.git("reset -q");
    assert_eq!(shown(Some(&base)), of_git);
    assert_eq!(shown(None).len(), 5);
    assert!(shown(None).iter().all(|line| line.starts_with('A')));
    assert_eq!(repository.branch().as_deref(), Some("main"));
    it.git("checkout -q --detach");
    assert_eq!(it.open().branch(), None);
}

#[test]
fn a_merge_that_changes_more_than_its_parents_is_a_commit_of_its_own() {
    let it = Fixture::new();
    it.file("model/a.sql", "one");
    it.commit("one");
    it.git("checkout -q -b side");
    it.file("side", "x");
    it.commit("side");
    it.git("checkout -q main");
    it.file("main", "x");
    it.commit("main");
    it.git("merge -q --no-ff --no-commit side");
    it.file("model/a.sql", "evil");
    it.commit("evil");
    let repository = it.open();
    let head = repository.head().unwrap().unwrap();
    let base = repository.commit("HEAD~2").unwrap();
    let logged = repository.log(Some(&base), &head, &|path| path.starts_with("model")).unwrap();
    let subjects: Vec<&str> = logged.iter().map(|commit| commit.subject.as_str()).collect();
    assert_eq!(subjects, it.git("log --format=%s HEAD~2.. -- model").lines().collect::<Vec<_>>());
    assert_eq!(subjects, ["evil"]);
}
