//! Repositories to verify.

use std::path::Path;
use std::process::Command;

use crate::support::{Project, scratch};

/// A clone with its working tree.
pub struct Repo(Project);

/// The stages that are somebody else's.
const STATIC: [&str; 8] = ["--skip", "lint", "--skip", "apply", "--skip", "compare", "--skip", "again"];

pub const CONFIG: &str = "upgrades_table: app.upgrades\ndelta_dirs: [delta]\nmodel: {sql: ['model/*.sql']}\n";

impl Repo {
    /// One without a commit.
    pub fn empty() -> Repo {
        let repo = Repo(Project::new());
        repo.git(&["init", "-q", "-b", "main"]);
        repo
    }

    /// One with the releases v1.0.0 and v1.1.0, each with a delta, and nothing since.
    pub fn new() -> Repo {
        let repo = Repo::empty();
        repo.file("pum.yaml", CONFIG);
        repo.file("model/app.sql", "create schema app;\n");
        repo.file("delta/delta_1.0.0_app.sql", "create schema app;\n");
        repo.commit("first");
        repo.git(&["tag", "v1.0.0"]);
        repo.file("delta/delta_1.1.0_pipe.sql", "create table app.pipe (\n    id integer\n);\n");
        repo.file("model/pipe.sql", "create table app.pipe (id integer);\n");
        repo.commit("pipes");
        repo.git(&["tag", "-a", "v1.1.0", "-m", "pipes"]);
        repo
    }

    /// A bare repository that this one is pushed to, and its `origin`.
    pub fn with_origin(self) -> Repo {
        let place = tempfile::Builder::new().prefix("origin-").tempdir_in(scratch()).unwrap().keep();
        self.git(&["clone", "-q", "--bare", ".", &place.to_string_lossy()]);
        self.git(&["remote", "add", "origin", &place.to_string_lossy()]);
        self.git(&["fetch", "-q", "origin"]);
        self.git(&["remote", "set-head", "origin", "main"]);
        self
    }

    /// Another clone of this one's origin.
    pub fn clone_with(&self, options: &[&str]) -> Repo {
        let origin = self.git(&["remote", "get-url", "origin"]);
        let clone = Repo(Project::new());
        std::fs::remove_dir(clone.path().join("delta")).unwrap();
        let url = format!("file://{origin}");
        let mut words = vec!["clone", "-q"];
        words.extend(options);
        words.extend([url.as_str(), "."]);
        clone.git(&words);
        clone
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs git; gives what it prints.
    pub fn git(&self, words: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(self.path())
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"])
            .args(words)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
            .output()
            .unwrap();
        assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn file(&self, path: &str, content: impl AsRef<[u8]>) {
        self.0.file(path, content);
    }

    /// Commits everything that there is.
    pub fn commit(&self, subject: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", subject]);
    }

    /// `pum verify` with all stages. What is built is shared by the tests.
    pub fn prove(&self, words: &[&str]) -> assert_cmd::Command {
        let mut command = self.0.pum();
        command.arg("verify").args(words).env("PUM_CACHE_DIR", scratch().join("pum-cache"));
        command
    }

    /// `pum verify` with the one stage, beside those that it needs.
    pub fn lint(&self) -> assert_cmd::Command {
        let mut command = self.prove(&[]);
        command.args(["--skip", "apply", "--skip", "compare", "--skip", "again"]);
        command
    }

    /// `pum verify` without the stages that need a database.
    pub fn verify(&self, words: &[&str]) -> assert_cmd::Command {
        let mut command = self.0.pum();
        command
            .arg("verify")
            .args(STATIC)
            .args(words)
            .env("PUM_CACHE_DIR", self.path().join(".git/pum-cache"));
        command
    }
}

/// Replaces what differs from run to run, beside what all tests replace.
pub fn filters() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\b[0-9a-f]{10}\b", "[COMMIT]");
    settings.bind_to_scope()
}

/// Verifies, and compares what is printed with an inline snapshot.
macro_rules! assert_verify {
    ($command:expr, @$expected:literal) => {{
        let _commits = $crate::verify::world::filters();
        $crate::support::assert_run!($command, @$expected);
    }};
}
pub(crate) use assert_verify;
