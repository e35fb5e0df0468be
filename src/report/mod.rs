//! Differences as text, as JSON and as a page: functions from values to text. Nothing here prints; [`file`](mod@file) puts a
//! report into a file.

pub mod file;
mod html;
mod json;
mod outline;
mod rules;
mod text;
mod value;
pub mod verification;

use std::fmt;
use std::str::FromStr;

use crate::Result;
use crate::commands::check::Check;

pub use text::{difference, text};

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people, on a terminal or in a log.
    Text,
    /// For programs; `docs/check-report.md` has its schema.
    Json,
    /// For people with a browser: one page that needs nothing else.
    Html,
    /// For psql: the statements that take the first source to the second.
    Sql,
}

impl Form {
    /// Every form.
    pub const ALL: [Form; 4] = [Form::Text, Form::Json, Form::Html, Form::Sql];

    /// Its name, as in `--format json`.
    pub fn name(self) -> &'static str {
        match self {
            Form::Text => "text",
            Form::Json => "json",
            Form::Html => "html",
            Form::Sql => "sql",
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Form, String> {
        let known = Form::ALL.into_iter().find(|form| form.name() == text);
        known.ok_or_else(|| format!("{text:?} is no form; they are text, json, html and sql"))
    }
}

/// How much a text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Detail {
    /// Whether the sources are equal, and how many differences there are.
    Summary,
    /// A line a difference, too.
    Lines,
    /// Everything.
    #[default]
    Full,
}

/// What a text tells.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// How much of the differences.
    pub detail: Detail,
    /// Also those that ignore rules cover, with the reasons.
    pub show_ignored: bool,
}

/// A check in one of the forms, without colours. JSON and the page have everything, whatever `options` say.
///
/// # Errors
/// A template that does not fit what it is given: a mistake of pum's.
pub fn render(check: &Check, form: Form, options: &Options) -> Result<String> {
    match form {
        Form::Text => Ok(anstream::adapter::strip_str(&text(check, options)).to_string()),
        Form::Json => json::json(check),
        Form::Html => html::html(check),
        Form::Sql => Ok(check.delta.as_ref().map(ToString::to_string).unwrap_or_default()),
    }
}
