//! What a stage finds.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Stage;
use crate::Error;
use crate::error::line_column;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look; the commit may be good.
    Warning,
    /// The commit is refuted.
    Error,
}

/// Something that a stage found, with its place and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The stage.
    pub stage: Stage,
    /// How bad it is.
    pub severity: Severity,
    /// The rule that it breaks, if it has a name, such as `ban-drop-table`.
    pub rule: Option<String>,
    /// The file, from the top of the repository; `None` where it is about no single one.
    pub path: Option<PathBuf>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column, from 1, in characters; only with a line.
    pub column: Option<usize>,
    /// What is wrong and why: a sentence, lower case, no trailing period.
    pub message: String,
    /// Labelled texts, which may have several lines: what the server said, differences.
    pub notes: Vec<(String, String)>,
    /// What to do: commands, where there are some.
    pub help: Vec<String>,
}

impl Finding {
    /// One that refutes.
    pub fn error(stage: Stage, message: impl Into<String>) -> Finding {
        Finding {
            stage,
            severity: Severity::Error,
            rule: None,
            path: None,
            line: None,
            column: None,
            message: message.into(),
            notes: Vec::new(),
            help: Vec::new(),
        }
    }

    /// One that is only told.
    pub fn warning(stage: Stage, message: impl Into<String>) -> Finding {
        Finding { severity: Severity::Warning, ..Finding::error(stage, message) }
    }

    /// What an error says, as a finding that refutes.
    pub fn of_error(stage: Stage, error: &Error) -> Finding {
        let mut finding = Finding::error(stage, &error.message);
        if let Some(excerpt) = &error.excerpt {
            let (line, column) = excerpt.line_column();
            finding.path = Some(excerpt.path.clone());
            (finding.line, finding.column) = (Some(line), Some(column));
            if !excerpt.label.is_empty() {
                finding.message = format!("{}: {}", finding.message, excerpt.label);
            }
        }
        finding.notes.clone_from(&error.notes);
        finding.help.clone_from(&error.hints);
        finding
    }

    /// Adds the rule.
    #[must_use]
    pub fn by_rule(mut self, rule: impl Into<String>) -> Finding {
        self.rule = Some(rule.into());
        self
    }

    /// Adds the file.
    #[must_use]
    pub fn in_file(mut self, path: &Path) -> Finding {
        self.path = Some(path.to_owned());
        self
    }

    /// Adds the place: a byte of the file's text.
    #[must_use]
    pub fn at_offset(mut self, text: &str, offset: usize) -> Finding {
        let (line, column) = line_column(text, offset);
        (self.line, self.column) = (Some(line), Some(column));
        self
    }

    /// Adds a labelled text.
    #[must_use]
    pub fn note(mut self, label: impl Into<String>, text: impl Into<String>) -> Finding {
        self.notes.push((label.into(), text.into()));
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Finding {
        self.help.push(text.into());
        self
    }

    /// `delta/x.sql:12:5`, as far as it is known; empty without a file.
    pub fn place(&self) -> String {
        let mut place = self.path.as_ref().map_or_else(String::new, |path| path.display().to_string());
        if let Some(line) = self.line {
            place.push_str(&format!(":{line}"));
            if let Some(column) = self.column {
                place.push_str(&format!(":{column}"));
            }
        }
        place
    }
}
