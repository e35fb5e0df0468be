//! What a stage and the whole come to.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Finding, Severity, Stage};
use crate::Error;

/// Something that was measured while a statement ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measurement {
    /// The file, from the top of the repository.
    pub path: PathBuf,
    /// The line of the statement, from 1.
    pub line: usize,
    /// What was measured, such as `lock`.
    pub name: String,
    /// What came out, such as `ACCESS EXCLUSIVE on app.pipe`.
    pub value: String,
}

/// What a stage came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The stage.
    pub stage: Stage,
    /// What it found.
    pub findings: Vec<Finding>,
    /// How long it took.
    pub duration: Duration,
    /// What it looked at, such as `12 deltas, 1 of them new`.
    pub summary: String,
    /// What it measured.
    pub measurements: Vec<Measurement>,
    /// Why it could not be carried out, if it could not.
    pub obstacle: Option<String>,
}

impl Outcome {
    /// One with nothing found yet.
    pub fn new(stage: Stage) -> Outcome {
        Outcome {
            stage,
            findings: Vec::new(),
            duration: Duration::ZERO,
            summary: String::new(),
            measurements: Vec::new(),
            obstacle: None,
        }
    }

    /// One that was carried out.
    pub fn of(stage: Stage, summary: impl Into<String>, findings: Vec<Finding>) -> Outcome {
        Outcome { summary: summary.into(), findings, ..Outcome::new(stage) }
    }

    /// One that could not be carried out.
    pub fn not_possible(stage: Stage, obstacle: impl Into<String>) -> Outcome {
        Outcome { obstacle: Some(obstacle.into()), ..Outcome::new(stage) }
    }

    /// Whether it refutes.
    pub fn is_failed(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", content = "reason", rename_all = "lowercase")]
pub enum Verdict {
    /// Every stage was carried out and none refutes.
    Proven,
    /// A stage refutes.
    Refuted,
    /// It could not be verified, for this reason.
    Unverified(String),
}

impl Verdict {
    /// The exit code of the process.
    pub fn exit_code(&self) -> u8 {
        match self {
            Verdict::Proven => 0,
            Verdict::Refuted => 1,
            Verdict::Unverified(_) => 3,
        }
    }
}

/// A verification: what was judged, against what, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// What was judged, as it was named: a revision, or `the index`.
    pub subject: String,
    /// The commit's id; `None`: the index, or it is not known.
    pub commit: Option<String>,
    /// The id of the base; `None`: nothing, or it is not known.
    pub base: Option<String>,
    /// Which base, which upstream, which releases, and why: a label and a sentence each.
    pub explanation: Vec<(String, String)>,
    /// What the user should know beside the findings.
    pub warnings: Vec<String>,
    /// What every stage came to, as far as they were run.
    pub outcomes: Vec<Outcome>,
    /// Stages that were left out by wish.
    pub skipped: Vec<Stage>,
    /// The answer.
    pub verdict: Verdict,
    /// What to do about a verdict that is none.
    pub help: Vec<String>,
    /// Whether it was found before, and is only told again.
    #[serde(default)]
    pub is_cached: bool,
    /// How long it took.
    pub duration: Duration,
}

impl Verification {
    /// Gives it up: what the error says is why there is no answer.
    pub fn give_up(&mut self, error: &Error) {
        let notes = error.notes.iter().map(|(label, text)| format!("{label}: {text}"));
        self.verdict = Verdict::Unverified(
            std::iter::once(error.message.clone()).chain(notes).collect::<Vec<_>>().join("\n"),
        );
        self.help.clone_from(&error.hints);
    }

    /// What was found, in the order of the stages.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.outcomes.iter().flat_map(|outcome| &outcome.findings)
    }

    /// Whether there was nothing to verify.
    pub fn is_out_of_scope(&self) -> bool {
        self.verdict == Verdict::Proven
            && matches!(self.outcomes.as_slice(), [one] if one.stage == Stage::Scope)
    }
}
