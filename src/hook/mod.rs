//! The git hook: installed as a file where git looks for one, with the hook that was there before kept beside and run
//! first. Where another program rules the hooks, nothing is written.

pub mod managers;
pub mod script;

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error;
use crate::git::{Hooks, Repository};
use crate::{Error, Result};
use managers::Manager;
use script::Found;

/// When the hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Before a push.
    PrePush,
    /// Before a commit.
    PreCommit,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 2] = [Kind::PrePush, Kind::PreCommit];

    /// git's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::PrePush => "pre-push",
            Kind::PreCommit => "pre-commit",
        }
    }

    /// The name of what pum does then, in `.pre-commit-hooks.yaml`.
    pub fn id(self) -> &'static str {
        match self {
            Kind::PrePush => "pum-verify",
            Kind::PreCommit => "pum-check-deltas",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A place for a hook: of one kind, in one repository.
#[derive(Debug)]
pub struct Place {
    kind: Kind,
    top: PathBuf,
    hooks: Hooks,
    /// What the file should hold.
    text: String,
}

/// What is at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// No hook.
    Absent,
    /// Ours, as this pum writes it.
    Installed,
    /// Ours, as another pum wrote it.
    Outdated,
    /// Ours, edited by somebody.
    Edited,
    /// Somebody else's.
    Foreign,
    /// Somebody else's, which runs pum.
    Called,
}

/// What is at a place, for people and programs.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// Which hook.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The file that git runs.
    pub file: PathBuf,
    /// What it is.
    pub state: State,
    /// Whether git runs it: it may be executed.
    pub executable: bool,
    /// The hook that was there before, which is run first.
    pub before: Option<PathBuf>,
    /// The program that rules the hooks.
    pub manager: Option<&'static str>,
    /// Whether the directory is that of all repositories.
    pub shared: bool,
}

impl Status {
    /// Whether pum runs when git does this.
    pub fn is_in_force(&self) -> bool {
        match self.state {
            State::Installed | State::Outdated | State::Edited => self.executable,
            State::Called => true,
            State::Absent | State::Foreign => false,
        }
    }
}

/// What installing did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Installed {
    /// It was there already.
    Already,
    /// It was written, or a hook of another pum replaced.
    Written {
        /// The hook that was there and is run first now, and whether it may be executed: else git did not run it, and
        /// nor do we.
        before: Option<(PathBuf, bool)>,
        /// The edited one that was put aside.
        aside: Option<PathBuf>,
    },
}

/// What uninstalling did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removed {
    /// There was none.
    Nothing,
    /// It is gone.
    Gone {
        /// Whether the hook that was there before is back.
        is_back: bool,
        /// The edited one that was put aside.
        aside: Option<PathBuf>,
    },
}

impl Place {
    /// The place of a hook in a repository. `config` is the configuration file, if there is one.
    ///
    /// # Errors
    /// None that the template as it is could have.
    pub fn of(repository: &Repository, kind: Kind, config: Option<&Path>) -> Result<Place> {
        let hooks = repository.hooks();
        let top = repository.top().to_owned();
        let file = hooks.directory.join(kind.name());
        let shown = file.strip_prefix(&top).unwrap_or(&file).to_string_lossy().into_owned();
        let config = config.and_then(|config| {
            let real = |path: &Path| path.canonicalize().ok();
            let below = real(config)?.strip_prefix(real(&top)?).ok()?.to_string_lossy().into_owned();
            // At the top it is found without being named, also in commits that have none.
            (below != crate::config::FILE_NAME).then_some(below)
        });
        let text = script::text(kind, config.as_deref(), &shown)?;
        Ok(Place { kind, top, hooks, text })
    }

    /// The file that git runs.
    pub fn file(&self) -> PathBuf {
        self.hooks.directory.join(self.kind.name())
    }

    /// Where the hook is kept that was there before.
    pub fn before(&self) -> PathBuf {
        self.hooks.directory.join(format!("{}.before-pum", self.kind))
    }

    /// Whether the file is one of the working tree, for everybody who clones the repository.
    pub fn is_in_working_tree(&self) -> bool {
        let git = self.top.join(".git");
        self.hooks.directory.starts_with(&self.top) && !self.hooks.directory.starts_with(git)
    }

    /// A file's path as it is shown.
    pub fn shown(&self, file: &Path) -> String {
        file.strip_prefix(&self.top).unwrap_or(file).display().to_string()
    }

    /// The text of the hook that is there; of one that is no text, something that is not ours.
    fn existing(&self) -> Result<Option<String>> {
        let file = self.file();
        match fs::read(&file) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            // A symbolic link that leads nowhere is somebody's all the same.
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                Ok(file.symlink_metadata().ok().map(|_| String::new()))
            }
            Err(cause) => Err(cannot("read", &file, cause)),
        }
    }

    /// What is there.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn status(&self) -> Result<Status> {
        let existing = self.existing()?;
        let manager = self.manager(existing.as_deref());
        let state = match (&existing, &manager) {
            (_, Some(manager)) if manager.calls_pum => State::Called,
            (None, _) => State::Absent,
            (Some(text), _) => match script::recognise(text, &self.text) {
                Found::Current => State::Installed,
                Found::Outdated => State::Outdated,
                Found::Edited => State::Edited,
                Found::Foreign if managers::calls_pum(text, self.kind) => State::Called,
                Found::Foreign => State::Foreign,
            },
        };
        let file = self.file();
        let before = self.before();
        Ok(Status {
            kind: self.kind,
            state,
            executable: is_executable(&file),
            before: before.symlink_metadata().is_ok().then_some(before),
            manager: manager.map(|manager| manager.name),
            shared: self.hooks.is_shared,
            file,
        })
    }

    fn manager(&self, existing: Option<&str>) -> Option<Manager> {
        managers::find(&self.top, &self.hooks, self.kind, existing)
    }

    /// Puts the hook there; what is there already is kept and run first. With `force`, an edited hook of ours is put
    /// aside.
    ///
    /// # Errors
    /// Another program that rules the hooks, with the lines to add there; an edited hook; what the file system refuses.
    /// Nothing was written then.
    pub fn install(&self, force: bool) -> Result<Installed> {
        let existing = self.existing()?;
        self.refuse_manager(existing.as_deref())?;
        if self.hooks.is_shared {
            return Err(self.shared());
        }
        let file = self.file();
        let found = existing.as_deref().map(|text| script::recognise(text, &self.text));
        let before = self.before();
        let mut aside = None;
        let mut keep = false;
        match found {
            Some(Found::Current) if is_executable(&file) => return Ok(Installed::Already),
            None | Some(Found::Current | Found::Outdated) => {}
            Some(Found::Edited) if force => aside = Some(self.free("edited")?),
            Some(Found::Edited) => return Err(self.edited("replaced")),
            Some(Found::Foreign) => {
                if managers::calls_pum(existing.as_deref().unwrap_or_default(), self.kind) {
                    return Err(error::Error::new(
                        error::Kind::No,
                        format!("the hook {} runs pum already, and is not pum's own", self.shown(&file)),
                    )
                    .note("state", "nothing was written"));
                }
                if before.symlink_metadata().is_ok() {
                    return Err(Error::usage(format!(
                        "{} would be kept as {}, which is there already",
                        self.shown(&file),
                        self.shown(&before)
                    ))
                    .note("state", "nothing was written")
                    .hint("rename or remove one of the two"));
                }
                keep = true;
            }
        }
        fs::create_dir_all(&self.hooks.directory)
            .map_err(|cause| cannot("make", &self.hooks.directory, cause))?;
        let new = self.write()?;
        if let Some(aside) = &aside {
            fs::rename(&file, aside).map_err(|cause| cannot("rename", &file, cause))?;
        }
        if keep {
            fs::rename(&file, &before).map_err(|cause| cannot("rename", &file, cause))?;
        }
        new.persist(&file).map_err(|cause| {
            if keep {
                let _ = fs::rename(&before, &file);
            }
            cannot("write", &file, cause.error)
        })?;
        let kept = before.symlink_metadata().is_ok().then(|| (before.clone(), is_executable(&before)));
        Ok(Installed::Written { before: kept, aside })
    }

    /// Takes the hook away; what was there before comes back. With `force`, an edited hook of ours is put aside.
    ///
    /// # Errors
    /// An edited hook, somebody else's hook, what the file system refuses. Nothing was done then.
    pub fn uninstall(&self, force: bool) -> Result<Removed> {
        let Some(text) = self.existing()? else { return Ok(Removed::Nothing) };
        let file = self.file();
        let mut aside = None;
        match script::recognise(&text, &self.text) {
            Found::Current | Found::Outdated => {}
            Found::Edited if force => {
                let free = self.free("edited")?;
                fs::rename(&file, &free).map_err(|cause| cannot("rename", &file, cause))?;
                aside = Some(free);
            }
            Found::Edited => return Err(self.edited("removed")),
            Found::Foreign => {
                return Err(error::Error::new(
                    error::Kind::No,
                    format!("{} is not pum's, so it is not removed", self.shown(&file)),
                )
                .note("state", "nothing was done"));
            }
        }
        let before = self.before();
        let is_back = before.symlink_metadata().is_ok();
        if is_back {
            fs::rename(&before, &file).map_err(|cause| cannot("rename", &before, cause))?;
        } else if aside.is_none() {
            fs::remove_file(&file).map_err(|cause| cannot("remove", &file, cause))?;
        }
        Ok(Removed::Gone { is_back, aside })
    }

    /// The hook in a file beside, whole and executable.
    fn write(&self) -> Result<tempfile::NamedTempFile> {
        let directory = &self.hooks.directory;
        let write = || -> io::Result<tempfile::NamedTempFile> {
            let mut new = tempfile::Builder::new().prefix(".pum-hook-").tempfile_in(directory)?;
            new.write_all(self.text.as_bytes())?;
            new.as_file().set_permissions(fs::Permissions::from_mode(0o755))?;
            Ok(new)
        };
        write().map_err(|cause| cannot("write in", directory, cause))
    }

    /// A name beside the hook that is not taken.
    fn free(&self, ending: &str) -> Result<PathBuf> {
        let names = std::iter::once(String::new()).chain((2..100).map(|number| number.to_string()));
        names
            .map(|number| self.hooks.directory.join(format!("{}.{ending}{number}", self.kind)))
            .find(|path| path.symlink_metadata().is_err())
            .ok_or_else(|| {
                Error::usage(format!("too many edited hooks lie in {}", self.hooks.directory.display()))
            })
    }

    fn edited(&self, done: &str) -> Error {
        let file = self.shown(&self.file());
        Error::usage(format!("{file} was edited after pum wrote it, so it is not {done}"))
            .note("state", "nothing was done")
            .hint(format!(
                "--force puts it aside, as {file}.edited; what comes before pum belongs in {}",
                self.shown(&self.before())
            ))
    }

    fn refuse_manager(&self, existing: Option<&str>) -> Result<()> {
        let Some(manager) = self.manager(existing) else { return Ok(()) };
        let name = manager.name;
        if manager.calls_pum {
            return Err(error::Error::new(
                error::Kind::No,
                format!("{name} rules the hooks of this repository, and runs pum already"),
            )
            .note("where", manager.file)
            .note("state", "nothing was written"));
        }
        Err(error::Error::new(
            error::Kind::No,
            format!("{name} rules the hooks of this repository: {}", manager.reason),
        )
        .note("state", "nothing was written")
        .note(format!("add to {}", manager.file), format!("\n{}", manager.lines))
        .hint(manager.remark))
    }

    fn shared(&self) -> Error {
        let (kind, directory) = (self.kind, self.hooks.directory.display());
        error::Error::new(
            error::Kind::No,
            format!("core.hooksPath is {directory}, for all repositories, so no hook is installed there"),
        )
        .note("state", "nothing was written")
        .note(
            format!("add to {}", self.file().display()),
            format!(
                "\n#!/bin/sh\nif [ -e pum.yaml ]; then\n  exec pum hook run {kind} \"$@\"\nfi"
            ),
        )
        .hint("or let this repository have hooks of its own, and install again: git config core.hooksPath \"$(git rev-parse --path-format=absolute --git-common-dir)/hooks\"")
    }
}

fn is_executable(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

fn cannot(what: &str, path: &Path, cause: io::Error) -> Error {
    Error::failed(format!("cannot {what} {}: {cause}", path.display())).caused_by(cause)
}
