//! Where deltas lay at another commit: a project may have named its directories otherwise, or have moved them.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use super::{Subject, configuration};
use crate::Result;
use crate::git::Commit;

impl Subject<'_> {
    /// The delta directories of the target, those that the pum.yaml of another commit names beside them, and those that
    /// held the target's deltas there, where it has none of the target's.
    ///
    /// # Errors
    /// A broken object.
    pub fn directories_at(&self, commit: &Commit) -> Result<Vec<PathBuf>> {
        let mut directories = self.directories().to_vec();
        for directory in self.configured_at(commit)? {
            if !directories.contains(&directory) {
                directories.push(directory);
            }
        }
        for directory in &directories {
            if self.repository.entry(commit, directory)?.is_some() {
                return Ok(directories);
            }
        }
        directories.extend(self.former(commit)?);
        Ok(directories)
    }

    /// The delta directories that the pum.yaml of a commit names.
    fn configured_at(&self, commit: &Commit) -> Result<Vec<PathBuf>> {
        if !self.is_own_config {
            return Ok(Vec::new());
        }
        let Some(id) = self.repository.entry(commit, &self.config_path)? else { return Ok(Vec::new()) };
        let mut parsed = self.directories_by_config.borrow_mut();
        let own = match parsed.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let text = String::from_utf8_lossy(&self.repository.content(id)?).into_owned();
                // One that is not understood says nothing.
                let own = configuration::parse(&self.config_path, &self.home, &text)
                    .map(|config| config.delta_dirs);
                place.insert(own.unwrap_or_default())
            }
        };
        Ok(own.clone())
    }

    /// The directories of a commit with deltas of the target, by name and content: they were moved since.
    fn former(&self, commit: &Commit) -> Result<BTreeSet<PathBuf>> {
        let name = |path: &Path| path.file_name().map(std::ffi::OsStr::to_owned);
        let files = self.files()?;
        let own: HashSet<_> = files
            .deltas
            .deltas
            .iter()
            .filter_map(|delta| Some((name(&delta.path)?, files.id(delta)?)))
            .collect();
        if own.is_empty() {
            return Ok(BTreeSet::new());
        }
        let tree = self.repository.tree(commit)?;
        let holds = |path: &Path, id| name(path).is_some_and(|name| own.contains(&(name, id)));
        let held = tree.files.iter().filter(|(path, file)| holds(path, file.id));
        Ok(held.filter_map(|(path, _)| path.parent().map(Path::to_owned)).collect())
    }
}
