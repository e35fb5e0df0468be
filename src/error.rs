//! What can go wrong, told so that a person can act on it: a kind (which decides the exit code), a sentence,
//! the place in a file if there is one, notes, and hints with the next command. Nothing here prints.

use std::ops::Range;
use std::path::PathBuf;

/// The result of everything that can fail in pum.
pub type Result<T> = std::result::Result<T, Error>;

/// What sort of failure it is; each kind has its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The answer is no: differences, a verification that failed, something pending. Exit code 1.
    No,
    /// The command line, the configuration or an input file is wrong; nothing was begun. Exit code 2.
    Usage,
    /// The database, a delta or a program that was run failed. Exit code 3.
    Failed,
    /// Somebody else holds the upgrade lock. Exit code 4.
    Locked,
    /// Interrupted by the user. Exit code 130; of a process that another signal than Ctrl-C ended, 128 and its number.
    Interrupted,
}

impl Kind {
    /// The exit code of the process for an error of this kind.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::No => 1,
            Kind::Usage => 2,
            Kind::Failed => 3,
            Kind::Locked => 4,
            Kind::Interrupted => 130,
        }
    }
}

/// A place in a file that an error points at, with the text to show the line from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The file as the user named it.
    pub path: PathBuf,
    /// The whole text of the file, as it is on disk (decoded).
    pub text: String,
    /// The byte range in `text` that is meant; may be empty.
    pub range: Range<usize>,
    /// What to say at the caret; may be empty.
    pub label: String,
}

impl Excerpt {
    /// Line and column of the beginning of the range, both counted from 1, the column in characters.
    pub fn line_column(&self) -> (usize, usize) {
        line_column(&self.text, self.range.start)
    }

    /// `path:line:column`, the form that editors jump to.
    pub fn place(&self) -> String {
        let (line, column) = self.line_column();
        format!("{}:{line}:{column}", self.path.display())
    }
}

/// Line and column (from 1, the column in characters) of a byte offset in a text. An offset past the end, or inside
/// a character, counts as the nearest character boundary before it.
pub fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The known word that a wrong one was probably meant to be; none if no one is near.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|known| (strsim::damerau_levenshtein(known, word), known))
        .min()
        .filter(|(distance, known)| *distance <= known.len().max(word.len()) / 2)
        .map(|(_, known)| known)
}

/// An error of pum: everything a person needs to go on.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What sort of failure it is.
    pub kind: Kind,
    /// One sentence, lower case, no trailing period.
    pub message: String,
    /// Where in a file; boxed because it carries the file's text.
    pub excerpt: Option<Box<Excerpt>>,
    /// Labelled lines, such as `detail`, `sqlstate`, `context`, or the state the database is now in.
    pub notes: Vec<(String, String)>,
    /// What to do next.
    pub hints: Vec<String>,
    /// The SQLSTATE of the server's error, if it was one.
    pub sqlstate: Option<String>,
    /// The cause, for those who look deeper.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of this kind with this message.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error {
            kind,
            message: message.into(),
            excerpt: None,
            notes: Vec::new(),
            hints: Vec::new(),
            sqlstate: None,
            source: None,
        }
    }

    /// Wrong command line, configuration or input; exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Error::new(Kind::Usage, message)
    }

    /// The database, a delta or a program failed; exit code 3.
    pub fn failed(message: impl Into<String>) -> Self {
        Error::new(Kind::Failed, message)
    }

    /// Interrupted by the user; exit code 130.
    pub fn interrupted(message: impl Into<String>) -> Self {
        Error::new(Kind::Interrupted, message)
    }

    /// Adds the place in a file.
    #[must_use]
    pub fn at(mut self, excerpt: Excerpt) -> Self {
        self.excerpt = Some(Box::new(excerpt));
        self
    }

    /// Adds a labelled line, such as `detail: …`.
    #[must_use]
    pub fn note(mut self, label: impl Into<String>, text: impl Into<String>) -> Self {
        self.notes.push((label.into(), text.into()));
        self
    }

    /// Adds a hint: what to do, best a command.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hints.push(text.into());
        self
    }

    /// Adds hints.
    #[must_use]
    pub fn hints(mut self, texts: impl IntoIterator<Item = String>) -> Self {
        self.hints.extend(texts);
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn caused_by(mut self, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(cause));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::line_column;

    #[test]
    fn line_and_column_count_characters_from_one() {
        assert_eq!(line_column("", 0), (1, 1));
        assert_eq!(line_column("é;\nab", 2), (1, 2));
        assert_eq!(line_column("é;\nab", 5), (2, 2));
        assert_eq!(line_column("a\n", 99), (2, 1));
    }
}
