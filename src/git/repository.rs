//! A repository, its revisions, and why it may not be readable.

use std::path::{Path, PathBuf};

use git2::{ErrorCode, Oid};

use crate::{Error, Result};

/// A git repository with a working tree.
pub struct Repository {
    pub(super) inner: git2::Repository,
    top: PathBuf,
}

/// A commit, and how it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its object id.
    pub id: Oid,
    /// What the user called it.
    pub name: String,
}

impl Commit {
    /// The first characters of its id, as git shows them.
    pub fn short(&self) -> String {
        self.id.to_string()[..10].to_owned()
    }
}

impl Repository {
    /// Opens the repository that a directory is in; none if it is in none.
    ///
    /// # Errors
    /// A repository that cannot be read, with the cause and what to do: owned by somebody else, of a format that is not
    /// supported.
    pub fn find(directory: &Path) -> Result<Option<Repository>> {
        let inner = match git2::Repository::discover(directory) {
            Ok(inner) => inner,
            Err(cause) if cause.code() == ErrorCode::NotFound => return Ok(None),
            Err(cause) => return Err(unreadable(directory, cause)),
        };
        let top = inner.workdir().unwrap_or_else(|| inner.path()).to_owned();
        Ok(Some(Repository { inner, top }))
    }

    /// Opens the repository that a directory is in.
    ///
    /// # Errors
    /// As [`Repository::find`]; that there is none.
    pub fn open(directory: &Path) -> Result<Repository> {
        Repository::find(directory)?.ok_or_else(|| {
            Error::usage(format!("{} is in no git repository", directory.display()))
                .hint("run pum in a clone of the project, or make it a repository with git init")
        })
    }

    /// The top directory of the working tree; of a bare repository, the repository itself.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The commit that a revision names, as `git rev-parse REV^{commit}` does: an annotated tag is its commit.
    ///
    /// # Errors
    /// A revision that names nothing, with the reason that a shallow clone gives; a broken object.
    pub fn commit(&self, revision: &str) -> Result<Commit> {
        let object = self.inner.revparse_single(revision).map_err(|cause| match cause.code() {
            ErrorCode::NotFound | ErrorCode::InvalidSpec | ErrorCode::Ambiguous | ErrorCode::UnbornBranch => {
                let error =
                    Error::usage(format!("{revision:?} is no revision of {}", self.top.display())).note("git", cause.message());
                if self.inner.is_shallow() {
                    error.hint("the clone is shallow: git fetch --unshallow --tags brings what is missing (in CI: fetch-depth: 0, GIT_DEPTH: 0)")
                } else {
                    error.hint("git log --oneline --decorate shows the revisions; git fetch --tags brings those of the remote")
                }
            }
            _ => self.broken(cause),
        })?;
        let commit = object.peel_to_commit().map_err(|cause| {
            Error::usage(format!("{revision:?} is no commit")).note("git", cause.message())
        })?;
        Ok(Commit { id: commit.id(), name: revision.to_owned() })
    }

    /// The newest commit that both descend from; none if they share no history.
    ///
    /// # Errors
    /// A broken object.
    pub fn merge_base(&self, one: &Commit, other: &Commit) -> Result<Option<Commit>> {
        match self.inner.merge_base(one.id, other.id) {
            Ok(id) => Ok(Some(Commit { id, name: format!("{}...{}", one.name, other.name) })),
            Err(cause) if cause.code() == ErrorCode::NotFound => Ok(None),
            Err(cause) => Err(self.broken(cause)),
        }
    }

    /// Whether the first commit is the second, or one that it descends from.
    ///
    /// # Errors
    /// A broken object.
    pub fn is_ancestor(&self, ancestor: &Commit, of: &Commit) -> Result<bool> {
        if ancestor.id == of.id {
            return Ok(true);
        }
        self.inner.graph_descendant_of(of.id, ancestor.id).map_err(|cause| self.broken(cause))
    }

    /// Whether history is cut off: what lies behind is not known here.
    pub fn is_shallow(&self) -> bool {
        self.inner.is_shallow()
    }

    /// What a commit holds.
    pub(super) fn tree_of(&self, commit: &Commit) -> std::result::Result<git2::Tree<'_>, git2::Error> {
        self.inner.find_commit(commit.id)?.tree()
    }

    /// An error for an object that cannot be read.
    pub(super) fn broken(&self, cause: git2::Error) -> Error {
        let is_partial =
            self.inner.config().and_then(|config| config.get_string("extensions.partialclone")).is_ok();
        let error =
            Error::failed(format!("{} cannot be read", self.top.display())).note("git", cause.message());
        if is_partial && cause.code() == ErrorCode::NotFound {
            error.hint("this is a partial clone, and pum fetches nothing: git fetch --refetch --filter=blob:none:0, or clone without --filter")
        } else {
            error.hint("git fsck tells more")
        }
    }
}

/// Why a repository cannot be opened.
fn unreadable(directory: &Path, cause: git2::Error) -> Error {
    let place = directory.display();
    let error =
        Error::failed(format!("the git repository of {place} cannot be read")).note("git", cause.message());
    match cause.code() {
        ErrorCode::Owner => {
            error.hint(format!("it belongs to somebody else: git config --global --add safe.directory {place}"))
        }
        _ => error.hint(
            "pum reads what git init makes: objects of SHA-1 and plain refs, not --object-format=sha256 or --ref-format=reftable",
        ),
    }
}
