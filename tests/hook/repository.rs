//! A clone of the sample repository with the hook in it, and what git says when it pushes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::sample::{Sample, git_command};
use crate::support::{pum_command, scratch};

/// The sample repository in a directory of its own.
pub struct Repository {
    pub sample: Sample,
    directory: tempfile::TempDir,
}

/// What a program said.
pub struct Said {
    /// The exit code.
    pub code: i32,
    /// Its standard error, behind it its standard output.
    pub text: String,
}

impl std::ops::Deref for Repository {
    type Target = Sample;

    fn deref(&self) -> &Sample {
        &self.sample
    }
}

impl Repository {
    /// A fresh one, without the hook.
    pub fn without_hook() -> Repository {
        let directory = tempfile::Builder::new().prefix("project-").tempdir_in(scratch()).unwrap();
        Repository { sample: Sample::create(directory.path()), directory }
    }

    /// A fresh one, with the hook installed in the clone.
    pub fn new() -> Repository {
        let repository = Repository::without_hook();
        let said = repository.pum(&["hook", "install"]);
        assert_eq!(said.code, 0, "{}", said.text);
        repository
    }

    /// The directory that both repositories are in.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The built binary, run in the clone.
    pub fn pum(&self, arguments: &[&str]) -> Said {
        said(self.pum_in(&self.clone).args(arguments))
    }

    /// The built binary in some directory.
    pub fn pum_in(&self, directory: &Path) -> Command {
        let mut command = pum_command();
        command.current_dir(directory).env("GIT_CONFIG_GLOBAL", "/dev/null");
        command
    }

    /// git in some directory, which finds the built binary, as a user's shell has it.
    pub fn git_in(&self, directory: &Path) -> Command {
        let pum = pum_command();
        let mut command = git_command(directory);
        command.env_clear();
        for (name, value) in pum.get_envs().chain(git_command(directory).get_envs()) {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        let binaries = Path::new(env!("CARGO_BIN_EXE_pum")).parent().unwrap();
        let path = std::env::var_os("PATH").unwrap();
        let places = std::iter::once(binaries.to_owned()).chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(places).unwrap());
        command.env("PUM_CACHE_DIR", cache());
        command
    }

    /// `git push` with these words.
    pub fn push(&self, words: &[&str]) -> Said {
        said(self.git_in(&self.clone).arg("push").args(words))
    }

    /// What a ref of the bare repository is at, if it is there.
    pub fn remote(&self, reference: &str) -> Option<String> {
        let output =
            git_command(&self.bare).args(["rev-parse", "-q", "--verify", reference]).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
    }

    /// Writes a delta that does something to the model, and the model; gives the delta's path.
    pub fn delta(&self, name: &str, sql: &str) -> PathBuf {
        self.file(&format!("delta/{name}"), sql);
        self.clone.join("delta").join(name)
    }
}

/// A cache that all tests of the process share.
fn cache() -> PathBuf {
    scratch().join("cache")
}

/// Runs a program to its end.
pub fn said(command: &mut Command) -> Said {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text =
        [output.stderr, output.stdout].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    Said { code: output.status.code().unwrap_or(-1), text }
}
