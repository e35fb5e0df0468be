//! A project on disk, with its delta directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A temporary directory with a `delta` directory in it.
pub struct Project(TempDir);

impl Project {
    /// A new, empty one.
    pub fn new() -> Project {
        let project = Project(TempDir::with_prefix_in("project-", super::scratch()).expect("project"));
        fs::create_dir(project.path().join("delta")).expect("delta directory");
        project
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file of the delta directory, and gives its path.
    pub fn delta(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        self.file(&format!("delta/{name}"), content)
    }

    /// Writes a file, with the directories above it, and gives its path.
    pub fn file(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("parent")).expect("directories");
        fs::write(&path, content).expect("file");
        path
    }

    /// The built binary, run in the project's directory.
    pub fn pum(&self) -> assert_cmd::Command {
        assert_cmd::Command::from_std(self.command())
    }

    /// The same, to be spawned.
    pub fn command(&self) -> Command {
        let mut command = super::pum_command();
        command.current_dir(self.path());
        command
    }

    /// Runs git in the project's directory, with nothing of the user's; gives what it prints.
    pub fn git(&self, words: &[&str]) -> String {
        let output = self.git_command(words).output().expect("git runs");
        assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
    }

    /// The same, to be run: it may fail.
    pub fn git_command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("git");
        command
            .current_dir(self.path())
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"])
            .args(["-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main"])
            .args(words)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    /// Commits everything that there is, on main if it is the first time.
    pub fn commit(&self, subject: &str) {
        if !self.path().join(".git").exists() {
            self.git(&["init", "-q"]);
        }
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", subject]);
    }

    /// Commits everything that there is, and tags it.
    pub fn release(&self, tag: &str) {
        self.commit(&format!("Release {tag}"));
        self.git(&["tag", tag]);
    }
}
