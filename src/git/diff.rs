//! Which files differ between what was committed, and what will be.

use std::path::PathBuf;

use super::{Commit, Repository};
use crate::Result;

impl Repository {
    /// The files in which a commit differs from another, or from nothing. Renamed ones are there under both names.
    ///
    /// # Errors
    /// A broken object.
    pub fn differing(&self, from: Option<&Commit>, to: &Commit) -> Result<Vec<PathBuf>> {
        self.diff(from, |from| {
            let to = self.inner.find_commit(to.id)?.tree()?;
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
            let from = from.map(|from| self.inner.find_commit(from.id)?.tree()).transpose()?;
            let diff = compare(from.as_ref())?;
            let paths = diff.deltas().filter_map(|delta| {
                let file = delta.new_file().path().or_else(|| delta.old_file().path());
                file.map(std::path::Path::to_owned)
            });
            Ok(paths.collect())
        };
        read().map_err(|cause| self.broken(cause))
    }
}
