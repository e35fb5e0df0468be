//! Whether there is anything to verify: whether deltas, the model or pum.yaml changed since the base.
//!
//! Of a model that is SQL files, those count that its patterns match; if one of them reads others (`\i`, `\copy`), or if
//! the model is built by a command, nobody knows what is read, and every file counts but those that are known to be for
//! people or for the repository itself.

use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

use super::subject::Target;
use super::{Outcome, Stage, Subject};
use crate::Result;
use crate::config::ignores::PROJECT_FILE;
use crate::git::File;
use crate::progress::count;
use crate::source::Recipe;

/// Carries the stage out, and tells whether anything changed that the other stages judge.
///
/// # Errors
/// A broken object.
pub fn run(subject: &Subject<'_>) -> Result<(Outcome, bool)> {
    let base = subject.base.commit.as_ref();
    let changed = match &subject.target {
        Target::Commit(commit) => subject.repository.differing(base, commit)?,
        Target::Index(_) => subject.repository.differing_in_index(base)?,
    };
    let judged = Judged::of(subject);
    let found = match changed.iter().find(|path| judged.has(path)) {
        Some(path) => Some(path),
        // To look into the model costs time: only for files that it may read.
        None if changed.iter().any(|path| !is_for_people(path)) && judged.reads_others()? => {
            changed.iter().find(|path| !is_for_people(path))
        }
        None => None,
    };
    let summary = match found {
        Some(path) => format!("{} changed, {} among them", count(changed.len(), "file"), path.display()),
        None => format!("nothing to verify in {}", count(changed.len(), "changed file")),
    };
    Ok((Outcome::of(Stage::Scope, summary, Vec::new()), found.is_some()))
}

/// The files that the other stages judge.
pub(super) struct Judged<'s, 'r> {
    subject: &'s Subject<'r>,
    /// Of the model; `None`: every file may be of it.
    patterns: Option<Vec<Pattern>>,
}

impl<'s, 'r> Judged<'s, 'r> {
    pub(super) fn of(subject: &'s Subject<'r>) -> Judged<'s, 'r> {
        let texts: &[String] = match &subject.project.recipe {
            Some(Recipe::Run(_)) => return Judged { subject, patterns: None },
            Some(Recipe::Sql(texts)) => texts,
            None | Some(Recipe::Deltas) => &[],
        };
        let texts = texts.iter().map(|text| text.strip_prefix("./").unwrap_or(text));
        // One that is none is told when the model is built.
        Judged { subject, patterns: Some(texts.filter_map(|text| Pattern::new(text).ok()).collect()) }
    }

    /// Whether a file is one of them, as far as its name tells.
    pub(super) fn has(&self, path: &Path) -> bool {
        let subject = self.subject;
        subject.directories().iter().any(|directory| path.starts_with(directory))
            || *path == subject.config_path
            || *path == subject.home.join(PROJECT_FILE)
            || match &self.patterns {
                Some(patterns) => matches(path, &subject.home, patterns),
                None => !is_for_people(path),
            }
    }

    /// Whether a file of the model names other files for psql to read: then every file may be one of them.
    ///
    /// # Errors
    /// A broken object.
    pub(super) fn reads_others(&self) -> Result<bool> {
        let Some(patterns) = self.patterns.as_ref().filter(|patterns| !patterns.is_empty()) else {
            return Ok(false);
        };
        let subject = self.subject;
        let tree = subject.target.tree(subject.repository)?;
        for (path, file) in &tree.files {
            if matches(path, &subject.home, patterns) && has_include(&subject.repository.content(file.id)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// All of them in the target.
    ///
    /// # Errors
    /// A broken object.
    pub(super) fn files(&self) -> Result<Vec<(PathBuf, File)>> {
        let all = self.reads_others()?;
        let tree = self.subject.target.tree(self.subject.repository)?;
        let judged =
            tree.files.into_iter().filter(|(path, _)| self.has(path) || (all && !is_for_people(path)));
        Ok(judged.collect())
    }
}

fn matches(path: &Path, home: &Path, patterns: &[Pattern]) -> bool {
    let options = MatchOptions { require_literal_separator: true, ..MatchOptions::default() };
    let Ok(path) = path.strip_prefix(home) else { return false };
    patterns.iter().any(|pattern| pattern.matches_path_with(path, options))
}

/// Files that no model is built from: texts for people, and what git and code forges read.
fn is_for_people(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let begins = ["readme", "license", "licence", "copying", "changelog", "contributing", "authors"];
    let ends = [".md", ".rst", ".adoc"];
    let whole = [".gitignore", ".gitattributes", ".mailmap", ".editorconfig", ".gitlab-ci.yml"];
    path.starts_with(".github")
        || whole.contains(&name.as_str())
        || ends.iter().any(|ending| name.ends_with(ending))
        || begins.iter().any(|beginning| name.starts_with(beginning))
}

/// Whether a text has one of psql's commands that read a file or run a program. One in a comment counts, too.
fn has_include(text: &[u8]) -> bool {
    let commands = ["\\i", "\\copy", "\\!", "\\o", "\\set", "\\g", "\\lo_import"];
    let text = String::from_utf8_lossy(text);
    text.match_indices('\\').any(|(at, _)| {
        let rest = &text[at..];
        commands.iter().any(|command| match *command {
            // `\set x `cat file``
            "\\set" => {
                rest.starts_with(command) && rest.lines().next().is_some_and(|line| line.contains('`'))
            }
            command => rest.starts_with(command),
        })
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{has_include, is_for_people};

    #[test]
    fn what_reads_other_files_is_seen() {
        for text in ["\\i a.sql", "select 1; \\ir a.sql", "\\copy t from 'a.csv'", "\\set v `cat v`"] {
            assert!(has_include(text.as_bytes()), "{text}");
        }
        for text in ["select E'a\\nb'", "\\set v 1", "\\echo x"] {
            assert!(!has_include(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn texts_for_people_are_told_by_their_names() {
        for path in ["README", "docs/a.md", "LICENSE-MIT", ".github/workflows/ci.yml", "a/.gitignore"] {
            assert!(is_for_people(Path::new(path)), "{path}");
        }
        for path in ["model/a.sql", "build.sh", "values.csv", "docs/example.yaml"] {
            assert!(!is_for_people(Path::new(path)), "{path}");
        }
    }
}
