//! Whether there is anything to verify: whether deltas, the model or pum.yaml changed since the base.
//!
//! Of a model that is SQL files, those count that its patterns match; if one of them reads others (`\i`, `\copy`), or if
//! the model is built by a command, nobody knows what is read, and every file counts but those that are known to be for
//! people or for the repository itself.

use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

use super::names::count;
use super::subject::Target;
use super::{Outcome, Stage, Subject};
use crate::Result;
use crate::config::ignores::PROJECT_FILE;
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
    let reads_others = |patterns: &[Pattern]| -> Result<bool> { reads_others(subject, patterns) };
    let judged = judged(subject, &changed, reads_others)?;
    let summary = match judged {
        Some(path) => format!("{} changed, {} among them", count(changed.len(), "file"), path.display()),
        None => format!("nothing to verify in {}", count(changed.len(), "changed file")),
    };
    Ok((Outcome::of(Stage::Scope, summary, Vec::new()), judged.is_some()))
}

/// The first of the changed files that the other stages judge.
fn judged<'c>(
    subject: &Subject<'_>,
    changed: &'c [PathBuf],
    reads_others: impl Fn(&[Pattern]) -> Result<bool>,
) -> Result<Option<&'c PathBuf>> {
    let is_own = |path: &PathBuf| {
        subject.directories().iter().any(|directory| path.starts_with(directory))
            || *path == subject.config_path
            || *path == subject.home.join(PROJECT_FILE)
    };
    let any = |path: &&PathBuf| !is_for_people(path);
    if let Some(path) = changed.iter().find(|path| is_own(path)) {
        return Ok(Some(path));
    }
    Ok(match &subject.project.recipe {
        None | Some(Recipe::Deltas) => None,
        Some(Recipe::Run(_)) => changed.iter().find(any),
        Some(Recipe::Sql(texts)) => {
            let texts = texts.iter().map(|text| text.strip_prefix("./").unwrap_or(text));
            // One that is none is told when the model is built.
            let patterns: Vec<Pattern> = texts.filter_map(|text| Pattern::new(text).ok()).collect();
            match changed.iter().find(|path| matches(path, &subject.home, &patterns)) {
                Some(path) => Some(path),
                None if changed.iter().any(|path| !is_for_people(path)) && reads_others(&patterns)? => {
                    changed.iter().find(any)
                }
                None => None,
            }
        }
    })
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

/// Whether a file of the model names other files for psql to read.
fn reads_others(subject: &Subject<'_>, patterns: &[Pattern]) -> Result<bool> {
    let tree = match &subject.target {
        Target::Commit(commit) => subject.repository.tree(commit)?,
        Target::Index(_) => subject.repository.index_tree()?,
    };
    for (path, file) in &tree.files {
        if matches(path, &subject.home, patterns) && has_include(&subject.repository.content(file.id)?) {
            return Ok(true);
        }
    }
    Ok(false)
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
