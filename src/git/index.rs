//! Renaming files that git tracks: the one thing that pum writes into a repository, and only into its index.

use std::path::{Path, PathBuf};

use super::Repository;
use crate::Result;

/// A file that got another name, both from the top of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// The name that it had.
    pub old: PathBuf,
    /// The name that it has.
    pub new: PathBuf,
    /// Whether all that it holds is staged, or only what was staged before.
    pub whole: bool,
}

impl Repository {
    /// The files of the index that a merge left unresolved.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn conflicts(&self) -> Result<Vec<PathBuf>> {
        let read = || -> std::result::Result<Vec<PathBuf>, git2::Error> {
            let index = self.inner.index()?;
            let mut paths = Vec::new();
            for conflict in index.conflicts()? {
                let conflict = conflict?;
                let entry = conflict.our.or(conflict.their).or(conflict.ancestor);
                paths.extend(entry.and_then(|entry| String::from_utf8(entry.path).ok()).map(PathBuf::from));
            }
            Ok(paths)
        };
        read().map_err(|cause| self.broken(cause))
    }

    /// Whether a tracked file holds just what is staged.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn is_staged(&self, path: &Path) -> Result<bool> {
        let status = self.inner.status_file(path).map_err(|cause| self.broken(cause))?;
        Ok(!status
            .intersects(git2::Status::WT_MODIFIED | git2::Status::WT_TYPECHANGE | git2::Status::WT_DELETED))
    }

    /// What is being done in the working tree and waits for its end: `rebase`, `cherry-pick`; none for a merge, which is
    /// committed with what is staged.
    pub fn unfinished(&self) -> Option<&'static str> {
        use git2::RepositoryState as State;
        match self.inner.state() {
            State::Rebase | State::RebaseInteractive | State::RebaseMerge => Some("rebase"),
            State::ApplyMailbox | State::ApplyMailboxOrRebase => Some("git am"),
            State::CherryPick | State::CherryPickSequence => Some("cherry-pick"),
            State::Revert | State::RevertSequence => Some("revert"),
            State::Bisect => Some("bisect"),
            State::Clean | State::Merge => None,
        }
    }

    /// Stages renames, as `git mv` does, all of them or none.
    ///
    /// # Errors
    /// An index that somebody else writes, or that cannot be written.
    pub fn stage(&self, renames: &[Renamed]) -> Result<()> {
        let write = || -> std::result::Result<(), git2::Error> {
            let mut index = self.inner.index()?;
            index.read(false)?;
            for Renamed { old, new, whole } in renames {
                let entry = index.get_path(old, 0);
                index.remove_path(old)?;
                match entry {
                    Some(mut entry) if !whole => {
                        entry.path = new.to_string_lossy().into_owned().into_bytes();
                        index.add(&entry)?;
                    }
                    _ => index.add_path(new)?,
                }
            }
            index.write()
        };
        write().map_err(|cause| {
            let hint = "another git may be at work: if none is, remove index.lock from the git directory";
            let locked = cause.code() == git2::ErrorCode::Locked;
            let error = crate::Error::failed("the index of the repository cannot be written")
                .note("git", cause.message());
            if locked { error.hint(hint) } else { error }
        })
    }
}
