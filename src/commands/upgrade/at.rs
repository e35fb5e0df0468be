//! `--at REV`: the files of a revision, written to a scratch directory as a checkout has them, and called what they are
//! called in the repository.

use std::path::{Path, PathBuf};

use crate::delta::{DeltaSet, Verdict, judge};
use crate::git::{Change, Repository};
use crate::progress::{Event, Progress};
use crate::{Error, Result, dump, source};

/// Does something with the deltas of directories, as a revision has them, or, without one, as they are. Messages name
/// the files by their paths in the repository.
///
/// # Errors
/// No repository, no such revision, a directory that the revision has not, deltas that cannot be read; those of the work.
pub(in crate::commands) fn with_files<T>(
    revision: Option<&str>,
    directories: &[PathBuf],
    progress: &dyn Progress,
    work: impl FnOnce(DeltaSet, &dyn Progress) -> Result<T>,
) -> Result<T> {
    let Some(revision) = revision else { return work(DeltaSet::read(directories)?, progress) };
    let first = directories.first().map_or(Path::new("."), PathBuf::as_path);
    let repository = Repository::open(&crate::commands::new::existing(first))?;
    let commit = repository.commit(revision)?;
    let tree = repository.tree(&commit)?;
    let checkout = dump::scratch()?;
    tree.write_to(checkout.path())?;
    let mut names = Vec::new();
    for directory in directories {
        let inside = source::below(repository.top(), directory).ok_or_else(|| {
            Error::usage(format!(
                "{} is not in the repository {}",
                directory.display(),
                repository.top().display()
            ))
        })?;
        let place = checkout.path().join(&inside);
        if !place.is_dir() {
            return Err(Error::usage(format!("{revision} has no directory {}", inside.display())));
        }
        names.push((directory.clone(), place));
    }
    let at = At { names, checkout: checkout.path().to_owned() };
    progress.note(&format!("the files are those of {revision} ({})", commit.short()));
    let set = DeltaSet::read_at(at.names.iter().map(|(name, place)| (name.as_path(), place.as_path())))
        .map_err(|error| at.error(error))?;
    work(set, &Named { at: &at, progress }).map_err(|error| at.error(error))
}

/// The deltas of some directories that are not as the last commit has them, each with what became of it; none outside of a repository.
///
/// # Errors
/// A repository that cannot be read.
pub fn uncommitted(directories: &[PathBuf]) -> Result<Vec<String>> {
    let first = directories.first().map_or(Path::new("."), PathBuf::as_path);
    let Some(repository) = Repository::find(&crate::commands::new::existing(first))? else {
        return Ok(Vec::new());
    };
    let head = repository.head()?;
    let changed = repository.changed_files(head.as_ref())?;
    let mut told = Vec::new();
    for directory in directories {
        let Some(inside) = source::below(repository.top(), directory) else { continue };
        for (path, change) in &changed {
            if path.parent() != Some(&inside) {
                continue;
            }
            let Some(file) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if judge(file) != Verdict::Other {
                let what = match change {
                    Change::Added => "new",
                    Change::Modified => "changed",
                    Change::Deleted => "deleted",
                };
                told.push(format!("{file} ({what})"));
            }
        }
    }
    Ok(told)
}

/// What the directories of the checkout are called.
struct At {
    /// Names, and where they are.
    names: Vec<(PathBuf, PathBuf)>,
    checkout: PathBuf,
}

impl At {
    fn text(&self, text: &str) -> String {
        let checkout = self.checkout.to_string_lossy();
        if !text.contains(checkout.as_ref()) {
            return text.to_owned();
        }
        let named = self.names.iter().fold(text.to_owned(), |text, (name, place)| {
            text.replace(place.to_string_lossy().as_ref(), &name.to_string_lossy())
        });
        named.replace(&format!("{checkout}/"), "")
    }

    fn error(&self, mut error: Error) -> Error {
        error.message = self.text(&error.message);
        for (_, text) in &mut error.notes {
            *text = self.text(text);
        }
        for hint in &mut error.hints {
            *hint = self.text(hint);
        }
        if let Some(excerpt) = &mut error.excerpt {
            excerpt.path = self.text(&excerpt.path.to_string_lossy()).into();
        }
        error
    }
}

/// Tells what a Python delta printed with those names, too: it knows only where it is.
struct Named<'a> {
    at: &'a At,
    progress: &'a dyn Progress,
}

impl Progress for Named<'_> {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Output { source, line } => {
                self.progress.event(&Event::Output { source, line: &self.at.text(line) });
            }
            event => self.progress.event(event),
        }
    }

    fn confirm(&self, question: &str) -> bool {
        self.progress.confirm(question)
    }

    fn confirm_by_typing(&self, question: &str, expected: &str) -> bool {
        self.progress.confirm_by_typing(question, expected)
    }
}
