//! Whether a file stays out of the repository.

use std::path::Path;

use git2::Repository;

/// Whether git ignores a file, which need not exist; one that it has already is not ignored. `None` outside a
/// repository, and in one that cannot be read.
pub fn is_ignored(file: &Path) -> Option<bool> {
    let file = std::path::absolute(file).ok()?;
    let directory = file.parent()?.canonicalize().ok()?;
    let file = directory.join(file.file_name()?);
    let repository = Repository::discover(&directory).ok()?;
    let top = repository.workdir()?.canonicalize().ok()?;
    let path = file.strip_prefix(&top).ok()?;
    let is_tracked = repository.index().ok()?.get_path(path, 0).is_some();
    Some(!is_tracked && repository.is_path_ignored(path).ok()?)
}
