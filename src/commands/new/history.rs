//! What git knows that a new delta is about: from where, and what has changed since.

use std::path::PathBuf;

use serde::Serialize;

use super::Options;
use crate::git::{Change, Commit, Logged, Repository};
use crate::progress::Progress;
use crate::source::ModelFiles;
use crate::{Result, source};

/// Why the base is what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Somebody said so.
    Given,
    /// The newest release that HEAD contains.
    Release,
    /// Where HEAD left this branch.
    MergeBase {
        /// Its name.
        upstream: String,
    },
    /// There is neither a release nor a branch to measure from.
    Beginning,
    /// There is no repository, so nobody knows.
    NoRepository,
}

/// From where a delta goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The commit; none for the beginning.
    pub commit: Option<Commit>,
    /// Why that one.
    pub reason: Reason,
}

/// A file of the model that changed since the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    /// What became of it.
    pub change: Change,
    /// Its path from the top of the repository.
    pub path: PathBuf,
    /// Whether a part of that is not committed.
    pub uncommitted: bool,
}

/// From where a delta goes, and what touched the model since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// From where.
    pub base: Base,
    /// The commits, the oldest first.
    pub commits: Vec<Logged>,
    /// The files.
    pub files: Vec<ChangedFile>,
}

impl Base {
    /// What it is, for people.
    pub fn sentence(&self) -> String {
        let named = |commit: &Commit| match commit.id.to_string().starts_with(&commit.name) {
            true => commit.name.clone(),
            false => format!("{} ({})", commit.name, commit.short()),
        };
        match (&self.commit, &self.reason) {
            (Some(commit), Reason::Given) => format!("from {}, as --since says", named(commit)),
            (Some(commit), Reason::Release) => {
                format!("from {}, the newest release that HEAD contains", named(commit))
            }
            (Some(commit), Reason::MergeBase { upstream }) => {
                format!("from {}, where HEAD left {upstream}", commit.short())
            }
            (_, Reason::NoRepository) => "the history is unknown: this is no git repository".to_owned(),
            _ => "from the beginning: there is no release, and no branch that this one comes from".to_owned(),
        }
    }
}

impl History {
    /// From where, for people.
    pub(super) fn sentence(&self) -> String {
        self.base.sentence()
    }

    /// Looks at the repository, if there is one.
    ///
    /// # Errors
    /// A `since` that names nothing; a broken object.
    pub(super) fn read(
        repository: Option<&Repository>,
        upstream: Option<&Commit>,
        options: &Options,
        progress: &dyn Progress,
    ) -> Result<History> {
        let Some(repository) = repository else {
            let base = Base { commit: None, reason: Reason::NoRepository };
            return Ok(History { base, commits: Vec::new(), files: Vec::new() });
        };
        if repository.is_shallow() {
            progress.warning(
                "the clone is shallow: releases and commits from before its beginning are not seen; git fetch --unshallow --tags brings them (in CI: fetch-depth: 0)",
            );
        }
        let head = repository.head()?;
        let base = base(repository, head.as_ref(), upstream, options)?;
        let inside = |path: &PathBuf| source::below(repository.top(), path).unwrap_or_else(|| path.clone());
        let here = PathBuf::from(".");
        let home = if options.home.as_os_str().is_empty() { &here } else { &options.home };
        let model = ModelFiles::new(
            options.recipe.as_ref(),
            source::below(repository.top(), home).unwrap_or_default(),
            options.directories.iter().map(inside).collect(),
        )?;
        let mut commits = match &head {
            Some(head) => repository.log(base.commit.as_ref(), head, &|path| model.has(path))?,
            None => Vec::new(),
        };
        commits.reverse();
        let uncommitted = repository.changed_files(head.as_ref())?;
        let files = repository
            .changed_files(base.commit.as_ref())?
            .into_iter()
            .filter(|(path, _)| model.has(path))
            .map(|(path, change)| ChangedFile { change, uncommitted: uncommitted.contains_key(&path), path })
            .collect();
        Ok(History { base, commits, files })
    }
}

/// From where: what was said, else the newest release, else where the branch began, else the beginning.
fn base(
    repository: &Repository,
    head: Option<&Commit>,
    upstream: Option<&Commit>,
    options: &Options,
) -> Result<Base> {
    if let Some(since) = &options.since {
        return Ok(Base { commit: Some(repository.commit(since)?), reason: Reason::Given });
    }
    if let Some(head) = head {
        if let Some(release) = repository.newest_release(&options.releases, head)? {
            return Ok(Base { commit: Some(release.commit), reason: Reason::Release });
        }
        // What is on the remote's branch already did not begin there.
        let upstream = upstream.filter(|upstream| options.upstream.is_some() || upstream.id != head.id);
        if let Some(upstream) = upstream
            && let Some(commit) = repository.merge_base(head, upstream)?
        {
            let reason = Reason::MergeBase { upstream: upstream.name.clone() };
            return Ok(Base { commit: Some(commit), reason });
        }
    }
    Ok(Base { commit: None, reason: Reason::Beginning })
}
