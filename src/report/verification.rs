//! What a verification came to, as text and in other forms: functions from values to text.

mod github;
mod json;
mod junit;
mod text;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::Result;
use crate::verify::Verification;

pub use github::{annotations, summary};
pub use text::text;

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For programs; `docs/verify-report.md` has its schema.
    Json,
    /// For CI services that show tests: a case a stage.
    Junit,
    /// Annotations for GitHub Actions.
    Github,
}

impl Form {
    /// Every form.
    pub const ALL: [Form; 3] = [Form::Json, Form::Junit, Form::Github];

    /// Its name, as in `--report json:FILE`.
    pub fn name(self) -> &'static str {
        match self {
            Form::Json => "json",
            Form::Junit => "junit",
            Form::Github => "github",
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
        known.ok_or_else(|| format!("{text:?} is no form; they are json, junit and github"))
    }
}

/// A verification in one of the forms.
///
/// # Errors
/// What cannot be written in the form: a mistake of pum's.
pub fn render(verification: &Verification, form: Form) -> Result<String> {
    match form {
        Form::Json => json::json(verification),
        Form::Junit => Ok(junit::junit(verification)),
        Form::Github => Ok(annotations(verification)),
    }
}

/// What the answer is, in a word.
fn word(verification: &Verification) -> &'static str {
    use crate::verify::Verdict;
    match verification.verdict {
        Verdict::Proven => "proven",
        Verdict::Refuted => "refuted",
        Verdict::Unverified(_) => "unverified",
    }
}

/// How long something took, for people.
fn took(duration: Duration) -> String {
    match duration.as_millis() {
        milliseconds @ 0..1000 => format!("{milliseconds} ms"),
        1000..60_000 => format!("{:.1} s", duration.as_secs_f64()),
        milliseconds => format!("{} min {:02} s", milliseconds / 60_000, milliseconds / 1000 % 60),
    }
}
