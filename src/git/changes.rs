//! What changed since a commit, up to another, to the index or to the working tree: the commits and the files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use git2::{Delta, DiffOptions, Oid, Sort};

use super::{Commit, Repository};
use crate::Result;

/// A commit, as a log shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Its object id.
    pub id: Oid,
    /// Who wrote it.
    pub author: String,
    /// The first line of its message.
    pub subject: String,
}

impl Logged {
    /// The first characters of its id.
    pub fn short(&self) -> String {
        self.id.to_string()[..10].to_owned()
    }
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It came.
    Added,
    /// It has another content, mode or type.
    Modified,
    /// It went.
    Deleted,
}

impl Change {
    /// The letter that git shows.
    pub fn letter(self) -> char {
        match self {
            Change::Added => 'A',
            Change::Modified => 'M',
            Change::Deleted => 'D',
        }
    }
}

impl Repository {
    /// The commits that `until` has and `since` has not, and that touched a path of those that `touches` says yes to; the
    /// newest first. A merge counts where it differs from all its parents, as git shows it.
    ///
    /// # Errors
    /// A broken object.
    pub fn log(
        &self,
        since: Option<&Commit>,
        until: &Commit,
        touches: &dyn Fn(&Path) -> bool,
    ) -> Result<Vec<Logged>> {
        let read = || -> std::result::Result<Vec<Logged>, git2::Error> {
            let mut walk = self.inner.revwalk()?;
            walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
            walk.push(until.id)?;
            if let Some(since) = since {
                walk.hide(since.id)?;
            }
            let mut commits = Vec::new();
            for id in walk {
                let commit = self.inner.find_commit(id?)?;
                let tree = commit.tree()?;
                let parents = commit.parents().map(|parent| parent.tree().map(Some));
                let mut parents = parents.collect::<std::result::Result<Vec<_>, _>>()?;
                if parents.is_empty() {
                    parents.push(None);
                }
                let mut differs = true;
                for parent in parents {
                    let diff = self.inner.diff_tree_to_tree(parent.as_ref(), Some(&tree), None)?;
                    differs &= diff.deltas().any(|delta| path_of(&delta).is_some_and(touches));
                }
                if differs {
                    commits.push(Logged {
                        id: commit.id(),
                        author: String::from_utf8_lossy(commit.author().name_bytes()).into_owned(),
                        subject: commit
                            .summary_bytes()
                            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
                            .unwrap_or_default(),
                    });
                }
            }
            Ok(commits)
        };
        read().map_err(|cause| self.broken(cause))
    }

    /// The files in which the working tree differs from a commit, or from nothing: staged or not, untracked ones that git
    /// does not ignore included.
    ///
    /// # Errors
    /// A broken object; a bare repository.
    pub fn changed_files(&self, since: Option<&Commit>) -> Result<BTreeMap<PathBuf, Change>> {
        let read = || -> std::result::Result<BTreeMap<PathBuf, Change>, git2::Error> {
            let tree = since.map(|since| self.tree_of(since)).transpose()?;
            let mut options = DiffOptions::new();
            options.include_untracked(true).recurse_untracked_dirs(true).include_typechange(true);
            let diff = self.inner.diff_tree_to_workdir_with_index(tree.as_ref(), Some(&mut options))?;
            let changed = diff.deltas().filter_map(|delta| {
                let change = match delta.status() {
                    Delta::Added | Delta::Untracked => Change::Added,
                    Delta::Deleted => Change::Deleted,
                    Delta::Modified | Delta::Typechange | Delta::Conflicted => Change::Modified,
                    _ => return None,
                };
                Some((path_of(&delta)?.to_owned(), change))
            });
            Ok(changed.collect())
        };
        read().map_err(|cause| self.broken(cause))
    }

    /// The files in which a commit differs from another, or from nothing. Renamed ones are there under both names.
    ///
    /// # Errors
    /// A broken object.
    pub fn differing(&self, from: Option<&Commit>, to: &Commit) -> Result<Vec<PathBuf>> {
        self.diff(from, |from| {
            let to = self.tree_of(to)?;
            self.inner.diff_tree_to_tree(from, Some(&to), None)
        })
    }

    /// The files in which the index differs from a commit, or from nothing.
    ///
    /// # Errors
    /// A broken object; an index that cannot be read.
    pub fn differing_in_index(&self, from: Option<&Commit>) -> Result<Vec<PathBuf>> {
        self.diff(from, |from| self.inner.diff_tree_to_index(from, None, None))
    }

    fn diff<'r>(
        &'r self,
        from: Option<&Commit>,
        compare: impl FnOnce(Option<&git2::Tree<'r>>) -> std::result::Result<git2::Diff<'r>, git2::Error>,
    ) -> Result<Vec<PathBuf>> {
        let read = || {
            let from = from.map(|from| self.tree_of(from)).transpose()?;
            let diff = compare(from.as_ref())?;
            Ok(diff.deltas().filter_map(|delta| path_of(&delta).map(Path::to_owned)).collect())
        };
        read().map_err(|cause| self.broken(cause))
    }
}

fn path_of<'a>(delta: &git2::DiffDelta<'a>) -> Option<&'a Path> {
    delta.new_file().path().or_else(|| delta.old_file().path())
}
