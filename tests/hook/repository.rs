//! A clone of the sample repository with the hook in it, and what git says when it pushes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::sample::{Sample, git_command};
use crate::support::{pum_command, scratch};

/// The sample repository in a directory of its own.
pub struct Repository {
    pub sample: Sample,
    directory: tempfile::TempDir,
    /// Where temporary files go: servers and their sockets, too.
    temporary: tempfile::TempDir,
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
        // Near, for the paths of sockets, and open to the user that servers run as.
        let temporary = tempfile::Builder::new().prefix("pum-push-").tempdir_in("/tmp").unwrap();
        std::fs::set_permissions(temporary.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
        Repository { sample: Sample::create(directory.path()), directory, temporary }
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
        command.env("PUM_CACHE_DIR", cache()).env("TMPDIR", self.temporary.path());
        command
    }

    /// `git push` with these words, to its end. Nothing of it may stay: no server, no socket, no directory.
    pub fn push(&self, words: &[&str]) -> Said {
        self.push_from(&self.clone, words)
    }

    /// The same, from some directory.
    pub fn push_from(&self, directory: &Path, words: &[&str]) -> Said {
        let said = said(self.git_in(directory).arg("push").args(words));
        self.assert_nothing_is_left();
        said
    }

    /// A push that must be refused; gives what is told. The bare repository stays as it was.
    pub fn refused(&self, words: &[&str]) -> String {
        let before = self.remote_refs();
        let said = self.push(words);
        assert_eq!(said.code, 1, "{}", said.text);
        assert_eq!(self.remote_refs(), before, "{}", said.text);
        said.text
    }

    /// A push that must go through; gives what is told.
    pub fn accepted(&self, words: &[&str]) -> String {
        let said = self.push(words);
        assert_eq!(said.code, 0, "{}", said.text);
        said.text
    }

    /// All refs of the bare repository with their objects.
    pub fn remote_refs(&self) -> String {
        let output =
            git_command(&self.bare).args(["for-each-ref", "--format=%(refname) %(objectname)"]).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    }

    /// The object that a ref of the bare repository is at, if it is there.
    pub fn remote(&self, reference: &str) -> Option<String> {
        self.remote_refs()
            .lines()
            .find_map(|line| Some(line.strip_prefix(reference)?.strip_prefix(' ')?.to_owned()))
    }

    /// Waits until no file is left in the temporary directory and no process works there.
    pub fn assert_nothing_is_left(&self) {
        self.assert_nothing_is_left_but("nothing");
    }

    /// The same, of all but files whose names begin so.
    pub fn assert_nothing_is_left_but(&self, beginning: &str) {
        let began = Instant::now();
        loop {
            let mut left = self.left();
            left.retain(|path| !path.file_name().unwrap().to_string_lossy().starts_with(beginning));
            if left.is_empty() {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "left: {left:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn left(&self) -> Vec<PathBuf> {
        let place = self.temporary.path();
        let files = std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path());
        let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
            let process = entry.ok()?.path();
            let line = std::fs::read_to_string(process.join("cmdline")).unwrap_or_default();
            process
                .join("cwd")
                .read_link()
                .ok()?
                .starts_with(place)
                .then(|| process.join(line.replace('\0', " ")))
        });
        files.chain(processes).collect()
    }

    /// Writes a delta and commits it, alone.
    pub fn delta(&self, name: &str, sql: &str) {
        self.file(&format!("delta/{name}"), sql);
        self.commit(name);
    }

    /// A good change: a column more, in the model and by a delta.
    pub fn good(&self, version: &str) {
        self.git(&["checkout", "-q", "-B", "work", "origin/main"]);
        let file = self.clone.join("model/20_t_50.sql");
        let table = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, table.replace("\n);", ",\n    depth integer\n);")).unwrap();
        self.delta(
            &format!("delta_{version}_depth.sql"),
            "alter table water.t_50 add column depth integer;\n",
        );
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
