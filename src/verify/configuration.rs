//! The configuration of what is judged: its own pum.yaml, with paths from the top of the repository.

use std::path::{Component, Path, PathBuf};

use super::subject::{Request, lexically};
use crate::config::{Config, FILE_NAME, Start};
use crate::git::Repository;
use crate::source::{self, Project};
use crate::{Error, Result};

/// A configuration file that was found.
pub(super) struct Found {
    /// From the top of the repository where it is in it, else as it was named.
    pub path: PathBuf,
    /// The directory that its paths are relative to, from the top of the repository.
    pub home: PathBuf,
    /// Whether it is the target's, and not one on disk.
    pub is_own: bool,
    /// What it says.
    pub text: String,
}

/// The project that a configuration describes whose paths are from the top of the repository; `home` is what the
/// model's are relative to.
///
/// # Errors
/// A name of the upgrades table that is none.
pub(super) fn project(repository: &Repository, home: &Path, config: &Config) -> Result<Project> {
    let top = repository.top();
    let project = config.project(PathBuf::new())?;
    let delta_dirs = config.delta_dirs.iter().map(|directory| {
        let inside = directory.strip_prefix(home).map(Path::to_owned);
        inside.unwrap_or_else(|_| {
            let up: PathBuf = home.components().map(|_| Component::ParentDir).collect();
            up.join(directory)
        })
    });
    let delta_dirs = delta_dirs.collect();
    let in_top = |path: PathBuf| if path.components().count() > 1 { top.join(path) } else { path };
    let python = project.python.map(in_top);
    Ok(Project { directory: top.join(home), delta_dirs, python, ..project })
}

/// What a configuration file says, with paths from the top of the repository.
///
/// # Errors
/// What is not understood, with the place.
pub(super) fn parse(path: &Path, home: &Path, text: &str) -> Result<Config> {
    let mut config = Config::parse(path, text)?;
    let written_in = path.parent().unwrap_or(Path::new(""));
    for directory in &mut config.delta_dirs {
        // A file elsewhere speaks of the top of the repository.
        let inside = if written_in == home { None } else { directory.strip_prefix(written_in).ok() };
        *directory = lexically(inside.unwrap_or(directory));
    }
    for start in &mut config.verify_from {
        if let Start::Dump { file, .. } = start
            && written_in != home
            && let Ok(inside) = file.strip_prefix(written_in)
        {
            *file = inside.to_owned();
        }
    }
    Ok(config)
}

/// The configuration file of the target: the one that is named, else the pum.yaml in the directory or above it.
///
/// # Errors
/// There is none; a broken object.
pub(super) fn find(repository: &Repository, request: &Request) -> Result<Found> {
    let target = &request.target;
    let decode = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    if let Some(file) = &request.config_file {
        let on_disk = request.directory.join(file);
        let inside = source::below(repository.top(), &on_disk);
        if let Some(path) = &inside
            && let Some(id) = target.entry(repository, path)?
        {
            let home = path.parent().map(Path::to_owned).unwrap_or_default();
            return Ok(Found {
                path: path.clone(),
                home,
                is_own: true,
                text: decode(repository.content(id)?),
            });
        }
        let text = std::fs::read_to_string(&on_disk).map_err(|cause| {
            Error::usage(format!("the configuration file {} cannot be read: {cause}", file.display()))
        })?;
        let home = inside.as_deref().and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
        let path = inside.unwrap_or_else(|| file.clone());
        return Ok(Found { path, home, is_own: false, text });
    }
    let place = source::below(repository.top(), &request.directory).unwrap_or_default();
    for home in place.ancestors() {
        let path = home.join(FILE_NAME);
        if let Some(id) = target.entry(repository, &path)? {
            let home = home.to_owned();
            return Ok(Found { path, home, is_own: true, text: decode(repository.content(id)?) });
        }
    }
    let mut error = Error::usage(format!("{} has no {FILE_NAME}", target.label()));
    if repository.top().join(FILE_NAME).exists() {
        error = error.hint(format!("it is not in git yet: git add {FILE_NAME}, and commit it"));
    }
    Err(error.hint("pum verify -c FILE names a configuration file elsewhere"))
}
