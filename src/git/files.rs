//! Files as they are at a revision, or in the working tree.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use git2::{ErrorCode, ObjectType, Oid, StatusOptions, TreeWalkMode, TreeWalkResult};

use super::{Commit, Repository};
use crate::{Error, Result};

/// A file: where its content is, and whether it can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The id of its content; what git would give it.
    pub id: Oid,
    /// Its mode in git: 0o100644, 0o100755 or 0o120000 for a symbolic link.
    pub mode: i32,
}

/// The files of a revision or of the working tree, by their paths from the top.
pub struct Tree<'r> {
    repository: &'r Repository,
    /// The files.
    pub files: BTreeMap<PathBuf, File>,
    /// Whether contents are in the working tree, not in git.
    is_working_tree: bool,
}

impl Repository {
    /// The files of a commit. Submodules have none.
    ///
    /// # Errors
    /// A broken object; a path that is not UTF-8.
    pub fn tree(&self, commit: &Commit) -> Result<Tree<'_>> {
        let tree = self.tree_of(commit).map_err(|cause| self.broken(cause))?;
        let mut files = BTreeMap::new();
        tree.walk(TreeWalkMode::PreOrder, |directory, entry| {
            if entry.kind() == Some(ObjectType::Blob)
                && let Ok(name) = entry.name()
            {
                files.insert(
                    PathBuf::from(directory).join(name),
                    File { id: entry.id(), mode: entry.filemode() },
                );
            }
            TreeWalkResult::Ok
        })
        .map_err(|cause| self.broken(cause))?;
        Ok(Tree { repository: self, files, is_working_tree: false })
    }

    /// The files that lie directly in some directories of a commit; a directory that is not there has none.
    ///
    /// # Errors
    /// A broken object.
    pub fn files_in(&self, commit: &Commit, directories: &[PathBuf]) -> Result<Tree<'_>> {
        let top = self.tree_of(commit).map_err(|cause| self.broken(cause))?;
        let mut files = BTreeMap::new();
        for directory in directories {
            let tree = match directory.as_os_str().is_empty() {
                true => Ok(top.clone()),
                false => top.get_path(directory).and_then(|entry| entry.to_object(&self.inner)).and_then(
                    |object| object.into_tree().map_err(|_| git2::Error::from_str("it is no directory")),
                ),
            };
            let tree = match tree {
                Ok(tree) => tree,
                Err(cause) if cause.code() == ErrorCode::NotFound => continue,
                Err(cause) => {
                    return Err(self.broken(cause).note("directory", directory.display().to_string()));
                }
            };
            for entry in &tree {
                if entry.kind() == Some(ObjectType::Blob)
                    && let Ok(name) = entry.name()
                {
                    files.insert(directory.join(name), File { id: entry.id(), mode: entry.filemode() });
                }
            }
        }
        Ok(Tree { repository: self, files, is_working_tree: false })
    }

    /// The files of the index: what the next commit will hold. Files in conflict are not among them.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn index_tree(&self) -> Result<Tree<'_>> {
        let index = self.inner.index().map_err(|cause| self.broken(cause))?;
        let mut files = BTreeMap::new();
        for entry in index.iter() {
            let stage = entry.flags >> 12 & 3;
            let mode = i32::try_from(entry.mode).unwrap_or_default();
            if stage == 0
                && mode != 0o160_000
                && let Ok(path) = String::from_utf8(entry.path)
            {
                files.insert(PathBuf::from(path), File { id: entry.id, mode });
            }
        }
        Ok(Tree { repository: self, files, is_working_tree: false })
    }

    /// No files at all.
    pub fn no_files(&self) -> Tree<'_> {
        Tree { repository: self, files: BTreeMap::new(), is_working_tree: false }
    }

    /// The id of a file in the index, if it is there.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn index_entry(&self, path: &Path) -> Result<Option<Oid>> {
        let index = self.inner.index().map_err(|cause| self.broken(cause))?;
        Ok(index.get_path(path, 0).map(|entry| entry.id))
    }

    /// The id of a file or a directory in a commit, if it is there; of a directory it tells whether anything in it is
    /// another. An empty path is the top.
    ///
    /// # Errors
    /// A broken object.
    pub fn entry(&self, commit: &Commit, path: &Path) -> Result<Option<Oid>> {
        let tree = self.tree_of(commit).map_err(|cause| self.broken(cause))?;
        if path.as_os_str().is_empty() {
            return Ok(Some(tree.id()));
        }
        match tree.get_path(path) {
            Ok(entry) => Ok(Some(entry.id())),
            Err(cause) if cause.code() == ErrorCode::NotFound => Ok(None),
            Err(cause) => Err(self.broken(cause)),
        }
    }

    /// The content of a file by its id.
    ///
    /// # Errors
    /// A broken object.
    pub fn content(&self, id: Oid) -> Result<Vec<u8>> {
        let blob = self.inner.find_blob(id).map_err(|cause| self.broken(cause))?;
        Ok(blob.content().to_owned())
    }

    /// The paths of the working tree's files: what git tracks, and what it neither tracks nor ignores. Some may be gone
    /// from disk.
    ///
    /// # Errors
    /// A bare repository; an index that cannot be read.
    pub fn working_paths(&self) -> Result<Vec<PathBuf>> {
        let mut paths: Vec<PathBuf> = Vec::new();
        let index = self.inner.index().map_err(|cause| self.broken(cause))?;
        for entry in index.iter() {
            if let Ok(path) = String::from_utf8(entry.path) {
                paths.push(path.into());
            }
        }
        let mut options = StatusOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true).include_ignored(false);
        let statuses = self.inner.statuses(Some(&mut options)).map_err(|cause| self.broken(cause))?;
        paths.extend(
            statuses
                .iter()
                .filter(|entry| entry.status().is_wt_new())
                .filter_map(|entry| entry.path().ok().map(PathBuf::from)),
        );
        Ok(paths)
    }

    /// The files of the working tree: what git tracks, as it is on disk, and what it neither tracks nor ignores.
    ///
    /// # Errors
    /// A file that cannot be read; a bare repository.
    pub fn working_tree(&self) -> Result<Tree<'_>> {
        let paths = self.working_paths()?;
        let mut files = BTreeMap::new();
        for path in paths {
            let place = self.top().join(&path);
            // Gone from the working tree, or a submodule.
            let Ok(metadata) = place.symlink_metadata() else { continue };
            if !metadata.is_dir() {
                let content = read_file(&place)?;
                let id = Oid::hash_object(ObjectType::Blob, &content).map_err(|cause| self.broken(cause))?;
                files.insert(path, File { id, mode: mode(&metadata) });
            }
        }
        Ok(Tree { repository: self, files, is_working_tree: true })
    }
}

impl Tree<'_> {
    /// The content of a file.
    ///
    /// # Errors
    /// One that is not there; a broken object.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>> {
        let file = self
            .files
            .get(path)
            .ok_or_else(|| Error::usage(format!("there is no file {}", path.display())))?;
        if self.is_working_tree {
            return read_file(&self.repository.top().join(path));
        }
        self.repository.content(file.id)
    }

    /// Writes all files into an empty directory, as a checkout does.
    ///
    /// # Errors
    /// What the file system refuses; a broken object.
    pub fn write_to(&self, directory: &Path) -> Result<()> {
        for (path, file) in &self.files {
            let place = directory.join(path);
            let written = place.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| {
                let content = self.read(path).map_err(std::io::Error::other)?;
                write_file(&place, &content, file.mode)
            });
            written.map_err(|cause| {
                Error::failed(format!("{} cannot be written: {cause}", place.display())).caused_by(cause)
            })?;
        }
        Ok(())
    }
}

/// The content of a file as git would keep it: of a symbolic link, where it leads.
fn read_file(place: &Path) -> Result<Vec<u8>> {
    let read = match place.read_link() {
        Ok(target) => Ok(target.into_os_string().into_encoded_bytes()),
        Err(_) => std::fs::read(place),
    };
    read.map_err(|cause| {
        Error::usage(format!("{} cannot be read: {cause}", place.display())).caused_by(cause)
    })
}

#[cfg(unix)]
fn mode(metadata: &std::fs::Metadata) -> i32 {
    use std::os::unix::fs::PermissionsExt;
    match metadata {
        link if link.is_symlink() => 0o120_000,
        file if file.permissions().mode() & 0o100 != 0 => 0o100_755,
        _ => 0o100_644,
    }
}

#[cfg(unix)]
fn write_file(place: &Path, content: &[u8], mode: i32) -> std::io::Result<()> {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;
    if mode == 0o120_000 {
        return std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(content), place);
    }
    std::fs::write(place, content)?;
    if mode == 0o100_755 {
        std::fs::set_permissions(place, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}
