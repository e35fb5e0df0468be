//! The text of a new delta: the header, from a template, and the place for its statements.

use std::path::{Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use super::history::History;
use crate::delta::{Language, Name};
use crate::error::Excerpt;
use crate::{Error, Result};

const SQL: &str = include_str!("../../../templates/delta.sql");
const PYTHON: &str = include_str!("../../../templates/delta.py");

/// What the template is given. Everything that somebody wrote elsewhere is harmless in a comment.
#[derive(Serialize)]
struct Page {
    file: String,
    version: String,
    title: String,
    /// The name of the class of a Python delta.
    class: String,
    /// Whether nothing is to be done but to leave the version.
    release: bool,
    /// A sentence: from where the model's changes are listed.
    base: String,
    commits: Vec<CommitLine>,
    files: Vec<FileLine>,
}

#[derive(Serialize)]
struct CommitLine {
    id: String,
    author: String,
    subject: String,
}

#[derive(Serialize)]
struct FileLine {
    change: char,
    path: String,
    uncommitted: bool,
}

/// Writes the text of a delta. `template` is a file of the project's own, for SQL.
///
/// # Errors
/// A template that cannot be read, or that is wrong, with the place.
pub(super) fn render(
    name: &Name,
    release: bool,
    history: &History,
    template: Option<&Path>,
) -> Result<String> {
    let is_sql = name.kind.language() == Language::Sql;
    let page = Page {
        file: name.file_name(),
        version: name.version.to_string(),
        title: name.title.clone(),
        class: class(&name.title),
        release,
        base: harmless(&history.sentence()),
        commits: history
            .commits
            .iter()
            .map(|commit| CommitLine {
                id: commit.short(),
                author: harmless(&commit.author),
                subject: harmless(&commit.subject),
            })
            .collect(),
        files: history
            .files
            .iter()
            .map(|file| FileLine {
                change: file.change.letter(),
                path: harmless(&file.path.to_string_lossy()),
                uncommitted: file.uncommitted,
            })
            .collect(),
    };
    let (path, text) = match template.filter(|_| is_sql) {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|cause| {
                Error::usage(format!("the template {} cannot be read: {cause}", path.display()))
                    .hint("it is named by templates: {delta: …} in pum.yaml")
            })?;
            (path.to_owned(), text)
        }
        None => (PathBuf::from("delta"), if is_sql { SQL } else { PYTHON }.to_owned()),
    };
    fill(&text, &page).map_err(|cause| {
        // Lines are counted from 1; what has no line is about the whole.
        let line = cause.line().unwrap_or(1);
        let start = text.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>();
        let length = text[start..].lines().next().unwrap_or_default().len();
        Error::usage(format!("the template {} is not understood", path.display())).at(Excerpt {
            path,
            range: start..start + length,
            text,
            label: cause.detail().map_or_else(|| cause.kind().to_string(), str::to_owned),
        })
    })
}

fn fill(template: &str, page: &Page) -> std::result::Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_syntax(
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?,
    );
    environment.template_from_str(template)?.render(Serde(page))
}

/// A text that stays within the comment that it is written into, of whatever form that is: on one line, without what
/// ends a block comment, what variables (`%`) or directives of pum begin with, and what only looks like another text.
fn harmless(text: &str) -> String {
    let mut line = String::new();
    for character in text.chars() {
        match character {
            // Marks that turn the direction of writing round, and line ends of Unicode.
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
                line.push(' ');
            }
            '%' => line.push_str(" percent"),
            // `*/` and `/*`.
            '/' if line.ends_with('*') => line.push_str(" /"),
            '*' if line.ends_with('/') => line.push_str(" *"),
            // The end of a documentation string of Python.
            '"' => line.push('\''),
            character if character.is_control() => line.push(' '),
            character => line.push(character),
        }
    }
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match ["pum:", "squawk-", "TODO"].iter().any(|word| line.starts_with(word)) {
        true => format!("'{line}'"),
        false => line,
    }
}

/// A title as the name of a class: `pipe_material` is `PipeMaterial`.
fn class(title: &str) -> String {
    let words = title.split('_').filter(|word| !word.is_empty());
    let name: String = words
        .map(|word| {
            let mut characters = word.chars();
            let first = characters.next().map(|first| first.to_uppercase().to_string());
            format!("{}{}", first.unwrap_or_default(), characters.as_str())
        })
        .collect();
    if name.starts_with(char::is_alphabetic) { name } else { format!("Delta{name}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{class, harmless};
    use crate::sql::{self, Source, Variables};

    #[test]
    fn a_title_names_a_class() {
        assert_eq!(class("pipe_material"), "PipeMaterial");
        assert_eq!(class("002_valves"), "Delta002Valves");
        assert_eq!(class(""), "Delta");
    }

    #[test]
    fn what_others_wrote_stays_in_the_comment() {
        assert_eq!(harmless("a\r\nb\t*/ drop /* \\q 50%"), "a b * / drop / * \\q 50 percent");
        assert_eq!(harmless("pum: no-transaction"), "'pum: no-transaction'");
        assert_eq!(harmless("x \u{202e}y"), "x y");
    }

    proptest! {
        #[test]
        fn no_text_leaves_a_comment_of_any_form(text in any::<String>(), odd in "[-*/%\\\\$'\"a\n\r ]{0,30}") {
            for text in [harmless(&text), harmless(&odd)] {
                let mut variables = Variables::default();
                variables.insert("X", sql::Value::Int(1), sql::Origin::CommandLine);
                for delta in [format!("-- {text}\nSELECT 1;"), format!("/* {text} */\nSELECT 1;")] {
                    let source = Source::decode(std::path::Path::new("x.sql"), delta.clone().into_bytes()).unwrap();
                    let script = sql::prepare(&source, &variables).unwrap();
                    prop_assert_eq!(script.statements().count(), 1, "{}", delta);
                }
            }
        }
    }
}
