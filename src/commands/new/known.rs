//! The deltas that are there already: in the working tree, in HEAD, upstream and in the last release.

use std::path::{Path, PathBuf};

use crate::delta::{Name, Verdict, Version, judge};
use crate::git::{Commit, Patterns, Release, Repository};
use crate::{Error, Result, source};

/// A delta, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What it is.
    pub name: Name,
    /// The index of its delta directory.
    pub directory: usize,
    /// Where it was seen, such as `HEAD`; empty for the working tree.
    pub place: String,
}

/// What is there.
#[derive(Debug, Default)]
pub struct Known {
    /// The deltas; one may be there more than once.
    pub deltas: Vec<Seen>,
    /// The newest releases that HEAD and the upstream branch contain, the highest first.
    pub releases: Vec<Release>,
    /// How many of these HEAD contains: none, or the one with the highest version of its own.
    pub of_head: Option<Release>,
}

impl Known {
    /// Looks at the working tree and, if there is a repository, at some commits of it.
    ///
    /// # Errors
    /// A delta directory that cannot be read, though it is there; a broken object.
    pub fn read(
        repository: Option<&Repository>,
        upstream: Option<&Commit>,
        directories: &[PathBuf],
        releases: &Patterns,
    ) -> Result<Known> {
        let mut known = Known::default();
        for (number, directory) in directories.iter().enumerate() {
            for file in files(directory)? {
                known.see(&file, number, "");
            }
        }
        let Some(repository) = repository else { return Ok(known) };
        let head = repository.head()?;
        let mut commits: Vec<Commit> = Vec::new();
        for (commit, is_head) in head.iter().map(|head| (head, true)).chain(upstream.map(|it| (it, false))) {
            if let Some(release) = repository.newest_release(releases, commit)? {
                commits.push(release.commit.clone());
                if is_head {
                    known.of_head = Some(release.clone());
                }
                known.releases.push(release);
            }
            commits.push(commit.clone());
        }
        known.releases.sort_by_key(|release| std::cmp::Reverse(release.version));
        for commit in commits {
            for (number, directory) in directories.iter().enumerate() {
                let Some(inside) = source::below(repository.top(), directory) else { continue };
                for path in repository.files_in(&commit, &[inside])?.files.keys() {
                    if let Some(file) = path.file_name().and_then(|name| name.to_str()) {
                        known.see(file, number, &commit.name);
                    }
                }
            }
        }
        Ok(known)
    }

    fn see(&mut self, file: &str, directory: usize, place: &str) {
        if let Verdict::Delta(name) = judge(file)
            && !self.deltas.iter().any(|seen| seen.name == name && seen.directory == directory)
        {
            self.deltas.push(Seen { name, directory, place: place.to_owned() });
        }
    }

    /// The highest version, and what has it.
    pub fn highest(&self) -> Option<(Version, String)> {
        let delta = self.deltas.iter().max_by_key(|seen| &seen.name).map(|seen| {
            let place = match seen.place.as_str() {
                "" => String::new(),
                place => format!(" in {place}"),
            };
            (seen.name.version, format!("{}{place}", seen.name.file_name()))
        });
        let release = self
            .releases
            .first()
            .map(|release| (release.version, format!("the release {}", release.commit.name)));
        // Of two that are equal the last one: the delta says more.
        [release, delta].into_iter().flatten().max_by_key(|(version, _)| *version)
    }
}

/// The names of the files of a directory; of one that is not there, none.
pub(crate) fn files(directory: &Path) -> Result<Vec<String>> {
    let unreadable = |cause: std::io::Error| {
        Error::usage(format!("the delta directory {} cannot be read: {cause}", directory.display()))
            .caused_by(cause)
    };
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(unreadable(cause)),
    };
    let mut names = Vec::new();
    for entry in entries {
        if let Ok(name) = entry.map_err(unreadable)?.file_name().into_string() {
            names.push(name);
        }
    }
    Ok(names)
}
