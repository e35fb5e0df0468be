//! The model of a project, built from nothing: the files of a revision are written to a directory of their own, and what
//! pum.yaml says of the model is done there with an empty database.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use postgres_protocol::escape::escape_identifier;

use super::kept::{self, Parts};
use super::{Opened, Throwaway, deltas};
use crate::connection::{Parameters, ServiceFile, Session};
use crate::dump;
use crate::git::{self, Commit, Repository, Tree};
use crate::programs::group::Group;
use crate::programs::{self, Program};
use crate::progress::{Cancel, Event, Progress};
use crate::sql::Variables;
use crate::upgrade::TableName;
use crate::{Error, Result};

/// How a schema is built from nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipe {
    /// SQL files in this order, by psql; each pattern's files sorted by name.
    Sql(Vec<String>),
    /// A command of the shell, with the database in PG* variables and as a service.
    Run(String),
    /// All deltas, from the first one on.
    Deltas,
}

/// What pum.yaml says of a project's model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Project {
    /// The directory that paths are relative to: that of pum.yaml.
    pub directory: PathBuf,
    /// How the model is built.
    pub recipe: Option<Recipe>,
    /// The upgrades table.
    pub table: Option<TableName>,
    /// The delta directories.
    pub delta_dirs: Vec<PathBuf>,
    /// Variables for the deltas.
    pub variables: Variables,
    /// Extensions that are made before.
    pub extensions: Vec<String>,
    /// Roles that are made before.
    pub roles: Vec<String>,
    /// The Python for Python deltas.
    pub python: Option<PathBuf>,
}

/// The model of a project as of a revision.
#[derive(Debug, Clone)]
pub struct Revision {
    /// The revision; `None`: the working tree.
    pub revision: Option<String>,
    /// The project, as its pum.yaml of that revision says.
    pub project: Project,
}

impl Revision {
    /// As a source is written.
    pub fn label(&self) -> String {
        format!("git:{}", self.revision.as_deref().unwrap_or_default())
    }

    /// Makes a database with the model on the throwaway server, which must run: from what was built before, or by building it.
    /// Roles that are missing are made when the server misses them, and the building begins anew.
    ///
    /// # Errors
    /// A project without a model, a repository or a revision that is not there, and what fails in the building, with
    /// what was printed.
    pub(super) fn open(
        &self,
        throwaway: &Throwaway,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Opened> {
        self.with_parts(|parts| self.find_or_build(parts, throwaway, progress, cancel))
    }

    /// Builds the model in an empty database that lasts, with the project's extensions.
    ///
    /// # Errors
    /// As a source of that revision, and roles that are missing: see [`missing_role`].
    pub fn build_in(&self, database: &Parameters, progress: &dyn Progress, cancel: &Cancel) -> Result<()> {
        self.with_parts(|parts| self.build(parts, database, progress, cancel))
    }

    /// Does something with what it is built from.
    fn with_parts<T>(&self, work: impl FnOnce(&Parts<'_>) -> Result<T>) -> Result<T> {
        let recipe = self.recipe()?;
        let here = match self.project.directory.as_os_str().is_empty() {
            true => Path::new("."),
            false => self.project.directory.as_path(),
        };
        let repository = Repository::open(here)?;
        let tree = match &self.revision {
            Some(revision) => repository.tree(&repository.commit(revision)?)?,
            None => repository.working_tree()?,
        };
        // Below the top of the repository, as pum.yaml is; a pum.yaml elsewhere speaks of the top.
        let inside = below(repository.top(), here).unwrap_or_default();
        let files = match recipe {
            Recipe::Sql(patterns) => {
                matching(&tree, &inside, patterns).map_err(|error| error.note("building", self.label()))?
            }
            Recipe::Run(_) | Recipe::Deltas => Vec::new(),
        };
        work(&Parts { project: &self.project, recipe, tree: &tree, inside: &inside, files: &files })
    }

    fn find_or_build(
        &self,
        parts: &Parts<'_>,
        throwaway: &Throwaway,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Opened> {
        let host = throwaway.running()?;
        let mut session = throwaway.session(&host, cancel)?;
        for role in &self.project.roles {
            throwaway.make_role(&mut session, role, &self.project.roles)?;
        }
        let key = parts.key(&mut session)?;
        if let Some(entry) = throwaway.find(&key)
            && let Some(opened) =
                kept::restore(entry, &self.label(), &self.project.roles, throwaway, progress, cancel)?
        {
            progress.note(&format!("{} was built before, and is taken from the cache", self.label()));
            return Ok(opened);
        }
        if let Some(opened) = kept::copy(&key, &self.label(), throwaway, cancel)? {
            progress.note(&format!("{} was built before, and is copied", self.label()));
            return Ok(opened);
        }
        let roles = kept::roles(&mut session)?;
        let opened = self.build_anew(parts, throwaway, progress, cancel)?;
        if let Some(reason) = kept::keep(&opened, &key, &roles, throwaway, cancel)? {
            progress.note(&format!("{} is not kept in the cache: {reason}", self.label()));
        }
        Ok(opened)
    }

    /// Builds it in a new database.
    fn build_anew(
        &self,
        parts: &Parts<'_>,
        throwaway: &Throwaway,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Opened> {
        let host = throwaway.running()?;
        let mut made = BTreeSet::new();
        loop {
            let opened = throwaway.empty(&self.label(), "UTF8", cancel)?;
            match self.build(parts, &opened.connection, progress, cancel) {
                Ok(()) => return Ok(opened),
                Err(error) => match missing_role(&error) {
                    Some(role) if made.insert(role.clone()) => {
                        let mut session = throwaway.session(&host, cancel)?;
                        throwaway.make_role(&mut session, &role, &self.project.roles)?;
                    }
                    _ => return Err(error),
                },
            }
        }
    }

    /// How it is built.
    ///
    /// # Errors
    /// A project that does not say it.
    pub fn recipe(&self) -> Result<&Recipe> {
        self.project.recipe.as_ref().ok_or_else(|| {
            Error::usage(format!(
                "{} cannot be built: pum.yaml does not say how the model is built",
                self.label()
            ))
            .hint("for instance: model: {sql: [model/**/*.sql]}, or {run: ./build.sh}, or {deltas: true}")
        })
    }

    /// Builds it in an empty database.
    fn build(
        &self,
        parts: &Parts<'_>,
        database: &Parameters,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<()> {
        let mut session = Session::open(database, "pum", cancel)?;
        for extension in &self.project.extensions {
            session.execute(&format!("CREATE EXTENSION {} CASCADE", escape_identifier(extension)))?;
        }
        drop(session);
        let checkout = dump::scratch()?;
        parts.tree.write_to(checkout.path())?;
        let place = checkout.path().join(parts.inside);
        if !place.is_dir() {
            return Err(Error::usage(format!(
                "{} has no directory {}",
                self.label(),
                parts.inside.display()
            )));
        }
        let named = |error: Error| error.note("building", self.label());
        let (stage, began) = (format!("building {}", self.label()), std::time::Instant::now());
        progress.event(&Event::StageStarted { name: &stage, items: None });
        let built = match parts.recipe {
            Recipe::Sql(_) => psql(database, &place, parts.files, progress, cancel).map_err(named),
            Recipe::Run(command) => shell(database, &place, command, progress, cancel).map_err(named),
            Recipe::Deltas => deltas::apply(database, &place, &self.project, progress, cancel).map_err(named),
        };
        let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        built.inspect(|()| progress.event(&Event::StageDone { name: &stage, milliseconds }))
    }
}

/// The role that the server said it does not have.
pub fn missing_role(error: &Error) -> Option<String> {
    let texts =
        std::iter::once(error.message.as_str()).chain(error.notes.iter().map(|(_, text)| text.as_str()));
    texts.flat_map(str::lines).rev().find_map(|line| {
        let (name, _) = line.split_once("role \"")?.1.rsplit_once("\" does not exist")?;
        Some(name.to_owned())
    })
}

/// A commit's own pum.yaml, and where it is.
///
/// # Errors
/// A revision that is not there, a file that cannot be read.
pub fn file_at(directory: &Path, revision: &str, name: &str) -> Result<Option<String>> {
    let repository = Repository::open(directory)?;
    let commit: Commit = repository.commit(revision)?;
    let tree = repository.tree(&commit)?;
    let Some(inside) = below(repository.top(), directory) else { return Ok(None) };
    let path = inside.join(name);
    if !tree.files.contains_key(&path) {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&tree.read(&path)?).into_owned()))
}

/// The directory that a project's model is relative to: that of its pum.yaml, or, where that is in no repository, the
/// top of the one that the working directory is in. Empty for the working directory.
///
/// # Errors
/// A repository that cannot be read.
pub fn home(file: Option<&Path>) -> Result<PathBuf> {
    let directory = file.and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
    if directory.as_os_str().is_empty() || Repository::find(&directory)?.is_some() {
        return Ok(directory);
    }
    Ok(Repository::find(Path::new("."))?.map_or(directory, |repository| repository.top().to_owned()))
}

/// A path relative to a directory that it is in, by whatever way both are written; the last part of it need not exist.
pub fn below(directory: &Path, path: &Path) -> Option<PathBuf> {
    if let Ok(inside) = path.strip_prefix(directory) {
        return Some(inside.to_owned());
    }
    let real =
        |path: &Path| if path.as_os_str().is_empty() { Path::new(".") } else { path }.canonicalize().ok();
    let whole = real(path).or_else(|| Some(real(path.parent()?)?.join(path.file_name()?)))?;
    whole.strip_prefix(real(directory)?).ok().map(Path::to_owned)
}

/// The files that the patterns match, in the order of the patterns, those of one sorted; a file counts once. Paths are
/// relative to the directory.
fn matching(tree: &Tree<'_>, inside: &Path, patterns: &[String]) -> Result<Vec<PathBuf>> {
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::default() };
    let mut seen = BTreeSet::new();
    let mut files = Vec::new();
    for text in patterns {
        let pattern = glob::Pattern::new(text.strip_prefix("./").unwrap_or(text))
            .map_err(|cause| Error::usage(format!("model: {text:?} is no pattern: {cause}")))?;
        let before = files.len();
        for path in tree.files.keys().filter_map(|path| path.strip_prefix(inside).ok()) {
            if pattern.matches_path_with(path, options) && seen.insert(path.to_owned()) {
                files.push(path.to_owned());
            }
        }
        if files.len() == before && !tree.files.keys().any(|path| pattern.matches_path_with(path, options)) {
            return Err(Error::usage(format!("model: no file matches {text:?}")));
        }
    }
    Ok(files)
}

/// Runs SQL files as psql does, in one session; the first error ends it.
fn psql(
    database: &Parameters,
    directory: &Path,
    files: &[PathBuf],
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<()> {
    let program = programs::find(Program::Psql, None, None)?.path;
    let mut command = Command::new(&program);
    command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "--no-password"]);
    for file in files {
        command.arg("-f").arg(file);
    }
    command.env("LC_ALL", "C").env("PGOPTIONS", "-c client_min_messages=warning");
    run(command, "psql", database, directory, progress, cancel)
}

/// Runs the project's own command. It finds this pum first on its PATH.
fn shell(
    database: &Parameters,
    directory: &Path,
    text: &str,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<()> {
    let mut command = Command::new("sh");
    command.args(["-c", text]);
    let programs = dump::scratch()?;
    if let Ok(own) = std::env::current_exe()
        && own.file_stem().is_some_and(|name| name == "pum")
        && std::os::unix::fs::symlink(own, programs.path().join("pum")).is_ok()
    {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let places = std::iter::once(programs.path().to_owned()).chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(places).unwrap_or(path));
    }
    run(command, "the model's command", database, directory, progress, cancel)
}

/// Runs a program with the database in its environment. What it prints is told line by line while it runs, and the
/// end of it again if it fails.
fn run(
    mut command: Command,
    name: &str,
    database: &Parameters,
    directory: &Path,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<()> {
    let service = ServiceFile::create(database)?;
    command.envs(service.environment()).current_dir(directory).stdin(Stdio::null());
    for (variable, keyword) in
        [("PGHOST", "host"), ("PGPORT", "port"), ("PGUSER", "user"), ("PGDATABASE", "dbname")]
    {
        if let Some(value) = database.get(keyword) {
            command.env(variable, value);
        }
    }
    for variable in git::VARIABLES {
        command.env_remove(variable);
    }
    let failed =
        |cause: std::io::Error| Error::failed(format!("{name} could not be run: {cause}")).caused_by(cause);
    // A file and no pipe: what the program leaves running in the background cannot hold it open.
    let file = tempfile::NamedTempFile::new().map_err(failed)?;
    let (mut output, mut text) = (file.reopen().map_err(failed)?, Vec::new());
    let written = file.into_file();
    command.stdout(written.try_clone().map_err(failed)?).stderr(written);
    let mut child = Group::spawn(&mut command).map_err(failed)?;
    let mut told = 0;
    let status = loop {
        let ended = child.try_wait().map_err(failed)?;
        output.read_to_end(&mut text).map_err(failed)?;
        while let Some(length) = text[told..].iter().position(|byte| *byte == b'\n') {
            progress.event(&Event::StageItem { name: &String::from_utf8_lossy(&text[told..told + length]) });
            told += length + 1;
        }
        if let Some(status) = ended {
            break status;
        }
        if cancel.is_requested() {
            return Err(Error::interrupted(format!("{name} was interrupted")));
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    if status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let last = lines[lines.len().saturating_sub(20)..].join("\n");
    Err(Error::failed(format!("{name} failed ({status})")).note("output", last))
}
