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
}
