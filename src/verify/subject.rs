//! What is judged: a commit or the index, the project that its own pum.yaml describes, and what it is measured against.
//! What costs time is read when it is asked for first.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

use git2::Oid;

use super::configuration;
use crate::config::Config;
use crate::delta::{Delta, DeltaSet, Name};
use crate::git::{Candidate, Chosen, Commit, Looked, Release, Repository, Tree, Upstream, release_before};
use crate::source::{self, Project};
use crate::upgrade::quoted;
use crate::{Error, Result};

/// What is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A commit.
    Commit(Commit),
    /// What the next commit on this one will be, as `git add` prepared it; `None`: it will be the first.
    Index(Option<Commit>),
}

impl Target {
    /// The commit, or the one that the index is on.
    pub fn head(&self) -> Option<&Commit> {
        match self {
            Target::Commit(commit) => Some(commit),
            Target::Index(commit) => commit.as_ref(),
        }
    }

    /// What to call it.
    pub fn label(&self) -> String {
        match self {
            Target::Commit(commit) => commit.name.clone(),
            Target::Index(_) => "the index".to_owned(),
        }
    }

    /// All its files.
    ///
    /// # Errors
    /// A broken object.
    pub fn tree<'r>(&self, repository: &'r Repository) -> Result<Tree<'r>> {
        match self {
            Target::Commit(commit) => repository.tree(commit),
            Target::Index(_) => repository.index_tree(),
        }
    }

    /// The id of a file or, of a commit, also of a directory in it.
    pub(super) fn entry(&self, repository: &Repository, path: &Path) -> Result<Option<Oid>> {
        match self {
            Target::Commit(commit) => repository.entry(commit, path),
            Target::Index(_) => repository.index_entry(path),
        }
    }
}

/// What is asked to be judged.
#[derive(Debug, Clone)]
pub struct Request {
    /// What.
    pub target: Target,
    /// A directory in the repository: the pum.yaml in it or above it counts.
    pub directory: PathBuf,
    /// The configuration file that is named instead.
    pub config_file: Option<PathBuf>,
    /// The base that is named.
    pub base: Option<Commit>,
    /// Whether the base is only where a range begins: others need not have it.
    pub is_range: bool,
    /// What a CI service says is the branch that this will be merged into.
    pub targets: Vec<Candidate>,
}

/// The files of a state that lie in its delta directories, and the deltas among them.
pub struct Files<'r> {
    /// The files by their paths from the top of the repository.
    pub tree: Tree<'r>,
    /// The deltas; their paths are from the top of the repository.
    pub deltas: DeltaSet,
    names: HashSet<Name>,
}

impl<'r> Files<'r> {
    fn gather(tree: Tree<'r>, directories: &[PathBuf]) -> Files<'r> {
        let deltas = DeltaSet::of_files(directories, tree.files.keys().map(PathBuf::as_path));
        let names = deltas.deltas.iter().map(|delta| delta.name.clone()).collect();
        Files { tree, deltas, names }
    }

    /// The id of a delta's content.
    pub fn id(&self, delta: &Delta) -> Option<Oid> {
        self.tree.files.get(&delta.path).map(|file| file.id)
    }

    /// Whether there is a delta of this version, title and kind.
    pub fn has(&self, name: &Name) -> bool {
        self.names.contains(name)
    }

    /// The delta of the same version, title and kind.
    pub fn same(&self, delta: &Delta) -> Option<&Delta> {
        self.deltas.deltas.iter().find(|other| other.name == delta.name)
    }
}

/// What is judged, and against what.
pub struct Subject<'r> {
    /// The repository.
    pub repository: &'r Repository,
    /// What is judged.
    pub target: Target,
    /// The directory that the user is in, from the top of the repository.
    pub place: PathBuf,
    /// What the configuration file says, as a text.
    pub config_text: String,
    /// Its configuration file: from the top of the repository where it is in it, else as it was named.
    pub config_path: PathBuf,
    /// Whether the configuration file is that of the target, and not one on disk.
    pub is_own_config: bool,
    /// What the configuration file says; its paths are from the top of the repository.
    pub config: Config,
    /// The project, for sources; its directory is where the working tree has it.
    pub project: Project,
    /// The directory of pum.yaml, from the top of the repository.
    pub home: PathBuf,
    /// The branch that this will be merged into.
    pub upstream: Option<Upstream>,
    /// How that was found.
    pub looked: Looked,
    /// What the change is measured against.
    pub base: Chosen,
    /// Whether others have what the base has, although no upstream branch says so.
    pub is_base_given: bool,
    releases: OnceCell<Vec<Release>>,
    files: OnceCell<Files<'r>>,
    base_files: OnceCell<Files<'r>>,
    upstream_files: OnceCell<Files<'r>>,
    common: OnceCell<Option<Commit>>,
    pub(super) directories_by_config: RefCell<HashMap<Oid, Vec<PathBuf>>>,
}

impl<'r> Subject<'r> {
    /// Finds out what is judged and against what.
    ///
    /// # Errors
    /// A target without pum.yaml, or with one that is not understood: with the place; a broken object.
    pub fn open(repository: &'r Repository, request: &Request) -> Result<Subject<'r>> {
        let target = request.target.clone();
        let found = configuration::find(repository, request)?;
        let config = configuration::parse(&found.path, &found.home, &found.text)?;
        let project = configuration::project(repository, &found.home, &config)?;
        let mut candidates = request.targets.clone();
        candidates.extend(Candidate::usual(config.upstream.as_deref(), &found.path));
        let is_index = matches!(target, Target::Index(_));
        let looked = match target.head() {
            Some(head) => repository.upstream(&candidates, head, is_index)?,
            None => Looked::default(),
        };
        let mut subject = Subject {
            repository,
            target: target.clone(),
            place: source::below(repository.top(), &request.directory).unwrap_or_default(),
            config_text: found.text,
            config_path: found.path,
            is_own_config: found.is_own,
            config,
            project,
            home: found.home,
            upstream: looked.upstream.clone(),
            looked,
            base: Chosen { commit: None, reason: String::new() },
            is_base_given: false,
            releases: OnceCell::new(),
            files: OnceCell::new(),
            base_files: OnceCell::new(),
            upstream_files: OnceCell::new(),
            common: OnceCell::new(),
            directories_by_config: RefCell::default(),
        };
        subject.base = match &request.base {
            Some(commit) => {
                subject.is_base_given = !request.is_range && subject.upstream.is_none();
                let reason = if request.is_range { "the range begins there" } else { "--base names it" };
                Chosen { commit: Some(commit.clone()), reason: reason.to_owned() }
            }
            None => subject.choose_base()?,
        };
        Ok(subject)
    }

    fn choose_base(&self) -> Result<Chosen> {
        let Some(head) = self.target.head() else {
            let reason = "there is no commit yet, so everything is new".to_owned();
            return Ok(Chosen { commit: None, reason });
        };
        // Releases cost a walk through history: they are looked at only where they decide.
        if let Some(upstream) = &self.upstream
            && let Some(chosen) = self.repository.left(head, upstream)?
        {
            return Ok(chosen);
        }
        Ok(release_before(head, self.releases()?, matches!(self.target, Target::Index(_))))
    }

    /// The releases that the target contains, the oldest version first.
    ///
    /// # Errors
    /// A broken object.
    pub fn releases(&self) -> Result<&[Release]> {
        once(&self.releases, || match self.target.head() {
            Some(head) => self.repository.releases_in(&self.config.releases, head),
            None => Ok(Vec::new()),
        })
        .map(Vec::as_slice)
    }

    /// The target's files and deltas.
    ///
    /// # Errors
    /// A broken object.
    pub fn files(&self) -> Result<&Files<'r>> {
        once(&self.files, || {
            let tree = match &self.target {
                Target::Commit(commit) => self.repository.files_in(commit, self.directories())?,
                Target::Index(_) => self.repository.index_tree()?,
            };
            Ok(Files::gather(tree, self.directories()))
        })
    }

    /// The base's files and deltas; nothing without a base.
    ///
    /// # Errors
    /// A broken object.
    pub fn base_files(&self) -> Result<&Files<'r>> {
        once(&self.base_files, || self.files_of(self.base.commit.as_ref()))
    }

    /// The upstream branch's files and deltas; nothing without one.
    ///
    /// # Errors
    /// A broken object.
    pub fn upstream_files(&self) -> Result<&Files<'r>> {
        once(&self.upstream_files, || self.files_of(self.upstream.as_ref().map(|upstream| &upstream.commit)))
    }

    /// The files and deltas of some commit, in its own delta directories and in those of the target.
    ///
    /// # Errors
    /// A broken object.
    pub fn files_of(&self, commit: Option<&Commit>) -> Result<Files<'r>> {
        let Some(commit) = commit else {
            return Ok(Files::gather(self.repository.no_files(), self.directories()));
        };
        let directories = self.directories_at(commit)?;
        Ok(Files::gather(self.repository.files_in(commit, &directories)?, &directories))
    }

    /// The project as the pum.yaml of another commit describes it; where it has none, as the target's does.
    ///
    /// # Errors
    /// One that is not understood: with the place; a broken object.
    pub fn project_at(&self, commit: &Commit) -> Result<Project> {
        if !self.is_own_config {
            return Ok(self.project.clone());
        }
        let Some(id) = self.repository.entry(commit, &self.config_path)? else {
            return Ok(self.project.clone());
        };
        let text = String::from_utf8_lossy(&self.repository.content(id)?).into_owned();
        let config = configuration::parse(&self.config_path, &self.home, &text)
            .map_err(|error| error.note("commit", commit.name.clone()))?;
        configuration::project(self.repository, &self.home, &config)
    }

    /// Where the target left the upstream branch; `None` without one, or without a common history.
    ///
    /// # Errors
    /// A broken object.
    pub fn common(&self) -> Result<Option<Commit>> {
        let (Some(head), Some(upstream)) = (self.target.head(), &self.upstream) else { return Ok(None) };
        once(&self.common, || Ok(self.repository.left(head, upstream)?.and_then(|chosen| chosen.commit)))
            .cloned()
    }

    /// The releases before the target, the oldest version first: a tag on it does not count, but on the commit that the
    /// index is on it does.
    ///
    /// # Errors
    /// A broken object.
    pub fn releases_before(&self) -> Result<Vec<&Release>> {
        let own = match &self.target {
            Target::Commit(commit) => Some(commit.id),
            Target::Index(_) => None,
        };
        Ok(self.releases()?.iter().filter(|release| Some(release.commit.id) != own).collect())
    }

    /// The delta directories, from the top of the repository.
    pub fn directories(&self) -> &[PathBuf] {
        &self.config.delta_dirs
    }

    /// The deltas that the base does not have, or has with other content, in their order.
    ///
    /// # Errors
    /// A broken object.
    pub fn new_deltas(&self) -> Result<Vec<&Delta>> {
        let mut new = Vec::new();
        for delta in &self.files()?.deltas.deltas {
            if self.is_new(&delta.path)? {
                new.push(delta);
            }
        }
        Ok(new)
    }

    /// Whether the base does not have a file of the target, or has it with other content. One that was moved with its
    /// directory is not new.
    ///
    /// # Errors
    /// A broken object.
    pub fn is_new(&self, path: &Path) -> Result<bool> {
        let (base, directories) = (self.base_files()?, self.directories());
        let id = self.files()?.tree.files.get(path).map(|file| file.id);
        let is_same = |path: &Path| base.tree.files.get(path).map(|file| file.id) == id;
        let mut former = base.deltas.directories.iter().filter(|former| !directories.contains(former));
        let is_moved = |former: &PathBuf| path.file_name().is_some_and(|name| is_same(&former.join(name)));
        Ok(!is_same(path) && !former.any(is_moved))
    }

    /// What a file holds in the target; of a symbolic link, what the file holds that it leads to.
    ///
    /// # Errors
    /// A file that is not there; a broken object.
    pub fn content(&self, path: &Path) -> Result<Vec<u8>> {
        const LINK: i32 = 0o120_000;
        let tree = &self.files()?.tree;
        let content = tree.read(path)?;
        if tree.files.get(path).is_none_or(|file| file.mode != LINK) {
            return Ok(content);
        }
        let target = PathBuf::from(String::from_utf8_lossy(&content).into_owned());
        let place = lexically(&path.parent().unwrap_or(Path::new("")).join(target));
        match self.target.entry(self.repository, &place)? {
            Some(id) => self.repository.content(id),
            None => Err(Error::usage(format!(
                "{} leads to {}, which is not in {}",
                path.display(),
                place.display(),
                self.target.label()
            ))),
        }
    }

    /// A path from the top of the repository as a word of the shell, from the directory that the user is in.
    pub fn typed(&self, path: &Path) -> String {
        let shared =
            self.place.components().zip(path.components()).take_while(|(one, other)| one == other).count();
        let up = self.place.components().skip(shared).map(|_| Component::ParentDir);
        let typed: PathBuf = up.chain(path.components().skip(shared)).collect();
        quoted(&typed.to_string_lossy())
    }

    /// The id of a file in the target, if it is there.
    ///
    /// # Errors
    /// A broken object.
    pub fn entry(&self, path: &Path) -> Result<Option<Oid>> {
        self.target.entry(self.repository, path)
    }
}

/// The value of a cell, made at the first time.
fn once<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    if let Some(value) = cell.get() {
        return Ok(value);
    }
    let value = make()?;
    Ok(cell.get_or_init(|| value))
}

/// A path without `.` and `..`, as far as the text tells.
pub(super) fn lexically(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => drop(plain.pop()),
            component => plain.push(component),
        }
    }
    plain
}
