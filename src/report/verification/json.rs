//! A verification for programs. `docs/verify-report.md` is the contract: what changes the meaning of a field, or takes one
//! away, makes [`VERSION`] grow; a new field does not.

use serde::Serialize;

use super::word;
use crate::verify::{Finding, Outcome, Severity, Stage, Verdict, Verification};
use crate::{Error, Result};

/// The version of the schema.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    format: &'static str,
    version: u32,
    pum: &'static str,
    subject: &'a str,
    commit: Option<&'a str>,
    base: Option<&'a str>,
    verdict: &'static str,
    reason: Option<&'a str>,
    help: &'a [String],
    cached: bool,
    milliseconds: f64,
    explanation: Vec<Labelled<'a>>,
    warnings: &'a [String],
    skipped: &'a [Stage],
    stages: Vec<One<'a>>,
}

#[derive(Serialize)]
struct Labelled<'a> {
    label: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct One<'a> {
    stage: Stage,
    result: &'static str,
    obstacle: Option<&'a str>,
    summary: &'a str,
    milliseconds: f64,
    findings: Vec<Found<'a>>,
    measurements: Vec<Measured<'a>>,
}

#[derive(Serialize)]
struct Found<'a> {
    severity: Severity,
    rule: Option<&'a str>,
    path: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    message: &'a str,
    notes: Vec<Labelled<'a>>,
    help: &'a [String],
}

#[derive(Serialize)]
struct Measured<'a> {
    path: String,
    line: usize,
    name: &'a str,
    value: &'a str,
}

/// The verification as JSON.
pub(super) fn json(verification: &Verification) -> Result<String> {
    let report = Report {
        format: "pum-verify-report",
        version: VERSION,
        pum: env!("CARGO_PKG_VERSION"),
        subject: &verification.subject,
        commit: verification.commit.as_deref(),
        base: verification.base.as_deref(),
        verdict: word(verification),
        reason: match &verification.verdict {
            Verdict::Unverified(reason) => Some(reason),
            _ => None,
        },
        help: &verification.help,
        cached: verification.is_cached,
        milliseconds: milliseconds(verification.duration),
        explanation: labelled(&verification.explanation),
        warnings: &verification.warnings,
        skipped: &verification.skipped,
        stages: verification.outcomes.iter().map(stage).collect(),
    };
    let text = serde_json::to_string_pretty(&report)
        .map_err(|cause| Error::failed("the verification cannot be written as JSON").caused_by(cause))?;
    Ok(format!("{text}\n"))
}

fn milliseconds(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

fn labelled(pairs: &[(String, String)]) -> Vec<Labelled<'_>> {
    pairs.iter().map(|(label, text)| Labelled { label, text }).collect()
}

fn stage(outcome: &Outcome) -> One<'_> {
    One {
        stage: outcome.stage,
        result: match &outcome.obstacle {
            _ if outcome.is_failed() => "failed",
            Some(_) => "not_done",
            None => "passed",
        },
        obstacle: outcome.obstacle.as_deref(),
        summary: &outcome.summary,
        milliseconds: milliseconds(outcome.duration),
        findings: outcome.findings.iter().map(finding).collect(),
        measurements: outcome
            .measurements
            .iter()
            .map(|measured| Measured {
                path: measured.path.to_string_lossy().into_owned(),
                line: measured.line,
                name: &measured.name,
                value: &measured.value,
            })
            .collect(),
    }
}

fn finding(finding: &Finding) -> Found<'_> {
    Found {
        severity: finding.severity,
        rule: finding.rule.as_deref(),
        path: finding.path.as_ref().map(|path| path.to_string_lossy().into_owned()),
        line: finding.line,
        column: finding.column,
        message: &finding.message,
        notes: labelled(&finding.notes),
        help: &finding.help,
    }
}
